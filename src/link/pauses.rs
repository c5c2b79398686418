//! When the source was paused.

use crate::span::{Joins, Span};
use std::time::Duration;

/// Pauses in a span of time: one, or several short ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pauses {
    /// How many began in it.
    pub pauses: u64,
    /// How many drains there were.
    pub drains: u64,
    /// For how much of it the source was paused.
    pub paused: Duration,
}

impl Pauses {
    /// A pause, ended by a drain or not.
    pub(super) fn one(from: Duration, to: Duration, drained: bool) -> Span<Self> {
        let what = Self {
            pauses: 1,
            drains: u64::from(drained),
            paused: to.saturating_sub(from),
        };
        Span { from, to, what }
    }
}

impl Joins for Pauses {
    fn goes_on_as(&self, _: &Self) -> bool {
        false
    }

    fn join(&mut self, next: &Self) {
        self.pauses += next.pauses;
        self.drains += next.drains;
        self.paused += next.paused;
    }

    fn shorten(&mut self, length: Duration) {
        self.paused = self.paused.min(length);
    }
}
