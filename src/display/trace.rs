//! `--trace`: what happened when, in the trace-event format, which Perfetto and `chrome://tracing` open.
//!
//! The format is Google's "Trace Event Format": an object with a list of events, whose times are microseconds. There are
//! rows for the writer, the source and the stalls, and a counter for the rate and for each buffer.

use super::Finished;
use crate::link::Pauses;
use crate::phase::{Phase, Waits};
use crate::recording::{Level, Looked, Stall};
use crate::span::Span;
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// By how much less than it lasted anything is said to last: readers that add it to its beginning in binary fractions would
/// see it overlap with what follows at once, and put one into the other.
const APART: Duration = Duration::from_nanos(1);

/// The number of the only process there is.
const PROCESS: u32 = 1;

/// The rows, from the top down.
#[derive(Debug, Clone, Copy)]
enum Row {
    Writer = 1,
    Source = 2,
    Stalls = 3,
}

const ROWS: [(Row, &str); 3] = [
    (Row::Writer, "writer: what it does"),
    (Row::Source, "source: when it is paused"),
    (Row::Stalls, "when nothing moves"),
];

#[derive(Serialize)]
struct Trace<'a> {
    #[serde(rename = "traceEvents")]
    events: Vec<Event<'a>>,
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    #[serde(rename = "otherData")]
    about: About<'a>,
}

/// What is told of the whole.
#[derive(Serialize)]
struct About<'a> {
    program: &'static str,
    source: &'a str,
    sink: &'a str,
    road: Option<&'static str>,
    summary: Vec<String>,
}

/// An event; `ts` and `dur` are in microseconds.
#[derive(Serialize)]
struct Event<'a> {
    name: &'static str,
    ph: &'static str,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    /// How far a moment reaches: over its row, or over everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Args::is_nothing")]
    args: Args<'a>,
}

/// What is told of an event.
#[derive(Serialize)]
#[serde(untagged)]
enum Args<'a> {
    Nothing,
    Name {
        name: Cow<'a, str>,
    },
    Place {
        sort_index: u32,
    },
    /// Where the time went.
    Phases {
        #[serde(skip_serializing_if = "is_zero")]
        source_s: f64,
        #[serde(skip_serializing_if = "is_zero")]
        sink_s: f64,
        #[serde(skip_serializing_if = "is_zero")]
        rate_s: f64,
        #[serde(skip_serializing_if = "is_zero")]
        transform_s: f64,
        #[serde(skip_serializing_if = "is_zero")]
        moving_s: f64,
    },
    Pauses {
        pauses: u64,
        drains: u64,
        paused_s: f64,
    },
    Rate {
        #[serde(rename = "in, bytes a second")]
        coming: f64,
        #[serde(rename = "out, bytes a second")]
        going: f64,
    },
    Bytes {
        bytes: f64,
    },
    Outcome {
        exit_code: i32,
        error: Option<String>,
    },
}

impl Args<'_> {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

/// Draws it.
pub(super) fn draw(it: &Finished<'_>) -> String {
    let recording = it.recording;
    let mut events = names(it);
    events.extend(recording.phases.iter().map(phase));
    events.extend(recording.pauses.iter().flat_map(pause));
    events.extend(recording.stalls.iter().map(stall));
    for span in &recording.looks {
        counters(span, &mut events);
    }
    events.push(outcome(it));
    let trace = Trace {
        events,
        unit: "ms",
        about: about(it),
    };
    // These types have no map with odd keys and no failing serializer, the only ways for it to fail.
    serde_json::to_string(&trace).unwrap_or_default() + "\n"
}

/// What the process and its rows are called.
fn names<'a>(it: &Finished<'a>) -> Vec<Event<'a>> {
    let label = it.name.map(|name| format!("{name}: ")).unwrap_or_default();
    let name = Cow::Owned(format!("{label}{} → {}", it.source, it.sink));
    let mut names = vec![named("process_name", 0, Args::Name { name })];
    for (row, name) in ROWS {
        let (row, name) = (row as u32, Cow::Borrowed(name));
        names.push(named("thread_name", row, Args::Name { name }));
        let place = Args::Place { sort_index: row };
        names.push(named("thread_sort_index", row, place));
    }
    names
}

fn named<'a>(what: &'static str, row: u32, args: Args<'a>) -> Event<'a> {
    Event {
        tid: row,
        ..event(what, "M", Duration::ZERO, args)
    }
}

