//! What of a sample is remembered, and what can be told from two of them: rates, and where the time between them went.

use super::stretch::Stretch;
use crate::account::meter::Snapshot;
use crate::account::phase::{Phase, Waits};
use crate::endpoint::EndStatus;
use crate::endpoint::connection::Connection;
use std::ops::Range;
use std::time::Duration;

/// What of a sample is remembered, to compare later ones with.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    pub(super) at: Duration,
    /// Bytes that the sink has taken.
    bytes: u64,
    /// Bytes of progress: see [`Snapshot::passed`].
    pub(super) passed: u64,
    /// How long each transform was waited for.
    blamed: Vec<Duration>,
    sinks: Vec<SinkReading>,
}

/// What is remembered of one sink.
#[derive(Debug, Clone, Copy, Default)]
struct SinkReading {
    /// Bytes it has taken.
    bytes: u64,
    waits: Waits,
    /// For how long it has held the source up.
    held_up: Duration,
    connection: Connection,
}

impl SinkReading {
    /// A reading for each sink, as long as it is the only one with the numbers of the whole transfer.
    fn of(now: &Snapshot) -> Vec<Self> {
        let connection = |end: &EndStatus| end.connection().copied().unwrap_or_default();
        if !now.has_several_sinks() {
            return vec![Self {
                bytes: now.bytes_out,
                waits: now.waits,
                held_up: Duration::ZERO,
                connection: connection(&now.ends.sink),
            }];
        }
        let consumers = now.links.last().map(|link| &link.consumers);
        let held_up = |sink: usize| Some(consumers?.get(sink)?.held_up);
        let sinks = now.sinks.iter().enumerate();
        let sinks = sinks.map(|(sink, it)| Self {
            bytes: it.bytes_out,
            waits: it.waits,
            held_up: held_up(sink).unwrap_or_default(),
            connection: connection(&it.end),
        });
        sinks.collect()
    }
}

impl Reading {
    /// What is remembered of these numbers.
    pub(super) fn of(now: &Snapshot) -> Self {
        Self {
            at: now.elapsed,
            bytes: now.bytes_out,
            passed: now.passed(),
            blamed: now.stages.iter().map(|it| it.blamed).collect(),
            sinks: SinkReading::of(now),
        }
    }

    /// The sinks that there are.
    pub(super) fn sinks(&self) -> Range<usize> {
        0..self.sinks.len()
    }

    fn sink(&self, sink: usize) -> SinkReading {
        self.sinks.get(sink).copied().unwrap_or_default()
    }

    /// Where the time went from an earlier reading to this one, which is of `now`, as the slowest sink tells it.
    pub(super) fn since(&self, earlier: &Reading, now: &Snapshot) -> Stretch {
        self.of_sink(self.slowest_since(earlier), earlier, now)
    }

    /// The sink that has held the source up for longest; where none has, the one that was waited for longest; the first of those
    /// that are alike.
    fn slowest_since(&self, earlier: &Reading) -> usize {
        let sinks = self.sinks().rev();
        let slowest = sinks.max_by_key(|sink| {
            let (now, before) = (self.sink(*sink), earlier.sink(*sink));
            let waits = now.waits.since(&before.waits);
            let held_up = now.held_up.saturating_sub(before.held_up);
            (held_up, waits.of(Phase::Sink))
        });
        slowest.unwrap_or(0)
    }

    /// Where the time of one sink went.
    pub(super) fn of_sink(&self, sink: usize, earlier: &Reading, now: &Snapshot) -> Stretch {
        let (it, before) = (self.sink(sink), earlier.sink(sink));
        Stretch {
            waits: it.waits.since(&before.waits),
            blame: it.connection.blame_since(&before.connection),
            transform: self.culprit_since(earlier).map(|it| now.stages[it].name),
            sink: now.has_several_sinks().then_some(sink),
        }
    }

    /// The index of the transform that was waited for longest.
    fn culprit_since(&self, earlier: &Reading) -> Option<usize> {
        let before = |stage| earlier.blamed.get(stage).copied().unwrap_or_default();
        let blamed = self.blamed.iter().enumerate();
        let blamed = blamed.map(|(stage, now)| (now.saturating_sub(before(stage)), stage));
        let longest = blamed.max().filter(|(time, _)| !time.is_zero());
        longest.map(|(_, stage)| stage)
    }

    pub(super) fn rate_since(&self, earlier: &Reading) -> f64 {
        self.per_second(earlier, |reading| reading.bytes)
    }

    /// How fast this sink takes bytes, in bytes a second.
    pub(super) fn rate_of_sink_since(&self, sink: usize, earlier: &Reading) -> f64 {
        self.per_second(earlier, |reading| reading.sink(sink).bytes)
    }

    /// How fast the expected size is approached, in bytes a second.
    pub(super) fn pace_since(&self, earlier: &Reading) -> f64 {
        self.per_second(earlier, |reading| reading.passed)
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are for show")]
    fn per_second(&self, earlier: &Reading, bytes: impl Fn(&Reading) -> u64) -> f64 {
        let time = self.at.saturating_sub(earlier.at);
        if time.is_zero() {
            0.0
        } else {
            bytes(self).saturating_sub(bytes(earlier)) as f64 / time.as_secs_f64()
        }
    }
}
