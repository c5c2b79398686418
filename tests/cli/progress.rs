//! What is shown while bytes move where no screen is involved: lines, records and names.

use crate::live::untested;
use crate::stops::idle;
use crate::tide::Scratch;

#[apply(on_both_roads)]
fn lines_are_plain_and_come_at_an_interval_and_the_last_one_sums_up() {
    let it = Scratch::new();
    let args = ["-p", "line", "-i", "20ms", "zero:#size=1M", "null:#rate=4M"];
    let done = it.tide(args).run().exits(0).prints("");
    let (last, lines) = done
        .stderr
        .lines()
        .collect::<Vec<_>>()
        .split_last()
        .map(|(last, lines)| ((*last).to_owned(), lines.to_vec()))
        .unwrap_or_default();
    assert!(lines.len() >= 3, "{}", done.stderr);
    for line in lines {
        assert!(
            line.starts_with("tidegate: ") && line.contains("of 1 MiB ("),
            "{line}"
        );
        assert!(!line.contains(['\r', '\x1b']), "{line:?}");
    }
    assert!(last.starts_with("tidegate: 1 MiB in "), "{last}");
}

#[apply(on_both_roads)]
fn a_bar_that_cannot_be_drawn_is_lines() {
    let it = Scratch::new();
    let args = ["-p", "bar", "-i", "20ms", "zero:#size=1M", "null:#rate=4M"];
    let done = it.tide(args).run().exits(0);
    assert!(done.stderr.lines().count() > 3, "{}", done.stderr);
    assert!(!done.stderr.contains(['\r', '\x1b']), "{:?}", done.stderr);
}

#[apply(on_both_roads)]
fn records_on_standard_error_are_those_of_a_stats_file() {
    let it = Scratch::new();
    let args = ["-p", "json", "--stats", "s", "-N", "copy", "-i", "20ms"];
    let args = [&args[..], &["zero:#size=1M", "null:#rate=4M"]].concat();
    let done = it.tide(args).run().exits(0).prints("");
    let shape = |records: Vec<serde_json::Value>| -> Vec<String> {
        let kinds = records.iter().map(|record| record["type"].to_string());
        let mut kinds: Vec<_> = kinds.collect();
        kinds.dedup();
        kinds
    };
    let on_stderr = done.records();
    assert_eq!(
        on_stderr.len(),
        done.stderr.lines().count(),
        "{}",
        done.stderr
    );
    assert_eq!(on_stderr[0]["name"], "copy");
    assert_eq!(on_stderr.last(), crate::tide::records(&it.read("s")).last());
    assert_eq!(shape(on_stderr), ["\"start\"", "\"sample\"", "\"end\""]);
}

#[apply(on_both_roads)]
fn records_do_not_go_where_the_data_goes() {
    let it = Scratch::new();
    let mixed = it.sh("$T -p json zero:#size=1K - 2>&1 | grep -c .").run();
    let lines = String::from_utf8_lossy(&mixed.stdout).into_owned();
    assert_eq!(lines, "1\n", "a usage error and nothing else");
    it.write("in", "hello");
    it.sh("$T -p json in out 2>>out").run().exits(2);
    let mixed = it.sh("$T --stats - in - >out").run();
    mixed.refuses(&["--stats"]);
}

#[apply(on_both_roads)]
fn a_hyphen_is_standard_output_beside_the_sink_as_it_is_for_the_sink() {
    let it = Scratch::new();
    it.write("in", "hello");
    let flags = ["--stats", "--trace", "--digest-file"];
    let starts = [
        "{\"type\":\"start\"",
        "{\"traceEvents\":",
        "2cf24dba5fb0a30e",
    ];
    for (flag, start) in flags.into_iter().zip(starts) {
        let done = it.tide([flag, "-", "-t", "sha256", "in", "out"]).run();
        let done = done.exits(0);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.starts_with(start), "{flag}: {said}");
        // Nobody looks for a digest in a trace.
        assert_eq!(done.stderr.is_empty(), flag != "--trace", "{}", done.stderr);
        assert_eq!(it.read("out"), b"hello");
    }
    assert!(!it.path("-").exists());
}

#[apply(on_both_roads)]
fn quiet_is_stronger_than_everything_that_shows() {
    let it = Scratch::new();
    for progress in ["auto", "bar", "line", "json", "none"] {
        let shown = ["-q", "-p", progress, "--summary", "always", "-i", "1ms"];
        let args = [&shown[..], &["zero:#size=64K", "null:#rate=1M"]].concat();
        it.tide(args).run().succeeds();
    }
}

