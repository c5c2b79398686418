//! `--progress json`: standard error holds objects alone, whatever happens, and the last of them is `end`.

use crate::live::bound;
use crate::tide::{Done, Scratch, noise, records};
use serde_json::Value;

/// All of standard error, which is nothing but records and ends with that of the end.
#[track_caller]
fn objects(done: &Done, line: &str) -> Vec<Value> {
    let all = records(done.stderr.as_bytes());
    let ends = all.iter().filter(|it| it["type"] == "end").count();
    assert_eq!(ends, 1, "{line}: {done:?}");
    let end = all.last().expect("a record");
    assert_eq!(end["type"], "end", "{line}: {done:?}");
    assert_eq!(end["exit_code"], done.code(), "{line}: {done:?}");
    all
}

fn messages(all: &[Value]) -> Vec<(&str, &str)> {
    let said = all.iter().filter(|it| it["type"] == "message");
    said.map(|it| {
        assert_eq!(it["version"], 1);
        let text = |name: &str| it[name].as_str().expect("a text");
        (text("level"), text("text"))
    })
    .collect()
}

/// A command line, the exit status, and what is said, with its level.
type Line = (&'static str, i32, &'static [(&'static str, &'static str)]);

const LINES: &[Line] = &[
    ("in out", 0, &[]),
    ("- null: <in", 0, &[]),
    ("-t sha256 in out", 0, &[]),
    ("-t sha256 --digest-file sums in out", 0, &[]),
    ("--summary always in out", 0, &[("note", "97.66 KiB in ")]),
    ("-v in out", 0, &[("note", "97.66 KiB in ")]),
    (
        "missing out",
        1,
        &[("error", "opening missing: No such file")],
    ),
    (
        "in no/such",
        1,
        &[("error", "opening no/such: No such file")],
    ),
    (
        "in /dev/full",
        1,
        &[("error", "writing to /dev/full: No space left")],
    ),
    ("in tcp://NOBODY", 1, &[("error", "connecting to tcp://")]),
    (
        "in in",
        2,
        &[("error", "source and sink are the same file")],
    ),
    (
        "--stats in in out",
        2,
        &[("error", "--stats would write into the SOURCE")],
    ),
    (
        "--stats s --trace s in out",
        2,
        &[("error", "--stats and --trace")],
    ),
    (
        "--stats no/s in out",
        2,
        &[("error", "--stats no/s: No such file")],
    ),
    (
        "--control in in out",
        2,
        &[("error", "--control in: exists")],
    ),
    ("--burst 5 in out", 2, &[("error", "--burst needs --rate")]),
    ("tpc://h:1 out", 2, &[("error", "did you mean tcp://")]),
    (
        "--road kernel random: out",
        2,
        &[("error", "--road kernel from")],
    ),
    ("--expect-size 5 in out", 3, &[("error", "--expect-size")]),
    ("-t sha256=00 in out", 2, &[("error", "sha256")]),
    (
        "--idle-timeout 20ms - out < <(sleep 0.3)",
        4,
        &[("error", "nothing moved")],
    ),
    (
        "tcp-listen://127.0.0.1:0#accept-timeout=10ms out",
        4,
        &[("error", "nobody connected within 10ms")],
    ),
    (
        "--trace /dev/full in out",
        0,
        &[("error", "writing --trace /dev/full: No space")],
    ),
    (
        "--stats /dev/full in out",
        0,
        &[("error", "writing --stats /dev/full: No space")],
    ),
    (
        "-t sha256 --digest-file /dev/full in out",
        1,
        &[("error", "writing --digest-file /dev/full: No space")],
    ),
    ("-t gunzip garbage out", 0, &[("warning", "gunzip: ")]),
];

