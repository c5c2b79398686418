//! The books of one writer: what it does now, since when, and what was booked before.

use crate::account::clock::nanos;
use crate::account::phase::{Phase, Phases, Waits};
use crate::account::published::Published;
use crate::account::stages::Activities;
use std::time::Duration;

/// A call into the kernel that has lasted this long is waiting, not moving bytes.
const LONG_CALL: Duration = Duration::from_millis(100);

/// How many numbers are published, without the time that each transform was waited for.
const PUBLISHED: usize = 10;

/// In the place of a transform: there is none.
const NONE: u64 = u64::MAX;

/// The books. All moments are on the clock of the transfer.
#[derive(Debug)]
pub(super) struct Accounting {
    /// Whether both ends are open, so that time counts.
    has_started: bool,
    /// What the writer does now, and since when that is not booked in `waits` yet.
    phase: Phase,
    pub(super) since: Duration,
    /// Since when it has had something to write, as long as it has.
    busy_since: Duration,
    waits: Waits,
    /// Whether the writer has nothing to write, so that its phase depends on what the transforms do.
    starves: bool,
    pub(super) stages: Activities,
    /// What the writer did when, if that is recorded.
    pub(super) phases: Option<Phases>,
}

/// What follows from the books at one moment.
pub(super) struct Times {
    /// The moment.
    pub(super) at: Duration,
    pub(super) waits: Waits,
    pub(super) phase: Phase,
    /// Since when the writer has had something to write. `None`: it has nothing.
    pub(super) busy_since: Option<Duration>,
    /// For how long the writer has waited for each transform.
    pub(super) blamed: Vec<Duration>,
}

impl Accounting {
    /// Empty books, for a pipeline with so many transforms.
    pub(super) fn new(now: Duration, transforms: usize) -> Self {
        Self {
            has_started: false,
            phase: Phase::Source,
            since: now,
            busy_since: now,
            waits: Waits::default(),
            starves: false,
            stages: Activities::new(transforms),
            phases: None,
        }
    }

    /// A row of numbers for [`Accounting::publish`].
    pub(super) fn published(transforms: usize) -> Published {
        Published::new(PUBLISHED + transforms)
    }

    /// From now on it is recorded what the writer did when, in at most so many spans.
    pub(super) fn record(&mut self, most: usize) {
        self.phases = Some(Phases::new(most, self.since, self.waits));
    }

    /// Both ends are open: time counts from now.
    pub(super) fn start(&mut self, now: Duration) {
        (self.has_started, self.since) = (true, now);
        if let Some(phases) = &mut self.phases {
            phases.restart(now);
        }
    }

    /// The writer does something else from `now` on. Returns whether until now our own limit or a transform let nothing move.
    pub(super) fn enter(&mut self, phase: Phase, now: Duration) -> bool {
        self.settle(now);
        let was_ours = matches!(self.phase, Phase::Rate | Phase::Transform);
        let is_over = was_ours && phase != self.phase;
        if is_busy(phase) && !is_busy(self.phase) {
            self.busy_since = now;
        }
        self.phase = phase;
        is_over
    }

    /// The same for a writer that has something to write.
    pub(super) fn work(&mut self, phase: Phase, now: Duration) -> bool {
        self.starves = false;
        self.enter(phase, now)
    }

    /// The writer has nothing to write from `now` on: it waits for a transform that computes, or for the source.
    pub(super) fn starve(&mut self, now: Duration) -> bool {
        self.starves = true;
        self.enter(self.stages.phase(), now)
    }

    /// What a transform does has changed by `change`.
    pub(super) fn stages_change(
        &mut self,
        now: Duration,
        change: impl FnOnce(&mut Activities),
    ) -> bool {
        if self.starves {
            self.settle(now);
        }
        change(&mut self.stages);
        self.starves && self.enter(self.stages.phase(), now)
    }

    /// Books the time since the last change; returns it.
    pub(super) fn settle(&mut self, now: Duration) -> Duration {
        let now = now.max(self.since);
        let spent = now.saturating_sub(self.since);
        if self.has_started {
            if let Some(phases) = &mut self.phases {
                phases.settle(self.since, now, self.phase, &self.waits);
            }
            self.waits.add(self.phase, spent);
            self.stages.book(self.phase, spent);
        }
        self.since = now;
        spent
    }

