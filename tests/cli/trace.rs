//! `--trace`: everything that happened is in it, as often as the records say, in a file of a size that is known beforehand.

use crate::tide::{Scratch, noise};
use serde_json::Value;

const MIB: usize = 1 << 20;

/// A trace however long the transfer was.
const MOST_BYTES: usize = 3 * MIB;

/// The rows: what the writer does, pauses, stalls.
const WRITER: u64 = 1;
const SOURCE: u64 = 2;
const STALLS: u64 = 3;

/// How long something lasted.
#[track_caller]
fn seconds(slice: &Value) -> f64 {
    slice["dur"].as_f64().expect("a time") / 1e6
}

/// The events of a trace.
struct Trace(Vec<Value>);

impl Trace {
    #[track_caller]
    fn read(it: &Scratch, name: &str) -> Self {
        let bytes = it.read(name);
        assert!(bytes.len() < MOST_BYTES, "{} bytes", bytes.len());
        let trace: Value = serde_json::from_slice(&bytes).expect("JSON");
        let events = trace["traceEvents"].as_array().expect("events").clone();
        for event in &events {
            for field in ["name", "ph", "ts", "pid", "tid"] {
                assert!(!event[field].is_null(), "no {field}: {event}");
            }
        }
        Self(events)
    }

    /// What lasted, in a row.
    fn row(&self, row: u64) -> Vec<&Value> {
        let slices = self.0.iter();
        slices
            .filter(|it| it["ph"] == "X" && it["tid"] == row)
            .collect()
    }

    /// How many pauses and drains there were, and for how long: told one by one, or of those that were joined.
    fn pauses(&self) -> [f64; 3] {
        let drains = self.named("drain").iter().map(|_| 1.0).sum();
        let mut sums = [0.0, drains, 0.0];
        for slice in self.row(SOURCE) {
            let args = &slice["args"];
            let told = ["pauses", "drains", "paused_s"].map(|name| args[name].as_f64());
            let one = [Some(1.0), Some(0.0), Some(seconds(slice))];
            let these = if slice["name"] == "paused" { one } else { told };
            for (sum, more) in sums.iter_mut().zip(these) {
                *sum += more.expect("a number");
            }
        }
        sums
    }

    /// How long the writer was in a phase.
    fn time_in(&self, phase: &str) -> f64 {
        let of = |slice: &Value| {
            let joined = slice["args"].as_object().is_some_and(|it| !it.is_empty());
            if joined {
                slice["args"][format!("{phase}_s")].as_f64().unwrap_or(0.0)
            } else if slice["name"] == phase {
                seconds(slice)
            } else {
                0.0
            }
        };
        self.row(WRITER).into_iter().map(of).sum()
    }

    fn named(&self, name: &str) -> Vec<&Value> {
        self.0.iter().filter(|it| it["name"] == name).collect()
    }

    /// Each row goes forward, without overlaps, and ends with the transfer.
    #[track_caller]
    fn is_in_order(&self, elapsed: f64) {
        for row in [WRITER, SOURCE, STALLS] {
            let mut last = 0.0;
            for slice in self.row(row) {
                let at = slice["ts"].as_f64().expect("a time");
                let length = slice["dur"].as_f64().expect("a time");
                // As those who read it compute, bit by bit.
                assert!(at >= last && length >= 0.0, "after {last}: {slice}");
                last = at + length;
            }
            assert!(last <= elapsed * 1e6 + 1.0, "{last} of {elapsed} s");
        }
    }

