//! `exec:COMMAND`: a command as SOURCE, as SINK and as both. How it exits is part of how the transfer ends, and nothing of it is left
//! behind.

use crate::explain::told;
use crate::programs::{is_gone, written};
use crate::screen::CTRL_C;
use crate::tide::{Scratch, noise, records};
use std::time::{Duration, Instant};

/// Larger than any pipe.
const LARGE: usize = 3_000_000;

#[apply(on_both_roads)]
fn bytes_come_from_a_command_and_go_to_one_whole() {
    let it = Scratch::new();
    let data = noise(LARGE);
    it.write("in", &data);
    it.tide(["exec:cat in", "-"]).run().succeeds().prints(&data);
    it.tide(["exec:cat in", "out"]).run().succeeds();
    assert!(it.read("out") == data);
    it.tide(["in", "exec:cat >taken"]).run().succeeds();
    assert!(it.read("taken") == data);
    let to_itself = it.tide(["-", "exec:cat"]).input(data.clone());
    to_itself.run().succeeds().prints(&data);
    let both = it.tide(["exec:gzip -1 <in", "exec:gzip -d | tee out"]);
    both.run().succeeds().prints(&data);
    assert!(it.read("out") == data);
    it.tide(["exec:true", "exec:cat"])
        .run()
        .succeeds()
        .prints("");
}

#[apply(on_both_roads)]
fn commands_are_ends_and_transforms_at_once() {
    let it = Scratch::new();
    let line = [
        "-t",
        "exec=tr a b",
        "-t",
        "lines",
        "exec:echo aha; echo ah",
        "exec:sed s/h/c/",
    ];
    it.tide(line).run().succeeds().prints("bcb\nbc\n");
}

#[apply(on_both_roads)]
fn a_command_is_passed_to_the_shell_as_it_stands() {
    let it = Scratch::new();
    let source = r#"exec:printf '%s,' "a#b" 'c%20d' "$0" # a comment, with %"#;
    let done = it.tide([source, "exec:tr , '\n'; : '#append'"]).run();
    done.succeeds().prints("a#b\nc%20d\nsh\n");
    let done = it.tide(["EXEC:  echo it", "-"]).run();
    done.succeeds().prints("it\n");
}

#[test]
fn what_is_no_command_and_options_that_it_does_not_have_are_refused() {
    let it = Scratch::new();
    for (end, parts) in [
        ("exec:", &["'exec:'", "write exec:COMMAND"][..]),
        ("exec: \t", &["write exec:COMMAND"]),
        ("exec:#", &["write exec:COMMAND"]),
        ("exec://bin/true", &["write exec:COMMAND"]),
        ("exec:#mrk=4M cat", &["unknown option 'mrk' of 'exec:cat'"]),
        ("exec:#=1 cat", &["has no name"]),
    ] {
        it.tide([end, "null:"]).run().refuses(parts);
        it.tide(["zero:", end]).run().refuses(parts);
    }
    let source = it.tide(["exec:#mrk=4M cat", "null:"]).run();
    source.refuses(&["it takes none"]);
    let sink = it.tide(["zero:", "exec:#mrk=4M cat"]).run();
    sink.refuses(&["valid: mark, slow, patience; did you mean 'mark'?"]);
}

#[apply(on_both_roads)]
fn a_source_that_fails_after_its_output_fails_the_transfer_and_replaces_no_file() {
    let it = Scratch::new();
    it.write("out", "what was there before");
    for (command, why) in [
        ("echo some; exit 3", "the command ended with status 3"),
        (
            "echo some; exec >&-; sleep 0.1; exit 4",
            "the command ended with status 4",
        ),
        ("echo some; kill -9 $$", "the command was ended by signal 9"),
        (
            "echo some; kill -13 $$",
            "the command was ended by signal 13",
        ),
        (
            "echo some; no_such_program 2>&-",
            "did not find the command (status 127)",
        ),
    ] {
        let source = format!("exec:{command}");
        let parts = ["reading exec:echo some", why, "5 bytes delivered"];
        let done = it.tide([&source, "-"]).run();
        done.fails_saying(1, &parts).prints("some\n");
        let done = it.tide([&source, "file:out#atomic"]).run();
        done.fails_saying(1, &parts);
        assert_eq!(it.read("out"), b"what was there before");
        assert_eq!(it.names(), ["out"]);
        let done = it.tide(["-t", "lines", &source, "file:out#atomic"]).run();
        done.fails_saying(1, &parts);
        assert_eq!(it.read("out"), b"what was there before");
    }
}

