//! Runs that there never were, to be drawn in tests.

use super::super::{Ending, Finished, Sample, Sampler, Summed};
use crate::connection::{Blame, Connection};
use crate::endpoint::{Delivered, Ends, Seen};
use crate::error::{Side, TransferError};
use crate::link::{LinkSnapshot, LinkState, Pauses, ReadableFill, WritableFill};
use crate::meter::Snapshot;
use crate::phase::{Phase, Waits};
use crate::recording::{Level, Looked, Recording, Stall};
use crate::replay::Lesson;
use crate::road::Taken;
use crate::span::{Joins, Span};
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
    pub(super) lesson: Option<Lesson>,
    pub(super) error: Option<TransferError>,
    pub(super) road: Option<Taken>,
}

/// What a moment of a run is like.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// Bytes a second.
    pub(super) rate: f64,
    /// Bytes.
    pub(super) readable: Option<u64>,
    pub(super) writable: Option<u64>,
    pub(super) sent: Option<u64>,
    /// The part of the time that is spent in a phase; the rest is spent moving.
    pub(super) wait: (Phase, f64),
    pub(super) paused: f64,
}

impl Moment {
    /// Nothing is in the buffers and nothing is waited for.
    pub(super) fn moving(rate: f64) -> Self {
        Self {
            rate,
            readable: Some(0),
            writable: Some(0),
            sent: None,
            wait: (Phase::Source, 0.0),
            paused: 0.0,
        }
    }
}

