//! The numbers in the records of `--stats`, as serde writes them.

use crate::account::meter::{SinkSnapshot, Snapshot};
use crate::account::phase::{Phase, Waits};
use crate::account::replay::Advice;
use crate::account::stages::StageSnapshot;
use crate::endpoint::connection::{Blame, Connection};
use crate::endpoint::pipe::PipeFill;
use crate::endpoint::{Delivered, EndStatus, PerEnd};
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState, WritableFill};
use crate::show::{Direction, Sample, Stretch};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
pub(super) struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    elapsed_s: f64,
    bytes_in: u64,
    bytes_out: u64,
    rate_bytes_s: f64,
    average_bytes_s: f64,
    size: Option<u64>,
    /// Bytes that the sink had of it before, where a copy goes on; those above are without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed_at: Option<u64>,
    eta_s: Option<f64>,
    links: Vec<LinkNumbers>,
    transforms: Vec<StageNumbers>,
    #[serde(serialize_with = "seconds")]
    waits: Waits,
    bound_by: &'static str,
    #[serde(flatten)]
    whole: StretchNumbers,
    recent: StretchNumbers,
    sockets: PerEnd<Option<SocketNumbers>>,
    pipes: PerEnd<Option<PipeFill>>,
    /// Where there are several. Of the numbers above `bytes_out` is what all of them took, and where the time went is as the one
    /// tells it that has held the source up for longest.
    #[serde(skip_serializing_if = "is_one")]
    sinks: Vec<SinkNumbers>,
}

/// One of several sinks.
#[derive(Serialize)]
struct SinkNumbers {
    /// How it ended, in the last record.
    #[serde(flatten)]
    ending: Option<SinkEnding>,
    bytes_out: u64,
    #[serde(serialize_with = "seconds")]
    waits: Waits,
    bound_by: &'static str,
}

impl From<&SinkSnapshot> for SinkNumbers {
    fn from(it: &SinkSnapshot) -> Self {
        Self {
            ending: None,
            bytes_out: it.bytes_out,
            waits: it.waits,
            bound_by: it.waits.bound_by().map_or("none", Phase::name),
        }
    }
}

/// How a transfer ended at one of several sinks.
#[derive(Debug, Clone, Serialize)]
pub struct SinkEnding {
    /// The sink, as typed.
    pub uri: String,
    /// As that of the whole transfer.
    pub outcome: &'static str,
    /// In which sense it was delivered there.
    pub delivered: Option<Delivered>,
    /// What failed there, for the user.
    pub error: Option<String>,
}

impl Numbers {
    /// Those of a transfer that has ended so at its sinks.
    pub(super) fn at_end(sample: &Sample, sinks: &[SinkEnding]) -> Self {
        let mut numbers = Self::from(sample);
        for (sink, ending) in numbers.sinks.iter_mut().zip(sinks) {
            sink.ending = Some(ending.clone());
        }
        numbers
    }
}

fn is_one<T>(list: &[T]) -> bool {
    list.len() <= 1
}

/// Where the time of a stretch went.
#[derive(Serialize)]
struct StretchNumbers {
    /// As parts that add up to 1.
    #[serde(serialize_with = "shares")]
    shares: Stretch,
    blame: Option<Blame>,
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
    readable: Option<FillNumbers>,
    writable: Option<FillNumbers>,
    pauses: u64,
    drains: u64,
    paused_s: f64,
    /// Where there are several; the writable side above is that of the one that has held up the readable for longest.
    #[serde(skip_serializing_if = "is_one")]
    consumers: Vec<ConsumerNumbers>,
}

/// One of several consumers of a link.
#[derive(Serialize)]
struct ConsumerNumbers {
    writable: Option<FillNumbers>,
    stops: u64,
    drains: u64,
    held_up_s: f64,
}

impl From<&ConsumerSnapshot> for ConsumerNumbers {
    fn from(it: &ConsumerSnapshot) -> Self {
        Self {
            writable: it.writable.map(Into::into),
            stops: it.stops,
            drains: it.drains,
            held_up_s: it.held_up.as_secs_f64(),
        }
    }
}

impl From<WritableFill> for FillNumbers {
    fn from(it: WritableFill) -> Self {
        Self {
            len: it.len,
            high_water_mark: it.mark,
            low_water_mark: Some(it.low),
            max_len: it.max_len,
            median_len: it.median_len,
        }
    }
}

#[derive(Serialize)]
struct FillNumbers {
    len: u64,
    high_water_mark: u64,
    /// Only the writable buffer has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    low_water_mark: Option<u64>,
    max_len: u64,
    median_len: u64,
}

