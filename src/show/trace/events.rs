//! The events of a trace, as serde writes them.

use crate::account::clock::nanos;
use crate::account::phase::{Phase, Waits};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::time::Duration;

/// Every slice is written as shorter by this. Otherwise readers that add its length to its beginning in floating point might
/// see it overlap with the next slice, and nest one in the other.
const APART: Duration = Duration::from_nanos(1);

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub(super) name: Cow<'static, str>,
    #[serde(flatten)]
    pub(super) kind: EventKind,
    #[serde(rename = "ts", serialize_with = "micros")]
    pub(super) at: Duration,
    /// The process, which is a direction.
    pub(super) pid: u32,
    #[serde(rename = "tid")]
    pub(super) row: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args: Option<Args>,
}

/// The kind of an event.
#[derive(Debug, Serialize)]
#[serde(tag = "ph")]
pub(super) enum EventKind {
    /// The name of the process or of a row.
    #[serde(rename = "M")]
    Name,
    /// Something that lasted so long.
    #[serde(rename = "X")]
    Slice {
        #[serde(rename = "dur", serialize_with = "micros")]
        length: Duration,
    },
    /// A moment, shown over its row or over everything.
    #[serde(rename = "i")]
    Moment {
        #[serde(rename = "s")]
        reach: Reach,
    },
    /// A number that holds from then on.
    #[serde(rename = "C")]
    Counter,
}

/// How far the line of a moment reaches.
#[derive(Debug, Serialize)]
pub(super) enum Reach {
    #[serde(rename = "t")]
    Row,
    #[serde(rename = "g")]
    Everything,
}

/// The arguments of an event.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Args {
    Name {
        name: String,
    },
    Place {
        sort_index: u32,
    },
    /// How long each phase was that is not zero.
    Phases(#[serde(serialize_with = "seconds")] Waits),
    Pauses {
        pauses: u64,
        drains: u64,
        paused_s: f64,
    },
    Rates {
        #[serde(rename = "in, bytes a second")]
        read: u64,
        #[serde(rename = "out, bytes a second")]
        written: u64,
    },
    Level {
        bytes: u64,
    },
    Outcome {
        exit_code: i32,
        error: Option<String>,
    },
}

impl EventKind {
    /// What lasted from one time to another.
    pub(super) fn slice(from: Duration, to: Duration) -> Self {
        let length = to.saturating_sub(from).saturating_sub(APART);
        Self::Slice { length }
    }
}

/// Times are in microseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds are exact up to a hundred days"
)]
fn micros<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(nanos(*time) as f64 / 1000.0)
}

fn seconds<S: Serializer>(waits: &Waits, serializer: S) -> Result<S::Ok, S::Error> {
    let times = Phase::ALL.map(|phase| (phase, waits.of(phase)));
    let times = times.into_iter().filter(|(_, time)| !time.is_zero());
    serializer
        .collect_map(times.map(|(phase, time)| (format!("{}_s", phase.name()), time.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::{Args, Event, EventKind, Reach};
    use crate::account::phase::{Phase, Waits};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn events_are_as_the_format_wants_them_and_their_times_are_exact() {
        let event = |kind, nanos, args| Event {
            name: "it".into(),
            kind,
            at: Duration::from_nanos(nanos),
            pid: 1,
            row: 2,
            args,
        };
        let from = Duration::from_nanos(1007);
        let slice = EventKind::slice(from, Duration::from_micros(5));
        let phases = Waits::in_one(Phase::Sink, Duration::from_micros(1_000_020));
        let level = Args::Level { bytes: u64::MAX };
        let events = [
            event(EventKind::Moment { reach: Reach::Row }, 0, None),
            event(slice, 1007, Some(Args::Phases(phases))),
            event(EventKind::Counter, 86_400_000_000_070, Some(level)),
        ];
        let expected = json!([
            {"name": "it", "ph": "i", "s": "t", "ts": 0.0, "pid": 1, "tid": 2},
            {"name": "it", "ph": "X", "ts": 1.007, "dur": 3.992, "pid": 1, "tid": 2,
                "args": {"sink_s": 1.00002}},
            {"name": "it", "ph": "C", "ts": 86_400_000_000.070, "pid": 1, "tid": 2,
                "args": {"bytes": u64::MAX}},
        ]);
        assert_eq!(json!(events), expected);
    }
}