impl Run {
    /// A run of `looks` looks in `elapsed`, in which the moment at a part of the time is as `of` says.
    pub(super) fn of(elapsed: Duration, looks: u32, of: impl Fn(f64) -> Moment) -> Self {
        let mut recording = Recording {
            elapsed,
            ..Recording::default()
        };
        let mut waits = Waits::default();
        let (mut bytes, mut pauses) = (0, Pauses::default());
        for n in 0..looks {
            let (from, to) = (elapsed * n / looks, elapsed * (n + 1) / looks);
            let length = to - from;
            let moment = of((f64::from(n) + 0.5) / f64::from(looks));
            let look = look(&moment, length);
            bytes += look.bytes_out;
            recording.looks.push(Span {
                from,
                to,
                what: look,
            });
            let waited = length.mul_f64(moment.wait.1);
            let mut what = Waits::in_one(moment.wait.0, waited);
            what.add(Phase::Moving, length - waited);
            waits.join(&what);
            recording.phases.push(Span { from, to, what });
            if moment.paused > 0.0 {
                let what = Pauses {
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
            lesson: None,
            error: None,
            road: Some(Taken {
                road: "buffered",
                calls: None,
            }),
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
            source: &self.source,
            sink: &self.sink,
            road: self.road,
            limit: self.limit,
            sample: &self.sample,
            summed: (!failed).then_some(Summed::Complete(Delivered::Written)),
            ending: Ending {
                outcome: if failed { "failed" } else { "complete" },
                road: self.road.map(|it| it.road),
                delivered: (!failed).then_some(Delivered::Written),
                lesson: self.lesson,
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
fn look(moment: &Moment, length: Duration) -> Looked {
    let bytes = (moment.rate * length.as_secs_f64()) as u64;
    let level = |len: u64, mark: u64| {
        let mut looked = Looked {
            writable: Some(Level::new(len, Some(mark))),
            ..Looked::default()
        };
        let lower = Looked {
            writable: Some(Level::new(len / 5 * 4, Some(mark))),
            ..Looked::default()
        };
        looked.join(&lower);
        looked.writable
    };
    Looked {
        bytes_in: bytes,
        bytes_out: bytes,
        readable: moment.readable.and_then(|len| level(len, MIB)),
        writable: moment.writable.and_then(|len| level(len, MIB)),
        kernel: Ends {
            source: None,
            sink: moment.sent.map(|len| Level::new(len, None)),
        },
    }
}

fn sample(elapsed: Duration, bytes: u64, waits: Waits, pauses: Pauses) -> Sample {
    let link = LinkSnapshot {
        state: LinkState::Ended,
        readable: Some(ReadableFill {
            len: 0,
            mark: MIB,
            max_len: MIB,
            median_len: MIB / 2,
        }),
        writable: Some(WritableFill {
            len: 0,
            mark: MIB,
            low: 0,
            max_len: MIB,
            median_len: 40_960,
        }),
        pauses: pauses.pauses,
        drains: pauses.drains,
        paused: pauses.paused,
    };
    Sampler::new(Some(bytes)).last_look(Snapshot {
        elapsed,
        bytes_in: bytes,
        bytes_out: bytes,
        waits,
        phase: Phase::Source,
        still: Duration::ZERO,
        links: vec![link],
        ends: Ends::default(),
    })
}

/// Something between 0 and 1 that looks like chance, the same for the same number.
fn chance(at: f64) -> f64 {
    (((at * 9973.0).sin() * 43_758.545).fract()).abs()
}

/// A sink that takes less than the source gives.
pub(super) fn slow_sink() -> Run {
    let mut run = Run::of(Duration::from_millis(12_400), 620, |at| Moment {
        rate: 33_500_000.0 * (0.92 + 0.16 * chance(at)) * if at < 0.4 { 1.0 } else { 0.62 },
        readable: Some(if at < 0.01 { 300_000 } else { MIB }),
        writable: Some(40_000 + (chance(at + 0.5) * 500_000.0) as u64),
        wait: (Phase::Sink, 0.985),
        paused: if at < 0.01 { 0.0 } else { 0.99 },
        ..Moment::moving(0.0)
    });
    run.lesson = Some(Lesson {
        absorbed: Duration::ZERO,
        enough: 128 << 10,
        larger_saves: 0.0,
    });
    run
}

/// The limit holds it.
pub(super) fn limited() -> Run {
    let mut run = Run::of(Duration::from_secs(95), 4000, |at| Moment {
        rate: 10_485_760.0 * (0.99 + 0.02 * chance(at)),
        readable: Some(MIB),
        writable: Some(MIB - (chance(at) * 90_000.0) as u64),
        wait: (Phase::Rate, 0.99),
        paused: 0.97,
        ..Moment::moving(0.0)
    });
    run.name = Some("nightly");
    run.limit = Some(10 * MIB);
    run.sink = "copy.img".to_owned();
    run
}

/// A source that gives much at once, and then nothing.
pub(super) fn bursts() -> Run {
    let mut run = Run::of(Duration::from_secs(40), 1600, |at| {
        let phase = (at * 8.0).fract();
        let is_burst = phase < 0.3;
        let level = if is_burst {
            phase / 0.3
        } else {
            (1.0 - (phase - 0.3) / 0.3).max(0.0)
        };
        let is_empty = phase > 0.6;
        Moment {
            rate: if is_empty {
                0.0
            } else {
                9_000_000.0 + 900_000.0 * chance(at)
            },
            readable: Some((level * 1_048_576.0) as u64),
            writable: Some(((level * 1.4).min(1.0) * 1_048_576.0) as u64),
            wait: if is_empty {
                (Phase::Source, 1.0)
            } else {
                (Phase::Sink, 0.8)
            },
            paused: if is_burst { 0.6 } else { 0.0 },
            ..Moment::moving(0.0)
        }
    });
    run.source = "-".to_owned();
    run.sink = "tcp://backup.example.net:9000#nodelay".to_owned();
    run.lesson = Some(Lesson {
        absorbed: Duration::from_millis(9400),
        enough: MIB,
        larger_saves: 0.21,
    });
    run
}

/// A peer that stops reading twice.
pub(super) fn stalled() -> Run {
    let mut run = Run::of(Duration::from_secs(24), 2400, |at| {
        let is_stalled = (0.25..0.39).contains(&at) || (0.7..0.82).contains(&at);
        if is_stalled {
            return Moment {
                sent: Some(2_600_000),
                writable: Some(MIB),
                readable: Some(MIB),
                wait: (Phase::Sink, 1.0),
                paused: 1.0,
                ..Moment::moving(0.0)
            };
        }
        Moment {
            rate: 84_000_000.0 * (0.7 + 0.5 * chance(at)),
            readable: Some((chance(at + 0.1) * 700_000.0) as u64),
            writable: Some((chance(at + 0.2) * 1_000_000.0) as u64),
            sent: Some(400_000 + (chance(at + 0.3) * 900_000.0) as u64),
            wait: (Phase::Sink, 0.3 + 0.3 * chance(at)),
            paused: 0.25 * chance(at),
        }
    })
    .stalled(0.25, 0.39, Phase::Sink)
    .stalled(0.7, 0.82, Phase::Sink);
    run.sink = "tcp://receiver.example.net:9000".to_owned();
    run.sample.whole.blame = Some(Blame {
        reader: 0.71,
        network: 0.29,
        buffer: 0.0,
    });
    run.sample.now.ends.sink = Seen::Connection(Connection::default());
    run
}

/// The kernel's road, with one pipe.
pub(super) fn kernel() -> Run {
    let mut run = Run::of(Duration::from_millis(480), 48, |at| Moment {
        rate: 2_100_000_000.0 * (0.8 + 0.3 * chance(at)),
        readable: None,
        writable: Some((chance(at) * 1_048_576.0) as u64),
        wait: (Phase::Sink, 0.45),
        paused: 0.45,
        ..Moment::moving(0.0)
    });
    run.sample.now.links[0].readable = None;
    run.sink = "copy.img".to_owned();
    run.road = Some(Taken {
        road: "kernel",
        calls: Some("splice through a pipe"),
    });
    run
}

/// It failed before both ends were open.
pub(super) fn never_open() -> Run {
    let mut run = Run::of(Duration::ZERO, 0, |_| Moment::moving(0.0));
    run.sample.now.links.clear();
    run.road = None;
    run.failed(
        Side::Sink,
        "connecting to",
        "tcp://receiver.example.net:9000",
        "Connection refused",
    )
}

/// It failed after a while.
pub(super) fn disk_full() -> Run {
    let mut run = Run::of(Duration::from_millis(2300), 230, |at| Moment {
        rate: 400_000_000.0 * (0.7 + 0.6 * chance(at)) * (1.0 - 0.5 * at),
        readable: Some((at * 1_048_576.0) as u64),
        writable: Some(MIB / 2),
        wait: (Phase::Sink, 0.4 + 0.4 * at),
        paused: at * 0.8,
        ..Moment::moving(0.0)
    });
    run.sink = "/mnt/backup/disk.img".to_owned();
    run.failed(
        Side::Sink,
        "writing to",
        "/mnt/backup/disk.img",
        "No space left on device; 691.23 MiB delivered",
    )
}

/// Three milliseconds, one look.
pub(super) fn tiny() -> Run {
    let mut run = Run::of(Duration::from_micros(3120), 1, |_| Moment {
        rate: 3_500_000.0,
        wait: (Phase::Source, 0.7),
        ..Moment::moving(0.0)
    });
    run.source = "hello.txt".to_owned();
    run.sink = "-".to_owned();
    run
}

/// Three days, as many spans as a recording holds.
pub(super) fn days() -> Run {
    let mut run = Run::of(Duration::from_secs(3 * 86_400 - 1234), 4096, |at| Moment {
        rate: 1_300_000.0 * (0.5 + chance(at)) * (1.2 + (at * 18.9).sin()),
        readable: Some((chance(at) * 900_000.0) as u64),
        writable: Some((chance(at + 0.1) * 1_048_576.0) as u64),
        sent: Some((chance(at + 0.4) * 4_000_000.0) as u64),
        wait: (
            [Phase::Source, Phase::Sink, Phase::Rate, Phase::Transform][(at * 400.0) as usize % 4],
            chance(at),
        ),
        paused: chance(at),
    });
    for n in 0..1000 {
        let at = f64::from(n) / 1000.0;
        run = run.stalled(at, at + 0.0005, Phase::Source);
    }
    run
}

/// All of them, with their names.
pub(super) fn all() -> Vec<(&'static str, Run)> {
    vec![
        ("slow-sink", slow_sink()),
        ("limited", limited()),
        ("bursts", bursts()),
        ("stalled", stalled()),
        ("kernel", kernel()),
        ("never-open", never_open()),
        ("disk-full", disk_full()),
        ("tiny", tiny()),
        ("days", days()),
    ]
}
