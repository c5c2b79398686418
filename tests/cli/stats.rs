//! The records of `--stats`, and the lines for people.

use crate::live::{bound, is_full, read_exactly};
use crate::tide::{Scratch, noise, records};
use serde_json::Value;
use std::io::Read;

/// A place in a record, and what must stand there.
type Field = (&'static str, fn(&Value) -> bool);

/// All `fields` are there and of their type.
#[track_caller]
fn has(record: &Value, fields: &[Field]) {
    for (name, fits) in fields {
        let value = record.pointer(&format!("/{name}"));
        assert!(value.is_some_and(fits), "{name} in {record}");
    }
}

const NUMBERS: [Field; 26] = [
    ("elapsed_s", Value::is_f64),
    ("bytes_in", Value::is_u64),
    ("bytes_out", Value::is_u64),
    ("rate_bytes_s", Value::is_f64),
    ("average_bytes_s", Value::is_f64),
    ("size", |it| it.is_null() || it.is_u64()),
    ("eta_s", |it| it.is_null() || it.is_f64()),
    ("links", Value::is_array),
    ("links/0/from", |it| it == "source"),
    ("links/0/to", |it| it == "sink"),
    ("links/0/state", |it| {
        ["flowing", "paused", "ended"].contains(&it.as_str().unwrap_or_default())
    }),
    ("links/0/readable/len", Value::is_u64),
    ("links/0/readable/high_water_mark", Value::is_u64),
    ("links/0/writable/len", Value::is_u64),
    ("links/0/writable/high_water_mark", Value::is_u64),
    ("links/0/writable/low_water_mark", Value::is_u64),
    ("links/0/writable/max_len", Value::is_u64),
    ("links/0/pauses", Value::is_u64),
    ("links/0/drains", Value::is_u64),
    ("links/0/paused_s", Value::is_f64),
    ("waits/source_s", Value::is_f64),
    ("waits/sink_s", Value::is_f64),
    ("waits/rate_s", Value::is_f64),
    ("waits/transform_s", Value::is_f64),
    ("waits/moving_s", Value::is_f64),
    ("bound_by", |it| {
        ["source", "sink", "rate", "transform", "none"].contains(&it.as_str().unwrap_or_default())
    }),
];

/// What `type` the records have, each run of the same one once.
fn types(records: &[Value]) -> Vec<&str> {
    let mut types: Vec<_> = records
        .iter()
        .map(|record| record["type"].as_str().unwrap())
        .collect();
    types.dedup();
    types
}

#[apply(on_both_roads)]
fn a_transfer_is_recorded_from_start_to_end() {
    let it = Scratch::new();
    let args = [
        "--stats",
        "s",
        "-i",
        "50ms",
        "zero:#size=500K",
        "null:#rate=1M",
    ];
    it.tide(args).run().succeeds();
    let records = records(&it.read("s"));
    assert_eq!(types(&records), ["start", "sample", "end"]);
    let (start, end) = (&records[0], &records[records.len() - 1]);
    assert_eq!(start["version"], 1);
    assert_eq!(start["source"], "zero:#size=500K");
    assert_eq!(start["sink"], "null:#rate=1M");
    assert_eq!(
        (&start["road"], &start["size"]),
        (&"buffered".into(), &512_000.into())
    );
    // Half a second at 50 ms each; a busy machine may miss some.
    assert!((5..=12).contains(&(records.len() - 2)), "{}", records.len());
    let mut last = 0.0;
    for record in &records[1..] {
        has(record, &NUMBERS);
        let elapsed = record["elapsed_s"].as_f64().unwrap();
        assert!(elapsed > last, "{record}");
        assert!(record["bytes_out"].as_u64() <= record["bytes_in"].as_u64());
        last = elapsed;
    }
    has(&records[4], &[("eta_s", Value::is_f64)]);
    assert_eq!(
        (&end["bytes_in"], &end["bytes_out"]),
        (&512_000.into(), &512_000.into())
    );
    assert_eq!(
        (&end["outcome"], &end["delivered"]),
        (&"complete".into(), &"written".into())
    );
    assert_eq!(
        (&end["exit_code"], &end["error"]),
        (&0.into(), &Value::Null)
    );
    assert_eq!(end["bound_by"], "sink");
}

#[apply(on_both_roads)]
fn every_moment_has_one_cause() {
    let it = Scratch::new();
    it.fifo("p");
    for (line, bound_by) in [
        ("{ sleep 0.3; echo; } | $T --stats s - null:", "source"),
        ("$T --stats s zero:#size=300K null:#rate=1M", "sink"),
        (
            "$T --stats s --take 8M zero: | { sleep 0.3; cat >/dev/null; }",
            "sink",
        ),
        (
            "{ sleep 0.3; cat >/dev/null; } <p & $T --stats s --take 8M zero: >p; wait",
            "sink",
        ),
        (
            "{ sleep 0.3; cat >/dev/null; } <p & $T --stats s --take 8M zero: p; wait",
            "sink",
        ),
    ] {
        it.sh(line).run().succeeds();
        let end = it.end_of("s");
        let waits = end["waits"].as_object().unwrap();
        let sum: f64 = waits.values().map(|wait| wait.as_f64().unwrap()).sum();
        let elapsed = end["elapsed_s"].as_f64().unwrap();
        assert!((sum - elapsed).abs() <= elapsed / 100.0, "{line}: {end}");
        assert_eq!(end["bound_by"], bound_by, "{line}: {end}");
    }
}

#[apply(on_both_roads)]
fn a_listener_is_recorded_before_anybody_comes() {
    let it = Scratch::new();
    for (args, side) in [
        (["tcp-listen://127.0.0.1:0", "out"], "source"),
        (["-", "tcp-listen://127.0.0.1:0"], "sink"),
    ] {
        let mut waiting = it.tide([&["--stats", "fd:2"], &args[..]].concat()).start();
        let address = waiting.listening();
        let record = waiting.record(|_| true);
        assert_eq!(
            (&record["type"], &record["version"]),
            (&"listening".into(), &1.into())
        );
        assert_eq!(
            (&record["end"], &record["address"]),
            (&side.into(), &address.as_str().into())
        );
        it.tide(["/dev/null", &format!("tcp://{address}")])
            .run()
            .exits(0);
        let done = waiting.done().exits(0);
        assert_eq!(types(&done.records()), ["listening", "start", "end"]);
        let closed = if side == "sink" { "closed" } else { "written" };
        assert_eq!(done.end()["delivered"], closed);
    }
}

#[apply(on_both_roads)]
fn a_transfer_that_did_not_begin_is_recorded_too() {
    let (_socket, nobody) = bound();
    let refused = format!("tcp://{nobody}");
    let it = Scratch::new();
    it.write("in", "data");
    for (args, code, side) in [
        (["missing", "out"], 1, "source"),
        (["in", "missing/out"], 1, "sink"),
        (["in", refused.as_str()], 1, "sink"),
        (
            ["tcp-listen://127.0.0.1:0#accept-timeout=10ms", "out"],
            4,
            "source",
        ),
    ] {
        let done = it.tide([&["--stats", "fd:2"], &args[..]].concat()).run();
        let records = done.records();
        assert!(!types(&records).contains(&"start"), "{args:?}");
        let (end, done) = (done.end(), done.exits(code));
        has(&end, &NUMBERS);
        assert_eq!(
            (&end["outcome"], &end["exit_code"]),
            (&"failed".into(), &code.into())
        );
        assert_eq!(
            (&end["delivered"], &end["bytes_out"]),
            (&Value::Null, &0.into())
        );
        let uri = args[usize::from(side == "sink")];
        assert_eq!(
            (&end["error"]["end"], &end["error"]["uri"]),
            (&side.into(), &uri.into())
        );
        let message = end["error"]["message"].as_str().unwrap();
        done.mentions(&[&format!("tidegate: {message}\n")]);
    }
}

#[apply(on_both_roads)]
fn a_transfer_that_failed_in_the_middle_is_recorded_to_its_end() {
    let it = Scratch::new();
    for (args, code, side, uri) in [
        (&["zero:", "/dev/full"][..], 1, "sink", "/dev/full"),
        (
            &["--expect-size", "5", "zero:", "null:"],
            3,
            "sink",
            "null:",
        ),
        (&["--idle-timeout", "50ms", "-", "null:"], 4, "source", "-"),
        (
            &["--idle-timeout", "50ms", "zero:", "null:#stall=0:1h"],
            4,
            "sink",
            "null:#stall=0:1h",
        ),
    ] {
        let cmd = it.tide([&["--stats", "s"], args].concat());
        let done = cmd.open_input().run().exits(code);
        let end = it.end_of("s");
        assert_eq!(types(&records(&it.read("s"))), ["start", "end"]);
        assert_eq!(
            (&end["outcome"], &end["exit_code"]),
            (&"failed".into(), &code.into())
        );
        assert_eq!(
            (&end["error"]["end"], &end["error"]["uri"]),
            (&side.into(), &uri.into())
        );
        assert!(end["delivered"].is_null(), "{end}");
        let message = end["error"]["message"].as_str().unwrap();
        done.says(&format!("tidegate: {message}\n"));
    }
}

#[apply(on_both_roads)]
fn records_go_to_an_inherited_descriptor() {
    let it = Scratch::new();
    it.sh("$T --stats fd:3 - 3>s")
        .input("x")
        .run()
        .succeeds()
        .prints("x");
    assert_eq!(it.end_of("s")["bytes_out"], 1);
    it.sh("$T --stats fd:3 - 3>&1 >/dev/null | grep -c '\"type\":\"end\"'")
        .input("x")
        .run()
        .succeeds()
        .prints("1\n");
}

#[apply(on_both_roads)]
fn records_replace_those_of_the_last_run() {
    let it = Scratch::new();
    it.write("s", noise(10_000));
    it.tide(["--stats", "s", "zero:#size=5", "null:"])
        .run()
        .succeeds();
    assert_eq!(types(&records(&it.read("s"))), ["start", "end"]);
}

#[apply(on_both_roads)]
fn records_never_overwrite_an_end_of_the_transfer() {
    let data = noise(10_000);
    for line in [
        "$T --stats in in out",
        "$T --stats hard in out",
        "$T --stats in - out <in",
        "$T --stats out in out",
        "$T --stats out in file:out#append",
        "$T --stats out in file:out#atomic",
        "$T --stats out in - 1<>out",
        "$T --stats out in >>out",
    ] {
        let it = Scratch::new();
        it.write("in", &data);
        it.write("out", "old");
        std::fs::hard_link(it.path("in"), it.path("hard")).unwrap();
        it.sh(line).run().refuses(&["--stats"]);
        assert!(it.read("in") == data, "{line}");
        assert_eq!(it.read("out"), b"old", "{line}");
        assert_eq!(it.names(), ["hard", "in", "out"], "{line}");
    }
}

#[apply(on_both_roads)]
fn records_that_cannot_be_written_are_refused_before_anything_else_happens() {
    let it = Scratch::new();
    it.write("in", "data");
    it.write("out", "old");
    for stats in ["missing/s", ".", "fd:77"] {
        let done = it.tide(["--stats", stats, "in", "out"]).run();
        done.refuses(&["--stats", stats]);
        assert_eq!(it.read("out"), b"old");
    }
}

#[apply(on_both_roads)]
fn records_that_get_lost_do_not_fail_the_transfer() {
    let it = Scratch::new();
    let done = it.tide(["--stats", "/dev/full", "-"]).input("x").run();
    done.exits(0)
        .prints("x")
        .mentions(&["--stats", "No space left"]);
    let done = it.sh("$T --stats fd:3 - 3> >(true)").input("x").run();
    done.exits(0).prints("x");
}

#[apply(on_both_roads)]
fn records_that_nobody_reads_do_not_hold_the_flow_up() {
    let it = Scratch::new();
    let (mut unread, pipe) = std::io::pipe().unwrap();
    let (out, stdout) = std::io::pipe().unwrap();
    let mut running = it
        .sh("exec $T --stats fd:3 -i 1ms - 3>&2")
        .open_input()
        .stdout(stdout);
    running.command.stderr(pipe.try_clone().unwrap());
    let mut running = running.start();
    crate::live::until("records that fill the pipe", || {
        is_full(&pipe).then_some(())
    });
    let data = noise(100_000);
    running.feed(&data);
    assert!(read_exactly(out, data.len()) == data);
    drop(pipe);
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        unread.read_to_end(&mut text).map(|_| text)
    });
    running.end_of_input().exits(0);
    let records = records(&reader.join().unwrap().unwrap());
    assert_eq!(types(&records), ["start", "sample", "end"]);
    assert_eq!(records[records.len() - 1]["bytes_out"], 100_000);
}

