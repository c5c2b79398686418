//! What the writer does, and for how long.

use crate::account::clock::nanos;
use crate::account::span::{Joins, Span, Spans};
use std::time::Duration;

/// What the writer is doing. Every moment of a transfer belongs to exactly one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// It has nothing to write: it waits for the source.
    #[default]
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
    /// The four kinds of waiting, in the order in which they are shown.
    pub const WAITS: [Phase; 4] = [Phase::Source, Phase::Sink, Phase::Rate, Phase::Transform];

    /// The kinds of waiting, and moving.
    pub const ALL: [Phase; 5] = [
        Phase::Source,
        Phase::Sink,
        Phase::Rate,
        Phase::Transform,
        Phase::Moving,
    ];

    /// The word for the phase in records and messages.
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

/// How long the writer spent in each phase, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Waits([u64; 5]);

impl Waits {
    /// All the time in one phase.
    #[cfg(test)]
    pub(crate) fn in_one(phase: Phase, time: Duration) -> Self {
        let mut waits = Self::default();
        waits.add(phase, time);
        waits
    }

    /// The time spent in `phase`.
    #[must_use]
    pub fn of(&self, phase: Phase) -> Duration {
        Duration::from_nanos(self.0[phase as usize])
    }

    /// The time spent in all phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        let total = self.0.into_iter().reduce(u64::saturating_add);
        Duration::from_nanos(total.unwrap_or(0))
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
        let is_bound = waiting > Duration::ZERO && waiting >= self.of(Phase::Moving);
        is_bound.then(|| self.longest_wait())
    }

    /// The longest kind of waiting.
    #[must_use]
    pub fn longest_wait(&self) -> Phase {
        let waits = Phase::WAITS.into_iter();
        waits
            .max_by_key(|phase| self.of(*phase))
            .unwrap_or(Phase::Source)
    }

    /// The phase in which most of the time was spent.
    #[must_use]
    pub fn longest(&self) -> Phase {
        let phases = Phase::ALL.into_iter();
        phases
            .max_by_key(|phase| self.0[*phase as usize])
            .unwrap_or(Phase::Moving)
    }

    /// The phase in which all of the time was spent, if it is one.
    fn only(&self) -> Option<Phase> {
        let mut phases = Phase::ALL.into_iter().filter(|it| self.0[*it as usize] > 0);
        phases.next().filter(|_| phases.next().is_none())
    }

    pub(crate) fn add(&mut self, phase: Phase, time: Duration) {
        let sum = &mut self.0[phase as usize];
        *sum = sum.saturating_add(nanos(time));
    }

    /// Takes at most `time` off a phase; returns how much.
    pub(crate) fn take(&mut self, phase: Phase, time: Duration) -> Duration {
        let time = time.min(self.of(phase));
        self.0[phase as usize] -= nanos(time);
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
    fn continues_as(&self, next: &Self) -> bool {
        self.only().is_some() && self.only() == next.only()
    }

    fn join(&mut self, next: &Self) {
        for (sum, more) in self.0.iter_mut().zip(next.0) {
            *sum = sum.saturating_add(more);
        }
    }
}

/// How many spans are remembered in all: 144 KiB.
pub(crate) const MOST_PHASES: usize = 1 << 11;

/// What the writer did when. Totals are booked at every change anyway, so that a span of many short phases is the
/// difference of two totals, and costs nothing for each of them.
#[derive(Debug)]
pub(crate) struct Phases {
    spans: Spans<Waits>,
    /// Where the span begins that is not in `spans` yet, and the totals at that time.
    from: Duration,
    booked: Waits,
    /// Until when that span is too short to be told apart. Stored, since the writer asks with every piece that it
    /// moves.
    due: Duration,
}

impl Phases {
    /// Begins at `now`, with these totals, and remembers at most so many spans.
    pub(crate) fn new(most: usize, now: Duration, booked: Waits) -> Self {
        Self {
            spans: Spans::new(most),
            from: now,
            booked,
            due: now,
        }
    }

