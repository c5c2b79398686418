//! The numbers in the records of `--stats`, as serde writes them.

use crate::account::meter::Snapshot;
use crate::account::phase::{Phase, Waits};
use crate::account::replay::Advice;
use crate::account::stages::StageSnapshot;
use crate::endpoint::connection::Connection;
use crate::endpoint::pipe::PipeFill;
use crate::endpoint::{EndStatus, PerEnd};
use crate::engine::link::{LinkSnapshot, LinkState};
use crate::show::{Sample, Stretch};
use crate::transform::Digest;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Numbers {
    elapsed_s: f64,
    bytes_in: u64,
    bytes_out: u64,
    rate_bytes_s: f64,
    average_bytes_s: f64,
    size: Option<u64>,
    eta_s: Option<f64>,
    links: Vec<LinkNumbers>,
    transforms: Vec<StageNumbers>,
    waits: WaitNumbers,
    bound_by: &'static str,
    #[serde(flatten)]
    whole: StretchNumbers,
    recent: StretchNumbers,
    sockets: PairOf<SocketNumbers>,
    pipes: PairOf<PipeNumbers>,
}

/// Where the time of a stretch went, as parts that add up to 1.
#[derive(Serialize)]
struct StretchNumbers {
    shares: Shares,
    blame: Option<BlameNumbers>,
}

#[derive(Serialize)]
struct Shares {
    source: f64,
    sink: f64,
    rate: f64,
    transform: f64,
    moving: f64,
}

#[derive(Serialize)]
struct BlameNumbers {
    reader: f64,
    network: f64,
    buffer: f64,
    unknown: f64,
}

/// A value for each end that has one.
#[derive(Serialize)]
struct PairOf<T> {
    source: Option<T>,
    sink: Option<T>,
}

#[derive(Serialize)]
struct PipeNumbers {
    len: u64,
    size: u64,
}

#[derive(Serialize)]
struct SocketNumbers {
    send_queue: u64,
    receive_queue: u64,
    rtt_s: f64,
    retransmits: u32,
    delivery_rate_bytes_s: u64,
    busy_s: f64,
    receive_window_limited_s: f64,
    send_buffer_limited_s: f64,
}

/// What other buffers would have done for a transfer that has ended.
#[derive(Serialize)]
pub(super) struct AdviceNumbers {
    absorbed_s: f64,
    high_water_mark: u64,
    larger_saves: f64,
}

#[derive(Serialize)]
pub(super) struct DigestText<'a> {
    algorithm: &'static str,
    hex: &'a str,
}

impl<'a> From<&'a Digest> for DigestText<'a> {
    fn from(it: &'a Digest) -> Self {
        Self {
            algorithm: it.algorithm,
            hex: &it.hex,
        }
    }
}

/// What a transform has done.
#[derive(Serialize)]
struct StageNumbers {
    name: &'static str,
    bytes_in: u64,
    bytes_out: u64,
    lines: Option<u64>,
    blamed_s: f64,
}

impl From<&StageSnapshot> for StageNumbers {
    fn from(it: &StageSnapshot) -> Self {
        Self {
            name: it.name,
            bytes_in: it.bytes_in,
            bytes_out: it.bytes_out,
            lines: it.lines,
            blamed_s: it.blamed.as_secs_f64(),
        }
    }
}

#[derive(Serialize)]
struct LinkNumbers {
    from: &'static str,
    to: &'static str,
    state: &'static str,
    readable: Option<ReadableNumbers>,
    writable: Option<WritableNumbers>,
    pauses: u64,
    drains: u64,
    paused_s: f64,
}

#[derive(Serialize)]
struct ReadableNumbers {
    len: u64,
    high_water_mark: u64,
    max_len: u64,
    median_len: u64,
}

#[derive(Serialize)]
struct WritableNumbers {
    len: u64,
    high_water_mark: u64,
    low_water_mark: u64,
    max_len: u64,
    median_len: u64,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names of the records, which carry their unit"
)]
struct WaitNumbers {
    source_s: f64,
    sink_s: f64,
    rate_s: f64,
    transform_s: f64,
    moving_s: f64,
}

