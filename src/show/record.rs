//! The records of `--stats` and what stands in them: one JSON object a line. `docs/stats.md` tells every field.

use super::{Sample, Stretch};
use crate::account::meter::Snapshot;
use crate::account::phase::{Phase, Waits};
use crate::account::replay::Advice;
use crate::account::stages::StageSnapshot;
use crate::endpoint::connection::Connection;
use crate::endpoint::pipe::PipeFill;
use crate::endpoint::{Delivered, EndStatus, PerEnd};
use crate::engine::link::{LinkSnapshot, LinkState};
use crate::error::{Side, TransferError};
use crate::text::visible;
use crate::transform::Digest;
use serde::Serialize;

/// The version of the records: fields may be added under it, none changes its meaning.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Record<'a> {
    Message {
        version: u32,
        level: &'a str,
        text: &'a str,
    },
    Listening {
        version: u32,
        end: &'static str,
        address: &'a str,
    },
    Start {
        version: u32,
        #[serde(flatten)]
        start: Start<'a>,
    },
    Sample(Numbers),
    End {
        #[serde(flatten)]
        numbers: Numbers,
        outcome: &'static str,
        road: Option<&'static str>,
        delivered: Option<&'static str>,
        buffer: Option<LessonNumbers>,
        digests: Vec<DigestText<'a>>,
        error: Option<Failure<'a>>,
        exit_code: i32,
    },
}

/// What is known once both ends are open.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Start<'a> {
    /// What the user calls this transfer.
    pub name: Option<&'a str>,
    /// The source, as typed.
    pub source: &'a str,
    /// The sink, as typed.
    pub sink: &'a str,
    /// How the bytes travel: `kernel` or `buffered`.
    pub road: &'a str,
    /// By which calls the kernel moves them.
    pub calls: Option<&'a str>,
    /// The expected size in bytes.
    pub size: Option<u64>,
    /// The most one read takes, in bytes.
    pub chunk_size: u64,
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    pub(super) end: Option<&'static str>,
    pub(super) uri: Option<&'a str>,
    pub(super) message: String,
}

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

/// Where the time of a stretch went, in parts of it that add up to 1.
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

/// Something of each end that has it.
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

/// What can be learned of the buffers of a transfer that has ended.
#[derive(Serialize)]
pub(super) struct LessonNumbers {
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
            sockets: PairOf::seen(&sample.now.ends, |seen| seen.connection().map(Into::into)),
            pipes: PairOf::seen(&sample.now.ends, |seen| seen.pipe().map(Into::into)),
        }
    }
}

impl<T> PairOf<T> {
    fn seen(ends: &PerEnd<EndStatus>, of: impl Fn(&EndStatus) -> Option<T>) -> Self {
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

impl From<Advice> for LessonNumbers {
    fn from(advice: Advice) -> Self {
        Self {
            absorbed_s: advice.absorbed.as_secs_f64(),
            high_water_mark: advice.enough,
            larger_saves: advice.larger_saves,
        }
    }
}

/// Every link, with what stands on both sides of it.
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

/// How a transfer ended, for its last record.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// `complete`, `failed`, `interrupted` or `downstream-closed`.
    pub outcome: &'static str,
    /// How the bytes travelled in the end, if they ever did.
    pub road: Option<&'static str>,
    /// In which sense it was delivered.
    pub delivered: Option<Delivered>,
    /// What can be learned of the buffers.
    pub advice: Option<Advice>,
    /// The digests of what has passed.
    pub digests: &'a [Digest],
    /// What failed.
    pub error: Option<&'a TransferError>,
    /// The exit status, 128 + N for a signal.
    pub exit_code: i32,
}

/// The line for an end that listens.
pub(super) fn listening(side: Side, address: &str) -> String {
    line(&Record::Listening {
        version: VERSION,
        end: side.name(),
        address,
    })
}

/// The line for a beginning.
pub(super) fn start(start: Start<'_>) -> String {
    line(&Record::Start {
        version: VERSION,
        start,
    })
}

/// The line for a look in between.
pub(super) fn sample(sample: &Sample) -> String {
    line(&Record::Sample(sample.into()))
}

/// The last line.
pub(super) fn end(sample: &Sample, ending: Ending<'_>) -> String {
    let error = ending.error.map(|error| Failure {
        end: error.at.as_ref().map(|(place, _)| place.name()),
        uri: error.at.as_ref().map(|(_, uri)| uri.as_str()),
        message: error.to_string(),
    });
    line(&Record::End {
        numbers: sample.into(),
        outcome: ending.outcome,
        road: ending.road,
        delivered: ending.delivered.map(Delivered::name),
        buffer: ending.advice.map(Into::into),
        digests: ending.digests.iter().map(Into::into).collect(),
        error,
        exit_code: ending.exit_code,
    })
}

/// A look as a record of `--stats`, without the end of its line.
#[must_use]
pub fn record(look: &Sample) -> String {
    sample(look).trim_end().to_owned()
}

pub(super) fn line(record: &Record<'_>) -> String {
    // These types have no map with odd keys and no failing serializer, the only ways for it to fail.
    let text = serde_json::to_string(record).unwrap_or_default();
    // Standard error may be a terminal.
    visible::line(&text).into_owned() + "\n"
}
