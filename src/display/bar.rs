//! The live display: what `picture` says, drawn by indicatif on the rows of the terminal that `canvas` keeps.

use super::canvas::Canvas;
use super::cells::GAP;
use super::past::Past;
use super::picture::{Picture, Screen, picture};
use super::{Display, Look, Sample};
use crate::report::Voice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;

/// Filled, partly filled from the most to the least, empty.
const BLOCKS: &str = "█▉▊▋▌▍▎▏ ";

/// The same where there is only ASCII.
const ASCII: &str = "=> ";

/// Rows on a terminal that are ours as long as this value lives.
#[derive(Debug)]
pub(super) struct Bar {
    drawn: ProgressBar,
    canvas: Canvas,
    look: Look,
    /// Frames in which bytes had moved, which is what moves a gauge.
    step: usize,
    last_bytes: u64,
    past: Past,
}

impl Bar {
    /// Nothing is drawn yet.
    pub(super) fn new(look: Look, voice: Voice) -> Self {
        let canvas = Canvas::new(voice);
        let target = ProgressDrawTarget::term_like(Box::new(canvas.clone()));
        Self {
            drawn: ProgressBar::with_draw_target(None, target),
            canvas,
            look,
            step: 0,
            last_bytes: 0,
            past: Past::default(),
        }
    }
}

impl Display for Bar {
    fn draw(&mut self, sample: &Sample) {
        let bytes = sample.now.bytes_out;
        self.step += usize::from(bytes != self.last_bytes);
        self.last_bytes = bytes;
        self.past.note(sample);
        let (columns, rows) = self.canvas.begin();
        let screen = Screen {
            columns: usize::from(columns),
            rows: usize::from(rows),
        };
        let mut picture = picture(sample, &self.past, &self.look, screen, self.step);
        let rows = std::mem::take(&mut picture.rows);
        self.drawn.set_style(style(picture, &self.look));
        self.drawn.update(|state| {
            state.set_pos(bytes);
            state.set_len(sample.size.unwrap_or(bytes));
        });
        self.canvas.show(rows);
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

/// indicatif's template for the first row of a picture: its texts as they are, and a bar that fills the row up.
fn style(picture: Picture, look: &Look) -> ProgressStyle {
    let bar = match (picture.has_bar, look.colour) {
        (false, _) => String::new(),
        (true, false) => format!("{GAP}[{{wide_bar}}]{GAP}"),
        (true, true) => format!("{GAP}[\x1b[36m{{wide_bar}}\x1b[0m]{GAP}"),
    };
    let template = format!("{{head}}{bar}{{tail}}");
    // The template is well-formed; the default style would do otherwise.
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars(if look.unicode { BLOCKS } else { ASCII })
        .with_key("head", text(picture.head))
        .with_key("tail", text(picture.tail))
}

/// A part of the template that is this text.
fn text(text: String) -> impl Fn(&ProgressState, &mut dyn Write) + Clone + Send + Sync {
    move |_, buffer| {
        // Writing to indicatif's buffer does not fail.
        let _ = buffer.write_str(&text);
    }
}
