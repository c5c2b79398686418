//! Terminals and pipes that take nothing for a while, or never: they hold nothing up, and a signal is heard.

use crate::live::{full_pipe, is_full, until};
use crate::screen::{CTRL_Q, Screen, unread};
use crate::tide::{Scratch, noise, records};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};

/// What the copy moves in all.
const DATA: &[u8] = b"some data";

/// A screen with two lines on it and a copy that is drawn below them and waits for more; what the copy exited with gets
/// into the file `status`, since the screen cannot tell while it is held; and the shell must not be held up by what it
/// says of a command that was ended by a signal.
#[track_caller]
fn copying(it: &Scratch, flags: &str) -> (Screen, File) {
    it.fifo("in");
    let line = format!(
        "printf 'one\\ntwo\\n'; trap : INT TERM USR1; exec 9>&2 2>/dev/null; \
         $T {flags} --stats stats -i 20ms in out 2>&9; echo $? >status"
    );
    let screen = it.sh(&line).on_screen(80, 24);
    let mut input = File::create(it.path("in")).unwrap();
    input.write_all(&DATA[..5]).unwrap();
    screen.until("a live display", |view| view.height() > 2 && view.has("/s"));
    (screen, input)
}

/// The rest of the data gets through.
#[track_caller]
fn finish(it: &Scratch, mut input: File) {
    input.write_all(&DATA[5..]).unwrap();
    drop(input);
    it.recorded("stats", |record| record["type"] == "end");
    assert_eq!(it.read("out"), DATA);
}

/// Waits until the copy has ended, whatever the screen shows.
#[track_caller]
fn status(it: &Scratch) -> String {
    until("the end of a copy on a screen that is held", || {
        let status = std::fs::read_to_string(it.path("status")).ok()?;
        status.strip_suffix('\n').map(str::to_owned)
    })
}

fn elapsed(record: &Value) -> f64 {
    record["elapsed_s"].as_f64().unwrap_or(0.0)
}