    /// The trace tells the same as the end record.
    #[track_caller]
    fn agrees_with(&self, end: &Value) {
        let elapsed = end["elapsed_s"].as_f64().expect("seconds");
        self.is_in_order(elapsed);
        let link = &end["links"][0];
        let allowed = 0.001 + elapsed * 0.01;
        let names = [("pauses", 0.0), ("drains", 0.0), ("paused_s", allowed)];
        for ((name, allowed), found) in names.into_iter().zip(self.pauses()) {
            let expected = link[name].as_f64().expect("a number");
            assert!((found - expected).abs() <= allowed, "{name} {found}: {end}");
        }
        for phase in ["source", "sink", "rate", "moving"] {
            let expected = end["waits"][format!("{phase}_s")].as_f64();
            let expected = expected.expect("seconds");
            let found = self.time_in(phase);
            assert!(
                (found - expected).abs() <= allowed,
                "{phase} {found}: {end}"
            );
        }
        let outcome = self
            .named(end["outcome"].as_str().expect("an outcome"))
            .len();
        assert_eq!(outcome, 1, "{end}");
    }
}

#[apply(on_both_roads)]
fn every_pause_and_every_drain_is_there_and_every_moment_is_accounted_for() {
    let it = Scratch::new();
    it.write("in", noise(20 * MIB));
    for line in [
        "$T --trace t --stats s in | { sleep 0.2; cat >out; }",
        "cat in | $T --trace t --stats s - out",
        "$T --trace t --stats s -L 60M in out",
        "$T --trace t --stats s in null:#rate=100M",
        "$T --trace t --stats s --take 0 in out",
    ] {
        it.sh(line).run().succeeds();
        Trace::read(&it, "t").agrees_with(&it.end_of("s"));
    }
}

#[apply(on_both_roads)]
fn pauses_are_told_one_by_one_with_the_drain_that_ended_each() {
    let it = Scratch::new();
    it.tide(["--trace", "t", "zero:#size=20M", "null:#rate=100M"])
        .run()
        .succeeds();
    let trace = Trace::read(&it, "t");
    let paused = trace.named("paused");
    assert!((19..=20).contains(&paused.len()), "{}", paused.len());
    let drains: Vec<_> = trace
        .named("drain")
        .iter()
        .map(|it| it["ts"].clone())
        .collect();
    assert!(drains.len() >= 18);
    for (pause, drain) in paused.iter().zip(drains) {
        let end = pause["ts"].as_f64().unwrap() + pause["dur"].as_f64().unwrap();
        assert!((end - drain.as_f64().unwrap()).abs() < 0.01, "{pause}");
    }
}

#[apply(on_both_roads)]
fn fills_and_rates_are_sampled_within_the_marks() {
    let it = Scratch::new();
    it.tide([
        "--trace",
        "t",
        "-H",
        "256K",
        "zero:#size=30M",
        "null:#rate=60M",
    ])
    .run()
    .succeeds();
    let trace = Trace::read(&it, "t");
    for name in ["reading buffer", "writing buffer"] {
        let fills = trace.named(name);
        let bytes = fills.iter().map(|it| it["args"]["bytes"].as_f64().unwrap());
        let most = bytes.fold(0.0, f64::max);
        assert!(fills.len() > 10 && most > 0.0, "{name}: {}", fills.len());
        assert!(most <= 262_144.0, "{name}: {most}");
    }
    let mut bytes = 0.0;
    let rates = trace.named("rate");
    for (rate, next) in rates.iter().zip(&rates[1..]) {
        let time = next["ts"].as_f64().unwrap() - rate["ts"].as_f64().unwrap();
        bytes += rate["args"]["out, bytes a second"].as_f64().unwrap() * time / 1e6;
    }
    let all = f64::from(30 << 20);
    assert!((0.9 * all..1.01 * all).contains(&bytes), "{bytes}");
}

#[apply(on_both_roads)]
fn a_trace_of_very_many_pauses_is_no_larger_and_loses_none() {
    let it = Scratch::new();
    it.tide([
        "--trace",
        "t",
        "--stats",
        "s",
        "-H",
        "4K",
        "--road",
        "buffered",
        "zero:#size=100M",
        "null:",
    ])
    .run()
    .succeeds();
    let end = it.end_of("s");
    assert!(end["links"][0]["pauses"].as_u64() > Some(20_000), "{end}");
    let trace = Trace::read(&it, "t");
    trace.agrees_with(&end);
    let joined = trace.row(SOURCE).len();
    assert!((200..=2048).contains(&joined), "{joined} spans");
}

