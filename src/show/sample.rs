//! One look at the meter, and what follows from it and the looks before.

use crate::account::meter::Snapshot;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::STALLED;
use crate::endpoint::connection::{Blame, Connection};
use crate::text::words::percents;
use std::collections::VecDeque;
use std::time::Duration;

/// Over how long the rate behind the ETA is averaged, as pv does.
const ETA_WINDOW: Duration = Duration::from_secs(30);

/// Over how long the rate is averaged that a person watches: at ten looks a second it would be a blur otherwise. It
/// takes looks more often than that.
const SPEED_WINDOW: Duration = Duration::from_secs(1);

/// Over how long it is judged what binds the flow now.
const RECENT: Duration = Duration::from_secs(5);

/// One look at the meter and what follows from it and the looks before.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The numbers themselves.
    pub now: Snapshot,
    /// Bytes a second since the look before.
    pub rate: f64,
    /// Bytes a second over the last second.
    pub lately: f64,
    /// The same of those that percents are of.
    pub speed: f64,
    /// That since the start.
    pub pace: f64,
    /// Bytes a second since the start.
    pub average: f64,
    /// The expected size in bytes.
    pub size: Option<u64>,
    /// Until the expected size is reached, at the rate of the last 30 s.
    pub eta: Option<Duration>,
    /// What has bound the flow since the look before.
    pub bound_by: Option<Phase>,
    /// Where the time since the start went.
    pub whole: Stretch,
    /// Where the time of the last 5 s went.
    pub recent: Stretch,
}

/// Where the time of a stretch of the transfer went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stretch {
    /// As the writer saw it.
    pub waits: Waits,
    /// Whom a sink that is a connection waited for, by the kernel's account.
    pub blame: Option<Blame>,
    /// The transform that was waited for longest, if any was.
    pub transform: Option<&'static str>,
}

impl Stretch {
    /// The part of the time that was spent in `phase`, from 0 to 1.
    #[must_use]
    pub fn share(&self, phase: Phase) -> f64 {
        let total = self.waits.total().as_secs_f64();
        if total > 0.0 {
            self.waits.of(phase).as_secs_f64() / total
        } else {
            0.0
        }
    }

    /// The parts of the time in percent, which add up, in the order of [`Phase::ALL`].
    pub(super) fn percents(&self) -> [(Phase, u64); 5] {
        let percents = percents(Phase::ALL.map(|phase| self.share(phase)));
        std::array::from_fn(|at| (Phase::ALL[at], percents[at]))
    }

    /// The same of one phase.
    pub(super) fn percent(&self, phase: Phase) -> u64 {
        let percents = self.percents().into_iter();
        percents
            .filter(|(it, _)| *it == phase)
            .map(|(_, percent)| percent)
            .sum()
    }
}

impl Sample {
    /// How many bytes of the source are done with: they have been delivered, or have reached the first transform. As long
    /// as a transform goes on, it is not done with the last of them.
    #[must_use]
    pub fn part(&self) -> u64 {
        let (passed, now) = (self.now.passed(), &self.now);
        let goes_on = !now.stages.is_empty() && !now.has_ended();
        match self.size {
            Some(size) if passed == size && goes_on => size.saturating_sub(1),
            _ => passed,
        }
    }

    /// How much of the expected size that is, in whole percent. More than was expected is no percentage: the expectation
    /// was wrong.
    #[must_use]
    pub fn percent(&self) -> Option<u64> {
        let passed = self.part();
        let size = self.size.filter(|size| *size >= passed)?;
        let percent = u128::from(passed) * 100 / u128::from(size.max(1));
        u64::try_from(percent).ok().filter(|_| size > 0)
    }

    /// Whether nothing has moved for so long that the transfer counts as stalled, though more is to come.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.now.still >= STALLED && !self.now.has_ended()
    }
}

