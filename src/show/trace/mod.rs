//! `--trace`: what happened when, in the trace-event format, which Perfetto and `chrome://tracing` open.
//!
//! The format is Google's "Trace Event Format": an object with a list of events, with times in microseconds. There are rows
//! for the writer, the source and the stalls, and counters for the rate and for each buffer.

mod events;

use super::Finished;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Recording, Sampled, Stall};
use crate::account::span::Span;
use crate::engine::link::PauseTotals;
use crate::engine::road::RoadInUse;
use crate::text::words::whole;
use events::{Args, Event, EventKind, Events, Reach};
use serde::Serialize;
use serde_json::json;
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
    let mut events = Events::with_room(most_events(recording));
    names(it, &mut events);
    for span in &recording.phases {
        phase(span, &mut events);
    }
    for span in &recording.pauses {
        pause(span, &mut events);
    }
    for span in &recording.stalls {
        stall(span, &mut events);
    }
    for span in &recording.samples {
        counters(span, &mut events);
    }
    outcome(it, &mut events);
    // Writing JSON fails only for maps with keys that are not strings, of which these types have none.
    let other_data = serde_json::to_string(&other_data(it)).unwrap_or_default();
    events.finish(&other_data)
}

/// About the largest number of events.
fn most_events(recording: &Recording) -> usize {
    let slices = recording.phases.len() + recording.pauses.len() * 2 + recording.stalls.len();
    slices + recording.samples.len() * 3 + 16
}

/// The names of the process and its rows.
fn names(it: &Finished<'_>, events: &mut Events) {
    let label = it.name.map(|name| format!("{name}: ")).unwrap_or_default();
    let whole = format!("{label}{} → {}", it.source, it.sink);
    let mut named = |what, row, key, value| {
        let event = Event {
            name: what,
            kind: EventKind::Name,
            at: Duration::ZERO,
            row,
        };
        events.put_with(event, |args| args.json(key, &value));
    };
    named("process_name", NO_ROW, "name", json!(whole));
    for (row, name) in ROWS {
        let row = row as u32;
        named("thread_name", row, "name", json!(name));
        named("thread_sort_index", row, "sort_index", json!(row));
    }
}

/// A slice with the name of the phase. Where short phases were joined into one span, it is named for the longest and says how
/// long each was.
fn phase(span: &Span<Waits>, events: &mut Events) {
    let longest = span.what.longest();
    let is_joined = span.what.of(longest) < span.what.total();
    let event = slice(Row::Writer, longest.name(), span);
    events.put_with(event, |args| {
        for phase in Phase::ALL.into_iter().filter(|_| is_joined) {
            let time = span.what.of(phase);
            if !time.is_zero() {
                args.seconds(in_seconds(phase), time);
            }
        }
    });
}

fn in_seconds(phase: Phase) -> &'static str {
    match phase {
        Phase::Source => "source_s",
        Phase::Sink => "sink_s",
        Phase::Rate => "rate_s",
        Phase::Transform => "transform_s",
        Phase::Moving => "moving_s",
    }
}

/// A slice for a pause, and a moment for the drain that ended it. Where short pauses were joined into one span, it says how
/// many there were.
fn pause(span: &Span<PauseTotals>, events: &mut Events) {
    let PauseTotals {
        pauses,
        drains,
        paused,
    } = span.what;
    if pauses != 1 {
        events.put_with(slice(Row::Source, "pauses", span), |args| {
            args.number("pauses", pauses);
            args.number("drains", drains);
            args.seconds("paused_s", paused);
        });
        return;
    }
    events.put(slice(Row::Source, "paused", span));
    if drains == 1 {
        events.put(Event {
            name: "drain",
            kind: EventKind::Moment(Reach::Row),
            at: span.to,
            row: Row::Source as u32,
        });
    }
}

fn stall(span: &Span<Stall>, events: &mut Events) {
    let name = match span.what.waits_for {
        Phase::Source => "stalled: source",
        Phase::Sink | Phase::Moving => "stalled: sink",
        Phase::Rate => "stalled: rate",
        Phase::Transform => "stalled: transform",
    };
    events.put(slice(Row::Stalls, name, span));
}

fn slice<T>(row: Row, name: &'static str, span: &Span<T>) -> Event {
    Event {
        name,
        kind: EventKind::Slice(span.to),
        at: span.from,
        row: row as u32,
    }
}

/// The counters of a sample: the rate holds from the sample before to this one, and fills are as they were at this one.
fn counters(span: &Span<Sampled>, events: &mut Events) {
    let Sampled {
        bytes_in,
        bytes_out,
        readable,
        writable,
        kernel,
    } = &span.what;
    let seconds = span.length().as_secs_f64();
    if seconds > 0.0 {
        counter(events, "rate", span.from, |args| {
            args.number("in, bytes a second", rate(*bytes_in, seconds));
            args.number("out, bytes a second", rate(*bytes_out, seconds));
        });
    }
    let levels = [
        ("reading buffer", readable),
        ("writing buffer", writable),
        ("kernel, in front", &kernel.source),
        ("kernel, behind", &kernel.sink),
    ];
    for (name, level) in levels {
        if let Some(level) = level {
            counter(events, name, span.to, |args| {
                args.number("bytes", whole(level.mean()));
            });
        }
    }
}

fn counter(
    events: &mut Events,
    name: &'static str,
    at: Duration,
    args: impl FnOnce(&mut Args<'_>),
) {
    let event = Event {
        name,
        kind: EventKind::Counter,
        at,
        row: NO_ROW,
    };
    events.put_with(event, args);
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn rate(bytes: u64, seconds: f64) -> u64 {
    whole(bytes as f64 / seconds)
}

fn outcome(it: &Finished<'_>, events: &mut Events) {
    let event = Event {
        name: it.ending.outcome,
        kind: EventKind::Moment(Reach::Everything),
        at: it.recording.elapsed,
        row: NO_ROW,
    };
    events.put_with(event, |args| {
        args.json("exit_code", &json!(it.ending.exit_code));
        args.json("error", &json!(it.ending.error.map(ToString::to_string)));
    });
}

fn other_data<'a>(it: &Finished<'a>) -> OtherData<'a> {
    OtherData {
        program: concat!("tidegate ", env!("CARGO_PKG_VERSION")),
        source: it.source,
        sink: it.sink,
        road: it.road.map(RoadInUse::name),
        summary: it.sentences(),
    }
}