#[apply(on_both_roads)]
fn a_sink_that_fails_fails_the_transfer_whether_it_has_read_everything_or_not() {
    let it = Scratch::new();
    for (command, why) in [
        ("cat >out; exit 3", "the command ended with status 3"),
        ("cat >out; kill -9 $$", "the command was ended by signal 9"),
        ("exit 5", "the command ended with status 5"),
        ("exec <&-; sleep 0.1; exit 6", "ended with status 6"),
        ("no_such_program 2>&-", "(status 127)"),
    ] {
        let sink = format!("exec:{command}");
        for source in ["zero:#size=10", "zero:#size=5M"] {
            let done = it.tide([source, &sink]).run();
            let named = format!("exec:{command}: ");
            done.fails_saying(1, &[&named, why, "delivered"]);
        }
    }
}

#[apply(on_both_roads)]
fn a_sink_that_fails_is_heard_of_though_the_source_is_silent() {
    let it = Scratch::new();
    let silent = it.tide(["-", "exec:exit 3"]).open_input().start();
    let done = silent.done();
    done.fails_saying(1, &["the command ended with status 3"]);
}

#[apply(on_both_roads)]
fn a_sink_that_has_read_enough_ends_the_transfer_as_the_reader_of_a_pipe_does() {
    let it = Scratch::new();
    for command in ["head -c 3", "exec <&-; sleep 0.1; printf 000"] {
        let sink = format!("exec:{command} | tr '\\0' 0");
        let done = it.tide(["--stats", "stats", "zero:", &sink]).run();
        done.exits(141).says("").prints("000");
        let last = records(&it.read("stats")).pop().unwrap();
        assert_eq!(last["outcome"], "downstream-closed");
    }
    // Everything was written that there was.
    let done = it.tide(["-", "exec:head -n 1"]).input("a\nb\n").run();
    done.succeeds().prints("a\n");
}

#[apply(on_both_roads)]
fn an_end_waits_until_its_command_has_exited() {
    let it = Scratch::new();
    it.write("in", "some");
    let sink = "exec:cat >out; sleep 0.3; echo done >late";
    let done = it.tide(["--stats", "stats", "in", sink]).run();
    done.succeeds();
    assert_eq!(it.read("late"), b"done\n");
    let last = records(&it.read("stats")).pop().unwrap();
    assert_eq!(last["delivered"], "exited");
    let source = "exec:echo some; exec >&-; sleep 0.3; echo done >later";
    it.tide([source, "null:"]).run().succeeds();
    assert_eq!(it.read("later"), b"done\n");
    let done = it
        .tide(["--summary", "always", "in", "exec:cat >out"])
        .run();
    done.exits(0).mentions(&["written; the command succeeded"]);
}

