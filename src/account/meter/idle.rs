//! For how long nothing has moved on account of a peer, and at which end: what `--idle-timeout` asks.

use super::{Meter, WriterBooks};
use crate::account::phase::Phase;
use crate::endpoint::EndId;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Meter {
    /// Sets whether waiting for any sink is the fault of its peer from now on.
    pub fn set_peer_counts(&self, counts: bool) {
        for writer in &self.writers {
            writer.set_peer_counts(counts);
        }
    }

    /// For how long nothing has moved because of a peer, and at which end. `None`: no peer is waited for.
    ///
    /// Of several sinks it is the one that has been waited for longest. As long as one is waited for, it may be that one for which
    /// the others get nothing from the source.
    #[must_use]
    pub fn idle(&self) -> Option<(Duration, EndId)> {
        let now = self.now();
        let there = self.writers.iter().enumerate();
        let there = there.filter(|(_, it)| !it.has_left() && it.peer_counts());
        let sinks = there.filter_map(|(sink, it)| Some((it.waits_since(now)?, sink)));
        if let Some((since, sink)) = sinks.min_by_key(|(since, _)| *since) {
            let still = if self.writers.len() == 1 {
                self.still(now)
            } else {
                now.saturating_sub(since)
            };
            return Some((still, EndId::Sink(sink)));
        }
        let slowest = self.slowest();
        let is_source = slowest.times(now).phase == Phase::Source;
        (is_source && slowest.peer_counts()).then(|| (self.still(now), EndId::Source))
    }
}

impl WriterBooks {
    pub(super) fn set_peer_counts(&self, counts: bool) {
        self.peer_counts.store(counts, Ordering::Relaxed);
    }

    fn peer_counts(&self) -> bool {
        self.peer_counts.load(Ordering::Relaxed)
    }

    /// Since when its sink, for which there is something, has taken nothing. `None`: something else is waited for.
    fn waits_since(&self, now: Duration) -> Option<Duration> {
        let busy_since = self.times(now).busy_since?;
        let wrote_at = Duration::from_nanos(self.wrote_at.load(Ordering::Relaxed));
        Some(busy_since.max(wrote_at))
    }
}
