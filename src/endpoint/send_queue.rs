//! The send queue of a socket after its last byte: no event tells that it is empty, so it is looked at again and again.

use std::time::Duration;

/// The first and the longest time between two looks.
const LOOKS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// What the looks at a send queue have found.
#[derive(Debug)]
pub(super) struct SendQueue {
    /// Its length at the last look, in bytes.
    len: u64,
    next_look: Duration,
}

impl SendQueue {
    /// It was not looked at yet.
    pub(super) fn new() -> Self {
        let (next_look, _) = LOOKS;
        Self {
            len: u64::MAX,
            next_look,
        }
    }

    /// Its length now is `len`. The next look is soon if it has shrunk, and later if not. Returns whether it has.
    pub(super) fn seen(&mut self, len: u64) -> bool {
        let (first, longest) = LOOKS;
        let has_shrunk = len < self.len;
        self.len = len;
        self.next_look = if has_shrunk {
            first
        } else {
            (self.next_look * 2).min(longest)
        };
        has_shrunk
    }

    /// How long to wait before the next look.
    pub(super) fn next_look(&self) -> Duration {
        self.next_look
    }
}
