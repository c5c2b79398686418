//! Explaining changes nothing, waits for nobody, and refuses what the transfer itself would refuse.

use crate::explain::{Told, scratch, told};
use crate::no_road::IMPOSSIBLE;
use crate::tide::{Done, Scratch};
use crate::tracing::can_trace;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;

/// Command lines that would do something to everything there is.
const LINES: [&str; 12] = [
    "in out",
    "in new",
    "in file:new#atomic,sync",
    "in file:out#atomic",
    "in file:out#append",
    "p q",
    "in p",
    "--take 9 zero: file:new#create",
    "--stats empty --control ctl in out",
    "--stats s --size @in p out",
    "tcp-listen://127.0.0.1:PORT new",
    "in tcp://127.0.0.1:PORT",
];

#[test]
fn explaining_changes_nothing_and_waits_for_nobody() {
    let it = scratch();
    it.fifo("q");
    // Somebody has the port, and nobody comes to it.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("not waiting");
    let port = listener.local_addr().expect("an address").port();
    let state = || -> Vec<_> {
        let states = it.names().into_iter().map(|name| {
            let metadata = fs::metadata(it.path(&name)).expect("metadata");
            let times = (metadata.mtime_nsec(), metadata.ctime_nsec());
            (name, metadata.ino(), metadata.len(), metadata.mode(), times)
        });
        states.collect()
    };
    let before = state();
    for line in LINES {
        told(&it, &line.replace("PORT", &port.to_string()));
        assert_eq!(state(), before, "{line}");
    }
    assert!(listener.accept().is_err(), "somebody came");
}

#[test]
fn what_stands_on_standard_input_is_left_for_others() {
    let it = scratch();
    for line in [
        "{ $T --explain - null: >told; cat; } <in",
        "{ $T --explain --skip 5 --take 9 - null: >told; cat; } < <(cat in)",
        "{ $T --explain fd:3 null: >told; cat <&3; } 3<in",
    ] {
        it.sh(line).run().succeeds().prints(it.read("in"));
    }
}

#[test]
fn the_system_is_asked_for_nothing_that_opens_or_changes() {
    if !can_trace() {
        return;
    }
    let it = scratch();
    it.fifo("q");
    let calls = "open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,truncate,mkdir,\
                 bind,connect,listen,accept4,sendto,splice,sendfile,copy_file_range";
    for line in LINES {
        let line = line.replace("PORT", "9");
        let done = it.traced(
            &format!("-e trace={calls}"),
            &format!("$T --explain {line}"),
        );
        done.run().succeeds();
        for call in it.trace().lines() {
            // The loader and the C library read what they need.
            let is_theirs = call.contains("openat(") && call.contains("O_RDONLY");
            let names_one = ["in", "out", "p", "q", "empty", "s", "new", "ctl"]
                .iter()
                .any(|name| call.contains(&format!("\"{name}\"")));
            assert!(is_theirs && !names_one, "{line}: {call}");
        }
    }
}

/// Runs it with the flag and without.
fn both(it: &Scratch, line: &str) -> (Done, Done) {
    let run = |line: String| it.sh(&line).run();
    (
        run(format!("$T --explain {line}")),
        run(format!("$T {line}")),
    )
}

#[test]
fn usage_errors_are_those_of_the_transfer_itself() {
    let it = scratch();
    fs::hard_link(it.path("in"), it.path("also")).expect("a link");
    let lines = [
        "in in",
        "in also",
        "in - >>in",
        "- in <in",
        "p p",
        "--stats out in out",
        "--stats in in out",
        "-p json in out 2>>in",
        "--stats no/such in out",
        "--stats . in out",
        "--stats fd:9 in out",
        "--control in in out",
        "--control no/such in out",
        "--size @nothing in out",
        "--size 5Q in out",
        "--burst 5 in out",
        "--low-water-mark 2M in out",
        "in file:p#atomic",
        "in file:out#append,atomic",
        "in file:out#snyc",
        "tpc://h:1 out",
        "null: out",
        "fd:9 out",
        "- out <&-",
        "in - >&-",
        "--xyzzy",
    ];
    for line in lines {
        let (explained, real) = both(&it, line);
        assert_eq!(explained.code(), 2, "{line}: {explained:?}");
        assert_eq!(real.code(), 2, "{line}: {real:?}");
        assert_eq!(explained.stderr, real.stderr, "{line}");
        assert!(explained.stdout.is_empty(), "{line}: {explained:?}");
    }
    for (line, _) in IMPOSSIBLE {
        let (explained, real) = both(&it, &format!("--road kernel {line}"));
        assert_eq!((explained.code(), real.code()), (2, 2), "{line}");
        assert_eq!(explained.stderr, real.stderr, "{line}");
    }
}

#[test]
fn an_end_that_could_not_be_opened_is_told_as_the_transfer_would() {
    let it = scratch();
    for (line, section) in [
        ("missing out", "source"),
        (". out", "source"),
        ("in .", "sink"),
        ("in no/such", "sink"),
        ("in file:no/such#atomic", "sink"),
        ("in file:out#create", "sink"),
    ] {
        let (explained, real) = both(&it, line);
        let told = Told::by(explained);
        let fails = told.row(section, "fails");
        let why = fails
            .strip_suffix(" (exit 1)")
            .unwrap_or_else(|| panic!("{line}: {}", told.0));
        real.fails_saying(1, &[why]);
        told.says("road", "taken", "none");
    }
}

#[test]
fn a_lost_reader_is_no_failure_of_it() {
    let it = scratch();
    Told::by(it.tide(["--explain", "in", "new"]).run()).says("sink", "typed", "new");
    it.sh("$T --explain in new | true").run().succeeds();
    let full = it.sh("$T --explain in new >/dev/full").run();
    full.fails_saying(1, &["writing to standard output"]);
    let tell = it.tide(["--explain", "--tell", "ctl", "pause"]).run();
    tell.refuses(&["--explain explains a transfer"]);
    assert_eq!(it.names(), ["empty", "in", "out", "p"]);
}
