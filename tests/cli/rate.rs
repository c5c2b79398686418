//! The rate limit: no more leaves than it allows, from the first byte on, and whoever waits for it is not to blame.
//!
//! That it is not slower than the rate either is for `benches/rate` to show: here only what no noise can spoil is tested.

use crate::live::read_exactly;
use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use serde_json::Value;
use std::io::{Write, pipe};
use std::thread;
use std::time::Duration;

/// More than was allowed did not leave, and all of it did.
#[track_caller]
fn took_its_time(end: &Value, bytes: usize, rate: u32) {
    assert_eq!(end["bytes_out"], bytes, "{end}");
    let least = f64::from(u32::try_from(bytes).expect("few bytes")) / f64::from(rate);
    let elapsed = end["elapsed_s"].as_f64().expect("seconds");
    assert!(elapsed >= least * 0.9999, "{least} s wanted: {end}");
    let held = end["waits"]["rate_s"].as_f64().expect("seconds");
    assert!(held > 0.0, "{end}");
}

#[apply(on_both_roads)]
fn no_way_is_faster_than_the_rate_and_all_of_them_deliver() {
    let it = Scratch::new();
    let (len, rate) = (300_000, 1_000_000);
    let data = noise(len);
    it.write("in", &data);
    for line in [
        "$T $F in out",
        "$T $F - out <in",
        "$T $F in file:out#atomic",
        "$T $F in | cat >out",
        "cat in | $T $F - out",
        "cat in | $T $F | cat >out",
        "cat in | $T $F -H 5000 | cat >out",
        "$T $F -H 5000 in out",
        "$T $F -c 777 in out",
    ] {
        let flags = format!("-L {rate} --stats s");
        let line = format!("set -o pipefail; {}", line.replace("$F", &flags));
        it.sh(&line).run().exits(0);
        took_its_time(&it.end_of("s"), len, rate);
        // A busy disk may take longer over the end of an atomic file than all of this does.
        if !line.contains("#atomic") {
            assert_eq!(it.end_of("s")["bound_by"], "rate", "{line}");
        }
        assert!(it.read("out") == data, "{line}: other bytes arrived");
    }
}

#[apply(on_both_roads)]
fn a_connection_is_held_to_the_rate_in_both_directions() {
    let it = Scratch::new();
    let data = noise(300_000);
    it.write("in", &data);
    let (peer, address) = Peer::listens(vec![Step::ReadAll]);
    let to = format!("tcp://{address}");
    it.tide(["-L", "1000000", "--stats", "s", "in", &to])
        .run()
        .exits(0);
    took_its_time(&it.end_of("s"), data.len(), 1_000_000);
    assert!(peer.story().bytes == data);

    let (_peer, address) = Peer::listens(vec![
        Step::Send(data.clone()),
        Step::HalfClose,
        Step::ReadAll,
    ]);
    let from = format!("tcp://{address}");
    it.tide(["-L", "1000000", "--stats", "s", &from, "out"])
        .run()
        .exits(0);
    took_its_time(&it.end_of("s"), data.len(), 1_000_000);
    assert!(it.read("out") == data);
}

#[apply(on_both_roads)]
fn a_rate_says_what_is_wrong_with_it() {
    let it = Scratch::new();
    for (flags, why) in [
        (&["-L", "0"][..], "must be at least 1 byte a second"),
        (&["-L", "fast"], "a size starts with a number"),
        (
            &["-L", "10X"],
            "unknown unit 'X'; valid: those of a SIZE, and bit",
        ),
        (&["--rate", "9bit"], "not a whole number of bytes"),
        (&["--burst", "1M"], "--burst needs --rate"),
        (
            &["-L", "1M", "--burst", "no"],
            "a size starts with a number",
        ),
    ] {
        let done = it.tide([flags, &["zero:#size=1", "null:"]].concat()).run();
        assert_eq!(done.code(), 2, "{flags:?}");
        assert!(done.stderr.contains(why), "{flags:?}: {}", done.stderr);
    }
}

#[apply(on_both_roads)]
fn an_idle_timeout_does_not_count_what_is_held_back() {
    let it = Scratch::new();
    it.write("in", b"abcde");
    // A byte each 250 ms.
    for sink in ["out", "null:", "-"] {
        let flags = ["-L", "4", "--idle-timeout", "60ms", "--stats", "s", "in"];
        it.tide([&flags[..], &[sink]].concat()).run().exits(0);
        took_its_time(&it.end_of("s"), 5, 4);
    }
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_that_is_held_back() {
    let it = Scratch::new();
    for line in ["$L zero: null:", "cat /dev/zero | $L | cat"] {
        let limited = "timeout --foreground -s INT 0.3 $T -L 1 --stats s";
        let _ = it.sh(&line.replace("$L", limited)).run();
        let end = it.end_of("s");
        assert_eq!(end["outcome"], "interrupted", "{end}");
        assert_eq!(end["bytes_out"], 0, "{end}");
    }
}

#[apply(on_both_roads)]
fn idle_time_earns_nothing_but_the_burst() {
    let it = Scratch::new();
    // 100 KB take a second at this rate, however late they come.
    let script = || {
        vec![
            Step::Send(vec![1; 1000]),
            Step::Wait(Duration::from_millis(600)),
            Step::Send(vec![2; 50_000]),
            Step::HalfClose,
        ]
    };
    for (burst, least) in [("0", 0.6 + 0.49), ("40K", 0.6)] {
        let (_peer, address) = Peer::listens(script());
        let from = format!("tcp://{address}");
        let args = ["-L", "100K", "--burst", burst, "--stats", "s", &from, "out"];
        it.tide(args).run().exits(0);
        let end = it.end_of("s");
        let elapsed = end["elapsed_s"].as_f64().expect("seconds");
        assert!(elapsed >= least - 0.02, "{burst}: {end}");
        assert_eq!(end["bytes_out"], 51_000);
    }
}

#[apply(on_both_roads)]
fn a_source_that_is_slower_than_the_rate_is_what_binds() {
    let it = Scratch::new();
    let steps = (0..10).flat_map(|_| {
        [
            Step::Send(vec![7; 100]),
            Step::Wait(Duration::from_millis(30)),
        ]
    });
    let (_peer, address) = Peer::listens(steps.chain([Step::HalfClose]).collect());
    let from = format!("tcp://{address}");
    it.tide(["-L", "1M", "--stats", "s", &from, "out"])
        .run()
        .exits(0);
    let end = it.end_of("s");
    assert_eq!(end["bound_by"], "source", "{end}");
    assert!(end["waits"]["rate_s"].as_f64() < Some(0.1), "{end}");
}

#[apply(on_both_roads)]
fn whoever_is_held_back_is_woken_once_for_a_piece() {
    const RATE: usize = 16 << 20;
    const BYTES: usize = 8 << 20;
    // A piece is what the rate allows in some 9 ms, and in 7 ms at least.
    const PIECES: usize = BYTES / (RATE / 1000 * 7);
    let it = Scratch::new();
    let ((theirs, mut source), (sink, behind)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
    let flags = ["-q", "-L", &RATE.to_string()];
    let running = it.tide(flags).stdin(theirs).stdout(behind).start();
    // It ends when nobody reads any more.
    thread::spawn(move || while source.write_all(&[0; 1 << 14]).is_ok() {});
    let ours = sink.try_clone().expect("a clone");
    read_exactly(ours, BYTES);
    let wakings = running.wakings(&["writer", "kernel road"]);
    assert!(wakings <= PIECES * 3 / 2, "{wakings} for {PIECES} pieces");
    drop(sink);
    running.done().dies_of("PIPE");
}
