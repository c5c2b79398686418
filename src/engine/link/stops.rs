//! For how long something stood: the readable in its pauses, or a consumer from its "stop" to its drain.

use std::time::Duration;

/// How often something was stopped and went on, and for how long it stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stops {
    /// How often it was stopped.
    pub(super) count: u64,
    /// How often a drain has ended that.
    pub(super) drains: u64,
    /// For how long it stood, without the stop that goes on.
    pub(super) time: Duration,
    /// When the stop that goes on began.
    pub(super) since: Option<Duration>,
}

impl Stops {
    /// It stands from `now` on, unless it does already.
    pub(super) fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    /// It goes on. Returns since when it stood, if it did.
    pub(super) fn end(&mut self, now: Duration) -> Option<Duration> {
        let since = self.since.take()?;
        self.time += now.saturating_sub(since);
        Some(since)
    }

    /// The same with what gates have counted since these numbers were begun.
    pub(super) fn plus(self, count: u64, drains: u64) -> Self {
        Self {
            count: self.count + count,
            drains: self.drains + drains,
            ..self
        }
    }

    /// For how long it stood in all until `now`.
    pub(super) fn total(&self, now: Duration) -> Duration {
        let goes_on = self.since.map(|since| now.saturating_sub(since));
        self.time + goes_on.unwrap_or_default()
    }
}
