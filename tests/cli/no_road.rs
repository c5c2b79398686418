//! Where the kernel road is not to be had: `--road kernel` says so before anything is touched, `--road auto` goes on
//! without it; and where it is to be had, `--road auto` takes it.

use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};

/// What the kernel cannot do, and a part of the reason that is given.
pub(crate) const IMPOSSIBLE: [(&str, &str); 14] = [
    (
        "in file:out#append",
        "SINK does not allow it: it is open for appending",
    ),
    (
        "in - >>out",
        "SINK does not allow it: it is open for appending",
    ),
    (
        "in fd:3 3>>out",
        "SINK does not allow it: it is open for appending",
    ),
    (
        "in file:new#append",
        "SINK does not allow it: it is open for appending",
    ),
    (
        "random:#size=9 out",
        "SOURCE does not allow it: its bytes are made by this program",
    ),
    (
        "--take 9 /dev/zero out",
        "SOURCE does not allow it: it is a device",
    ),
    ("in /dev/full", "SINK does not allow it: it is a device"),
    ("-H 2M in out", "a high-water mark above 1 MiB"),
    ("-H 1048577 in - >new", "a high-water mark above 1 MiB"),
    (
        "--write-high-water-mark 2M in out",
        "a high-water mark above 1 MiB",
    ),
    ("-H 2M in file:out#atomic", "a high-water mark above 1 MiB"),
    ("-H 2M in new", "a high-water mark above 1 MiB"),
    (
        "--low-water-mark 5 - null: < <(cat in)",
        "--low-water-mark is for a buffer of our own",
    ),
    (
        "--low-water-mark 5 in - > >(cat)",
        "--low-water-mark is for a buffer of our own",
    ),
];

#[test]
fn a_kernel_road_that_is_not_to_be_had_is_refused_before_anything_is_touched() {
    for (ends, why) in IMPOSSIBLE {
        let it = Scratch::new();
        it.write("in", noise(1000));
        it.write("out", "old");
        let done = it.sh(&format!("$T --road kernel {ends}")).run();
        done.refuses(&[
            "--road kernel from",
            why,
            "without --road, tidegate moves the bytes itself",
        ])
        .prints("");
        assert_eq!(it.read("out"), b"old", "{ends}");
        let made: Vec<_> = it
            .names()
            .into_iter()
            .filter(|name| name != "in" && name != "out")
            .collect();
        // The shell makes what is behind `>`; we make nothing.
        assert!(made.is_empty() || ends.contains(">new"), "{ends}: {made:?}");
    }
}

#[test]
fn where_the_kernel_road_is_not_to_be_had_the_other_is_taken() {
    for (ends, _) in IMPOSSIBLE
        .into_iter()
        .filter(|(ends, _)| !ends.contains("/dev/full"))
    {
        let it = Scratch::new();
        it.write("in", noise(1000));
        it.write("out", "old");
        it.sh(&format!("$T --stats s {ends}")).run().exits(0);
        assert_eq!(it.end_of("s")["road"], "buffered", "{ends}");
        assert_eq!(it.end_of("s")["outcome"], "complete", "{ends}");
    }
}

#[test]
fn a_connection_that_is_shared_with_others_is_left_to_the_buffered_road() {
    let data = noise(100_000);
    for road in ["kernel", "auto"] {
        let it = Scratch::new();
        it.write("out", "old");
        let (peer, address) = Peer::listens(vec![Step::Send(data.clone())]);
        let redirection = format!("3<>/dev/tcp/127.0.0.1/{}", address.port());
        let line = format!("$T --road {road} --stats s fd:3 out {redirection}");
        let done = it.sh(&line).run();
        if road == "kernel" {
            done.refuses(&["SOURCE does not allow it: it is a socket that is shared"]);
            assert_eq!(it.read("out"), b"old");
        } else {
            done.succeeds();
            assert!(it.read("out") == data);
            assert_eq!(it.end_of("s")["road"], "buffered");
        }
        peer.story();
    }
}

#[test]
fn a_terminal_is_left_to_the_buffered_road() {
    let it = Scratch::new();
    it.write("in", "hello\n");
    for (road, code) in [("kernel", 2), ("auto", 0)] {
        let line = format!("$T --road {road} --stats s -q in");
        let screen = it.sh(&line).on_screen(80, 24);
        screen.done().exits(code);
    }
    assert_eq!(it.end_of("s")["road"], "buffered");
}

#[test]
fn the_kernel_road_is_taken_wherever_both_ends_allow_it() {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    it.fifo("p");
    for (ends, calls) in [
        ("in | cat >/dev/null", "splice"),
        ("- out < <(cat in)", "splice through a pipe"),
        ("- null: < <(cat in)", "splice"),
        ("- < <(cat in) | cat >/dev/null", "splice"),
        ("p out & cat in >p; wait", "splice through a pipe"),
        ("fd:3 fd:4 3< <(cat in) 4>out", "splice through a pipe"),
        ("--skip 5 --take 500 in | cat >/dev/null", "splice"),
        ("in null:", "splice through a pipe"),
        ("zero:#size=5M out", "splice through a pipe"),
        ("in /dev/null", "splice through a pipe"),
        (
            "--low-water-mark 4K -H 64K in null:",
            "splice through a pipe",
        ),
        ("-H 1M -c 4K in null:", "splice through a pipe"),
        ("--expect-size 100000 in null:", "splice through a pipe"),
    ] {
        it.sh(&format!("$T --stats s {ends}")).run().succeeds();
        let records = it.read("s");
        let start = &crate::tide::records(&records)[0];
        assert_eq!(
            (&start["road"], &start["calls"]),
            (&"kernel".into(), &calls.into()),
            "{ends}"
        );
        assert_eq!(it.end_of("s")["road"], "kernel", "{ends}");
    }
}

#[test]
fn a_sink_that_is_slow_on_purpose_is_rehearsed_with_both_buffers_unless_asked_otherwise() {
    let it = Scratch::new();
    for sink in ["null:#rate=100M", "null:#stall=5:1ms"] {
        for (road, taken) in [("auto", "buffered"), ("kernel", "kernel")] {
            let args = ["--road", road, "--stats", "s", "zero:#size=1M", sink];
            it.tide(args).run().succeeds();
            assert_eq!(it.end_of("s")["road"], taken, "{road} {sink}");
        }
    }
}

#[test]
fn the_summary_says_the_road_if_asked() {
    let it = Scratch::new();
    it.write("in", noise(1000));
    for (line, said) in [
        ("$T -v in null:", "kernel road (splice through a pipe)"),
        ("$T -v in | cat >/dev/null", "kernel road (splice)"),
        ("$T -v --road buffered in null:", "buffered road"),
    ] {
        let done = it.sh(line).run().exits(0);
        let last = done.stderr.lines().last().unwrap_or_default();
        assert_eq!(last, format!("tidegate: {said}"), "{}", done.stderr);
    }
    it.sh("$T in null:").run().succeeds();
}
