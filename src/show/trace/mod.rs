//! `--trace`: what happened when, in the trace-event format, which Perfetto and `chrome://tracing` open.
//!
//! The format is Google's "Trace Event Format": an object with a list of events, with times in microseconds. There are rows
//! for the writer, the source and the stalls, and counters for the rate and for each buffer.

mod events;

use super::Finished;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Sampled, Stall};
use crate::account::span::Span;
use crate::engine::link::PauseTotals;
use crate::engine::road::RoadInUse;
use crate::text::words::whole;
use events::{Args, Event, EventKind, Reach};
use serde::Serialize;
use std::time::Duration;

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

/// The row number of events that belong to no row.
const NO_ROW: u32 = 0;

/// The whole file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TraceFile<'a> {
    trace_events: Vec<Event>,
    display_time_unit: &'static str,
    other_data: OtherData<'a>,
}

/// The object `otherData`, which describes the whole transfer.
#[derive(Serialize)]
struct OtherData<'a> {
    program: &'static str,
    source: &'a str,
    sink: &'a str,
    road: Option<&'static str>,
    summary: Vec<String>,
}

/// The trace as JSON.
pub(super) fn draw(it: &Finished<'_>) -> String {
    let recording = it.recording;
    let mut events = names(it);
    events.extend(recording.phases.iter().map(phase));
    events.extend(recording.pauses.iter().flat_map(pause));
    events.extend(recording.stalls.iter().map(stall));
    events.extend(recording.samples.iter().flat_map(counters));
    events.push(outcome(it));
    let trace = TraceFile {
        trace_events: events,
        display_time_unit: "ms",
        other_data: OtherData {
            program: concat!("tidegate ", env!("CARGO_PKG_VERSION")),
            source: it.source,
            sink: it.sink,
            road: it.road.map(RoadInUse::name),
            summary: it.sentences(),
        },
    };
    // Writing JSON fails only for maps with keys that are not strings, of which these types have none.
    serde_json::to_string(&trace).unwrap_or_default() + "\n"
}

/// The names of the process and its rows.
fn names(it: &Finished<'_>) -> Vec<Event> {
    let named = |what, row, args| event(what, EventKind::Name, Duration::ZERO, row, Some(args));
    let name = it.title();
    let mut events = vec![named("process_name", NO_ROW, Args::Name { name })];
    for (row, name) in ROWS {
        let (row, name) = (row as u32, name.to_owned());
        let sort_index = row;
        events.push(named("thread_name", row, Args::Name { name }));
        events.push(named("thread_sort_index", row, Args::Place { sort_index }));
    }
    events
}

/// A slice with the name of the phase. Where short phases were joined into one span, it is named for the longest and says how
/// long each was.
fn phase(span: &Span<Waits>) -> Event {
    let longest = span.what.longest();
    let is_joined = span.what.of(longest) < span.what.total();
    let args = is_joined.then_some(Args::Phases(span.what));
    slice(Row::Writer, longest.name(), span, args)
}

/// A slice for a pause, and a moment for the drain that ended it. Where short pauses were joined into one span, it says how
/// many there were.
fn pause(span: &Span<PauseTotals>) -> Vec<Event> {
    let PauseTotals {
        pauses,
        drains,
        paused,
    } = span.what;
    if pauses != 1 {
        let args = Args::Pauses {
            pauses,
            drains,
            paused_s: paused.as_secs_f64(),
        };
        return vec![slice(Row::Source, "pauses", span, Some(args))];
    }
    let mut events = vec![slice(Row::Source, "paused", span, None)];
    if drains == 1 {
        let drain = EventKind::Moment { reach: Reach::Row };
        events.push(event("drain", drain, span.to, Row::Source as u32, None));
    }
    events
}

fn stall(span: &Span<Stall>) -> Event {
    let name = match span.what.waits_for {
        Phase::Source => "stalled: source",
        Phase::Sink | Phase::Moving => "stalled: sink",
        Phase::Rate => "stalled: rate",
        Phase::Transform => "stalled: transform",
    };
    slice(Row::Stalls, name, span, None)
}

fn slice<T>(row: Row, name: &'static str, span: &Span<T>, args: Option<Args>) -> Event {
    let kind = EventKind::slice(span.from, span.to);
    event(name, kind, span.from, row as u32, args)
}

/// The counters of a sample: the rate holds from the sample before to this one, and fills are as they were at this one.
fn counters(span: &Span<Sampled>) -> Vec<Event> {
    let it = &span.what;
    let counter = |name, at, args| event(name, EventKind::Counter, at, NO_ROW, Some(args));
    let mut counters = Vec::new();
    let seconds = span.length().as_secs_f64();
    if seconds > 0.0 {
        let rates = Args::Rates {
            read: rate(it.bytes_in, seconds),
            written: rate(it.bytes_out, seconds),
        };
        counters.push(counter("rate", span.from, rates));
    }
    let levels = [
        ("reading buffer", &it.readable),
        ("writing buffer", &it.writable),
        ("kernel, in front", &it.kernel.source),
        ("kernel, behind", &it.kernel.sink),
    ];
    for (name, level) in levels {
        let bytes = level.as_ref().map(|level| whole(level.mean()));
        counters.extend(bytes.map(|bytes| counter(name, span.to, Args::Level { bytes })));
    }
    counters
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn rate(bytes: u64, seconds: f64) -> u64 {
    whole(bytes as f64 / seconds)
}

fn outcome(it: &Finished<'_>) -> Event {
    let kind = EventKind::Moment {
        reach: Reach::Everything,
    };
    let args = Args::Outcome {
        exit_code: it.ending.exit_code,
        error: it.ending.error.map(ToString::to_string),
    };
    let (name, at) = (it.ending.outcome, it.recording.elapsed);
    event(name, kind, at, NO_ROW, Some(args))
}

fn event(name: &'static str, kind: EventKind, at: Duration, row: u32, args: Option<Args>) -> Event {
    Event {
        name,
        kind,
        at,
        pid: 1,
        row,
        args,
    }
}
