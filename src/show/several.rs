//! A transfer to several sinks that there never was, for tests: 12 s after its start the second sink holds the others up.

use super::{Completion, Ending, Finished, Sample, Sampler};
use crate::account::meter::{SinkSnapshot, Snapshot};
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Level, Recording, Sampled};
use crate::account::span::Span;
use crate::endpoint::connection::Connection;
use crate::endpoint::{Delivered, EndStatus, PerEnd};
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState, ReadableFill, WritableFill};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// Its numbers, with so many sinks.
pub(super) fn snapshot(sinks: usize) -> Snapshot {
    let all = (0..sinks).map(|sink| if sink == 1 { slow() } else { fast() });
    let (consumers, sinks): (Vec<_>, Vec<_>) = all.unzip();
    let link = LinkSnapshot {
        state: LinkState::Paused,
        is_ours: true,
        readable: Some(ReadableFill {
            len: MIB,
            mark: MIB,
            max_len: MIB,
            median_len: MIB,
        }),
        consumers,
        pauses: 5,
        drains: 4,
        paused: Duration::from_secs(9),
    };
    Snapshot {
        elapsed: Duration::from_secs(12),
        bytes_in: 33 * MIB,
        bytes_out: 31 * MIB,
        waits: Waits::default(),
        phase: Phase::Sink,
        still: Duration::ZERO,
        links: vec![link],
        stages: Vec::new(),
        sinks,
        ends: PerEnd::default(),
    }
}

/// Its sample.
pub(super) fn sample(sinks: usize) -> Sample {
    Sampler::new(Some(100 * MIB)).sample(snapshot(sinks))
}

/// What happened when, in samples of a tenth of a second.
pub(super) fn recording(sinks: usize) -> Recording {
    let (now, tenth) = (snapshot(sinks), Duration::from_millis(100));
    let writables = now.links[0].consumers.iter().filter_map(|it| it.writable);
    let writables: Vec<_> = writables
        .map(|it| Level::new(it.len, Some(it.mark)))
        .collect();
    let sample = |n: u32| Span {
        from: tenth * n,
        to: tenth * (n + 1),
        what: Sampled {
            bytes_in: MIB / 4,
            bytes_out: MIB / 4,
            readable: Some(Level::new(MIB, Some(MIB))),
            writables: writables.clone(),
            ..Sampled::default()
        },
    };
    let phases = now.sinks.iter().map(|it| {
        vec![Span {
            from: Duration::ZERO,
            to: now.elapsed,
            what: it.waits,
        }]
    });
    Recording {
        elapsed: now.elapsed,
        phases: phases.collect(),
        samples: (0..120).map(sample).collect(),
        ..Recording::default()
    }
}

/// As those who draw it get it.
pub(super) fn finished<'a>(sample: &'a Sample, recording: &'a Recording) -> Finished<'a> {
    Finished {
        name: None,
        direction: None,
        source: "in",
        sink: "out",
        road: None,
        limit: None,
        sample,
        completion: Some(Completion::Complete(Delivered::Written)),
        file_digests: &[],
        ending: Ending {
            outcome: "complete",
            sinks: &[],
            road: None,
            delivered: Some(Delivered::Written),
            advice: None,
            digests: &[],
            error: None,
            exit_code: 0,
        },
        recording,
    }
}

fn slow() -> (ConsumerSnapshot, SinkSnapshot) {
    let connection = Connection {
        is_local: true,
        send_queue: 5 << 19,
        ..Connection::default()
    };
    let consumer = ConsumerSnapshot {
        writable: Some(writable(MIB)),
        stops: 5,
        drains: 4,
        held_up: Duration::from_secs(9),
    };
    let end = EndStatus::Connection(connection);
    (consumer, sink(31 * MIB, Phase::Sink, end))
}

fn fast() -> (ConsumerSnapshot, SinkSnapshot) {
    let consumer = ConsumerSnapshot {
        writable: Some(writable(MIB / 4)),
        ..ConsumerSnapshot::default()
    };
    (consumer, sink(32 * MIB, Phase::Source, EndStatus::File))
}

fn writable(len: u64) -> WritableFill {
    WritableFill {
        len,
        mark: MIB,
        low: 0,
        max_len: MIB,
        median_len: len,
    }
}

/// A sink whose writer has waited for three quarters of the time.
fn sink(bytes_out: u64, phase: Phase, end: EndStatus) -> SinkSnapshot {
    let mut waits = Waits::in_one(phase, Duration::from_secs(9));
    waits.add(Phase::Moving, Duration::from_secs(3));
    SinkSnapshot {
        bytes_out,
        waits,
        phase,
        end,
        ..SinkSnapshot::default()
    }
}
