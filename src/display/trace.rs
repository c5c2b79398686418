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
use serde_json::{Map, Value, json};
use std::time::Duration;

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
struct Trace {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    #[serde(rename = "otherData")]
    about: Value,
}

/// An event; `ts` and `dur` are in microseconds.
#[derive(Serialize)]
struct Event {
    name: String,
    ph: &'static str,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    /// How far a moment reaches: over its row, or over everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    args: Value,
}

/// Draws it.
pub(super) fn draw(it: &Finished<'_>) -> String {
    let recording = it.recording;
    let mut events = names(it);
    events.extend(recording.phases.iter().map(phase));
    events.extend(recording.pauses.iter().flat_map(pause));
    events.extend(recording.stalls.iter().map(stall));
    events.extend(recording.looks.iter().flat_map(counters));
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
fn names(it: &Finished<'_>) -> Vec<Event> {
    let label = it.name.map(|name| format!("{name}: ")).unwrap_or_default();
    let process = format!("{label}{} → {}", it.source, it.sink);
    let mut names = vec![named("process_name", 0, json!({ "name": process }))];
    for (row, name) in ROWS {
        let row = row as u32;
        names.push(named("thread_name", row, json!({ "name": name })));
        names.push(named(
            "thread_sort_index",
            row,
            json!({ "sort_index": row }),
        ));
    }
    names
}

fn named(what: &str, row: u32, args: Value) -> Event {
    Event {
        tid: row,
        ..event(what, "M", Duration::ZERO, args)
    }
}

fn phase(span: &Span<Waits>) -> Event {
    let longest = span.what.longest();
    // What it was in the main, and of short ones that were joined also the rest.
    let times = Phase::ALL.into_iter().filter_map(|phase| {
        let time = span.what.of(phase);
        (!time.is_zero()).then(|| (format!("{}_s", phase.name()), json!(time.as_secs_f64())))
    });
    let args = Value::Object(times.collect());
    slice(Row::Writer, longest.name(), span.from, span.to, args)
}

/// The pause, and the drain that ended it; where short ones were joined, their numbers.
fn pause(span: &Span<Pauses>) -> Vec<Event> {
    let Pauses {
        pauses,
        drains,
        paused,
    } = span.what;
    let args = json!({
        "pauses": pauses,
        "drains": drains,
        "paused_s": paused.as_secs_f64(),
    });
    let name = if pauses == 1 { "paused" } else { "pauses" };
    let mut events = vec![slice(Row::Source, name, span.from, span.to, args)];
    if (pauses, drains) == (1, 1) {
        events.push(Event {
            tid: Row::Source as u32,
            s: Some("t"),
            ..event("drain", "i", span.to, json!({}))
        });
    }
    events
}

fn stall(span: &Span<Stall>) -> Event {
    let name = format!("stalled: {}", span.what.waits_for.name());
    slice(Row::Stalls, &name, span.from, span.to, json!({}))
}

/// The rate holds from one look to the next, and how full a buffer is was seen at the later one.
fn counters(span: &Span<Looked>) -> Vec<Event> {
    let Looked {
        bytes_in,
        bytes_out,
        readable,
        writable,
        kernel,
    } = &span.what;
    let seconds = span.length().as_secs_f64();
    let mut events = Vec::new();
    if seconds > 0.0 {
        events.push(counter(
            "rate",
            span.from,
            [
                ("in, bytes a second", rate(*bytes_in, seconds)),
                ("out, bytes a second", rate(*bytes_out, seconds)),
            ],
        ));
    }
    let levels = [
        ("reading buffer", readable),
        ("writing buffer", writable),
        ("kernel, in front", &kernel.source),
        ("kernel, behind", &kernel.sink),
    ];
    let levels = levels.into_iter().filter_map(|(name, level)| {
        level.map(|level: Level| counter(name, span.to, [("bytes", level.mean().round())]))
    });
    events.extend(levels);
    events
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn rate(bytes: u64, seconds: f64) -> f64 {
    (bytes as f64 / seconds).round()
}

fn counter<const N: usize>(name: &str, at: Duration, values: [(&str, f64); N]) -> Event {
    let values = values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)));
    event(name, "C", at, Value::Object(values.collect()))
}

fn outcome(it: &Finished<'_>) -> Event {
    let why = it.ending.error.map(ToString::to_string);
    let args = json!({ "exit_code": it.ending.exit_code, "error": why });
    Event {
        s: Some("g"),
        ..event(it.ending.outcome, "i", it.recording.elapsed, args)
    }
}

/// What is told of the whole.
fn about(it: &Finished<'_>) -> Value {
    let mut about = Map::new();
    let version = env!("CARGO_PKG_VERSION");
    about.insert("program".to_owned(), json!(format!("tidegate {version}")));
    about.insert("source".to_owned(), json!(it.source));
    about.insert("sink".to_owned(), json!(it.sink));
    about.insert("road".to_owned(), json!(it.road.map(|taken| taken.road)));
    about.insert("summary".to_owned(), json!(it.sentences()));
    Value::Object(about)
}

fn slice(row: Row, name: &str, from: Duration, to: Duration, args: Value) -> Event {
    Event {
        dur: Some(micros(to.saturating_sub(from))),
        tid: row as u32,
        ..event(name, "X", from, args)
    }
}

fn event(name: &str, ph: &'static str, at: Duration, args: Value) -> Event {
    Event {
        name: name.to_owned(),
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
