//! The rows of the terminal that the live display draws on, and erases.
//!
//! Between two frames the cursor stands at the beginning of the first row, not behind the last one. A terminal that wraps
//! rows again when its width changes moves the cursor with its row, so erasing from there to the end of the screen removes
//! all of them, however they are wrapped now; and the `^C` that the terminal echoes is erased too. A frame is one write, and
//! the cursor is never hidden: a killed process leaves a usable terminal.

use super::rows::Screen;
use super::terminal::{Drawer, TerminalClaim};
use crate::session::stderr::StderrWriter;
use rustix::stdio::stderr;

/// Columns and rows of a terminal that does not know its size (`ioctl_tty(2)`, a size of 0).
const USUAL_SIZE: (u16, u16) = (80, 24);

/// The rows of the terminal on standard error.
#[derive(Debug)]
pub(super) struct Canvas {
    stderr: StderrWriter,
    claim: TerminalClaim,
}

impl Canvas {
    /// Nothing is drawn yet; frames are written by `stderr`.
    pub(super) fn new(stderr: StderrWriter) -> Self {
        Self {
            stderr,
            claim: TerminalClaim::default(),
        }
    }

    /// The size of a frame: the last column of the terminal stays free, since some terminals go on to the next row as soon
    /// as something stands there.
    pub(super) fn screen() -> Screen {
        let (columns, rows) = size();
        Screen {
            columns: usize::from(columns.saturating_sub(1).max(1)),
            rows: usize::from(rows),
        }
    }

    /// Puts these rows on the terminal, each no wider than [`Canvas::screen`], unless this process is in its background or another
    /// one draws there.
    pub(super) fn show(&mut self, rows: &[String]) {
        match self.claim.drawer() {
            Drawer::Us => self.stderr.draw(frame(rows, usize::from(size().1))),
            Drawer::Another => self.stderr.shares_terminal(),
            Drawer::NoneOfUs => {}
        }
    }

    /// Erases the frame that is on the screen.
    pub(super) fn erase(&self) {
        self.stderr.erase();
    }
}

/// Columns of the terminal.
pub(in crate::show) fn columns() -> usize {
    usize::from(size().0)
}

/// Columns and rows of the terminal.
fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => USUAL_SIZE,
    }
}

/// The text that draws the first `height` rows, without the blanks at their ends, and puts the cursor back to its place.
fn frame(rows: &[String], height: usize) -> String {
    let rows: Vec<_> = rows.iter().take(height).map(|row| row.trim_end()).collect();
    let back = match rows.len() {
        0 | 1 => String::new(),
        rows => format!("\x1b[{}A", rows - 1),
    };
    format!("\r{}\x1b[J{back}\r", rows.join("\x1b[K\r\n"))
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn a_frame_erases_what_stood_there_and_goes_back_to_its_first_row() {
        let rows = ["ab   ", "\x1b[1mcdefg\x1b[0m", "h"].map(str::to_owned);
        assert_eq!(
            frame(&rows, 9),
            "\rab\x1b[K\r\n\x1b[1mcdefg\x1b[0m\x1b[K\r\nh\x1b[J\x1b[2A\r"
        );
        assert_eq!(frame(&rows, 1), "\rab\x1b[J\r");
    }
}