#[apply(on_both_roads)]
fn standard_error_is_objects_alone_whatever_happens_and_the_last_is_the_end() {
    let (_socket, nobody) = bound();
    for (line, code, said) in LINES {
        let it = Scratch::new();
        it.write("in", noise(100_000));
        it.sh("{ gzip -c in; echo rubbish; } >garbage")
            .run()
            .succeeds();
        let line = format!("$T -p json {}", line.replace("NOBODY", &nobody.to_string()));
        let done = it.sh(&line).run();
        assert_eq!(done.code(), *code, "{line}: {done:?}");
        let all = objects(&done, &line);
        let messages = messages(&all);
        let more = messages.iter().skip(said.len());
        let is_more = line.contains(" -v ") && more.clone().all(|(level, _)| *level == "note");
        assert!(more.count() == 0 || is_more, "{line}: {messages:?}");
        assert!(messages.len() >= said.len(), "{line}: {messages:?}");
        for ((level, text), (wanted, part)) in messages.iter().zip(*said) {
            assert_eq!(level, wanted, "{line}");
            assert!(text.contains(part), "{line}: {text:?} lacks {part:?}");
            assert!(!text.starts_with("tidegate: "), "{line}: {text:?}");
        }
        let outcome = &all[all.len() - 1]["outcome"];
        let wanted = if *code == 0 { "complete" } else { "failed" };
        assert_eq!(outcome, wanted, "{line}");
        let starts = all.iter().any(|it| it["type"] == "start");
        let digests = &all[all.len() - 1]["digests"];
        let has_digest = line.contains("sha256 ") && starts;
        assert_eq!(digests.as_array().map(Vec::len), Some(has_digest.into()));
    }
}

#[apply(on_both_roads)]
fn where_an_end_listens_is_an_object_before_anybody_comes() {
    let it = Scratch::new();
    let args = [
        "-p",
        "json",
        "--stats",
        "s",
        "tcp-listen://127.0.0.1:0",
        "out",
    ];
    let mut waiting = it.tide(args).start();
    let line = waiting.line();
    let record: Value = serde_json::from_str(&line).expect("an object");
    assert_eq!(record["type"], "listening");
    assert_eq!(
        (&record["version"], &record["end"]),
        (&1.into(), &"source".into())
    );
    let uri = format!("tcp://{}", record["address"].as_str().expect("an address"));
    it.tide(["-", &uri]).input("x").run().succeeds();
    let done = waiting.done().exits(0);
    let all = objects(&done, "");
    let types: Vec<_> = all.iter().map(|it| it["type"].as_str()).collect();
    assert_eq!(types, [Some("listening"), Some("start"), Some("end")]);
    assert_eq!(all, records(&it.read("s")));
}

#[apply(on_both_roads)]
fn a_signal_is_answered_by_an_object_too() {
    let it = Scratch::new();
    let args = ["-p", "json", "-i", "20ms", "zero:", "null:#rate=1M"];
    let mut running = it.tide(args).start();
    running.started();
    running.signal("USR1");
    let said = running.record(|record| record["type"] == "message");
    assert_eq!(said["level"], "note");
    running.signal("INT");
    let done = running.done().dies_of("INT");
    let all = objects(&done, "");
    assert_eq!(all[all.len() - 1]["outcome"], "interrupted");
}

#[apply(on_both_roads)]
fn a_peer_that_talks_back_is_a_warning() {
    let it = Scratch::new();
    let mut talker = it
        .tide(["-p", "json", "in", "tcp-listen://127.0.0.1:0"])
        .open_input();
    it.write("in", "x");
    talker.command.stdin(std::process::Stdio::null());
    let mut running = talker.start();
    let record: Value = serde_json::from_str(&running.line()).expect("an object");
    let address = record["address"].as_str().expect("an address");
    let mut peer = std::net::TcpStream::connect(address).expect("a connection");
    std::io::Write::write_all(&mut peer, b"hello").expect("writing");
    std::io::Read::read_to_end(&mut peer, &mut Vec::new()).expect("reading");
    drop(peer);
    let done = running.done().exits(0);
    let all = objects(&done, "");
    let said = messages(&all);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].0, "warning");
    assert!(
        said[0].1.ends_with("sent 5 B (5 bytes), dropped")
            || said[0].1.ends_with("sent 5 bytes, dropped"),
        "{said:?}"
    );
}
