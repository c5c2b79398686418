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