impl From<&Sample> for Numbers {
    fn from(sample: &Sample) -> Self {
        Self {
            elapsed_s: sample.now.elapsed.as_secs_f64(),
            bytes_in: sample.now.bytes_in,
            bytes_out: sample.now.bytes_out,
            rate_bytes_s: sample.rate,
            average_bytes_s: sample.average,
            size: sample.size,
            eta_s: sample.eta.map(|eta| eta.as_secs_f64()),
            links: links(&sample.now),
            transforms: sample.now.stages.iter().map(StageNumbers::from).collect(),
            waits: WaitNumbers::from(&sample.now.waits),
            bound_by: sample.bound_by.map_or("none", Phase::name),
            whole: StretchNumbers::from(&sample.whole),
            recent: StretchNumbers::from(&sample.recent),
            sockets: PairOf::of_ends(&sample.now.ends, |status| {
                status.connection().map(Into::into)
            }),
            pipes: PairOf::of_ends(&sample.now.ends, |status| status.pipe().map(Into::into)),
        }
    }
}

impl<T> PairOf<T> {
    fn of_ends(ends: &PerEnd<EndStatus>, of: impl Fn(&EndStatus) -> Option<T>) -> Self {
        Self {
            source: of(&ends.source),
            sink: of(&ends.sink),
        }
    }
}

impl From<PipeFill> for PipeNumbers {
    fn from(it: PipeFill) -> Self {
        Self {
            len: it.len,
            size: it.size,
        }
    }
}

impl From<&Stretch> for StretchNumbers {
    fn from(stretch: &Stretch) -> Self {
        Self {
            shares: Shares {
                source: stretch.share(Phase::Source),
                sink: stretch.share(Phase::Sink),
                rate: stretch.share(Phase::Rate),
                transform: stretch.share(Phase::Transform),
                moving: stretch.share(Phase::Moving),
            },
            blame: stretch.blame.map(|blame| BlameNumbers {
                reader: blame.reader,
                network: blame.network,
                buffer: blame.buffer,
                unknown: blame.unknown,
            }),
        }
    }
}

impl From<&Connection> for SocketNumbers {
    fn from(it: &Connection) -> Self {
        Self {
            send_queue: it.send_queue,
            receive_queue: it.receive_queue,
            rtt_s: it.round_trip.as_secs_f64(),
            retransmits: it.retransmits,
            delivery_rate_bytes_s: it.delivery_rate,
            busy_s: it.busy.as_secs_f64(),
            receive_window_limited_s: it.window_limited.as_secs_f64(),
            send_buffer_limited_s: it.buffer_limited.as_secs_f64(),
        }
    }
}

impl From<Advice> for AdviceNumbers {
    fn from(advice: Advice) -> Self {
        Self {
            absorbed_s: advice.absorbed.as_secs_f64(),
            high_water_mark: advice.enough,
            larger_saves: advice.larger_saves,
        }
    }
}

/// Every link, with the names of the stages on both sides.
fn links(now: &Snapshot) -> Vec<LinkNumbers> {
    let links = now.links.iter().enumerate();
    links
        .map(|(place, link)| LinkNumbers::new(link, now.neighbours(place)))
        .collect()
}

impl LinkNumbers {
    fn new(link: &LinkSnapshot, (from, to): (&'static str, &'static str)) -> Self {
        Self {
            from,
            to,
            state: match link.state {
                LinkState::Flowing => "flowing",
                LinkState::Paused => "paused",
                LinkState::Ended => "ended",
            },
            readable: link.readable.map(|it| ReadableNumbers {
                len: it.len,
                high_water_mark: it.mark,
                max_len: it.max_len,
                median_len: it.median_len,
            }),
            writable: link.writable.map(|it| WritableNumbers {
                len: it.len,
                high_water_mark: it.mark,
                low_water_mark: it.low,
                max_len: it.max_len,
                median_len: it.median_len,
            }),
            pauses: link.pauses,
            drains: link.drains,
            paused_s: link.paused.as_secs_f64(),
        }
    }
}

impl From<&Waits> for WaitNumbers {
    fn from(waits: &Waits) -> Self {
        let seconds = |phase| waits.of(phase).as_secs_f64();
        Self {
            source_s: seconds(Phase::Source),
            sink_s: seconds(Phase::Sink),
            rate_s: seconds(Phase::Rate),
            transform_s: seconds(Phase::Transform),
            moving_s: seconds(Phase::Moving),
        }
    }
}
