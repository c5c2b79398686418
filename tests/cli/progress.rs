//! What is shown while bytes move where no screen is involved: lines, records, names, and time that does not count.

use crate::live::{untested, until};
use crate::tide::{Running, Scratch};
use serde_json::Value;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
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

#[test]
fn a_bar_that_cannot_be_drawn_is_lines() {
    let it = Scratch::new();
    let args = ["-p", "bar", "-i", "20ms", "zero:#size=1M", "null:#rate=4M"];
    let done = it.tide(args).run().exits(0);
    assert!(done.stderr.lines().count() > 3, "{}", done.stderr);
    assert!(!done.stderr.contains(['\r', '\x1b']), "{:?}", done.stderr);
}

#[test]
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

#[test]
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

#[test]
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

#[test]
fn quiet_is_stronger_than_everything_that_shows() {
    let it = Scratch::new();
    for progress in ["auto", "bar", "line", "json", "none"] {
        let shown = ["-q", "-p", progress, "--summary", "always", "-i", "1ms"];
        let args = [&shown[..], &["zero:#size=64K", "null:#rate=1M"]].concat();
        it.tide(args).run().succeeds();
    }
}

#[test]
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

#[test]
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
        assert!(line.starts_with("tidegate: na\u{fffd}me: "), "{line:?}");
    }
    let mut asked = idle(&it, &["-N", "idle"]);
    asked.feed("hello");
    asked.has_written(5);
    asked.signal("USR1");
    assert!(asked.remark().starts_with("tidegate: idle: 5 B, "));
    asked.end_of_input().exits(0);
}

#[test]
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

#[test]
fn an_interrupted_transfer_says_how_far_it_came() {
    let it = Scratch::new();
    let mut interrupted = idle(&it, &["--summary", "always"]);
    interrupted.feed("hello");
    interrupted.has_written(5);
    interrupted.signal("INT");
    let line = interrupted.remark();
    assert!(
        line.starts_with("tidegate: 5 B in ") && line.contains("; interrupted; "),
        "{line}"
    );
    interrupted.done().dies_of("INT");
}

#[test]
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

/// Waiting for its input, with records on standard error.
fn idle(it: &Scratch, flags: &[&str]) -> Running {
    let records = ["--stats", "fd:2", "-i", "10ms"];
    let running = it.tide([&records[..], flags].concat()).open_input();
    let mut running = running.in_a_group_of_its_own().start();
    running.started();
    running
}

/// Stops it for `time`, at least, and lets it go on; returns for how long it was stopped.
fn stop_for(running: &Running, signal: &str, time: Duration) -> Duration {
    running.signal(signal);
    until("a stop", || {
        running.proc_status("State").starts_with('T').then_some(())
    });
    let stopped = Instant::now();
    // Nothing happens meanwhile, which is what is to be tested.
    sleep(time);
    let stopped = stopped.elapsed();
    running.signal("CONT");
    stopped
}

/// A stop that comes unawares is noticed to a tenth of a second.
const UNAWARES: Duration = Duration::from_millis(100);

#[test]
fn time_spent_stopped_does_not_count() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut stopped = idle(&it, &[]);
        let began = Instant::now();
        stopped.feed("before");
        stopped.has_written(6);
        let away = stop_for(&stopped, signal, Duration::from_millis(700));
        stopped.feed("after");
        stopped.has_written(11);
        let done = stopped.end_of_input().exits(0).prints("beforeafter");
        let most = began.elapsed().saturating_sub(away) + UNAWARES;
        let end = done.end();
        let elapsed = end["elapsed_s"].as_f64().unwrap_or(f64::MAX);
        assert!(
            elapsed <= most.as_secs_f64(),
            "{signal}: {elapsed} s of {most:?}"
        );
        let waits = end["waits"].as_object().expect("waits");
        let sum: f64 = waits.values().filter_map(serde_json::Value::as_f64).sum();
        assert!((sum - elapsed).abs() <= elapsed * 0.01, "{signal}: {end}");
    }
}

#[test]
fn a_stop_is_no_peer_that_lets_nothing_move() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut stopped = idle(&it, &["--idle-timeout", "1s"]);
        stopped.feed("x");
        stopped.has_written(1);
        stop_for(&stopped, signal, Duration::from_millis(1500));
        stopped.feed("y");
        stopped.has_written(2);
        stopped.end_of_input().exits(0).prints("xy");
    }
}

#[test]
fn time_never_runs_backwards_over_a_stop() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut stopped = idle(&it, &[]);
        for round in 1..=3 {
            stopped.feed("x");
            stopped.has_written(round);
            stop_for(&stopped, signal, Duration::from_millis(400));
        }
        let done = stopped.end_of_input().exits(0);
        let mut last = 0.0;
        for record in &done.records()[1..] {
            let elapsed = record["elapsed_s"].as_f64().unwrap();
            assert!(elapsed >= last, "{signal}: {last} s, then {record}");
            last = elapsed;
        }
    }
}

/// Starts a transfer with records in the file `s`, stops it in its midst for longer than it runs, and interrupts it.
fn stopped_in_its_midst(it: &Scratch, signal: &str, args: &[&str], stdout: Stdio) -> Value {
    let args = [&["--stats", "s", "-i", "10ms"], args].concat();
    let running = it.tide(args).stdout(stdout).in_a_group_of_its_own().start();
    let elapsed = |record: &Value| record["elapsed_s"].as_f64().unwrap_or(0.0);
    let before = it.recorded("s", |record| elapsed(record) > 0.3);
    stop_for(&running, signal, Duration::from_secs(1));
    it.recorded("s", |record| elapsed(record) > elapsed(&before) + 0.3);
    running.signal("INT");
    running.done().dies_of("INT");
    let end = it.end_of("s");
    std::fs::remove_file(it.path("s")).unwrap();
    end
}

#[test]
fn a_stop_is_no_wait_for_anybody() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let args = ["zero:", "/dev/null"];
        let end = stopped_in_its_midst(&it, signal, &args, Stdio::null());
        let elapsed = end["elapsed_s"].as_f64().unwrap();
        let waits = end["waits"].as_object().unwrap();
        let sum: f64 = waits.values().filter_map(Value::as_f64).sum();
        assert!((sum - elapsed).abs() <= elapsed * 0.01, "{signal}: {end}");
        // It takes everything at once, so whatever is booked to it was the stop.
        let sink = waits["sink_s"].as_f64().unwrap();
        assert!(sink < elapsed * 0.5, "{signal}: {end}");
    }
}

#[test]
fn no_pause_is_longer_than_the_transfer_that_was_stopped_in_it() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        for sink in ["null:#stall=64K:1h", "null:#rate=1M", "-"] {
            let (_unread, stdout) = std::io::pipe().unwrap();
            let args = ["-H", "16K", "zero:", sink];
            let end = stopped_in_its_midst(&it, signal, &args, stdout.into());
            let paused = end["links"][0]["paused_s"].as_f64().unwrap();
            let elapsed = end["elapsed_s"].as_f64().unwrap();
            assert!(paused > 0.0, "{signal}, {sink}: {end}");
            assert!(paused <= elapsed, "{signal}, {sink}: {end}");
        }
    }
}

#[test]
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

#[test]
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

#[test]
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
