//! What a transfer says to people, and the size it expects.

use crate::tide::{Scratch, noise, records};
use serde_json::Value;

#[apply(on_both_roads)]
fn the_expected_size_is_given_or_found() {
    let it = Scratch::new();
    it.write("in", noise(1000));
    it.write("other", noise(77));
    for (line, size) in [
        ("$T --stats s in null:", Some(1000)),
        ("$T --stats s - null: <in", Some(1000)),
        (
            "{ dd bs=300 count=1 status=none >/dev/null; $T --stats s - null:; } <in",
            Some(700),
        ),
        ("$T --stats s --skip 100 in null:", Some(900)),
        ("$T --stats s --skip 100 --take 50 in null:", Some(50)),
        ("$T --stats s --take 5000 in null:", Some(1000)),
        ("$T --stats s --take 5 zero: null:", Some(5)),
        ("$T --stats s zero:#size=3K null:", Some(3072)),
        ("cat in | $T --stats s - null:", None),
        ("cat in | $T --stats s -s 2K - null:", Some(2048)),
        ("cat in | $T --stats s -s @other - null:", Some(77)),
        (
            "cat in | $T --stats s --expect-size 1000 - null:",
            Some(1000),
        ),
        ("$T --stats s --size @other in null:", Some(77)),
    ] {
        it.sh(line).run().succeeds();
        let size = size.map_or(Value::Null, Value::from);
        assert_eq!(records(&it.read("s"))[0]["size"], size, "{line}");
        assert_eq!(it.end_of("s")["size"], size, "{line}");
    }
}

#[apply(on_both_roads)]
fn nothing_is_said_where_standard_error_is_no_terminal() {
    let it = Scratch::new();
    for flags in [
        &[][..],
        &["-q"],
        &["--summary", "never"],
        &["--summary", "auto"],
    ] {
        it.tide(flags).input("x").run().succeeds().prints("x");
    }
}

#[apply(on_both_roads)]
fn quiet_does_not_silence_errors() {
    let it = Scratch::new();
    let done = it.tide(["-q", "missing"]).run();
    done.fails_saying(1, &["opening missing"]);
}

#[apply(on_both_roads)]
fn the_summary_is_one_line_of_numbers_for_people() {
    let it = Scratch::new();
    let args = [
        "--summary",
        "always",
        "-H",
        "64K",
        "zero:#size=1.5M",
        "null:#rate=5M",
    ];
    let done = it.tide(args).run().exits(0);
    assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    done.mentions(&["tidegate: 1.50 MiB in ", " MiB/s", "written"]);
}

#[apply(on_both_roads)]
fn the_summary_says_in_which_sense_it_was_delivered() {
    let it = Scratch::new();
    let synced = it
        .tide(["--summary", "always", "-", "file:out#sync"])
        .input("x")
        .run();
    synced.exits(0).mentions(&["1 B", "synced"]);
    let mut receiver = it.tide(["tcp-listen://127.0.0.1:0", "out"]).start();
    let uri = format!("tcp://{}", receiver.listening());
    let sent = it.tide(["--summary", "always", "-", &uri]).input("x").run();
    sent.exits(0).mentions(&["closed by the peer"]);
    receiver.done().exits(0);
}

#[apply(on_both_roads)]
fn a_failure_is_never_summed_up() {
    let it = Scratch::new();
    let done = it.tide(["--summary", "always", "zero:", "/dev/full"]).run();
    done.fails_saying(1, &["writing to /dev/full"]);
}

#[apply(on_both_roads)]
fn what_is_not_printable_does_not_break_the_line() {
    let it = Scratch::new();
    let done = it.tide(["no\nsuch\x1b[2Jfile"]).run();
    done.fails_saying(1, &["opening no\\u000asuch\\u001b[2Jfile: "]);
}

#[test]
fn every_line_of_a_transfer_with_a_name_has_it() {
    let it = Scratch::new();
    let args = ["-N", "nightly", "-p", "line", "zero:#size=1K", "/dev/full"];
    for flags in [&[][..], &["--timestamps"]] {
        let done = it.tide([flags, &args[..]].concat()).run().exits(1);
        let lines: Vec<_> = done.stderr.lines().collect();
        assert!(!lines.is_empty(), "it fails without a word");
        let named = |line: &&str| line.contains("tidegate: nightly: ");
        assert!(lines.iter().all(named), "{}", done.stderr);
    }
    let args = ["-N", "nightly", "missing", "null:"];
    it.tide(args)
        .run()
        .fails_saying(1, &["tidegate: nightly: opening missing: "]);
}

#[test]
fn a_failure_says_what_has_become_of_an_atomic_file() {
    let it = Scratch::new();
    it.write("old", "what was there");
    let wrong = format!("sha256={}", "0".repeat(64));
    for (name, undone) in [("new", "new was not made"), ("old", "old is as it was")] {
        let sink = format!("file:{name}#atomic");
        let done = it.tide(["-t", &wrong, "zero:#size=1K", &sink]).run();
        done.fails_saying(3, &["1 KiB (1024 bytes) delivered, but ", undone]);
    }
}

#[test]
fn an_end_listens_only_when_the_other_one_can_be_opened() {
    let it = Scratch::new();
    let args = ["tcp-listen://127.0.0.1:0", "file:no/such/out"];
    let done = it.tide(args).run().exits(1);
    assert!(!done.stderr.contains("listening on"), "{}", done.stderr);
}
