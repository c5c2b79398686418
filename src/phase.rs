//! What the writer does, and for how long.

use crate::span::Joins;
use std::time::Duration;

/// What the writer is doing. Every moment of a transfer belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has nothing to write: the source is waited for.
    Source,
    /// It has something to write that the sink does not take.
    Sink,
    /// It holds bytes back for the rate limit.
    Rate,
    /// It has nothing to write while a transform computes.
    Transform,
    /// It moves bytes.
    Moving,
}

impl Phase {
    /// The four kinds of waiting, in the order in which they are asked for.
    pub const WAITS: [Phase; 4] = [Phase::Source, Phase::Sink, Phase::Rate, Phase::Transform];

    /// The kinds of waiting, and moving.
    pub const ALL: [Phase; 5] = [
        Phase::Source,
        Phase::Sink,
        Phase::Rate,
        Phase::Transform,
        Phase::Moving,
    ];

    /// The word for it in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Source => "source",
            Phase::Sink => "sink",
            Phase::Rate => "rate",
            Phase::Transform => "transform",
            Phase::Moving => "moving",
        }
    }
}

/// How long the writer spent in each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Waits([Duration; 5]);

impl Waits {
    /// All of it in one phase.
    pub(crate) fn in_one(phase: Phase, time: Duration) -> Self {
        let mut waits = Self::default();
        waits.add(phase, time);
        waits
    }

    /// The time spent in `phase`.
    #[must_use]
    pub fn of(&self, phase: Phase) -> Duration {
        self.0[phase as usize]
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }

    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Waits) -> Waits {
        let mut difference = *self;
        for (now, before) in difference.0.iter_mut().zip(earlier.0) {
            *now = now.saturating_sub(before);
        }
        difference
    }

    /// What binds the flow: the longest kind of waiting, unless more time was spent moving bytes than waiting at all.
    #[must_use]
    pub fn bound_by(&self) -> Option<Phase> {
        let waiting: Duration = Phase::WAITS.iter().map(|phase| self.of(*phase)).sum();
        let longest = Phase::WAITS
            .into_iter()
            .max_by_key(|phase| self.of(*phase))?;
        (waiting > Duration::ZERO && waiting >= self.of(Phase::Moving)).then_some(longest)
    }

    /// The phase in which most of it was spent.
    #[must_use]
    pub fn longest(&self) -> Phase {
        let phases = Phase::ALL.into_iter();
        phases
            .max_by_key(|phase| self.of(*phase))
            .unwrap_or(Phase::Moving)
    }

    /// The only phase in which there was any.
    fn only(&self) -> Option<Phase> {
        let mut phases = Phase::ALL.into_iter().filter(|it| !self.of(*it).is_zero());
        phases.next().filter(|_| phases.next().is_none())
    }

    pub(crate) fn add(&mut self, phase: Phase, time: Duration) {
        self.0[phase as usize] += time;
    }

    /// Takes at most `time` off a phase; returns how much.
    pub(crate) fn take(&mut self, phase: Phase, time: Duration) -> Duration {
        let time = time.min(self.of(phase));
        self.0[phase as usize] -= time;
        time
    }

    /// Moves at most `time` from one phase to another.
    pub(crate) fn shift(&mut self, from: Phase, to: Phase, time: Duration) {
        let time = self.take(from, time);
        self.add(to, time);
    }
}

/// Where the time of a span went.
impl Joins for Waits {
    fn goes_on_as(&self, next: &Self) -> bool {
        self.only().is_some() && self.only() == next.only()
    }

    fn join(&mut self, next: &Self) {
        for (sum, more) in self.0.iter_mut().zip(next.0) {
            *sum += more;
        }
    }

    fn shorten(&mut self, length: Duration) {
        let mut excess = self.total().saturating_sub(length);
        while excess > Duration::ZERO {
            excess -= self.take(self.longest(), excess);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Waits};
    use std::time::Duration;

    fn waits(millis: [u64; 5]) -> Waits {
        Waits(millis.map(Duration::from_millis))
    }

    #[test]
    fn the_longest_wait_binds_unless_moving_is_most_of_it() {
        let table = [
            ([0, 0, 0, 0, 0], None),
            ([10, 90, 0, 0, 5], Some(Phase::Sink)),
            ([90, 10, 0, 0, 100], Some(Phase::Source)),
            ([1, 2, 3, 0, 100], None),
            ([0, 0, 5, 9, 0], Some(Phase::Transform)),
        ];
        for (millis, bound) in table {
            assert_eq!(waits(millis).bound_by(), bound, "{millis:?}");
        }
    }

    #[test]
    fn shifting_keeps_the_total() {
        let mut it = waits([1, 2, 3, 4, 5]);
        it.shift(Phase::Moving, Phase::Sink, Duration::from_millis(9));
        assert_eq!(it, waits([1, 7, 3, 4, 0]));
        assert_eq!(it.since(&waits([1, 1, 1, 1, 0])), waits([0, 6, 2, 3, 0]));
    }
}