#[apply(on_both_roads)]
fn records_are_never_mixed_into_the_data() {
    let it = Scratch::new();
    let line = "$T --stats fd:2 zero:#size=5 - 2>&1 | cat >seen; exit ${PIPESTATUS[0]}";
    it.sh(line).run().exits(2);
    assert!(!it.read("seen").contains(&0), "no byte was moved");
}

#[apply(on_both_roads)]
fn every_rate_is_that_since_the_record_before() {
    let it = Scratch::new();
    let args = [
        "--stats",
        "s",
        "-i",
        "100ms",
        "-L",
        "1M",
        "zero:#size=350K",
        "null:",
    ];
    it.tide(args).run().succeeds();
    let mut last = (0.0, 0.0);
    for record in &records(&it.read("s"))[1..] {
        let number = |name: &str| record[name].as_f64().expect("a number");
        let now = (number("elapsed_s"), number("bytes_out"));
        let rate = (now.1 - last.1) / (now.0 - last.0);
        let told = number("rate_bytes_s");
        assert!(
            (rate - told).abs() <= 1.0 + rate / 1000.0,
            "{rate}: {record}"
        );
        let average = number("average_bytes_s");
        assert!(
            (now.1 / now.0 - average).abs() <= 1.0 + average / 1000.0,
            "{record}"
        );
        last = now;
    }
    assert_eq!(it.end_of("s")["bytes_out"], 350 << 10);
}
