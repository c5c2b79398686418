//! Every signal that ends a process which does not listen to it: it ends a transfer as well, which leaves nothing behind.

use crate::live::{is_full, until};
use crate::tide::{Running, Scratch};
use rustix::fs::{FileType, stat};
use std::os::unix::process::ExitStatusExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Their names, but for SIGKILL, which nobody hears, those of faults and the real-time ones (signal(7)).
const ENDINGS: [&str; 13] = [
    "HUP", "INT", "QUIT", "ABRT", "ALRM", "TERM", "USR2", "VTALRM", "PROF", "XCPU", "IO", "PWR",
    "STKFLT",
];

/// The number of a signal.
fn number(it: &Scratch, name: &str) -> i32 {
    let done = it.sh(&format!("kill -l {name}")).run().exits(0);
    String::from_utf8_lossy(&done.stdout)
        .trim()
        .parse()
        .unwrap()
}

fn send(it: &Scratch, running: &Running, name: &str) {
    let id = running.child.id();
    it.sh(&format!("kill -s {name} {id}")).run().succeeds();
}

/// Waits until there is a control socket.
fn listens(it: &Scratch) {
    until("a control socket", || {
        let found = stat(it.path("c")).ok()?;
        (FileType::from_raw_mode(found.st_mode) == FileType::Socket).then_some(())
    });
}

/// A transfer with records on standard error and a control socket.
fn start(it: &Scratch, ends: [&str; 2]) -> Running {
    let flags = ["--stats", "fd:2", "-i", "10ms", "--control", "c"];
    it.tide([&flags[..], &ends].concat()).open_input().start()
}

/// What a transfer may be waiting for.
const WAITS: [fn(&Scratch) -> Running; 4] = [
    |it| {
        let mut idle = start(it, ["-", "file:out#atomic"]);
        idle.feed("new content");
        idle.has_written(11);
        idle
    },
    |it| {
        let mut waiting = start(it, ["tcp-listen://127.0.0.1:0", "file:out#atomic"]);
        waiting.listening();
        waiting
    },
    |it| {
        let args = ["-L", "1", "--control", "c", "zero:", "file:out#atomic"];
        let held = it.tide(args).start();
        until("a temporary file", || (it.names().len() == 3).then_some(()));
        held
    },
    |it| {
        let mut stalled = start(it, ["zero:", "null:#stall=0:1h"]);
        stalled.is_paused();
        stalled
    },
];

#[apply(on_both_roads)]
fn every_signal_that_ends_a_process_cleans_up_and_ends_it_as_it_does_by_default() {
    let it = Scratch::new();
    it.write("out", "old");
    for name in ENDINGS {
        let number = number(&it, name);
        for wait in WAITS {
            let running = wait(&it);
            listens(&it);
            send(&it, &running, name);
            let done = running.done();
            assert_eq!(
                done.status.signal(),
                Some(number),
                "{name}: {}",
                done.stderr
            );
            assert_eq!(it.names(), ["out"], "{name}");
            assert_eq!(it.read("out"), b"old", "{name}");
            if let Some(end) = done.records().last() {
                assert_eq!(end["type"], "end", "{name}: {end}");
                assert_eq!(end["outcome"], "interrupted", "{name}");
                assert_eq!(end["exit_code"], 128 + number, "{name}");
            }
        }
    }
}

#[apply(on_both_roads)]
fn a_signal_that_leaves_a_core_file_by_default_leaves_one() {
    for name in ["QUIT", "ABRT", "XCPU", "TERM"] {
        let [ours, default] = ["$T - file:out#atomic", "sleep 1000"].map(|command| {
            let it = Scratch::new();
            let line = format!("ulimit -c unlimited; exec {command}");
            let running = it.sh(&line).open_input().start();
            if command.starts_with("$T") {
                running.hears_signals();
                running.sleeps();
            } else {
                until("another program", || {
                    (running.proc_status("Name") == "sleep").then_some(())
                });
            }
            send(&it, &running, name);
            let status = running.done().status;
            let cores = it
                .names()
                .iter()
                .filter(|name| name.starts_with("core"))
                .count();
            assert!(it.names().len() == cores, "{:?}", it.names());
            (status, cores)
        });
        assert_eq!(ours, default, "{name}");
    }
}

