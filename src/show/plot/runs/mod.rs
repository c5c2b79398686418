//! Runs that there never were, to be drawn in tests, and how they are made up.

mod scenes;

pub(super) use scenes::{
    all, bursts, disk_full, kernel, limited, never_open, several, slow_sink, stalled, tiny,
};

use crate::show::{Completion, Ending, Finished, Sample, Sampler};

use crate::account::meter::Snapshot;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Level, Recording, Sampled, Stall};
use crate::account::replay::Advice;
use crate::account::span::{Joins, Span};
use crate::endpoint::{Delivered, PerEnd};
use crate::engine::link::{
    ConsumerSnapshot, LinkSnapshot, LinkState, PauseTotals, ReadableFill, WritableFill,
};
use crate::engine::road::RoadInUse;
use crate::error::{Side, TransferError};
use std::io;
use std::time::Duration;

/// 1 MiB.
pub(super) const MIB: u64 = 1 << 20;

/// Everything that a [`Finished`] borrows.
pub(super) struct Run {
    pub(super) name: Option<&'static str>,
    pub(super) source: String,
    pub(super) sink: String,
    pub(super) limit: Option<u64>,
    pub(super) sample: Sample,
    pub(super) recording: Recording,
    pub(super) advice: Option<Advice>,
    pub(super) error: Option<TransferError>,
    pub(super) road: Option<RoadInUse>,
}

/// What a moment of a run is like.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// Bytes a second.
    pub(super) rate: f64,
    /// Bytes.
    pub(super) readable: Option<f64>,
    pub(super) writable: Option<f64>,
    pub(super) sent: Option<f64>,
    /// The part of the time that is spent in a phase; the rest is spent moving.
    pub(super) wait: (Phase, f64),
    pub(super) paused: f64,
}

impl Moment {
    /// Nothing is in the buffers and nothing is waited for.
    pub(super) fn moving(rate: f64) -> Self {
        Self {
            rate,
            readable: Some(0.0),
            writable: Some(0.0),
            sent: None,
            wait: (Phase::Source, 0.0),
            paused: 0.0,
        }
    }
}

impl Run {
    /// A run of `samples` samples in `elapsed`, in which the moment at a part of the time is as `of` says.
    pub(super) fn of(elapsed: Duration, samples: u32, of: impl Fn(f64) -> Moment) -> Self {
        let mut recording = Recording {
            elapsed,
            phases: vec![Vec::new()],
            ..Recording::default()
        };
        let mut waits = Waits::default();
        let (mut bytes, mut pauses) = (0, PauseTotals::default());
        for n in 0..samples {
            let (from, to) = (elapsed * n / samples, elapsed * (n + 1) / samples);
            let length = to.saturating_sub(from);
            let moment = of((f64::from(n) + 0.5) / f64::from(samples));
            let sample = sampled(&moment, length);
            bytes += sample.bytes_out;
            recording.samples.push(Span {
                from,
                to,
                what: sample,
            });
            let waited = length.mul_f64(moment.wait.1);
            let mut what = Waits::in_one(moment.wait.0, waited);
            what.add(Phase::Moving, length.saturating_sub(waited));
            waits.join(&what);
            recording.phases[0].push(Span { from, to, what });
            if moment.paused > 0.0 {
                let what = PauseTotals {
                    pauses: 2,
                    drains: 1,
                    paused: length.mul_f64(moment.paused),
                };
                pauses.join(&what);
                recording.pauses.push(Span { from, to, what });
            }
        }
        Self {
            name: None,
            source: "disk.img".to_owned(),
            sink: "null:#rate=32M".to_owned(),
            limit: None,
            sample: sample(elapsed, bytes, waits, pauses),
            recording,
            advice: None,
            error: None,
            road: Some(RoadInUse::Buffered),
        }
    }

    /// It failed with these words.
    pub(super) fn failed(mut self, side: Side, act: &str, uri: &str, why: &'static str) -> Self {
        let error = TransferError::io(side, act, uri, &io::Error::other(why));
        self.error = Some(error);
        self
    }

    /// It was stalled in this part of the time.
    pub(super) fn stalled(mut self, from: f64, to: f64, waits_for: Phase) -> Self {
        let elapsed = self.recording.elapsed;
        self.recording.stalls.push(Span {
            from: elapsed.mul_f64(from),
            to: elapsed.mul_f64(to),
            what: Stall { waits_for },
        });
        self
    }

    /// As those who draw it get it.
    pub(super) fn finished(&self) -> Finished<'_> {
        let failed = self.error.is_some();
        Finished {
            name: self.name,
            direction: None,
            source: &self.source,
            sink: &self.sink,
            road: self.road,
            limit: self.limit,
            sample: &self.sample,
            completion: (!failed).then_some(Completion::Complete(Delivered::Written)),
            file_digests: &[],
            ending: Ending {
                sinks: &[],
                outcome: if failed { "failed" } else { "complete" },
                road: self.road.map(RoadInUse::name),
                delivered: (!failed).then_some(Delivered::Written),
                advice: self.advice,
                digests: &[],
                error: self.error.as_ref(),
                exit_code: i32::from(failed),
            },
            recording: &self.recording,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made up"
)]
fn sampled(moment: &Moment, length: Duration) -> Sampled {
    let bytes = (moment.rate * length.as_secs_f64()) as u64;
    let level = |len: f64, mark: u64| {
        let len = len as u64;
        let mut sample = Sampled {
            writables: vec![Level::new(len, Some(mark))],
            ..Sampled::default()
        };
        let lower = Sampled {
            writables: vec![Level::new(len / 5 * 4, Some(mark))],
            ..Sampled::default()
        };
        sample.join(&lower);
        sample.writables.pop()
    };
    Sampled {
        bytes_in: bytes,
        bytes_out: bytes,
        readable: moment.readable.and_then(|len| level(len, MIB)),
        writables: moment
            .writable
            .and_then(|len| level(len, MIB))
            .into_iter()
            .collect(),
        kernel: PerEnd {
            source: None,
            sink: moment.sent.map(|len| Level::new(len as u64, None)),
        },
    }
}

fn sample(elapsed: Duration, bytes: u64, waits: Waits, pauses: PauseTotals) -> Sample {
    let link = LinkSnapshot {
        state: LinkState::Ended,
        is_ours: true,
        readable: Some(ReadableFill {
            len: 0,
            mark: MIB,
            max_len: MIB,
            median_len: MIB / 2,
        }),
        consumers: vec![ConsumerSnapshot {
            writable: Some(WritableFill {
                len: 0,
                mark: MIB,
                low: 0,
                max_len: MIB,
                median_len: 40_960,
            }),
            ..ConsumerSnapshot::default()
        }],
        pauses: pauses.pauses,
        drains: pauses.drains,
        paused: pauses.paused,
    };
    Sampler::new(Some(bytes)).last_sample(Snapshot {
        elapsed,
        bytes_in: bytes,
        bytes_out: bytes,
        waits,
        phase: Phase::Source,
        still: Duration::ZERO,
        links: vec![link],
        stages: Vec::new(),
        sinks: Vec::new(),
        ends: PerEnd::default(),
    })
}