    /// Of the time just spent moving, `time` was slept in the kernel, in this phase.
    pub(super) fn slept(&mut self, phase: Phase, time: Duration, now: Duration) {
        // No more than was booked just now: a stop of the process is not time slept in the kernel.
        let time = time.min(self.settle(now));
        self.waits.shift(Phase::Moving, phase, time);
        if let Some(phases) = &mut self.phases {
            phases.shift(self.since, Phase::Moving, phase, time);
        }
    }

    /// The phases that were recorded, until now. Ends the recording.
    pub(super) fn finish_recording(&mut self) -> Vec<crate::account::span::Span<Waits>> {
        let phases = self.phases.take();
        phases.map_or_else(Vec::new, |it| it.finish(self.since, &self.waits))
    }

    /// Publishes the books for displays.
    pub(super) fn publish(&self, published: &Published) {
        let culprit = self.stages.culprit().map_or(NONE, |it| it as u64);
        let now = [
            u64::from(self.has_started),
            self.phase as u64,
            nanos(self.since),
            culprit,
            nanos(self.busy_since),
        ];
        let waits = Phase::ALL.map(|phase| nanos(self.waits.of(phase)));
        let blamed = self.stages.booked().iter().map(|it| nanos(*it));
        published.publish(now.into_iter().chain(waits).chain(blamed));
    }
}

impl Times {
    /// What follows at `now` from published books, or a little later: they may have been published since. The sink has last taken
    /// something at `wrote_at`.
    pub(super) fn at(now: Duration, wrote_at: Duration, published: &Published) -> Self {
        let numbers = published.read();
        let phase = Phase::ALL[usize::try_from(numbers[1]).unwrap_or(0).min(4)];
        let since = Duration::from_nanos(numbers[2]);
        let mut waits = Waits::default();
        for (phase, time) in Phase::ALL.into_iter().zip(&numbers[5..]) {
            waits.add(phase, Duration::from_nanos(*time));
        }
        let blamed = numbers[PUBLISHED..]
            .iter()
            .map(|it| Duration::from_nanos(*it));
        let now = now.max(since);
        let mut times = Self {
            at: now,
            waits,
            phase,
            busy_since: is_busy(phase).then(|| Duration::from_nanos(numbers[4])),
            blamed: blamed.collect(),
        };
        if numbers[0] > 0 {
            times.add_current(since, wrote_at, now, numbers[3]);
        }
        times
    }

    /// Adds what the writer has done since the books were published.
    fn add_current(&mut self, since: Duration, wrote_at: Duration, now: Duration, culprit: u64) {
        // Bytes moved until then; what has lasted longer since is a call that waits.
        let call_began = wrote_at.clamp(since, now);
        let call = now.saturating_sub(call_began);
        if self.phase == Phase::Moving && call > LONG_CALL {
            self.waits
                .add(Phase::Moving, call_began.saturating_sub(since));
            self.waits.add(Phase::Sink, call);
            self.phase = Phase::Sink;
            return;
        }
        let current = now.saturating_sub(since);
        self.waits.add(self.phase, current);
        let culprit = usize::try_from(culprit).ok();
        if let Some(blamed) = culprit.and_then(|it| self.blamed.get_mut(it))
            && self.phase == Phase::Transform
        {
            *blamed += current;
        }
    }
}

/// Whether a writer in this phase has something to write.
fn is_busy(phase: Phase) -> bool {
    matches!(phase, Phase::Sink | Phase::Moving)
}

#[cfg(test)]
mod tests {
    use super::{Accounting, Phase, Times};
    use std::time::Duration;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_waits_add_up_to_the_time_however_late_the_books_were_published() {
        let (mut books, published) = (Accounting::new(Duration::ZERO, 0), Accounting::published(0));
        books.start(millis(10));
        books.work(Phase::Rate, millis(30));
        books.work(Phase::Moving, millis(35));
        books.publish(&published);
        // The clock was read before, at the same time, after, and so long after that the call must be waiting.
        for (now, at, phase) in [
            (20, 35, Phase::Moving),
            (35, 35, Phase::Moving),
            (50, 50, Phase::Moving),
            (900, 900, Phase::Sink),
        ] {
            let times = Times::at(millis(now), millis(35), &published);
            assert_eq!((times.at, times.phase), (millis(at), phase));
            assert_eq!(times.waits.total(), millis(at - 10));
            assert_eq!(times.waits.of(Phase::Source), millis(20));
        }
    }
}
