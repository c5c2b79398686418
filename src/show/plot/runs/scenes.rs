//! What runs are like: a slow sink, a limit, bursts, stalls, failures, short and long ones.

use super::{MIB, Moment, Run};
use crate::account::phase::Phase;
use crate::account::replay::Advice;
use crate::endpoint::EndStatus;
use crate::endpoint::connection::{Blame, Connection};
use crate::engine::road::{Calls, RoadInUse};
use crate::error::Side;
use crate::show::several;
use std::time::Duration;

/// 1 MiB, in a buffer.
const FULL: f64 = 1_048_576.0;

/// Something between 0 and 1 that looks like chance, the same for the same number.
fn chance(at: f64) -> f64 {
    (((at * 9973.0).sin() * 43_758.545).fract()).abs()
}

/// A sink that takes less than the source gives.
pub(in super::super) fn slow_sink() -> Run {
    let mut run = Run::of(Duration::from_millis(12_400), 620, |at| Moment {
        rate: 33_500_000.0 * (0.92 + 0.16 * chance(at)) * if at < 0.4 { 1.0 } else { 0.62 },
        readable: Some(if at < 0.01 { 300_000.0 } else { FULL }),
        writable: Some(40_000.0 + (chance(at + 0.5) * 500_000.0)),
        wait: (Phase::Sink, 0.985),
        paused: if at < 0.01 { 0.0 } else { 0.99 },
        ..Moment::moving(0.0)
    });
    run.advice = Some(Advice {
        absorbed: Duration::ZERO,
        enough: 128 << 10,
        larger_saves: 0.0,
    });
    run
}

/// The limit holds it.
pub(in super::super) fn limited() -> Run {
    let mut run = Run::of(Duration::from_secs(95), 4000, |at| Moment {
        rate: 10_485_760.0 * (0.99 + 0.02 * chance(at)),
        readable: Some(FULL),
        writable: Some(FULL - chance(at) * 90_000.0),
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
pub(in super::super) fn bursts() -> Run {
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
            readable: Some(level * 1_048_576.0),
            writable: Some((level * 1.4).min(1.0) * 1_048_576.0),
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
    run.advice = Some(Advice {
        absorbed: Duration::from_millis(9400),
        enough: MIB,
        larger_saves: 0.21,
    });
    run
}

/// A peer that stops reading twice.
pub(in super::super) fn stalled() -> Run {
    let mut run = Run::of(Duration::from_secs(24), 2400, |at| {
        let is_stalled = (0.25..0.39).contains(&at) || (0.7..0.82).contains(&at);
        if is_stalled {
            return Moment {
                sent: Some(2_600_000.0),
                writable: Some(FULL),
                readable: Some(FULL),
                wait: (Phase::Sink, 1.0),
                paused: 1.0,
                ..Moment::moving(0.0)
            };
        }
        Moment {
            rate: 84_000_000.0 * (0.7 + 0.5 * chance(at)),
            readable: Some(chance(at + 0.1) * 700_000.0),
            writable: Some(chance(at + 0.2) * 1_000_000.0),
            sent: Some(400_000.0 + (chance(at + 0.3) * 900_000.0)),
            wait: (Phase::Sink, 0.3 + 0.3 * chance(at)),
            paused: 0.25 * chance(at),
        }
    })
    .stalled(0.25, 0.39, Phase::Sink)
    .stalled(0.7, 0.82, Phase::Sink);
    run.sink = "tcp://receiver.example.net:9000".to_owned();
    run.sample.whole.blame = Some(Blame {
        reader: 0.71,
        network: 0.2,
        buffer: 0.0,
        unknown: 0.09,
    });
    run.sample.now.ends.sink = EndStatus::Connection(Connection::default());
    run
}

/// The kernel's road, with one pipe.
pub(in super::super) fn kernel() -> Run {
    let mut run = Run::of(Duration::from_millis(480), 48, |at| Moment {
        rate: 2_100_000_000.0 * (0.8 + 0.3 * chance(at)),
        readable: None,
        writable: Some(chance(at) * 1_048_576.0),
        wait: (Phase::Sink, 0.45),
        paused: 0.45,
        ..Moment::moving(0.0)
    });
    run.sample.now.links[0].readable = None;
    run.sink = "copy.img".to_owned();
    run.road = Some(RoadInUse::Kernel(Calls::SpliceThroughPipe));
    run
}

/// It failed before both ends were open.
pub(in super::super) fn never_open() -> Run {
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
pub(in super::super) fn disk_full() -> Run {
    let mut run = Run::of(Duration::from_millis(2300), 230, |at| Moment {
        rate: 400_000_000.0 * (0.7 + 0.6 * chance(at)) * (1.0 - 0.5 * at),
        readable: Some(at * 1_048_576.0),
        writable: Some(FULL / 2.0),
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
pub(in super::super) fn tiny() -> Run {
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
pub(in super::super) fn days() -> Run {
    let mut run = Run::of(Duration::from_secs(3 * 86_400 - 1234), 4096, |at| Moment {
        rate: 1_300_000.0 * (0.5 + chance(at)) * (1.2 + (at * 18.9).sin()),
        readable: Some(chance(at) * 900_000.0),
        writable: Some(chance(at + 0.1) * 1_048_576.0),
        sent: Some(chance(at + 0.4) * 4_000_000.0),
        wait: (
            if (at * 400.0) % 2.0 < 1.0 {
                Phase::Source
            } else {
                Phase::Rate
            },
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

/// Several sinks, of which the second holds the others up.
pub(in super::super) fn several(sinks: usize) -> Run {
    Run {
        name: None,
        source: "disk.img".to_owned(),
        sink: "copy.img".to_owned(),
        limit: None,
        sample: several::sample(sinks),
        recording: several::recording(sinks),
        advice: None,
        error: None,
        road: Some(RoadInUse::Buffered),
    }
}

/// All of them, with their names.
pub(in super::super) fn all() -> Vec<(&'static str, Run)> {
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
        ("two-sinks", several(2)),
        ("three-sinks", several(3)),
        ("twelve-sinks", several(12)),
    ]
}
