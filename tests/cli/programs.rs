//! `-t exec=COMMAND`: somebody else's program as a transform, how it ends, and that nothing of it is left behind.

use crate::screen::CTRL_Q;
use crate::tide::{DEADLINE, Scratch, noise};
use rustix::process::{Pid, test_kill_process};
use std::thread;
use std::time::{Duration, Instant};

/// Waits until there is such a file with something in it.
#[track_caller]
pub(crate) fn written(it: &Scratch, name: &str) -> String {
    until(&format!("{name} is written"), || {
        let text = std::fs::read_to_string(it.path(name)).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    })
}

/// Waits until no process has this number.
#[track_caller]
pub(crate) fn is_gone(pid: &str) {
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    until("it is gone", || {
        test_kill_process(pid).is_err().then_some(())
    });
}

/// Looks again and again: processes of others and files have no event in the standard library.
#[track_caller]
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "not before the deadline: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn bytes_pass_a_program_whole_whatever_the_sizes() {
    let it = Scratch::new();
    let data = noise(3_000_000);
    for flags in [
        &["-t", "exec=cat"][..],
        &["-t", "exec=cat", "-H", "5000", "-c", "700"],
    ] {
        let tide = it.tide(flags).input(data.clone());
        tide.run().succeeds().prints(&data);
    }
    let flags = ["-t", "exec=gzip -1", "-t", "exec=gzip -d"];
    it.tide(flags)
        .input(data.clone())
        .run()
        .succeeds()
        .prints(&data);
}

#[test]
fn a_command_is_passed_to_the_shell_as_it_stands() {
    let it = Scratch::new();
    let flags = ["-t", "exec=tr a,b c:d | sed 's/=/,/'"];
    it.tide(flags)
        .input("a,b=\n")
        .run()
        .succeeds()
        .prints("c:d,\n");
}

#[test]
fn a_program_that_wants_no_more_ends_the_transfer_well() {
    let it = Scratch::new();
    let flags = ["-t", "exec=head -c 3", "zero:", "-"];
    it.tide(flags).run().succeeds().prints([0; 3]);
}

#[test]
fn a_program_that_puts_nothing_out_still_gets_everything() {
    let it = Scratch::new();
    let data = noise(2_000_000);
    let flags = ["-t", "exec=cat >copy"];
    it.tide(flags)
        .input(data.clone())
        .run()
        .succeeds()
        .prints("");
    assert!(it.read("copy") == data);
}

#[test]
fn how_a_program_ended_is_told() {
    let it = Scratch::new();
    for (command, part) in [
        ("cat; exit 3", "the command ended with status 3"),
        ("cat; kill -9 $$", "the command was ended by signal 9"),
        (
            "exec 2>&-; cat; no_such_program",
            "did not find the command",
        ),
    ] {
        let flags = ["-t", &format!("exec={command}")[..]];
        let done = it.tide(flags).input("all of it").run();
        done.fails_saying(1, &["transforming with exec", part, "9 bytes delivered"])
            .prints("all of it");
    }
}

#[test]
fn what_a_program_says_on_standard_error_is_passed_on() {
    let it = Scratch::new();
    let flags = ["-t", "exec=cat; echo careful >&2"];
    let done = it.tide(flags).input("it").run().exits(0);
    done.says("careful\n").prints("it");
}

#[test]
fn nothing_of_a_program_is_left_behind_when_the_transfer_is_interrupted() {
    let it = Scratch::new();
    for signal in ["INT", "TERM"] {
        let _ = std::fs::remove_file(it.path("pids"));
        let command = "exec=sleep 600 & echo $! $$ >pids; cat; wait";
        let running = it.tide(["-t", command, "zero:", "null:"]).start();
        let pids = written(&it, "pids");
        running.signal(signal);
        let code = if signal == "INT" { 130 } else { 143 };
        running.done().exits(code);
        pids.split(' ').for_each(is_gone);
    }
}