/// A moment that later looks are compared with.
#[derive(Debug, Clone, Default)]
struct Mark {
    at: Duration,
    /// Bytes that were delivered, and those that percents are of.
    bytes: u64,
    passed: u64,
    waits: Waits,
    /// How long each transform was waited for.
    blamed: Vec<Duration>,
    sink: Connection,
}

/// Remembers the looks that the next one is compared with.
#[derive(Debug)]
pub struct Sampler {
    size: Option<u64>,
    /// The looks of the longest window and the last one before it, oldest first. Never empty.
    marks: VecDeque<Mark>,
}

impl Sampler {
    /// Nothing seen yet; `size` is the expected size in bytes.
    #[must_use]
    pub fn new(size: Option<u64>) -> Self {
        Self {
            size,
            marks: VecDeque::from([Mark::default()]),
        }
    }

    /// Takes note of `now`.
    pub fn sample(&mut self, now: Snapshot) -> Sample {
        let mark = Mark {
            at: now.elapsed,
            bytes: now.bytes_out,
            passed: now.passed(),
            waits: now.waits,
            blamed: now.stages.iter().map(|it| it.blamed).collect(),
            sink: now.ends.sink.connection().copied().unwrap_or_default(),
        };
        let last = self.marks.back().cloned().unwrap_or_default();
        let long_ago = self.before(mark.at.saturating_sub(ETA_WINDOW));
        let second_ago = self.before(mark.at.saturating_sub(SPEED_WINDOW));
        let recently = self.before(mark.at.saturating_sub(RECENT));
        self.forget(mark.at.saturating_sub(ETA_WINDOW));
        let to_come = self.size.map(|size| size.saturating_sub(mark.passed));
        let start = Mark::default();
        let sample = Sample {
            rate: mark.rate_since(&last),
            lately: mark.rate_since(&second_ago),
            speed: mark.pace_since(&second_ago),
            pace: mark.pace_since(&start),
            average: mark.rate_since(&start),
            size: self.size,
            eta: to_come.and_then(|bytes| time_for(bytes, mark.pace_since(&long_ago))),
            bound_by: mark.waits.since(&last.waits).bound_by(),
            whole: mark.since(&start, &now),
            recent: mark.since(&recently, &now),
            now,
        };
        self.marks.push_back(mark);
        sample
    }

    /// The last look: what bound the flow is that of the whole.
    pub fn last_look(&mut self, now: Snapshot) -> Sample {
        let whole = now.waits.bound_by();
        let mut sample = self.sample(now);
        (sample.eta, sample.bound_by) = (None, whole);
        sample
    }

    /// The last look not after `moment`, or the oldest that is remembered.
    fn before(&self, moment: Duration) -> Mark {
        let later = self.marks.partition_point(|mark| mark.at <= moment);
        let index = later.saturating_sub(1);
        self.marks.get(index).cloned().unwrap_or_default()
    }

    /// Forgets what is older than the last look not after `moment`.
    fn forget(&mut self, moment: Duration) {
        let later = self.marks.partition_point(|mark| mark.at <= moment);
        self.marks.drain(..later.saturating_sub(1));
    }
}

impl Mark {
    /// Where the time went until `now`, when this was noted.
    fn since(&self, earlier: &Mark, now: &Snapshot) -> Stretch {
        Stretch {
            waits: self.waits.since(&earlier.waits),
            blame: self.sink.blame_since(&earlier.sink),
            transform: self.culprit_since(earlier).map(|it| now.stages[it].name),
        }
    }

    /// The place of the transform that was waited for longest.
    fn culprit_since(&self, earlier: &Mark) -> Option<usize> {
        let before = |stage| earlier.blamed.get(stage).copied().unwrap_or_default();
        let blamed = self.blamed.iter().enumerate();
        let blamed = blamed.map(|(stage, now)| (now.saturating_sub(before(stage)), stage));
        let longest = blamed.max().filter(|(time, _)| !time.is_zero());
        longest.map(|(_, stage)| stage)
    }

    fn rate_since(&self, earlier: &Mark) -> f64 {
        self.per_second(earlier, |mark| mark.bytes)
    }

