//! `--trace`: what happened when, in the trace-event format, which Perfetto and `chrome://tracing` open.
//!
//! The format is Google's "Trace Event Format": an object with a list of events, with times in microseconds. There are rows
//! for each writer, the source and the stalls, and counters for the rate and for each buffer. Each of two directions is a process.

mod events;

use super::Finished;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Level, Sampled, Stall};
use crate::account::span::Span;
use crate::engine::link::PauseTotals;
use crate::engine::road::RoadInUse;
use crate::text::words::whole;
use events::{Args, Event, EventKind, Reach};
use serde::Serialize;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The row number of events that belong to no row.
const NO_ROW: u32 = 0;

/// The numbers of the rows, from the top down: those of the writers come first, and count from 1.
#[derive(Debug, Clone, Copy)]
struct Rows {
    writers: u32,
}

impl Rows {
    fn of(it: &Finished<'_>) -> Self {
        let writers = u32::try_from(it.recording.phases.len());
        Self {
            writers: writers.unwrap_or(u32::MAX - 2).max(1),
        }
    }

    fn writers(self) -> RangeInclusive<u32> {
        1..=self.writers
    }

    fn source(self) -> u32 {
        self.writers + 1
    }

    fn stalls(self) -> u32 {
        self.writers + 2
    }

    /// All of them with their names.
    fn named(self, it: &Finished<'_>) -> Vec<(u32, String)> {
        let now = &it.sample.now;
        let writers = self.writers().zip(0..).map(|(row, sink)| {
            let of = if now.has_several_sinks() {
                format!(" of {}", now.sink_name(sink))
            } else {
                String::new()
            };
            (row, format!("writer{of}: what it does"))
        });
        let others = [
            (self.source(), "source: when it is paused".to_owned()),
            (self.stalls(), "when nothing moves".to_owned()),
        ];
        writers.chain(others).collect()
    }
}

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
    #[serde(flatten)]
    told: Told<'a>,
    /// The other direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<Told<'a>>,
}

/// What is told of a direction in words.
#[derive(Serialize)]
struct Told<'a> {
    source: &'a str,
    sink: &'a str,
    road: Option<&'static str>,
    summary: Vec<String>,
}

impl<'a> Told<'a> {
    fn of(it: &Finished<'a>) -> Self {
        Self {
            source: it.source,
            sink: it.sink,
            road: it.road.map(RoadInUse::name),
            summary: it.sentences(),
        }
    }
}

/// The trace of a transfer, with each of its directions, as JSON. `None`: there is none.
pub(super) fn draw(directions: &[Finished<'_>]) -> Option<String> {
    let directions_with_pids = directions.iter().zip(1..);
    let trace = TraceFile {
        trace_events: directions_with_pids
            .flat_map(|(it, pid)| events(it, pid))
            .collect(),
        display_time_unit: "ms",
        other_data: OtherData {
            program: concat!("tidegate ", env!("CARGO_PKG_VERSION")),
            told: Told::of(directions.first()?),
            back: directions.get(1).map(Told::of),
        },
    };
    // Writing JSON fails only for maps with keys that are not strings, of which these types have none.
    Some(serde_json::to_string(&trace).unwrap_or_default() + "\n")
}

/// The events of a direction, which is the process of this number.
fn events(it: &Finished<'_>, pid: u32) -> Vec<Event> {
    let recording = it.recording;
    let rows = Rows::of(it);
    let mut events = names(it, rows);
    for (row, phases) in rows.writers().zip(&recording.phases) {
        events.extend(phases.iter().map(|span| phase(span, row)));
    }
    let pauses = recording.pauses.iter();
    events.extend(pauses.flat_map(|span| pause(span, rows.source())));
    let stalls = recording.stalls.iter();
    events.extend(stalls.map(|span| stall(span, rows.stalls())));
    events.extend(recording.samples.iter().flat_map(counters));
    events.push(outcome(it));
    for event in &mut events {
        event.pid = pid;
    }
    events
}

/// The names of the process and its rows.
fn names(it: &Finished<'_>, rows: Rows) -> Vec<Event> {
    let named = |what, row, args| event(what, EventKind::Name, Duration::ZERO, row, Some(args));
    let name = it.title();
    let mut events = vec![named("process_name", NO_ROW, Args::Name { name })];
    for (row, name) in rows.named(it) {
        let sort_index = row;
        events.push(named("thread_name", row, Args::Name { name }));
        events.push(named("thread_sort_index", row, Args::Place { sort_index }));
    }
    events
}

/// A slice with the name of the phase. Where short phases were joined into one span, it is named for the longest and says how
/// long each was.
fn phase(span: &Span<Waits>, row: u32) -> Event {
    let longest = span.what.longest();
    let is_joined = span.what.of(longest) < span.what.total();
    let args = is_joined.then_some(Args::Phases(span.what));
    slice(row, longest.name(), span, args)
}

/// A slice for a pause, and a moment for the drain that ended it. Where short pauses were joined into one span, it says how
/// many there were.
fn pause(span: &Span<PauseTotals>, row: u32) -> Vec<Event> {
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
        return vec![slice(row, "pauses", span, Some(args))];
    }
    let mut events = vec![slice(row, "paused", span, None)];
    if drains == 1 {
        let drain = EventKind::Moment { reach: Reach::Row };
        events.push(event("drain", drain, span.to, row, None));
    }
    events
}

fn stall(span: &Span<Stall>, row: u32) -> Event {
    let name = match span.what.waits_for {
        Phase::Source => "stalled: source",
        Phase::Sink | Phase::Moving => "stalled: sink",
        Phase::Rate => "stalled: rate",
        Phase::Transform => "stalled: transform",
    };
    slice(row, name, span, None)
}

