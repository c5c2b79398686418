//! The live line: a bar where the size is known, and the status, redrawn by a clock while a person watches.

use super::{Sample, status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Time between two drawings: a stalled flow still ticks.
pub const INTERVAL: Duration = Duration::from_millis(100);

/// A line on a terminal that is ours as long as this value lives.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A line that is not drawn yet.
    #[must_use]
    pub fn new(size: Option<u64>) -> Self {
        let template = if size.is_some() {
            "[{bar:20}] {wide_msg}"
        } else {
            "{spinner} {wide_msg}"
        };
        // Both templates are well-formed; the default style would do otherwise.
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
        Self(bar.with_style(style))
    }

    /// Draws `sample`, unless the terminal belongs to somebody else now, as it does after ^Z and bg.
    pub fn draw(&self, sample: &Sample) {
        if is_foreground() {
            self.0.set_position(sample.now.bytes_out);
            self.0.set_message(status(sample));
            self.0.tick();
        }
    }

    /// Says something on the lines above.
    pub fn say_above(&self, say: impl FnOnce()) {
        self.0.suspend(say);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if !is_foreground() {
            self.0.set_draw_target(ProgressDrawTarget::hidden());
        }
        self.0.finish_and_clear();
    }
}

fn is_foreground() -> bool {
    let owner = rustix::termios::tcgetpgrp(rustix::stdio::stderr());
    owner.is_ok_and(|group| group == rustix::process::getpgrp())
}
