//! Signals: how they end a transfer, and how they ask where it is.

use crate::live::{Deaf, is_full, until};
use crate::tide::{Running, Scratch};

const ENDING: [&str; 3] = ["INT", "TERM", "HUP"];
const RECORDS: [&str; 4] = ["--stats", "fd:2", "-i", "20ms"];

/// Starts tidegate with records on standard error and an input that stays open.
fn start(it: &Scratch, args: &[&str]) -> Running {
    it.tide([&RECORDS[..], args].concat()).open_input().start()
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_whose_input_is_idle_and_shells_see_it() {
    let it = Scratch::new();
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut idle = start(&it, &["-"]);
        idle.feed("some");
        idle.has_written(4);
        idle.signal(name);
        let done = idle.done().dies_of(name).exits(code).prints("some");
        let end = done.end();
        assert_eq!(end["outcome"], "interrupted");
        assert_eq!(end["exit_code"], code);
        assert_eq!(end["bytes_out"], 4);
        assert!(
            end["error"].is_null() && end["delivered"].is_null(),
            "{end}"
        );
    }
}

#[apply(on_both_roads)]
fn a_signal_ends_a_wait_for_a_peer_to_come() {
    let it = Scratch::new();
    for name in ENDING {
        for args in [
            ["tcp-listen://127.0.0.1:0", "out"],
            ["-", "tcp-listen://127.0.0.1:0"],
        ] {
            let mut waiting = it.tide(args).open_input().start();
            waiting.listening();
            waiting.signal(name);
            waiting.done().dies_of(name);
        }
    }
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[apply(on_both_roads)]
fn a_signal_ends_a_wait_for_a_peer_to_answer() {
    let (it, peer) = (Scratch::new(), Deaf::new());
    let uri = format!("tcp://{}", peer.address);
    for args in [[uri.as_str(), "out"], ["-", uri.as_str()]] {
        let connecting = it.tide(args).open_input().start();
        connecting.hears_signals();
        connecting.sleeps();
        connecting.signal("INT");
        connecting.done().dies_of("INT").says("");
    }
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[apply(on_both_roads)]
fn a_signal_ends_a_wait_for_the_other_end_of_a_fifo() {
    let it = Scratch::new();
    it.fifo("p");
    for args in [["p", "out"], ["-", "p"]] {
        let waiting = it.tide(args).open_input().start();
        waiting.hears_signals();
        waiting.sleeps();
        waiting.signal("INT");
        waiting.done().dies_of("INT").says("");
    }
    assert_eq!(it.names(), ["p"]);
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_whose_sink_is_stalled() {
    let it = Scratch::new();
    for name in ENDING {
        let mut stalled = start(&it, &["zero:", "null:#stall=0:1h"]);
        stalled.is_paused();
        stalled.signal(name);
        stalled.done().dies_of(name);
    }
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_into_a_pipe_that_nobody_reads() {
    let it = Scratch::new();
    let (out, stdout) = std::io::pipe().unwrap();
    let stalled = it.tide([&RECORDS[..], &["zero:"]].concat()).stdout(stdout);
    let mut stalled = stalled.start();
    stalled.is_paused();
    stalled.signal("INT");
    stalled.done().dies_of("INT");
    drop(out);
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_into_a_redirected_fifo_that_nobody_reads() {
    let it = Scratch::new();
    it.fifo("p");
    // Read and write, so that opening it waits for nobody.
    let both = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(it.path("p"));
    let keep = both.unwrap();
    let stalled = it.tide([&RECORDS[..], &["zero:"]].concat());
    let mut stalled = stalled.stdout(keep.try_clone().unwrap()).start();
    stalled.is_paused();
    stalled.signal("INT");
    stalled.done().dies_of("INT");
}

#[apply(on_both_roads)]
fn no_signal_leaves_anything_of_an_atomic_file() {
    let it = Scratch::new();
    it.write("out", "old");
    for name in ENDING {
        let mut idle = start(&it, &["-", "file:out#atomic"]);
        idle.feed("new content");
        idle.has_written(11);
        assert_eq!(it.names().len(), 2, "{:?}", it.names());
        idle.signal(name);
        idle.done().dies_of(name);
        assert_eq!(
            (it.names(), it.read("out")),
            (vec!["out".to_owned()], b"old".to_vec())
        );

        let mut waiting = it
            .tide(["tcp-listen://127.0.0.1:0", "file:out#atomic"])
            .start();
        waiting.listening();
        waiting.signal(name);
        waiting.done().dies_of(name);
        assert_eq!(
            (it.names(), it.read("out")),
            (vec!["out".to_owned()], b"old".to_vec())
        );
    }
}

#[apply(on_both_roads)]
fn an_interrupted_sender_is_no_success_for_its_receiver() {
    let it = Scratch::new();
    let mut receiver = it
        .tide(["tcp-listen://127.0.0.1:0", "file:out#atomic"])
        .start();
    let uri = format!("tcp://{}", receiver.listening());
    let mut sender = start(&it, &["-", &uri]);
    sender.feed("half of it");
    sender.has_written(10);
    sender.signal("INT");
    sender.done().dies_of("INT");
    receiver
        .done()
        .exits(1)
        .mentions(&["reading tcp-listen://"]);
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[apply(on_both_roads)]
fn insisting_ends_it_whatever_it_waits_for() {
    let it = Scratch::new();
    // Records that nobody reads are waited for at the end.
    let (_unread, records) = std::io::pipe().unwrap();
    let mut stuck = it
        .sh("exec 3>&1 1>/dev/null; exec $T --stats fd:3 -i 1ms - null:")
        .open_input()
        .stdout(records.try_clone().unwrap())
        .start();
    until("records that fill the pipe", || {
        is_full(&records).then_some(())
    });
    until("an end", || {
        stuck.signal("INT");
        stuck.child.try_wait().unwrap()
    });
    stuck.done().dies_of("INT");
}

#[apply(on_both_roads)]
fn what_nohup_ignores_stays_ignored() {
    let it = Scratch::new();
    for name in ENDING {
        let mut nohup = it
            .sh(&format!("trap '' {name}; exec $T --stats fd:2 -i 20ms -"))
            .open_input()
            .start();
        nohup.started();
        nohup.signal(name);
        nohup.feed("more");
        nohup.has_written(4);
        nohup.end_of_input().exits(0).prints("more");
    }
}

#[apply(on_both_roads)]
fn sigusr1_prints_one_plain_line_and_the_transfer_goes_on() {
    let it = Scratch::new();
    for flags in [&[][..], &["-q"]] {
        let mut idle = start(&it, &[flags, &["-"]].concat());
        idle.feed("hello world");
        idle.has_written(11);
        for _ in 0..2 {
            idle.signal("USR1");
            let line = idle.remark();
            assert!(line.starts_with("tidegate: 11 B, "), "{line}");
            assert!(
                line.contains("slow: the pipe's writer") && !line.contains(['\x1b', '\r']),
                "{line}"
            );
        }
        idle.feed("!");
        let done = idle.end_of_input().exits(0).prints("hello world!");
        let remarks = done.stderr.lines().filter(|line| !line.starts_with('{'));
        assert_eq!(remarks.count(), 2, "{}", done.stderr);
    }
}

#[apply(on_both_roads)]
fn sigusr1_says_how_far_it_is_and_what_binds_it() {
    let it = Scratch::new();
    let mut stalled = start(&it, &["-H", "10K", "zero:#size=100K", "null:#stall=25K:1h"]);
    stalled.record(|it| it["bytes_out"] == 25600 && it["links"][0]["readable"]["len"] == 10240);
    stalled.signal("USR1");
    let line = stalled.remark();
    for part in [
        "25 KiB of 100 KiB (25%)",
        "paused",
        "10 KiB/10 KiB",
        "3 pauses",
        "slow: the sink (",
    ] {
        assert!(line.contains(part), "{line:?} lacks {part:?}");
    }
}

#[apply(on_both_roads)]
fn sigusr1_is_answered_before_both_ends_are_open() {
    let it = Scratch::new();
    it.write("in", "hello");
    let mut waiting = it.tide(["-q", "in", "tcp-listen://127.0.0.1:0"]).start();
    let uri = format!("tcp://{}", waiting.listening());
    waiting.signal("USR1");
    let line = waiting.line();
    assert!(line.starts_with("tidegate: "), "{line}");
    it.tide([&uri]).run().succeeds().prints("hello");
    let done = waiting.done().exits(0);
    assert_eq!(done.stderr.lines().count(), 2, "{}", done.stderr);
}

#[apply(on_both_roads)]
fn a_stopped_transfer_goes_on_where_it_was() {
    let it = Scratch::new();
    let mut running = start(&it, &["-"]);
    running.feed("before ");
    running.has_written(7);
    running.signal("STOP");
    until("a stop", || {
        running.proc_status("State").starts_with('T').then_some(())
    });
    running.feed("meanwhile ");
    running.signal("CONT");
    running.has_written(17);
    running.feed("after");
    let done = running.end_of_input().exits(0);
    done.prints("before meanwhile after");
}
