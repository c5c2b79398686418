//! The live display as a [`Display`]: puts the rows of `picture.rs` on the canvas. indicatif draws the row with the bar, the
//! others are put there as they are.

use super::canvas::Canvas;
use super::cells::GAP;
use super::past::Past;
use super::picture::picture;
use super::rows::Screen;
use crate::session::report::StderrWriter;
use crate::show::{Display, Sample, Theme};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;

/// The characters of a bar: filled, partly filled from the most to the least, empty.
const BLOCKS: &str = "█▉▊▋▌▍▎▏ ";

/// The same where there is only ASCII.
const ASCII: &str = "=> ";

/// The live display, which is on the terminal as long as this value lives.
#[derive(Debug)]
pub(in crate::show) struct Bar {
    drawn: ProgressBar,
    canvas: Canvas,
    theme: Theme,
    /// How many frames there were in which bytes had moved: the gauge moves by as many steps.
    step: usize,
    last_bytes: u64,
    past: Past,
}

impl Bar {
    /// Nothing is drawn yet.
    pub(in crate::show) fn new(theme: Theme, stderr: StderrWriter) -> Self {
        let canvas = Canvas::new(stderr);
        let target = ProgressDrawTarget::term_like(Box::new(canvas.clone()));
        Self {
            drawn: ProgressBar::with_draw_target(None, target),
            canvas,
            theme,
            step: 0,
            last_bytes: 0,
            past: Past::default(),
        }
    }
}

impl Display for Bar {
    fn draw(&mut self, sample: &Sample) {
        let bytes = sample.now.passed();
        self.step += usize::from(bytes != self.last_bytes);
        self.last_bytes = bytes;
        self.past.note(sample);
        let (columns, rows) = self.canvas.begin();
        let screen = Screen {
            columns: usize::from(columns),
            rows: usize::from(rows),
        };
        let picture = picture(sample, &self.past, &self.theme, screen, self.step);
        if picture.has_bar {
            let style = style(picture.head, picture.tail, &self.theme);
            self.drawn.set_style(style);
            self.drawn.update(|state| {
                state.set_pos(sample.part());
                state.set_len(sample.size.unwrap_or(bytes));
            });
        } else {
            self.canvas.put(&picture.head);
        }
        for row in &picture.rows {
            self.canvas.put(row);
        }
        self.canvas.show();
    }

    fn clear(&mut self) {
        self.canvas.erase();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// indicatif's template for a row with a bar: `head` and `tail` as they are, and a bar that takes the rest of the width.
fn style(head: String, tail: String, theme: &Theme) -> ProgressStyle {
    let bar = if theme.colour {
        format!("{GAP}[\x1b[36m{{wide_bar}}\x1b[0m]{GAP}")
    } else {
        format!("{GAP}[{{wide_bar}}]{GAP}")
    };
    let template = format!("{{head}}{bar}{{tail}}");
    // The template is well-formed; the default style is never needed.
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars(if theme.unicode { BLOCKS } else { ASCII })
        .with_key("head", text(head))
        .with_key("tail", text(tail))
}

/// Writes this text where the template has its key.
fn text(text: String) -> impl Fn(&ProgressState, &mut dyn Write) + Clone + Send + Sync {
    move |_, buffer| {
        // Writing to indicatif's buffer does not fail.
        let _ = buffer.write_str(&text);
    }
}
