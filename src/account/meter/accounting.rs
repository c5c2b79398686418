//! The books of a meter: what the writer does now, since when, and what was booked before.

use crate::account::clock::Clock;
use crate::account::phase::{Phase, Phases, Waits};
use crate::account::stages::Activities;
use std::time::Duration;

/// A call into the kernel that has lasted this long is waiting, not moving bytes.
const LONG_CALL: Duration = Duration::from_millis(100);

/// The books. All moments are on the clock of the transfer.
#[derive(Debug)]
pub(super) struct Accounting {
    /// When both ends were open.
    pub(super) started: Option<Duration>,
    /// When the transfer ended.
    pub(super) stopped: Option<Duration>,
    /// What the writer does now, and since when that is not booked in `waits` yet.
    pub(super) phase: Phase,
    pub(super) since: Duration,
    pub(super) waits: Waits,
    /// Whether the writer has nothing to write, so that its phase depends on what the transforms do.
    pub(super) starves: bool,
    pub(super) stages: Activities,
    /// When something last moved.
    pub(super) moved: Duration,
    /// Whether the peer is to blame if nothing moves: at the end not, unless it is the peer that the sink waits for.
    pub(super) peer_counts: bool,
    /// What the writer did when, if that is recorded.
    pub(super) phases: Option<Phases>,
    /// When the next sample is due, if there are to be any.
    pub(super) next_sample: Option<Duration>,
}

/// What follows from the books at one moment.
pub(super) struct Times {
    pub(super) elapsed: Duration,
    pub(super) waits: Waits,
    pub(super) phase: Phase,
    pub(super) still: Duration,
    /// For how long the writer has waited for each transform.
    pub(super) blamed: Vec<Duration>,
}

impl Accounting {
    /// Empty books, for a pipeline with so many transforms.
    pub(super) fn new(now: Duration, transforms: usize) -> Self {
        Self {
            started: None,
            stopped: None,
            phase: Phase::Source,
            since: now,
            waits: Waits::default(),
            starves: false,
            stages: Activities::new(transforms),
            moved: now,
            peer_counts: true,
            phases: None,
            next_sample: None,
        }
    }

    /// The times now.
    pub(super) fn times(&self, clock: &Clock) -> Times {
        let now = self.stopped.unwrap_or_else(|| clock.now());
        let (mut waits, mut elapsed) = (self.waits, Duration::ZERO);
        let current = now.saturating_sub(self.since);
        let is_stuck = self.phase == Phase::Moving && current > LONG_CALL;
        let phase = if is_stuck { Phase::Sink } else { self.phase };
        if let Some(started) = self.started {
            waits.add(phase, current);
            elapsed = now.saturating_sub(started);
        }
        Times {
            elapsed,
            waits,
            phase,
            still: now.saturating_sub(self.moved),
            blamed: self.stages.blamed(phase, current),
        }
    }

    /// The writer does something else from `now` on.
    pub(super) fn enter(&mut self, phase: Phase, now: Duration) {
        self.settle(now);
        let was_ours = matches!(self.phase, Phase::Rate | Phase::Transform);
        if was_ours && phase != self.phase {
            // Until now our own limit or transform let nothing move.
            self.moved = now;
        }
        self.phase = phase;
    }

    /// Books the time since the last change; returns it.
    pub(super) fn settle(&mut self, now: Duration) -> Duration {
        let spent = now.saturating_sub(self.since);
        if self.started.is_some() && self.stopped.is_none() {
            if let Some(phases) = &mut self.phases {
                phases.settle(self.since, now, self.phase, &self.waits);
            }
            self.waits.add(self.phase, spent);
            self.stages.book(self.phase, spent);
        }
        self.since = now;
        spent
    }
}