#[apply(on_both_roads)]
fn a_summary_comes_with_lines_and_otherwise_when_asked_for() {
    let it = Scratch::new();
    for (flags, sums_up) in [
        (&["-p", "line"][..], true),
        (&["-p", "line", "--summary", "never"], false),
        (&["-p", "json"], false),
        (&["-p", "none"], false),
        (&["-p", "none", "--summary", "always"], true),
    ] {
        let args = [flags, &["zero:#size=1K", "null:"]].concat();
        let done = it.tide(args).run().exits(0);
        let has_summary = done.stderr.contains("tidegate: 1 KiB in ");
        assert_eq!(has_summary, sums_up, "{flags:?}: {}", done.stderr);
    }
}

#[apply(on_both_roads)]
fn a_name_tells_whose_lines_they_are() {
    let it = Scratch::new();
    let flags = [
        "-N",
        "na\x07me",
        "-p",
        "line",
        "-i",
        "10ms",
        "zero:#size=64K",
    ];
    let done = it
        .tide([&flags[..], &["null:#rate=1M"]].concat())
        .run()
        .exits(0);
    for line in done.stderr.lines() {
        assert!(line.starts_with("tidegate: na\\u0007me: "), "{line:?}");
    }
    let mut asked = idle(&it, &["-N", "idle"]);
    asked.feed("hello");
    asked.has_written(5);
    asked.signal("USR1");
    assert!(asked.remark().starts_with("tidegate: idle: 5 B, "));
    asked.end_of_input().exits(0);
}

#[apply(on_both_roads)]
fn the_environment_sets_what_the_flags_set() {
    let it = Scratch::new();
    let done = it
        .tide(["zero:#size=64K", "null:#rate=1M"])
        .env("TIDEGATE_PROGRESS", "line")
        .env("TIDEGATE_NAME", "env")
        .env("TIDEGATE_INTERVAL", "10ms")
        .run()
        .exits(0);
    assert!(done.stderr.lines().count() > 2, "{}", done.stderr);
    assert!(
        done.stderr.starts_with("tidegate: env: "),
        "{}",
        done.stderr
    );
}

#[apply(on_both_roads)]
fn an_interrupted_transfer_says_what_has_become_of_its_sink() {
    for (sink, before, said) in [
        ("out", None, "; out is incomplete"),
        (
            "file:out#append",
            Some("old"),
            "; out has a part of it at its end",
        ),
        ("file:out#atomic", None, "; out was not made"),
        ("file:out#atomic", Some("old"), "; out is as it was"),
        ("null:", None, " s"),
    ] {
        let it = Scratch::new();
        if let Some(before) = before {
            it.write("out", before);
        }
        let args = [
            "--summary",
            "always",
            "--stats",
            "s",
            "-i",
            "20ms",
            "-",
            sink,
        ];
        let mut running = it.tide(args).open_input().start();
        running.feed("hello");
        it.recorded("s", |record| record["bytes_out"] == 5);
        running.signal("INT");
        let done = running.done();
        let line = done.stderr.lines().next().unwrap_or_default();
        assert!(line.starts_with("tidegate: interrupted: 5 B in "), "{line}");
        assert!(line.ends_with(said), "{line}");
    }
}

#[test]
fn who_is_interrupted_before_both_ends_were_open_is_told_what_was_waited_for() {
    let it = Scratch::new();
    it.fifo("fifo");
    let args = ["--summary", "always", "fifo", "out"];
    let running = it.tide(args).start();
    running.hears_signals();
    running.sleeps();
    running.signal("INT");
    let done = running.done().dies_of("INT");
    assert_eq!(
        done.stderr,
        "tidegate: interrupted while waiting for a writer of fifo\n"
    );
}

#[apply(on_both_roads)]
fn an_interrupted_transfer_says_how_far_it_came() {
    let it = Scratch::new();
    let mut interrupted = idle(&it, &["--summary", "always"]);
    interrupted.feed("hello");
    interrupted.has_written(5);
    interrupted.signal("INT");
    let line = interrupted.remark();
    assert!(line.starts_with("tidegate: interrupted: 5 B in "), "{line}");
    interrupted.done().dies_of("INT");
}