#[apply(on_both_roads)]
fn whatever_signal_was_ignored_at_the_start_stays_ignored() {
    let it = Scratch::new();
    for name in ENDINGS {
        let line = format!("trap '' {name}; exec $T --stats fd:2 -i 10ms -");
        let mut idle = it.sh(&line).open_input().start();
        idle.started();
        send(&it, &idle, name);
        idle.feed("more");
        idle.has_written(4);
        idle.end_of_input().exits(0).prints("more");
    }
}

#[apply(on_both_roads)]
fn a_second_one_ends_at_once_whichever_it_is() {
    let it = Scratch::new();
    for [first, second] in [["QUIT", "QUIT"], ["ALRM", "USR2"], ["XCPU", "INT"]] {
        // Records that nobody reads are waited for at the end.
        let (_unread, records) = std::io::pipe().unwrap();
        let line = "exec 3>&1 1>/dev/null; exec $T --stats fd:3 -i 1ms --control c - null:";
        let mut stuck = it.sh(line).open_input();
        stuck = stuck.stdout(records.try_clone().unwrap());
        let mut stuck = stuck.start();
        until("records that fill the pipe", || {
            is_full(&records).then_some(())
        });
        send(&it, &stuck, first);
        let last = until("an end", || {
            // It may be gone already.
            let id = stuck.child.id();
            it.sh(&format!("kill -s {second} {id}")).run();
            stuck.child.try_wait().unwrap()
        });
        // Of two that have come before either was heard, any may be the second.
        let numbers = [first, second].map(|name| Some(number(&it, name)));
        assert!(numbers.contains(&last.signal()), "{first} {second}: {last}");
        assert!(it.names().is_empty(), "{:?}", it.names());
    }
}

#[apply(on_both_roads)]
fn a_signal_that_timeout_sends_to_the_process_and_to_its_group_counts_once() {
    let it = Scratch::new();
    for gap in (0..20).map(|n| Duration::from_micros(300 * n)) {
        let args = ["--stats", "s", "--trace", "t", "zero:", "null:#rate=1M"];
        let running = it.tide(args).start();
        it.recorded("s", |record| record["type"] == "start");
        running.signal("TERM");
        let sent = Instant::now();
        sleep(gap);
        running.signal("TERM");
        let were_one = sent.elapsed() < Duration::from_millis(50);
        running.done().dies_of("TERM");
        // On a busy machine they may be far from each other.
        if were_one {
            assert_eq!(it.end_of("s")["outcome"], "interrupted", "{gap:?}");
            it.sh("rm t").run().succeeds();
        }
        it.sh("rm s").run().succeeds();
    }
}

#[apply(on_both_roads)]
fn a_limit_of_time_leaves_nothing_behind() {
    let it = Scratch::new();
    it.write("out", "old");
    let line = "ulimit -St 1; exec $T --control c -t xz zero: file:out#atomic";
    let done = it.sh(line).run();
    assert_eq!(done.status.signal(), Some(number(&it, "XCPU")));
    assert_eq!(
        (it.names(), it.read("out")),
        (vec!["out".to_owned()], b"old".to_vec())
    );
}

#[apply(on_both_roads)]
fn a_limit_of_size_is_an_error_of_the_write_and_leaves_nothing_behind() {
    let it = Scratch::new();
    it.write("out", "old");
    for trap in ["", "trap '' XFSZ; "] {
        let line = format!("{trap}ulimit -f 64; exec $T --control c zero:#size=1M file:out#atomic");
        let why = [
            "writing to file:out#atomic: File too large; ",
            "64 KiB (65536 bytes) delivered",
        ];
        it.sh(&line).run().fails_saying(1, &why);
        assert_eq!(
            (it.names(), it.read("out")),
            (vec!["out".to_owned()], b"old".to_vec())
        );
    }
}