fn slice<T>(row: u32, name: &'static str, span: &Span<T>, args: Option<Args>) -> Event {
    let kind = EventKind::slice(span.from, span.to);
    event(name, kind, span.from, row, args)
}

/// The counters of a sample: the rate holds from the sample before to this one, and fills are as they were at this one.
fn counters(span: &Span<Sampled>) -> Vec<Event> {
    let it = &span.what;
    let counter = |name: &str, at, args| {
        let name = name.to_owned();
        event(name, EventKind::Counter, at, NO_ROW, Some(args))
    };
    let mut counters = Vec::new();
    let seconds = span.length().as_secs_f64();
    if seconds > 0.0 {
        let rates = Args::Rates {
            read: rate(it.bytes_in, seconds),
            written: rate(it.bytes_out, seconds),
        };
        counters.push(counter("rate", span.from, rates));
    }
    let mut fill = |name: &str, level: Option<&Level>| {
        let bytes = level.map(|level| whole(level.mean()));
        counters.extend(bytes.map(|bytes| counter(name, span.to, Args::Level { bytes })));
    };
    fill("reading buffer", it.readable.as_ref());
    for (consumer, level) in it.writables.iter().enumerate() {
        let name = match it.writables.len() {
            1 => "writing buffer".to_owned(),
            _ => format!("writing buffer {}", consumer + 1),
        };
        fill(&name, Some(level));
    }
    fill("kernel, in front", it.kernel.source.as_ref());
    fill("kernel, behind", it.kernel.sink.as_ref());
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

fn event(
    name: impl Into<Cow<'static, str>>,
    kind: EventKind,
    at: Duration,
    row: u32,
    args: Option<Args>,
) -> Event {
    Event {
        name: name.into(),
        kind,
        at,
        pid: 1,
        row,
        args,
    }
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::show::{Finished, several};
    use serde_json::{Value, json};

    /// The events of a trace of a transfer to so many sinks.
    fn events(sinks: usize) -> Vec<Value> {
        let (sample, recording) = (several::sample(sinks), several::recording(sinks));
        let trace = draw(&[several::finished(&sample, &recording)]).unwrap();
        let trace: Value = serde_json::from_str(&trace).unwrap();
        trace["traceEvents"].as_array().unwrap().clone()
    }

    /// The names of the rows in their order, and those of all counters that are not the rate.
    fn names(events: &[Value]) -> (Vec<String>, Vec<String>) {
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let rows = events.iter().filter(|it| it["name"] == "thread_name");
        let rows = rows.zip(1..).map(|(it, row)| {
            assert_eq!(it["tid"], row);
            text(&it["args"]["name"])
        });
        let counters = events.iter().filter(|it| it["ph"] == "C");
        let mut counters: Vec<_> = counters.map(|it| text(&it["name"])).collect();
        counters.sort();
        counters.dedup();
        counters.retain(|it| it != "rate");
        (rows.collect(), counters)
    }

    #[test]
    fn each_of_several_writers_has_a_row_and_each_of_their_buffers_a_counter() {
        let table: [(usize, &[&str], &[&str]); 3] = [
            (1, &["writer: what it does"], &["writing buffer"]),
            (
                2,
                &[
                    "writer of sink 1: what it does",
                    "writer of sink 2: what it does",
                ],
                &["writing buffer 1", "writing buffer 2"],
            ),
            (
                3,
                &[
                    "writer of sink 1: what it does",
                    "writer of sink 2: what it does",
                    "writer of sink 3: what it does",
                ],
                &["writing buffer 1", "writing buffer 2", "writing buffer 3"],
            ),
        ];
        for (sinks, writers, buffers) in table {
            let (rows, counters) = names(&events(sinks));
            let others = ["source: when it is paused", "when nothing moves"];
            assert_eq!(rows, [writers, &others].concat());
            assert_eq!(counters, [&["reading buffer"], buffers].concat());
        }
    }

    #[test]
    fn each_of_two_directions_is_a_process_with_its_own_rows() {
        let (sample, recording) = (several::sample(1), several::recording(1));
        let there = several::finished(&sample, &recording);
        let back = Finished {
            source: there.sink,
            sink: there.source,
            ..there
        };
        let trace = draw(&[there, back]).unwrap();
        let trace: Value = serde_json::from_str(&trace).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let names = events.iter().filter(|it| it["name"] == "process_name");
        let names: Vec<_> = names
            .map(|it| json!([it["pid"], it["args"]["name"]]))
            .collect();
        let (a, b) = (there.source, there.sink);
        assert_eq!(
            names,
            [
                json!([1, format!("{a} → {b}")]),
                json!([2, format!("{b} → {a}")])
            ]
        );
        let of = |pid: u32| events.iter().filter(move |it| it["pid"] == pid).count();
        assert_eq!((of(1), of(1) + of(2)), (of(2), events.len()));
        assert_eq!(trace["otherData"]["back"]["source"], b);
        let alone = draw(&[there]).unwrap();
        let alone: Value = serde_json::from_str(&alone).unwrap();
        assert_eq!(alone["otherData"]["back"], Value::Null);
    }

    #[test]
    fn a_writer_waits_in_its_own_row_and_its_buffer_has_its_own_fill() {
        let events = events(2);
        let slices = events.iter().filter(|it| it["ph"] == "X");
        let slices: Vec<_> = slices.map(|it| json!([it["name"], it["tid"]])).collect();
        assert_eq!(slices, [json!(["source", 1]), json!(["sink", 2])]);
        let fill = |name: &str| {
            let it = events.iter().find(|it| it["name"] == name).unwrap();
            it["args"]["bytes"].as_u64().unwrap()
        };
        assert_eq!(
            [fill("writing buffer 1"), fill("writing buffer 2")],
            [1 << 18, 1 << 20]
        );
    }
}