#[apply(on_both_roads)]
fn a_stall_is_marked_with_whom_it_waits_for() {
    let it = Scratch::new();
    it.write("in", noise(3 * MIB));
    let line = "$T --trace t --stats s in | { sleep 4; cat >out; }";
    it.sh(line).run().succeeds();
    let trace = Trace::read(&it, "t");
    trace.agrees_with(&it.end_of("s"));
    let stalls = trace.row(STALLS);
    let [stall] = &stalls[..] else {
        panic!("{stalls:?}");
    };
    assert_eq!(stall["name"], "stalled: sink");
    let length = stall["dur"].as_f64().unwrap() / 1e6;
    assert!((2.0..5.0).contains(&length), "{length} s");
    // A long one keeps its borders.
    let longest = trace.row(WRITER);
    let longest = longest.iter().map(|it| it["dur"].as_f64().unwrap());
    assert!(longest.fold(0.0, f64::max) / 1e6 > 2.3);
}

#[apply(on_both_roads)]
fn however_a_transfer_ends_there_is_a_trace_of_it() {
    let it = Scratch::new();
    it.write("in", noise(MIB));
    let cases = [
        ("$T --trace t --stats s in /dev/full", 1),
        ("$T --trace t --stats s --expect-size 5 in out", 3),
        (
            "$T --trace t --stats s zero: | head -c 5 >out; exit ${PIPESTATUS[0]}",
            141,
        ),
        (
            "timeout --preserve-status -s INT 0.5 $T --trace t --stats s zero: null:#rate=1M",
            130,
        ),
    ];
    for (line, code) in cases {
        it.sh(line).run().exits(code);
        let end = it.end_of("s");
        let trace = Trace::read(&it, "t");
        trace.agrees_with(&end);
        let last = trace.0.last().unwrap();
        assert_eq!(last["name"], end["outcome"], "{line}");
        assert_eq!(last["args"]["exit_code"], code, "{line}");
    }
}

#[apply(on_both_roads)]
fn a_trace_goes_into_no_file_that_is_something_else() {
    let it = Scratch::new();
    it.write("in", noise(10));
    let table: [(&[&str], &[&str]); 4] = [
        (
            &["--trace", "in", "in", "out"],
            &["--trace would write into the SOURCE or SINK"],
        ),
        (
            &["--trace", "out", "in", "out"],
            &["--trace would write into the SOURCE or SINK"],
        ),
        (
            &["--trace", "s", "--stats", "s", "in", "out"],
            &["--stats and --trace would write into the same file"],
        ),
        (
            &["--trace", "no/t", "in", "out"],
            &["--trace no/t: No such file or directory"],
        ),
    ];
    for (args, parts) in table {
        it.tide(args).run().refuses(parts);
        assert_eq!(it.read("in"), noise(10), "{args:?}");
    }
}

#[apply(on_both_roads)]
fn a_trace_that_cannot_be_written_is_said_and_takes_nothing_from_the_transfer() {
    let it = Scratch::new();
    it.write("in", noise(MIB));
    it.tide(["--trace", "/dev/full", "in", "out"])
        .run()
        .exits(0)
        .says("tidegate: writing --trace /dev/full: No space left on device\n");
    assert_eq!(it.read("out"), noise(MIB));
}

#[apply(on_both_roads)]
fn the_trace_of_before_stays_until_there_is_a_new_one() {
    let it = Scratch::new();
    it.write("t", "x".repeat(MIB));
    let mut running = it
        .tide([
            "--trace",
            "t",
            "-p",
            "line",
            "-i",
            "100ms",
            "zero:",
            "null:#rate=1M",
        ])
        .start();
    running.line();
    assert_eq!(it.read("t").len(), MIB);
    running.signal("INT");
    running.done().exits(130);
    Trace::read(&it, "t");
}
