//! Tells by which calls bytes move: once for each method, at its first byte or before its first wait.

use crate::engine::road::in_use::{Calls, RoadInUse};
use crate::engine::road::progress::Progress;

/// What is to be told of the current method, and to whom.
pub(super) struct Announcement<'a> {
    progress: &'a Progress,
    /// The calls, until they are told.
    calls: Option<Calls>,
}

impl<'a> Announcement<'a> {
    pub(super) fn new(progress: &'a Progress) -> Self {
        Self {
            progress,
            calls: None,
        }
    }

    /// A method begins that makes these calls.
    pub(super) fn prepare(&mut self, calls: Calls) {
        self.calls = Some(calls);
    }

    /// The method makes these calls instead, if it is not too late to tell that.
    pub(super) fn correct(&mut self, calls: Calls) {
        if self.calls.is_some() {
            self.calls = Some(calls);
        }
    }

    /// Tells it, unless that has been done.
    pub(super) fn make(&mut self) {
        if let Some(calls) = self.calls.take() {
            self.progress.set_road(RoadInUse::Kernel(calls));
        }
    }
}