#[apply(on_both_roads)]
fn lines_that_nobody_reads_hold_no_copy_up_and_a_signal_is_heard() {
    let it = Scratch::new();
    let (_nobody, stderr, _) = full_pipe();
    let args = ["-p", "line", "-i", "1ms", "--stats", "s", "-", "out"];
    let mut copy = it.tide(args).open_input();
    copy.command.stderr(stderr);
    let mut copy = copy.start();
    let data = noise(3_000_000);
    let (first, rest) = data.split_at(1_000_000);
    copy.feed(first);
    // Lines come meanwhile, which block whoever waits for them.
    let some = it.recorded("s", |record| record["bytes_out"] == 1_000_000);
    it.recorded("s", |record| elapsed(record) > elapsed(&some) + 0.1);
    copy.feed(rest);
    drop(copy.child.stdin.take());
    it.recorded("s", |record| record["type"] == "end");
    assert!(it.read("out") == data);
    copy.signal("TERM");
    copy.done().dies_of("TERM");
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_whose_lines_nobody_reads() {
    let it = Scratch::new();
    for name in ["INT", "TERM", "HUP"] {
        let (_nobody, stderr, _) = full_pipe();
        let args = ["-p", "line", "-i", "1ms", "--stats", "s"];
        let mut endless = it.tide([&args[..], &["zero:", "null:#rate=1M"]].concat());
        endless.command.stderr(stderr);
        let endless = endless.start();
        until("a start", || {
            let bytes = std::fs::read(it.path("s")).ok()?;
            bytes.ends_with(b"\n").then_some(())
        });
        endless.sleeps();
        endless.signal(name);
        endless.done().dies_of(name);
        std::fs::remove_file(it.path("s")).unwrap();
    }
}

#[apply(on_both_roads)]
fn a_signal_ends_a_transfer_whose_terminal_nobody_reads() {
    let it = Scratch::new();
    let (_nobody, terminal) = unread(80, 24);
    let args = ["-p", "bar", "-i", "1ms", "zero:", "null:"];
    let mut drawn = it.tide(args).env("TERM", "xterm-256color");
    drawn.command.stderr(terminal.try_clone().unwrap());
    let drawn = drawn.start();
    until("a terminal full of drawings", || {
        is_full(&terminal).then_some(())
    });
    drawn.signal("TERM");
    drawn.done().dies_of("TERM");
}

#[apply(on_both_roads)]
fn a_signal_ends_a_copy_that_waits_for_a_held_terminal_to_say_that_it_is_done() {
    for (signal, code) in [(Signal::TERM, "143"), (Signal::INT, "130")] {
        let it = Scratch::new();
        let (screen, input) = copying(&it, "");
        screen.hold();
        finish(&it, input);
        screen.signal(signal);
        assert_eq!(status(&it), code);
    }
}

#[apply(on_both_roads)]
fn a_terminal_released_after_the_end_is_left_with_the_summary_alone() {
    for (flags, sums_up) in [("", true), ("--summary never", false)] {
        let it = Scratch::new();
        let (screen, input) = copying(&it, flags);
        screen.hold();
        finish(&it, input);
        screen.keys(CTRL_Q);
        let ended = screen.done().exits(0).leaves_the_cursor_below();
        let lines = ended.view.lines();
        assert_eq!(lines[..2], ["one", "two"], "{ended:?}");
        assert_eq!(lines.len(), 2 + usize::from(sums_up), "{ended:?}");
        let summary = |line: &String| line.starts_with("tidegate: 9 B in ");
        assert!(lines[2..].iter().all(summary), "{ended:?}");
        assert_eq!(status(&it), "0");
    }
}

#[apply(on_both_roads)]
fn a_status_for_a_held_terminal_holds_nothing_up() {
    let it = Scratch::new();
    let (screen, _input) = copying(&it, "");
    screen.hold();
    let held = elapsed(&it.recorded("stats", |_| true));
    screen.signal(Signal::USR1);
    it.recorded("stats", |record| elapsed(record) > held + 0.2);
    screen.signal(Signal::TERM);
    assert_eq!(status(&it), "143");
}

#[apply(on_both_roads)]
fn a_signal_ends_a_copy_while_its_terminal_is_held() {
    for (signal, code) in [(Signal::TERM, "143"), (Signal::INT, "130")] {
        let it = Scratch::new();
        let (screen, _input) = copying(&it, "");
        screen.hold();
        screen.signal(signal);
        assert_eq!(status(&it), code);
    }
}

#[apply(on_both_roads)]
fn records_that_nobody_reads_do_not_keep_others_from_their_end() {
    let it = Scratch::new();
    let (_nobody, unread, _) = full_pipe();
    let line = "exec $T --stats fd:3 -p json -i 10ms zero: null:#rate=1M 3>&1 >/dev/null";
    let mut endless = it.sh(line).stdout(unread).start();
    endless.record(|record| record["type"] == "sample");
    endless.signal("INT");
    endless.record(|record| record["type"] == "end");
    // Somebody may still read the others, so that it takes a second signal to end the wait for him.
    endless.signal("INT");
    let done = endless.done().dies_of("INT");
    assert_eq!(done.end()["outcome"], "interrupted");
}

#[apply(on_both_roads)]
fn records_wait_for_the_reader_of_a_pipe_that_does_not_block() {
    let it = Scratch::new();
    let (mut reader, pipe, filled) = full_pipe();
    let flags = fcntl_getfl(&pipe).unwrap();
    fcntl_setfl(&pipe, flags | OFlags::NONBLOCK).unwrap();
    let line = "exec $T --stats fd:3 -i 1ms - out 3>&1 >/dev/null";
    let mut copy = it.sh(line).stdout(pipe).open_input().start();
    copy.feed(DATA);
    until("a copy", || {
        std::fs::read(it.path("out"))
            .is_ok_and(|out| out == DATA)
            .then_some(())
    });
    let everything = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    });
    copy.end_of_input().succeeds();
    let bytes = everything.join().unwrap().unwrap();
    let records = records(&bytes[filled..]);
    assert_eq!(records[0]["type"], "start");
    let end = &records[records.len() - 1];
    assert_eq!(end["type"], "end", "{end}");
    assert_eq!(end["bytes_out"], DATA.len());
}
