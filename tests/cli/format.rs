//! `--format`: lines of the user's own, and nothing beside them.

use crate::tide::{Scratch, noise};

#[test]
fn a_gauge_gets_numbers_that_grow_and_end_with_a_hundred() {
    let it = Scratch::new();
    it.write("in", noise(400_000));
    let args = [
        "--format",
        "{percent}",
        "-i",
        "50ms",
        "in",
        "null:#rate=1MB",
    ];
    let done = it.tide(args).run().exits(0);
    let numbers: Vec<u8> = done
        .stderr
        .lines()
        .map(|it| it.parse().expect("a number"))
        .collect();
    assert!(numbers.is_sorted() && numbers.len() > 2, "{numbers:?}");
    assert_eq!(numbers.last(), Some(&100), "{numbers:?}");
}

#[test]
fn a_line_of_ones_own_has_what_was_asked_for() {
    let it = Scratch::new();
    let args = [
        "-p",
        "line",
        "--summary",
        "always",
        "--format",
        "{bytes} {bytes:h} {state} {pauses}",
        "zero:#size=1536",
        "null:",
    ];
    let done = it.tide(args).run().exits(0);
    let lines: Vec<_> = done.stderr.lines().collect();
    assert_eq!(lines[0], "1536 1.50 KiB ended 0");
    assert!(lines[1].starts_with("tidegate: 1.50 KiB in "), "{lines:?}");
}

#[test]
fn a_template_that_makes_no_sense_is_a_usage_error() {
    let it = Scratch::new();
    for (flags, parts) in [
        (&["--format", "{procent}"][..], &["did you mean 'percent'?"]),
        (&["--format", "{percent"], &["a '{' without its pair"]),
        (
            &["--format", "{eta}", "-p", "bar"],
            &["--progress asks for none"],
        ),
    ] {
        let done = it.tide([flags, &["zero:#size=1", "null:"]].concat()).run();
        done.refuses(parts);
    }
}

#[test]
fn the_rate_is_that_of_the_last_second_however_seldom_it_is_told() {
    let it = Scratch::new();
    // Fast for a moment, then slow: since the last line it would be much more.
    let line = "{ head -c 8M /dev/zero; for _ in {1..30}; do sleep 0.1; echo 0123456789; done; } | \
                $T --format '{rate} {average} {bytes}' -i 2500ms - null:";
    let done = it.sh(line).run().exits(0);
    let lines: Vec<Vec<f64>> = done
        .stderr
        .lines()
        .map(|line| {
            line.split(' ')
                .map(|it| it.parse().expect("a number"))
                .collect()
        })
        .collect();
    assert!(lines.len() >= 2, "{}", done.stderr);
    for line in &lines {
        let (rate, average) = (line[0], line[1]);
        // Ten lines of eleven bytes a second; a busy machine may be late with them.
        assert!(rate <= 400.0 && average > 1e6, "{}", done.stderr);
    }
}

#[test]
fn the_rate_with_a_transform_is_of_the_bytes_that_are_told() {
    let it = Scratch::new();
    let flags = ["-t", "zstd", "--format", "{rate} {average}", "-i", "10s"];
    let args = [&flags[..], &["zero:#size=20M", "null:"]].concat();
    let done = it.tide(args).run().exits(0);
    let (rate, average) = done.stderr.trim_end().split_once(' ').expect("two numbers");
    // It was over within a second.
    assert_eq!(rate, average);
}

#[test]
fn a_line_of_ones_own_may_have_the_time_and_when_it_will_be_done() {
    let it = Scratch::new();
    // Two hours and a half ahead of UTC, all year (tzset(3)).
    let format = "{time} {time:h} {eta_clock} {eta_clock:h} {eta}";
    let args = ["--format", format, "-i", "50ms", "-s", "1000M"];
    let args = [&args[..], &["zero:#size=1M", "null:#rate=4M"]].concat();
    let done = it.tide(args).env("TZ", "XXX-02:30").run().exits(0);
    let lines: Vec<Vec<_>> = done
        .stderr
        .lines()
        .map(|it| it.split(' ').collect())
        .collect();
    let seconds = |clock: &str| -> i64 {
        let parts = clock
            .split(':')
            .map(|it| it.parse::<i64>().expect("a number"));
        parts.fold(0, |all, part| all * 60 + part)
    };
    let in_utc = |moment: &str| {
        let (day, clock) = moment.split_once('T').expect("a date and a time");
        assert_eq!(day.len(), "2026-11-30".len(), "{moment}");
        seconds(clock.strip_suffix('Z').expect("UTC"))
    };
    let day = 86_400;
    let is_local = |moment: &str, clock: &str| {
        let ahead = (seconds(clock) - in_utc(moment)).rem_euclid(day);
        assert!((9000..9002).contains(&ahead), "{moment} {clock}");
    };
    for line in &lines {
        is_local(line[0], line[1]);
    }
    let known = lines.iter().filter(|line| line[4] != "-");
    let mut count = 0;
    for line in known {
        is_local(line[2], line[3]);
        let left = (in_utc(line[2]) - in_utc(line[0])).rem_euclid(day);
        let eta: i64 = line[4].parse().expect("seconds");
        assert!((left - eta).abs() <= 1, "{line:?}");
        count += 1;
    }
    assert!(count > 0, "{}", done.stderr);
}