    /// Nothing is booked yet, and all begins at `now`.
    pub(crate) fn restart(&mut self, now: Duration) {
        *self = Self::new(self.spans.most(), now, Waits::default());
    }

    /// The writer was in `phase` from `since` to `now`. `booked` are the totals before that.
    pub(crate) fn settle(&mut self, since: Duration, now: Duration, phase: Phase, booked: &Waits) {
        if now > self.due {
            self.note(since, now, phase, booked);
        }
    }

    fn note(&mut self, since: Duration, now: Duration, phase: Phase, booked: &Waits) {
        self.push(since, booked);
        let length = now.saturating_sub(since);
        if length > self.spans.grain() {
            let mut booked = *booked;
            booked.add(phase, length);
            self.push(now, &booked);
        }
    }

    /// Of the time booked until `now`, so much belongs to another phase. Only a span that is in `spans` already has to
    /// be corrected.
    pub(crate) fn shift(&mut self, now: Duration, from: Phase, to: Phase, time: Duration) {
        if let Some(last) = self.spans.last_mut().filter(|_| self.from == now) {
            last.what.shift(from, to, time);
            self.booked.shift(from, to, time);
        }
    }

    /// All spans until `now`, with the totals at that time.
    pub(crate) fn finish(mut self, now: Duration, booked: &Waits) -> Vec<Span<Waits>> {
        self.push(now, booked);
        self.spans.into_list()
    }

    /// Ends the current span at `to`.
    fn push(&mut self, to: Duration, booked: &Waits) {
        if to > self.from {
            self.spans.push(Span {
                from: self.from,
                to,
                what: booked.since(&self.booked),
            });
            self.booked = *booked;
            self.begin(to);
        }
    }

    fn begin(&mut self, from: Duration) {
        self.from = from;
        self.due = from.saturating_add(self.spans.grain());
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_PHASES, Phase, Phases, Waits};
    use crate::account::span::Joins;
    use std::time::Duration;

    fn waits(millis: [u64; 5]) -> Waits {
        Waits(millis.map(|it| it * 1_000_000))
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
    fn every_moment_is_in_a_span_and_a_long_wait_in_one_of_its_own() {
        let micros = Duration::from_micros;
        let (mut booked, mut now) = (Waits::default(), micros(7));
        let mut phases = Phases::new(MOST_PHASES, now, booked);
        let mut go = |phases: &mut Phases, phase, time| {
            phases.settle(now, now + time, phase, &booked);
            booked.add(phase, time);
            now += time;
            (now, booked)
        };
        for n in 0..20_000 {
            go(&mut phases, Phase::Moving, micros(3 + n % 5));
            go(&mut phases, Phase::Source, micros(2));
        }
        let (from, _) = go(&mut phases, Phase::Moving, micros(1));
        let (to, mut all) = go(&mut phases, Phase::Moving, micros(900_000));
        phases.shift(to, Phase::Moving, Phase::Sink, micros(900_000));
        all.shift(Phase::Moving, Phase::Sink, micros(900_000));
        let list = phases.finish(to, &all);
        assert!(list.len() <= MOST_PHASES);
        assert!(list.windows(2).all(|two| two[0].to == two[1].from));
        let mut sum = Waits::default();
        for span in &list {
            sum.join(&span.what);
        }
        assert_eq!(sum, all);
        let long = &list[list.len() - 1];
        assert_eq!((long.from, long.to), (from, to));
        assert_eq!(long.what.longest(), Phase::Sink);
    }

    #[test]
    fn shifting_keeps_the_total() {
        let mut it = waits([1, 2, 3, 4, 5]);
        it.shift(Phase::Moving, Phase::Sink, Duration::from_millis(9));
        assert_eq!(it, waits([1, 7, 3, 4, 0]));
        assert_eq!(it.since(&waits([1, 1, 1, 1, 0])), waits([0, 6, 2, 3, 0]));
    }
}
