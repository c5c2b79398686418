//! The rows of the terminal that the live display draws on, and erases.
//!
//! Between two frames the cursor stands at the beginning of the first row, not behind the last one. A terminal that wraps
//! rows again when its width changes moves the cursor with its row, so erasing from there to the end of the screen removes
//! all of them, however they are wrapped now; and the `^C` that the terminal echoes is erased too. A frame is one write, and
//! the cursor is never hidden: a killed process leaves a usable terminal.

use crate::session::report::{self, StderrWriter};
use console::measure_text_width;
use indicatif::TermLike;
use rustix::stdio::stderr;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Columns and rows of a terminal that does not know its size (`ioctl_tty(2)`, a size of 0).
const USUAL_SIZE: (u16, u16) = (80, 24);

/// The rows. indicatif draws on it as on a terminal; nothing gets to the real one before [`Canvas::show`].
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    frame: Arc<Mutex<Frame>>,
    stderr: StderrWriter,
}

#[derive(Debug, Default)]
struct Frame {
    columns: u16,
    rows: Vec<String>,
    /// The row that indicatif is writing, and how wide it is so far.
    row: String,
    width: usize,
    /// Whether a frame is on the screen.
    is_drawn: bool,
}

impl Canvas {
    /// Nothing is drawn yet; frames are written by `stderr`.
    pub(super) fn new(stderr: StderrWriter) -> Self {
        Self {
            frame: Arc::default(),
            stderr,
        }
    }

    /// Begins a frame. Returns its columns and rows: the last column of the screen stays free, since some terminals go
    /// on to the next row as soon as something stands there.
    pub(super) fn begin(&self) -> (u16, u16) {
        let (columns, rows) = size();
        let mut frame = self.lock();
        frame.columns = columns.saturating_sub(1).max(1);
        frame.restart();
        (frame.columns, rows)
    }

    /// Adds a row, which is no wider than the screen.
    pub(super) fn put(&self, row: &str) {
        self.lock().rows.push(row.trim_end().to_owned());
    }

    /// Puts the frame on the screen, unless this process is in the background of the terminal.
    pub(super) fn show(&self) {
        let mut frame = self.lock();
        if report::has_terminal() {
            self.stderr.draw(frame.text(usize::from(size().1)));
            frame.is_drawn = true;
        }
    }

    /// Erases the frame that is on the screen.
    pub(super) fn erase(&self) {
        if std::mem::take(&mut self.lock().is_drawn) {
            self.stderr.erase("\r\x1b[J");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Frame> {
        self.frame.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Columns and rows of the terminal.
fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => USUAL_SIZE,
    }
}

impl Frame {
    fn restart(&mut self) {
        self.rows.clear();
        self.row.clear();
        self.width = 0;
    }

    /// A row is complete once it is as wide as the screen: indicatif fills rows up with blanks and relies on the
    /// terminal to go on to the next.
    fn push(&mut self, text: &str) {
        self.row += text;
        self.width += measure_text_width(text);
        if self.width >= usize::from(self.columns) {
            self.rows.push(self.row.trim_end().to_owned());
            self.row.clear();
            self.width = 0;
        }
    }

    /// The text that draws the first `height` rows, and puts the cursor back to its place.
    fn text(&self, height: usize) -> String {
        let rows = &self.rows[..self.rows.len().min(height)];
        let back = match rows.len() {
            0 | 1 => String::new(),
            rows => format!("\x1b[{}A", rows - 1),
        };
        format!("\r{}\x1b[J{back}\r", rows.join("\x1b[K\r\n"))
    }
}

/// Every frame is drawn from its first row on, so moving the cursor up only begins it again, and other movements and
/// clearing do nothing.
impl TermLike for Canvas {
    fn width(&self) -> u16 {
        self.lock().columns
    }

    fn height(&self) -> u16 {
        u16::MAX
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        self.lock().restart();
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.lock().push(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Canvas;
    use crate::session::report::{Form, StderrWriter};
    use indicatif::TermLike;

    #[test]
    fn rows_are_as_wide_as_the_screen_and_lose_their_blanks() {
        let canvas = Canvas::new(StderrWriter::new(Form::Lines));
        canvas.lock().columns = 5;
        for text in ["ab", "   ", "\x1b[1mcdefg\x1b[0m", "", "h", "    "] {
            canvas.write_str(text).unwrap();
        }
        assert_eq!(
            canvas.lock().text(9),
            "\rab\x1b[K\r\n\x1b[1mcdefg\x1b[0m\x1b[K\r\nh\x1b[J\x1b[2A\r"
        );
        assert_eq!(canvas.lock().text(1), "\rab\x1b[J\r");
    }
}