/// This program blocks signals, and reads them from a descriptor.
#[test]
#[cfg(target_os = "linux")]
fn a_program_begins_with_no_signal_blocked() {
    let it = Scratch::new();
    let command = "exec=cat; grep ^SigBlk /proc/self/status";
    let done = it.tide(["-t", command]).input(b"").run();
    done.prints(b"SigBlk:\t0000000000000000\n");
}

#[test]
fn a_program_that_does_not_want_to_end_is_ended() {
    let it = Scratch::new();
    let command = "exec=trap '' TERM; echo $$ >pids; while :; do sleep 0.1; done";
    let running = it.tide(["-t", command, "zero:", "null:"]).start();
    let pid = written(&it, "pids");
    running.signal("TERM");
    running.done().exits(143);
    is_gone(&pid);
}

#[test]
fn a_program_is_ended_when_the_sink_fails() {
    let it = Scratch::new();
    let command = "exec=echo $$ >pids; cat; sleep 600";
    let done = it.tide(["-t", command, "zero:", "/dev/full"]).run();
    done.fails_saying(1, &["writing to /dev/full"]);
    is_gone(&written(&it, "pids"));
}

#[test]
fn a_program_that_has_read_enough_ends_the_transfer_though_the_source_is_silent() {
    let it = Scratch::new();
    for (command, printed) in [("head -n 1", "a\n"), ("echo b", "b\n"), ("exec 0<&-", "")] {
        let exec = format!("exec={command}");
        let mut silent = it.tide(["-t", &exec, "-", "-"]).open_input().start();
        silent.feed("a\n");
        silent.done().exits(0).prints(printed);
    }
}

#[test]
fn what_a_program_says_stands_above_the_rows_in_whole_lines_and_its_last_words_are_not_lost() {
    let it = Scratch::new();
    let talk = "i=0; while [ $i -lt 40 ]; do printf 'half of ' >&2; sleep 0.02; echo $i >&2; i=$((i+1)); done";
    let line = "$T -t \"exec=cat; $TALK; printf 'the last' >&2\" zero:#size=500K 'null:#rate=1M'";
    let screen = it.sh(line).env("TALK", talk).on_screen(80, 12);
    let ended = screen.done().exits(0).leaves_the_cursor_below();
    let lines = ended.view.lines();
    let mut expected: Vec<_> = (0..40).map(|n| format!("half of {n}")).collect();
    expected.push("the last".to_owned());
    assert_eq!(lines[..41], expected, "{ended:?}");
    assert!(lines[41].starts_with("tidegate: "), "{ended:?}");
    // Each is drawn again with its row below it, at once.
    ended.once("rows below a line", |view| {
        let lines = view.lines();
        lines.iter().any(|it| it.starts_with("half of ")) && view.has("source →")
    });
}

#[test]
fn a_question_that_a_program_asks_is_seen_though_its_line_has_no_end() {
    let it = Scratch::new();
    let program =
        "exec=cat; printf 'go on? ' >&2; read -r answer </dev/tty; echo \"so $answer\" >&2";
    let screen = it
        .tide(["-t", program, "zero:#size=1K", "null:"])
        .on_screen(80, 12);
    screen.until("a question", |view| view.has("go on?"));
    screen.enter("yes");
    let ended = screen.done().exits(0);
    assert!(
        ended.view.lines().iter().any(|it| it == "so yes"),
        "{ended:?}"
    );
}

#[test]
fn a_program_that_says_more_than_a_terminal_takes_waits_for_it() {
    let it = Scratch::new();
    let program = "exec=yes word | head -n 200000 >&2; cat";
    let screen = it
        .tide([
            "--summary",
            "never",
            "-t",
            program,
            "zero:#size=1K",
            "null:",
        ])
        .on_screen(80, 12);
    screen.until("words", |view| view.has("word"));
    screen.hold();
    screen.keys(CTRL_Q);
    let ended = screen.done().exits(0);
    assert_eq!(ended.raw.matches("word\r\n").count(), 200_000);
}