#[apply(on_both_roads)]
fn more_than_was_expected_is_no_percentage() {
    let it = Scratch::new();
    let args = ["-s", "1K", "-p", "line", "-i", "5ms", "zero:#size=64K"];
    let done = it
        .tide([&args[..], &["null:#rate=1M"]].concat())
        .run()
        .exits(0);
    let beyond: Vec<_> = done
        .stderr
        .lines()
        .filter(|line| line.contains("KiB,"))
        .collect();
    assert!(!beyond.is_empty(), "{}", done.stderr);
    for line in beyond {
        assert!(!line.contains('%') || !line.contains("of 1 KiB"), "{line}");
        assert!(!line.contains("ETA"), "{line}");
    }
}

#[apply(on_both_roads)]
fn an_empty_name_is_none() {
    let it = Scratch::new();
    let args = ["-N", "", "--summary", "always", "zero:#size=1K", "null:"];
    let done = it.tide(args).run().exits(0);
    assert!(
        done.stderr.starts_with("tidegate: 1 KiB in "),
        "{}",
        done.stderr
    );
    let args = ["-N", "", "-p", "json", "zero:#size=1K", "null:"];
    let start = it.tide(args).run().exits(0).records().remove(0);
    assert_eq!(start["type"], "start", "{start}");
    assert!(start["name"].is_null(), "{start}");
}

#[apply(on_both_roads)]
fn an_interval_is_a_millisecond_at_least() {
    let it = Scratch::new();
    for short in ["0ms", "1ns", "999us", "999999ns"] {
        let args = ["-i", short, "zero:#size=1K", "null:"];
        it.tide(args).run().refuses(&["--interval", "1ms"]);
    }
    let args = ["-i", "1ms", "-p", "line", "zero:#size=64K", "null:#rate=1M"];
    let done = it.tide(args).run().exits(0);
    assert!(done.stderr.lines().count() > 2, "{}", done.stderr);
}

#[apply(on_both_roads)]
fn the_size_of_a_block_device_is_found() {
    let it = Scratch::new();
    it.write("image", vec![7; 3 << 20]);
    let attached = it.sh("losetup --find --show image").run();
    if attached.code() != 0 {
        untested("no loop device to be had, so no block device");
        return;
    }
    let device = String::from_utf8_lossy(&attached.stdout).trim().to_owned();
    let sizes = [
        format!("$T -p json {device} null:"),
        format!("$T -p json - null: <{device}"),
        format!("cat image | $T -p json -s @{device} - null:"),
        format!("{{ dd bs=1M count=1 status=none >rest; $T -p json - null:; }} <{device}"),
    ];
    let found: Vec<_> = sizes
        .iter()
        .map(|line| it.sh(line).run().exits(0).records()[0]["size"].clone())
        .collect();
    it.sh(&format!("losetup --detach {device}")).run().exits(0);
    assert_eq!(found, [3 << 20, 3 << 20, 3 << 20, 2 << 20]);
}

#[apply(on_both_roads)]
fn lines_and_messages_begin_with_the_time_where_that_is_asked_for() {
    let it = Scratch::new();
    let rest = |line: &str| {
        let (time, rest) = line.split_once(' ').expect("a time");
        let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(shape, "0000-00-00T00:00:00Z", "{line}");
        rest.to_owned()
    };
    let args = ["-p", "line", "--timestamps", "-i", "20ms"];
    let args = [&args[..], &["zero:#size=1M", "null:#rate=4M"]].concat();
    let done = it.tide(args).run().exits(0);
    assert!(done.stderr.lines().count() > 1, "{}", done.stderr);
    for line in done.stderr.lines() {
        assert!(rest(line).starts_with("tidegate: "), "{line}");
    }
    let done = it.tide(["--timestamps", "missing", "null:"]).run().exits(1);
    assert!(rest(&done.stderr).starts_with("tidegate: opening missing: "));
    // What programs read stays as it is.
    let args = [
        "--timestamps",
        "--format",
        "{percent}",
        "zero:#size=1",
        "null:",
    ];
    it.tide(args).run().exits(0).says("100\n");
    let args = ["--timestamps", "-p", "json", "zero:#size=1", "null:"];
    assert_eq!(it.tide(args).run().exits(0).records().len(), 2);
    let mut receiver = it
        .tide(["--timestamps", "tcp-listen://127.0.0.1:0", "null:"])
        .start();
    receiver.listening();
}
