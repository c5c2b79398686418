//! What a meter has noted: what the writer is at, since when, and what was booked before.

use crate::account::clock::Clock;
use crate::account::phase::{Phase, Phases, Waits};
use crate::account::stages::Doings;
use std::time::Duration;

/// A call into the system that has lasted this long is not moving bytes any more, it waits.
const LONG_CALL: Duration = Duration::from_millis(100);

/// What was noted when; the moments are those of the clock.
#[derive(Debug)]
pub(super) struct Accounting {
    pub(super) started: Option<Duration>,
    pub(super) stopped: Option<Duration>,
    pub(super) phase: Phase,
    pub(super) since: Duration,
    pub(super) waits: Waits,
    /// Whether that is waiting for bytes, so that it depends on the transforms for whom.
    pub(super) starves: bool,
    pub(super) stages: Doings,
    pub(super) moved: Duration,
    /// Whether the peer is to blame if nothing moves: not while we hold back or wait for a close.
    pub(super) peer_counts: bool,
    /// What the writer did when, if somebody wants to know.
    pub(super) phases: Option<Phases>,
    /// When it is to be noted how things stand.
    pub(super) next_look: Option<Duration>,
}

/// What follows from them at one moment.
pub(super) struct Times {
    pub(super) elapsed: Duration,
    pub(super) waits: Waits,
    pub(super) phase: Phase,
    pub(super) still: Duration,
    /// For how long each transform was waited for.
    pub(super) blamed: Vec<Duration>,
}

impl Accounting {
    /// Nothing is booked yet, of a pipeline with so many transforms.
    pub(super) fn new(now: Duration, transforms: usize) -> Self {
        Self {
            started: None,
            stopped: None,
            phase: Phase::Source,
            since: now,
            waits: Waits::default(),
            starves: false,
            stages: Doings::new(transforms),
            moved: now,
            peer_counts: true,
            phases: None,
            next_look: None,
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
            // Until now it was us who let nothing move.
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
