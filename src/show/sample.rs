//! A sample of the meter, with the rates and shares that follow from it and from earlier samples.

use super::direction::Direction;
use super::reading::Reading;
use super::stretch::Stretch;
use crate::account::meter::Snapshot;
use crate::account::phase::Phase;
use crate::account::recording::STALLED;
use std::collections::VecDeque;
use std::time::Duration;

/// The rate behind the ETA is averaged over this time, as in pv.
const ETA_WINDOW: Duration = Duration::from_secs(30);

/// The rate that a person watches is averaged over this time: at ten samples a second it would be a blur otherwise. Where
/// samples are further apart, it is averaged from one to the next.
const SPEED_WINDOW: Duration = Duration::from_secs(1);

/// What binds the flow now is judged by this time.
const RECENT: Duration = Duration::from_secs(5);

/// A sample of the meter, with the rates and shares that follow from it and from earlier samples.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Which of both directions it is of; `None`: there is but one.
    pub direction: Option<Direction>,
    /// The numbers themselves.
    pub now: Snapshot,
    /// Bytes a second that the sink took since the sample before.
    pub rate: f64,
    /// Bytes a second that the sink took over the last second.
    pub lately: f64,
    /// Bytes a second of progress over the last second, counted as percentages are: see [`Sample::part`].
    pub speed: f64,
    /// Bytes a second of progress since the start.
    pub pace: f64,
    /// Bytes a second that the sink took since the start.
    pub average: f64,
    /// The expected size in bytes.
    pub size: Option<u64>,
    /// Bytes of it that the sink had before, where a copy goes on.
    pub before: u64,
    /// Until the expected size is reached, at the rate of the last 30 s.
    pub eta: Option<Duration>,
    /// The rate limit, in bytes a second.
    pub limit: Option<u64>,
    /// Whether the user lets nothing leave (`--tell`).
    pub is_held: bool,
    /// What has bound the flow since the sample before.
    pub bound_by: Option<Phase>,
    /// Where the time since the start went.
    pub whole: Stretch,
    /// Where the time of the last 5 s went.
    pub recent: Stretch,
    /// The same of each sink.
    pub sinks: Vec<SinkSample>,
}

/// Where the time of one sink went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinkSample {
    /// Since the start.
    pub whole: Stretch,
    /// The last 5 s.
    pub recent: Stretch,
    /// Bytes a second that it took over the last second.
    pub lately: f64,
}

impl Sample {
    /// How many bytes of the source are done with: they have been delivered, now or before, or have reached the first transform. As
    /// long as a transform goes on, it is not done with the last of them.
    #[must_use]
    pub fn part(&self) -> u64 {
        let (passed, now) = (self.before + self.now.passed(), &self.now);
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

    /// How many lines have passed a transform that counts them.
    pub(super) fn lines(&self) -> Option<u64> {
        self.now.stages.iter().find_map(|stage| stage.lines)
    }

    /// Whether nothing has moved for so long that the transfer counts as stalled, though more is to come.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.now.still >= STALLED && !self.now.has_ended()
    }
}

/// Makes samples, and remembers earlier ones as long as they are compared with.
#[derive(Debug, Clone)]
pub struct Sampler {
    size: Option<u64>,
    before: u64,
    direction: Option<Direction>,
    /// Those of the longest window and the last one before it, oldest first. Never empty.
    readings: VecDeque<Reading>,
}

impl Sampler {
    /// No sample yet; `size` is the expected size in bytes.
    #[must_use]
    pub fn new(size: Option<u64>) -> Self {
        Self {
            size,
            before: 0,
            direction: None,
            readings: VecDeque::from([Reading::default()]),
        }
    }

    /// The same where the sink had `before` bytes of the expected size already.
    #[must_use]
    pub fn behind(self, before: u64) -> Self {
        Self { before, ..self }
    }

    /// The same of one of both directions.
    #[must_use]
    pub fn going(self, direction: Option<Direction>) -> Self {
        Self { direction, ..self }
    }

    /// The sample for the meter as it is now.
    pub fn sample(&mut self, now: Snapshot) -> Sample {
        let reading = Reading::of(&now);
        let last = self.readings.back().cloned().unwrap_or_default();
        let long_ago = self.before(reading.at.saturating_sub(ETA_WINDOW));
        let second_ago = self.before(reading.at.saturating_sub(SPEED_WINDOW));
        let recently = self.before(reading.at.saturating_sub(RECENT));
        self.forget(reading.at.saturating_sub(ETA_WINDOW));
        let to_come = self
            .size
            .map(|size| size.saturating_sub(self.before + reading.passed));
        let start = Reading::default();
        let sinks = reading.sinks().map(|sink| SinkSample {
            whole: reading.of_sink(sink, &start, &now),
            recent: reading.of_sink(sink, &recently, &now),
            lately: reading.rate_of_sink_since(sink, &second_ago),
        });
        let sample = Sample {
            direction: self.direction,
            sinks: sinks.collect(),
            rate: reading.rate_since(&last),
            lately: reading.rate_since(&second_ago),
            speed: reading.pace_since(&second_ago),
            pace: reading.pace_since(&start),
            average: reading.rate_since(&start),
            size: self.size,
            before: self.before,
            limit: None,
            is_held: false,
            eta: to_come.and_then(|bytes| time_for(bytes, reading.pace_since(&long_ago))),
            bound_by: reading.since(&last, &now).waits.bound_by(),
            whole: reading.since(&start, &now),
            recent: reading.since(&recently, &now),
            now,
        };
        self.readings.push_back(reading);
        sample
    }

    /// The last sample. It has no ETA, and what bound the flow is judged by the whole transfer.
    pub fn last_sample(&mut self, now: Snapshot) -> Sample {
        let mut sample = self.sample(now);
        (sample.eta, sample.bound_by) = (None, sample.whole.waits.bound_by());
        sample
    }

    /// The last reading not after `moment`, or the oldest that is remembered.
    fn before(&self, moment: Duration) -> Reading {
        let reading = self.readings.get(self.index_before(moment));
        reading.cloned().unwrap_or_default()
    }

    /// Forgets what is older than the last reading not after `moment`.
    fn forget(&mut self, moment: Duration) {
        self.readings.drain(..self.index_before(moment));
    }

    fn index_before(&self, moment: Duration) -> usize {
        let readings = &self.readings;
        let later = readings.partition_point(|reading| reading.at <= moment);
        later.saturating_sub(1)
    }
}

/// `None` when nothing moves, or when it would take longer than a [`Duration`] can be.
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
            sinks: Vec::new(),
            ends: PerEnd::default(),
        }
    }

    #[test]
    fn rates_are_since_the_last_sample_and_since_the_start() {
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
    fn what_the_sink_had_before_is_a_part_of_the_size_and_of_no_rate() {
        let mut sampler = Sampler::new(Some(1000)).behind(600);
        let sample = sampler.sample(at(1000, 100));
        assert_eq!((sample.part(), sample.percent()), (700, Some(70)));
        assert_eq!((sample.rate, sample.pace), (100.0, 100.0));
        assert_eq!(sample.eta, Some(Duration::from_secs(3)));
    }

    #[test]
    fn the_speed_is_that_of_the_last_second_however_many_samples_there_are() {
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