/// What it was in the main; where short ones were joined, also what else there was.
fn phase<'a>(span: &Span<Waits>) -> Event<'a> {
    let seconds = |phase| span.what.of(phase).as_secs_f64();
    let longest = span.what.longest();
    let is_joined = span.what.of(longest) < span.what.total();
    let args = if is_joined {
        Args::Phases {
            source_s: seconds(Phase::Source),
            sink_s: seconds(Phase::Sink),
            rate_s: seconds(Phase::Rate),
            transform_s: seconds(Phase::Transform),
            moving_s: seconds(Phase::Moving),
        }
    } else {
        Args::Nothing
    };
    slice(Row::Writer, longest.name(), span.from, span.to, args)
}

/// The pause, and the drain that ended it; where short ones were joined, their numbers.
fn pause<'a>(span: &Span<Pauses>) -> impl Iterator<Item = Event<'a>> + use<'a> {
    let Pauses {
        pauses,
        drains,
        paused,
    } = span.what;
    let (name, args) = match pauses {
        1 => ("paused", Args::Nothing),
        _ => (
            "pauses",
            Args::Pauses {
                pauses,
                drains,
                paused_s: paused.as_secs_f64(),
            },
        ),
    };
    let drain = Event {
        tid: Row::Source as u32,
        s: Some("t"),
        ..event("drain", "i", span.to, Args::Nothing)
    };
    let drain = Some(drain).filter(|_| (pauses, drains) == (1, 1));
    let pause = slice(Row::Source, name, span.from, span.to, args);
    std::iter::once(pause).chain(drain)
}

fn stall<'a>(span: &Span<Stall>) -> Event<'a> {
    let name = match span.what.waits_for {
        Phase::Source => "stalled: source",
        Phase::Sink | Phase::Moving => "stalled: sink",
        Phase::Rate => "stalled: rate",
        Phase::Transform => "stalled: transform",
    };
    slice(Row::Stalls, name, span.from, span.to, Args::Nothing)
}

/// The rate holds from one look to the next, and how full a buffer is was seen at the later one.
fn counters(span: &Span<Looked>, events: &mut Vec<Event<'_>>) {
    let Looked {
        bytes_in,
        bytes_out,
        readable,
        writable,
        kernel,
    } = &span.what;
    let seconds = span.length().as_secs_f64();
    if seconds > 0.0 {
        let args = Args::Rate {
            coming: rate(*bytes_in, seconds),
            going: rate(*bytes_out, seconds),
        };
        events.push(event("rate", "C", span.from, args));
    }
    let levels = [
        ("reading buffer", readable),
        ("writing buffer", writable),
        ("kernel, in front", &kernel.source),
        ("kernel, behind", &kernel.sink),
    ];
    let levels = levels.into_iter().filter_map(|(name, level)| {
        let bytes = level.as_ref().map(Level::mean)?.round();
        Some(event(name, "C", span.to, Args::Bytes { bytes }))
    });
    events.extend(levels);
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn rate(bytes: u64, seconds: f64) -> f64 {
    (bytes as f64 / seconds).round()
}

fn outcome<'a>(it: &Finished<'_>) -> Event<'a> {
    let args = Args::Outcome {
        exit_code: it.ending.exit_code,
        error: it.ending.error.map(ToString::to_string),
    };
    Event {
        s: Some("g"),
        ..event(it.ending.outcome, "i", it.recording.elapsed, args)
    }
}

fn about<'a>(it: &Finished<'a>) -> About<'a> {
    About {
        program: concat!("tidegate ", env!("CARGO_PKG_VERSION")),
        source: it.source,
        sink: it.sink,
        road: it.road.map(|taken| taken.road),
        summary: it.sentences(),
    }
}

fn slice<'a>(
    row: Row,
    name: &'static str,
    from: Duration,
    to: Duration,
    args: Args<'a>,
) -> Event<'a> {
    Event {
        dur: Some(micros(to.saturating_sub(from).saturating_sub(APART))),
        tid: row as u32,
        ..event(name, "X", from, args)
    }
}

fn event<'a>(name: &'static str, ph: &'static str, at: Duration, args: Args<'a>) -> Event<'a> {
    Event {
        name,
        ph,
        ts: micros(at),
        dur: None,
        pid: PROCESS,
        tid: 0,
        s: None,
        args,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds of a hundred days are exact"
)]
fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}