#[apply(on_both_roads)]
fn a_command_that_takes_its_time_to_exit_is_a_peer_that_lets_nothing_move() {
    let it = Scratch::new();
    let flags = ["--idle-timeout", "200ms", "zero:#size=1"];
    let sink = "exec:echo $$ >pid; cat; exec sleep 600";
    let done = it.tide(flags.into_iter().chain([sink])).run();
    done.fails_saying(4, &["nothing moved for 200ms"]);
    is_gone(&written(&it, "pid"));
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn a_command_that_reads_on_slowly_lets_something_move() {
    let it = Scratch::new();
    let sink =
        "exec:while [ -n \"$(dd bs=4K count=1 status=none | tr '\\0' 0)\" ]; do sleep 0.1; done";
    let began = Instant::now();
    let flags = ["--idle-timeout", "600ms", "zero:#size=60K", sink];
    it.tide(flags).run().succeeds();
    assert!(began.elapsed() > Duration::from_secs(1), "it was not slow");
}

#[test]
fn a_second_signal_ends_a_command_too_that_does_not_want_to_end() {
    let it = Scratch::new();
    let command = "exec:trap '' TERM; echo $$ >pid; while :; do sleep 0.1; done";
    for [source, sink] in [[command, "null:"], ["zero:", command]] {
        let _ = std::fs::remove_file(it.path("pid"));
        let running = it.tide([source, sink]).start();
        let pid = written(&it, "pid");
        running.signal("TERM");
        // Sooner it would be taken for the same signal.
        std::thread::sleep(Duration::from_millis(130));
        running.signal("TERM");
        running.done().exits(143);
        is_gone(&pid);
    }
}

#[apply(on_both_roads)]
fn a_source_that_is_not_read_to_its_end_may_end_by_the_broken_pipe() {
    let it = Scratch::new();
    for (command, bytes) in [
        ("yes", "y\ny"),
        ("yes; exit", "y\ny"),
        // It has written all that it will, and is told to end.
        ("echo $$ >pid; echo y; echo y; exec sleep 600", "y\ny"),
        ("printf 'y\\ny'", "y\ny"),
    ] {
        let source = format!("exec:{command}");
        let done = it.tide(["--take", "3", &source, "-"]).run();
        done.succeeds().prints(bytes);
        let done = it.tide(["--take", "3", &source, "file:out#atomic"]).run();
        done.succeeds();
        assert_eq!(it.read("out"), bytes.as_bytes());
    }
    is_gone(&written(&it, "pid"));
    let done = it.tide(["--take", "0", "exec:yes", "-"]).run();
    done.succeeds().prints("");
    let done = it.tide(["-t", "exec=head -n 2", "exec:yes", "-"]).run();
    done.succeeds().prints("y\ny\n");
}

#[apply(on_both_roads)]
fn a_source_that_is_not_read_to_its_end_and_fails_for_another_reason_fails_the_transfer() {
    let it = Scratch::new();
    let source = "exec:trap '' PIPE; echo some; while echo y 2>&-; do :; done; exit 3";
    let why = ["reading exec:trap", "the command ended with status 3"];
    for flags in [&["--take", "3"][..], &["-t", "exec=head -c 3"]] {
        let args = [flags, &[source, "file:out#atomic"]].concat();
        it.tide(&args).run().fails_saying(1, &why);
        assert!(it.names().is_empty(), "{:?}", it.names());
    }
    let source = "exec:printf some; exit 3";
    for flags in [&["--take", "4"][..], &["-t", "exec=head -c 4"]] {
        let args = [flags, &[source, "file:out#atomic"]].concat();
        let done = it.tide(&args).run();
        done.fails_saying(1, &["the command ended with status 3"]);
        assert!(it.names().is_empty(), "{:?}", it.names());
    }
}

#[apply(on_both_roads)]
fn commands_among_several_sources_run_one_after_the_other_and_each_has_to_succeed() {
    let it = Scratch::new();
    // Standard input is read as an end, so the command that reads its own finds nothing there.
    let sources = ["exec:echo a", "-", "exec:cat; echo c", "-"];
    let done = it.tide(sources).input("b\n").run();
    done.succeeds().prints("a\nb\nc\n");
    let failing = ["exec:echo a; exit 3", "exec:echo >began", "-"];
    for flags in [&[][..], &["-E"]] {
        let done = it.tide([flags, &failing].concat()).run();
        done.fails_saying(1, &["reading exec:echo a; exit 3", "ended with status 3"])
            .prints("a\n");
    }
    let endless = ["--take", "3", "exec:yes", "exec:echo >began", "-"];
    it.tide(endless).run().succeeds().prints("y\ny");
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[apply(on_both_roads)]
fn skipped_bytes_are_read_from_a_command_as_from_any_pipe() {
    let it = Scratch::new();
    let flags = ["--skip", "2", "--take", "3"];
    let done = it.tide(flags.into_iter().chain(["exec:printf abcdefg", "-"]));
    done.run().succeeds().prints("cde");
    let flags = ["--skip", "20", "exec:printf abc; exit 3", "-"];
    let done = it.tide(flags).run();
    done.fails_saying(1, &["the command ended with status 3"]);
}

#[apply(on_both_roads)]
fn the_other_input_and_output_of_a_command_are_ours() {
    let it = Scratch::new();
    let done = it.tide(["exec:cat", "out"]).input("from our input").run();
    done.succeeds();
    assert_eq!(it.read("out"), b"from our input");
    let done = it.tide(["out", "exec:cat; echo ' of ours'"]).run();
    done.succeeds().prints("from our input of ours\n");
}

#[apply(on_both_roads)]
fn what_a_command_says_on_standard_error_is_passed_on() {
    let it = Scratch::new();
    let ends = ["exec:echo out; echo one >&2", "exec:cat >&2; echo two >&2"];
    let done = it.tide(ends).run().exits(0).prints("");
    assert_eq!(done.stderr.lines().count(), 3, "{}", done.stderr);
    done.mentions(&["one\n", "out\n", "two\n"]);
}

#[test]
fn what_a_command_says_stands_above_the_rows_in_whole_lines() {
    let it = Scratch::new();
    let talk = "i=0; while [ $i -lt 20 ]; do printf 'half of ' >&2; sleep 0.02; echo $i >&2; i=$((i+1)); done";
    let source = format!("exec:head -c 500K /dev/zero; {talk}");
    let sink = "exec:cat >/dev/null; printf 'the last' >&2";
    let screen = it.tide(["-L", "1M", &source, sink]).on_screen(80, 12);
    let ended = screen.done().exits(0).leaves_the_cursor_below();
    let lines = ended.view.lines();
    let mut expected: Vec<_> = (0..20).map(|n| format!("half of {n}")).collect();
    expected.push("the last".to_owned());
    assert_eq!(lines[..21], expected, "{ended:?}");
    assert!(lines[21].starts_with("tidegate: "), "{ended:?}");
}

#[apply(on_both_roads)]
fn nothing_of_a_command_is_left_behind_when_the_transfer_is_interrupted() {
    let it = Scratch::new();
    let command = "sleep 600 & echo $! $$ >NAME; cat; wait";
    let (source, sink) = (
        format!(
            "exec:{}",
            command
                .replace("NAME", "source")
                .replace("cat", "cat /dev/zero")
        ),
        format!("exec:{} >/dev/null", command.replace("NAME", "sink")),
    );
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let all = [
            (&*source, &*sink),
            (&source, "null:#rate=1"),
            ("zero:", "exec:sleep 600 & echo $! $$ >sink; wait"),
            ("exec:sleep 600 & echo $! $$ >source; wait", "null:"),
        ];
        let those = if signal == "TERM" {
            &all[..]
        } else {
            &all[..1]
        };
        for &(source, sink) in those {
            let _ = std::fs::remove_file(it.path("source"));
            let _ = std::fs::remove_file(it.path("sink"));
            let running = it.tide([source, sink]).start();
            let mut pids = Vec::new();
            for (end, file) in [(source, "source"), (sink, "sink")] {
                if end.starts_with("exec:") {
                    pids.push(written(&it, file));
                }
            }
            running.signal(signal);
            running.done().exits(code);
            pids.iter().flat_map(|it| it.split(' ')).for_each(is_gone);
        }
    }
}

#[test]
fn a_command_that_does_not_want_to_end_is_ended_soon() {
    let it = Scratch::new();
    let command = "trap '' TERM HUP INT; echo $$ >pid; while :; do sleep 0.1; done";
    let ends = [
        (format!("exec:{command}"), "null:".to_owned()),
        ("zero:".to_owned(), format!("exec:{command}")),
    ];
    for (source, sink) in ends {
        let _ = std::fs::remove_file(it.path("pid"));
        let running = it.tide([source, sink]).start();
        let pid = written(&it, "pid");
        let began = Instant::now();
        running.signal("TERM");
        running.done().exits(143);
        assert!(began.elapsed() < Duration::from_secs(10));
        is_gone(&pid);
    }
}

#[apply(on_both_roads)]
fn a_command_is_ended_when_the_other_end_fails() {
    let it = Scratch::new();
    let source = "exec:echo $$ >source; cat /dev/zero; sleep 600";
    let done = it.tide([source, "/dev/full"]).run();
    done.fails_saying(1, &["writing to /dev/full"]);
    is_gone(&written(&it, "source"));
    let sink = "exec:echo $$ >sink; cat >/dev/null; sleep 600";
    let failing = "exec:while [ ! -s sink ]; do sleep 0.01; done; exit 3";
    let done = it.tide([failing, sink]).run();
    done.fails_saying(1, &["reading exec:while", "status 3"]);
    is_gone(&written(&it, "sink"));
}

#[apply(on_both_roads)]
fn a_sink_does_not_take_the_end_of_a_transfer_that_failed_for_a_good_one() {
    let it = Scratch::new();
    for _ in 0..20 {
        let sink = "exec:cat >part && mv part whole";
        let done = it.tide(["exec:head -c 1000 /dev/zero; exit 3", sink]).run();
        done.fails_saying(1, &["status 3"]);
        assert!(!it.names().contains(&"whole".to_owned()));
    }
}

#[test]
fn no_command_is_started_for_a_transfer_that_never_comes() {
    let it = Scratch::new();
    let begun = "exec:echo >begun; cat";
    let done = it.tide([begun, "no/such/file"]).run();
    done.fails_saying(1, &["no/such/file"]);
    it.tide(["missing", begun])
        .run()
        .fails_saying(1, &["missing"]);
    let done = it.tide([begun, "tcp://127.0.0.1:1"]).run();
    done.fails_saying(1, &["connecting to"]);
    let done = it
        .tide(["tcp-listen://127.0.0.1:0#accept-timeout=10ms", begun])
        .run();
    done.exits(4);
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[test]
fn ctrl_c_ends_the_transfer_and_its_commands_once() {
    let it = Scratch::new();
    let source = "exec:trap 'echo INT >>caught' INT; trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done";
    let screen = it.tide([source, "null:"]).on_screen(80, 12);
    let pid = written(&it, "pid");
    screen.keys(CTRL_C);
    screen.done().exits(130);
    is_gone(&pid);
    assert_eq!(it.read("caught"), b"INT\n");
}

#[apply(on_both_roads)]
fn a_command_that_somebody_kills_fails_the_transfer() {
    let it = Scratch::new();
    for (source, sink) in [
        ("exec:echo $$ >pid; exec cat /dev/zero", "null:#rate=1M"),
        ("exec:echo $$ >pid; exec sleep 600", "null:"),
        (
            "zero:#size=1K",
            "exec:echo $$ >pid; cat >/dev/null; exec sleep 600",
        ),
        ("zero:", "exec:echo $$ >pid; exec sleep 600"),
    ] {
        let _ = std::fs::remove_file(it.path("pid"));
        let running = it.tide([source, sink]).start();
        let pid = written(&it, "pid");
        it.sh(&format!("kill -KILL {pid}")).run().succeeds();
        let done = running.done();
        done.fails_saying(1, &["the command was ended by signal 9"]);
    }
}

#[test]
fn what_there_is_to_say_of_a_command_before_it_runs_is_said() {
    let it = Scratch::new();
    let told_of = told(&it, "'exec:echo >begun' 'exec:cat; echo'");
    for (section, label, part) in [
        ("source", "typed", "exec:echo >begun"),
        (
            "source",
            "parsed",
            "the output of the command echo >begun, run by sh -c",
        ),
        (
            "source",
            "opening",
            "starts the command, once the other end is open",
        ),
        ("source", "size", "not known: a command does not say"),
        (
            "sink",
            "parsed",
            "the input of the command cat; echo, run by sh -c",
        ),
        (
            "end",
            "reached",
            "has closed its output and exited with status 0",
        ),
        ("end", "delivered", "the command has exited with status 0"),
    ] {
        told_of.says(section, label, part);
    }
    if cfg!(target_os = "linux") {
        told_of.says("road", "taken", "kernel");
    }
    assert!(it.names().is_empty());
}

#[test]
fn records_and_rows_call_a_command_as_it_was_typed() {
    let it = Scratch::new();
    let ends = ["exec:echo '#' a", "exec:cat >/dev/null # b"];
    it.tide(["--stats", "stats"].into_iter().chain(ends))
        .run()
        .succeeds();
    let first = records(&it.read("stats")).remove(0);
    assert_eq!(
        (&first["source"], &first["sink"]),
        (&ends[0].into(), &ends[1].into())
    );
    let slow = "exec:head -c 1M /dev/zero; sleep 1";
    let screen = it.tide([slow, ends[1]]).on_screen(100, 12);
    let ended = screen.done().exits(0);
    ended.once("its name", |view| view.has(ends[1]));
}
