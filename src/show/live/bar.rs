//! The live display as a [`Display`]: puts the rows of `picture.rs` on the canvas.

use super::canvas::Canvas;
use super::past::Past;
use super::picture::picture;
use crate::session::report::StderrWriter;
use crate::show::{Display, Sample, Theme};

/// The live display, which is on the terminal as long as this value lives.
#[derive(Debug)]
pub(in crate::show) struct Bar {
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
        Self {
            canvas: Canvas::new(stderr),
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
        let screen = Canvas::screen();
        let rows = picture(sample, &self.past, &self.theme, screen, self.step);
        self.canvas.show(&rows);
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