    /// How fast the expected size is approached, in bytes a second.
    fn pace_since(&self, earlier: &Mark) -> f64 {
        self.per_second(earlier, |mark| mark.passed)
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are for show")]
    fn per_second(&self, earlier: &Mark, bytes: fn(&Mark) -> u64) -> f64 {
        let time = self.at.saturating_sub(earlier.at);
        if time.is_zero() {
            0.0
        } else {
            bytes(self).saturating_sub(bytes(earlier)) as f64 / time.as_secs_f64()
        }
    }
}

/// `None` when nothing moves, or when it would take longer than anybody waits.
#[expect(clippy::cast_precision_loss, reason = "times to come are for show")]
fn time_for(bytes: u64, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(bytes as f64 / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::{Sample, Sampler};
    use crate::account::meter::Snapshot;
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::PerEnd;
    use std::time::Duration;

    fn at(millis: u64, bytes_out: u64) -> Snapshot {
        Snapshot {
            elapsed: Duration::from_millis(millis),
            bytes_in: bytes_out,
            bytes_out,
            waits: Waits::default(),
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: Vec::new(),
            stages: Vec::new(),
            ends: PerEnd::default(),
        }
    }

    #[test]
    fn rates_are_since_the_last_look_and_since_the_start() {
        let mut sampler = Sampler::new(Some(1000));
        let first = sampler.sample(at(1000, 100));
        assert_eq!(
            (first.rate, first.average, first.eta),
            (100.0, 100.0, Some(Duration::from_secs(9)))
        );
        let second = sampler.sample(at(2000, 400));
        assert_eq!(
            (second.rate, second.average, second.eta),
            (300.0, 200.0, Some(Duration::from_secs(3)))
        );
    }

    #[test]
    fn the_speed_is_that_of_the_last_second_however_often_one_looks() {
        let mut sampler = Sampler::new(None);
        let mut speeds = (1..=40).map(|n| {
            let bytes = if n % 2 == 0 { n * 10 } else { n * 10 - 10 };
            sampler.sample(at(n * 100, bytes)).speed
        });
        assert!(speeds.all(|speed| speed <= 110.0));
        assert_eq!(sampler.sample(at(9000, 400)).speed, 0.0);
    }

    #[test]
    fn the_eta_forgets_what_is_more_than_half_a_minute_ago() {
        let mut sampler = Sampler::new(Some(10_000));
        for second in 1..=10 {
            sampler.sample(at(second * 1000, second * 500));
        }
        let mut last = None;
        for second in 11..=60 {
            last = sampler.sample(at(second * 1000, 5000 + (second - 10))).eta;
        }
        assert_eq!(last, Some(Duration::from_secs(4950)));
    }

    #[test]
    fn a_stalled_flow_has_no_eta_once_the_window_has_passed() {
        let mut sampler = Sampler::new(Some(1000));
        sampler.sample(at(1000, 100));
        assert!(sampler.sample(at(20_000, 100)).eta.is_some());
        assert_eq!(sampler.sample(at(60_000, 100)).eta, None);
        assert_eq!(Sampler::new(Some(5)).sample(at(0, 0)).eta, None);
    }

    #[test]
    fn there_is_no_percentage_of_nothing_or_beyond_the_whole() {
        let percent = |size, bytes| -> Option<u64> {
            let sample: Sample = Sampler::new(size).sample(at(1000, bytes));
            sample.percent()
        };
        let table = [
            (Some(1000), 0, Some(0)),
            (Some(1000), 999, Some(99)),
            (Some(1000), 1000, Some(100)),
            (Some(1000), 1001, None),
            (Some(0), 0, None),
            (None, 5, None),
            (Some(u64::MAX), u64::MAX - 1, Some(99)),
        ];
        for (size, bytes, expected) in table {
            assert_eq!(percent(size, bytes), expected, "{bytes} of {size:?}");
        }
    }
}