impl From<&Sample> for Numbers {
    fn from(sample: &Sample) -> Self {
        Self {
            direction: sample.direction,
            elapsed_s: sample.now.elapsed.as_secs_f64(),
            bytes_in: sample.now.bytes_in,
            bytes_out: sample.now.bytes_out,
            rate_bytes_s: sample.rate,
            average_bytes_s: sample.average,
            size: sample.size,
            resumed_at: Some(sample.before).filter(|it| *it > 0),
            eta_s: sample.eta.map(|eta| eta.as_secs_f64()),
            links: links(&sample.now),
            transforms: sample.now.stages.iter().map(StageNumbers::from).collect(),
            waits: sample.whole.waits,
            bound_by: sample.bound_by.map_or("none", Phase::name),
            whole: sample.whole.into(),
            recent: sample.recent.into(),
            sockets: of_ends(&sample.now, |it| it.connection().map(Into::into)),
            pipes: of_ends(&sample.now, EndStatus::pipe),
            sinks: sample.now.sinks.iter().map(Into::into).collect(),
        }
    }
}

fn of_ends<T>(now: &Snapshot, of: impl Fn(&EndStatus) -> Option<T>) -> PerEnd<Option<T>> {
    PerEnd {
        source: of(&now.ends.source),
        sink: of(&now.ends.sink),
    }
}

impl From<Stretch> for StretchNumbers {
    fn from(stretch: Stretch) -> Self {
        Self {
            shares: stretch,
            blame: stretch.blame,
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
            readable: link.readable.map(|it| FillNumbers {
                len: it.len,
                high_water_mark: it.mark,
                low_water_mark: None,
                max_len: it.max_len,
                median_len: it.median_len,
            }),
            writable: link.writable().map(Into::into),
            pauses: link.pauses,
            drains: link.drains,
            paused_s: link.paused.as_secs_f64(),
            consumers: link.consumers.iter().map(Into::into).collect(),
        }
    }
}

/// The time spent in each phase, in seconds.
fn seconds<S: Serializer>(waits: &Waits, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = |phase: Phase| (format!("{}_s", phase.name()), waits.of(phase).as_secs_f64());
    serializer.collect_map(Phase::ALL.map(seconds))
}

impl Serialize for Delivered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

/// The part of the time spent in each phase.
fn shares<S: Serializer>(stretch: &Stretch, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Phase::ALL.map(|phase| (phase.name(), stretch.share(phase))))
}

#[cfg(test)]
mod tests {
    use crate::show::{record, several};
    use serde_json::{Value, json};

    #[test]
    fn the_record_of_a_transfer_to_two_sinks_has_each_of_them() {
        let record: Value = serde_json::from_str(&record(&several::sample(2))).unwrap();
        let sink = |bytes_out: u64, source_s, sink_s, bound_by| {
            json!({
                "bytes_out": bytes_out,
                "waits": {"source_s": source_s, "sink_s": sink_s, "rate_s": 0.0, "transform_s": 0.0, "moving_s": 3.0},
                "bound_by": bound_by,
            })
        };
        let sinks = [
            sink(32 << 20, 9.0, 0.0, "source"),
            sink(31 << 20, 0.0, 9.0, "sink"),
        ];
        assert_eq!(record["sinks"], json!(sinks));
        assert_eq!(record["waits"], sinks[1]["waits"]);
        assert_eq!(record["bound_by"], "sink");
        let consumer = |len: u64, stops, drains, held_up_s| {
            json!({
                "writable": {
                    "len": len, "high_water_mark": 1 << 20, "low_water_mark": 0, "max_len": 1 << 20, "median_len": len,
                },
                "stops": stops,
                "drains": drains,
                "held_up_s": held_up_s,
            })
        };
        let consumers = [consumer(1 << 18, 0, 0, 0.0), consumer(1 << 20, 5, 4, 9.0)];
        let link = &record["links"][0];
        assert_eq!(link["consumers"], json!(consumers));
        assert_eq!(link["writable"], consumers[1]["writable"]);
        assert_eq!([&link["from"], &link["to"]], ["source", "sinks"]);
    }

    #[test]
    fn the_record_of_a_transfer_to_one_sink_has_no_lists_of_sinks() {
        let record: Value = serde_json::from_str(&record(&several::sample(1))).unwrap();
        assert_eq!(record["sinks"], Value::Null);
        assert_eq!(record["links"][0]["consumers"], Value::Null);
        assert_eq!(record["links"][0]["to"], "sink");
    }
}
