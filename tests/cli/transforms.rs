//! Transforms between the ends: what comes out, what is told of them, and what becomes of a transfer when one fails.

use crate::screen::Screen;
use crate::tide::{Scratch, noise, records};
use crate::verdict::is_bound;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};

fn end(it: &Scratch) -> Value {
    let records = records(&it.read("s"));
    records.into_iter().last().expect("an end")
}

/// The names on both sides of every link.
fn places(record: &Value) -> Vec<(&str, &str)> {
    let links = record["links"].as_array().expect("links");
    links
        .iter()
        .map(|link| {
            let (from, to) = (&link["from"], &link["to"]);
            (from.as_str().unwrap(), to.as_str().unwrap())
        })
        .collect()
}

#[test]
fn bytes_pass_the_transforms_in_their_order() {
    let it = Scratch::new();
    let tide = it.tide(["-t", "crlf", "-t", "exec=tr '\\r' '#'"]);
    tide.input("a\nb\n").run().succeeds().prints("a#\nb#\n");
    let tide = it.tide(["-t", "exec=tr '\\r' '#'", "-t", "crlf"]);
    tide.input("a\r\nb\n")
        .run()
        .succeeds()
        .prints("a#\r\nb\r\n");
}

#[test]
fn every_link_and_every_transform_is_recorded() {
    let it = Scratch::new();
    it.write("in", "one\ntwo\nthree");
    let flags = ["--stats", "s", "-t", "lines", "-t", "crlf", "in", "out"];
    it.tide(flags).run().succeeds();
    assert_eq!(it.read("out"), b"one\r\ntwo\r\nthree");
    let end = end(&it);
    let between = [("source", "lines"), ("lines", "crlf"), ("crlf", "sink")];
    assert_eq!(places(&end), between);
    for link in end["links"].as_array().unwrap() {
        assert_eq!(link["state"], "ended", "{end}");
        assert_eq!(link["writable"]["len"], 0, "{end}");
    }
    let [lines, crlf] = [&end["transforms"][0], &end["transforms"][1]];
    assert_eq!(
        (&lines["name"], &crlf["name"]),
        (&"lines".into(), &"crlf".into())
    );
    assert_eq!(
        (&lines["bytes_in"], &lines["bytes_out"]),
        (&13.into(), &13.into())
    );
    assert_eq!(
        (&crlf["bytes_in"], &crlf["bytes_out"]),
        (&13.into(), &15.into())
    );
    assert_eq!((&lines["lines"], &crlf["lines"]), (&3.into(), &Value::Null));
    assert_eq!(
        (&end["bytes_in"], &end["bytes_out"]),
        (&13.into(), &15.into())
    );
    assert_eq!(
        (&end["road"], &end["buffer"]),
        (&"buffered".into(), &Value::Null)
    );
}

#[test]
fn the_marks_bound_every_buffer_between_transforms_too() {
    let it = Scratch::new();
    let flags = [
        "--stats", "s", "-H", "1000", "-c", "300", "-t", "lines", "-t", "crlf",
    ];
    let data = noise(100_000);
    it.tide(flags).input(data.clone()).run().succeeds();
    let end = end(&it);
    for link in end["links"].as_array().unwrap() {
        for side in ["readable", "writable"] {
            assert!(link[side]["max_len"].as_u64().unwrap() <= 1000, "{end}");
        }
    }
}

#[test]
fn what_comes_slowly_is_not_held_back_until_the_end() {
    let it = Scratch::new();
    for name in ["in", "out"] {
        it.fifo(name);
    }
    let running = it.tide(["-t", "lines", "-t", "crlf", "in", "out"]).start();
    let mut input = File::create(it.path("in")).unwrap();
    let mut output = File::open(it.path("out")).unwrap();
    for _ in 0..3 {
        input.write_all(b"line\n").unwrap();
        let mut line = [0; 6];
        output.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"line\r\n");
    }
    drop(input);
    running.done().succeeds();
}

#[test]
fn a_wrong_spec_is_refused_before_anything_happens() {
    let it = Scratch::new();
    it.write("out", "kept");
    let table: [(&[&str], &[&str]); 5] = [
        (
            &["-t", "lnes"],
            &["unknown transform 'lnes'", "did you mean 'lines'?"],
        ),
        (
            &["-t", "lines=5"],
            &["--transform lines=5", "lines takes no value"],
        ),
        (&["-t", "exec= "], &["--transform exec= ", "it is empty"]),
        (
            &["-t", "exec"],
            &["--transform exec: ", "write exec=COMMAND"],
        ),
        (
            &["-t", "lines", "--road", "kernel"],
            &["has to see the bytes"],
        ),
    ];
    for (flags, parts) in table {
        let args = [flags, &["zero:#size=5", "out"]].concat();
        it.tide(args).run().refuses(parts);
    }
    assert_eq!(it.read("out"), b"kept");
}

#[test]
fn an_explanation_tells_the_transforms_and_that_they_need_the_buffered_road() {
    let it = Scratch::new();
    let flags = [
        "--explain",
        "-t",
        "lines",
        "-t",
        "exec=cat",
        "zero:#size=5",
        "null:",
    ];
    let done = it.tide(flags).run().succeeds();
    let text = String::from_utf8(done.stdout).unwrap();
    for part in [
        "\ntransforms\n  lines       counts lines",
        "\n  exec        cat: passes the bytes",
        "transforms work on bytes that tidegate has read",
        "at each of 3 places",
    ] {
        assert!(text.contains(part), "{text} lacks {part:?}");
    }
}

#[test]
fn help_lists_every_transform() {
    let it = Scratch::new();
    let done = it.tide(["-t", "help"]).run().succeeds();
    let text = String::from_utf8(done.stdout).unwrap();
    for kind in tidegate::transform::KINDS {
        assert!(text.contains(&format!("\n  {} ", kind.name)), "{text}");
        assert!(text.contains(kind.help), "{text}");
    }
}

#[test]
fn a_transform_that_fails_fails_the_transfer_and_what_it_had_made_is_delivered() {
    let it = Scratch::new();
    it.write("out", "kept");
    let command = "exec=head -c 5; exit 3";
    let flags = ["--stats", "s", "-t", command, "zero:", "file:out#atomic"];
    let parts = [
        "transforming with exec: the command ended with status 3",
        "5 bytes delivered",
    ];
    it.tide(flags).run().fails_saying(1, &parts);
    assert_eq!(it.read("out"), b"kept");
    let end = end(&it);
    assert_eq!(
        (&end["outcome"], &end["exit_code"]),
        (&"failed".into(), &1.into())
    );
    assert_eq!(end["error"]["end"], "transform");
    assert_eq!(end["error"]["uri"], command);
    let flags = ["-t", command, "zero:", "-"];
    it.tide(flags).run().fails_saying(1, &parts).prints([0; 5]);
}

#[test]
fn a_digest_is_told_in_the_summary_the_records_and_a_file_that_the_tools_check() {
    let it = Scratch::new();
    it.write("in", "abc");
    let flags = [
        "-t",
        "sha256",
        "-t",
        "md5",
        "--digest-file",
        "sums",
        "--summary",
        "always",
    ];
    let args = [&flags[..], &["--stats", "s", "in", "out"]].concat();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let md5 = "900150983cd24fb0d6963f7d28e17f72";
    let done = it.tide(args).run().exits(0);
    done.mentions(&[
        &format!("tidegate: sha256 {sha256}\n"),
        &format!("md5 {md5}"),
    ]);
    let sums = format!("{sha256}  out\n{md5}  out\n");
    assert_eq!(String::from_utf8(it.read("sums")).unwrap(), sums);
    let end = end(&it);
    assert_eq!(
        (&end["digests"][0]["algorithm"], &end["digests"][0]["hex"]),
        (&"sha256".into(), &sha256.into())
    );
    assert_eq!(end["digests"][1]["hex"], md5);
    it.sh("sha256sum -c --ignore-missing sums 2>&1 | grep -qx 'out: OK'")
        .run()
        .succeeds();
}

#[test]
fn a_line_of_a_digest_names_the_end_that_has_those_bytes() {
    let it = Scratch::new();
    it.write("in", "abc\n");
    for (flags, names) in [
        ("-t sha256 in out", &["out"][..]),
        ("-t sha256 in null:", &["in"]),
        ("-t sha256 -t crlf in out", &["in"]),
        ("-t crlf -t sha256 in out", &["out"]),
        (
            "-t sha256 -t lines -t crlf -t md5 in file:out",
            &["in", "out"],
        ),
        ("-t crlf -t sha256 -t lf in out", &["-"]),
        ("-t sha256 - -", &["-"]),
    ] {
        it.sh(&format!("$T --digest-file sums {flags} <in >taken"))
            .run()
            .succeeds();
        let sums = String::from_utf8(it.read("sums")).unwrap();
        let found: Vec<_> = sums
            .lines()
            .map(|line| line.split_once("  ").unwrap().1)
            .collect();
        assert_eq!(found, names, "{flags}");
    }
}

#[test]
fn a_digest_that_is_another_fails_the_transfer_and_leaves_everything_as_it_was() {
    let it = Scratch::new();
    it.write("out", "kept");
    it.write("sums", "kept too");
    let wrong = format!("sha256={}", "0".repeat(64));
    let flags = [
        "-t",
        &wrong[..],
        "--digest-file",
        "sums",
        "--stats",
        "s",
        "-",
        "file:out#atomic",
    ];
    let done = it.tide(flags).input("abc").run();
    done.fails_saying(3, &["the sha256 is ba7816bf", "not 0000"]);
    assert_eq!(
        (it.read("out"), it.read("sums")),
        (b"kept".to_vec(), b"kept too".to_vec())
    );
    assert_eq!(it.names(), ["out", "s", "sums"]);
    let end = end(&it);
    assert_eq!(
        (&end["exit_code"], &end["digests"]),
        (&3.into(), &Value::Array(vec![]))
    );
    let right = "sha256=BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    it.tide(["-t", right, "-", "file:out#atomic"])
        .input("abc")
        .run()
        .succeeds();
    assert_eq!(it.read("out"), b"abc");
}

#[test]
fn a_name_that_the_tool_of_a_digest_cannot_read_is_refused_before_anything_happens() {
    let it = Scratch::new();
    it.write("in", "abc");
    it.write("sums", "kept");
    for (spec, name, part) in [
        ("xxh3", "a\nb", "xxhsum cannot read a name with a line feed"),
        (
            "blake3",
            "a\u{fffd}",
            "b3sum cannot read a name with U+FFFD",
        ),
        ("crc32", "a\\b", "rhash cannot read a name with a backslash"),
    ] {
        let flags = ["-t", spec, "--digest-file", "sums", "in", name];
        it.tide(flags).run().refuses(&[part, "-t sha256"]);
        assert_eq!((it.read("sums"), it.names().len()), (b"kept".to_vec(), 2));
        // Only the line cannot be written.
        it.tide(["-q", "-t", spec, "in", name]).run().exits(0);
        std::fs::remove_file(it.path(name)).unwrap();
    }
}

#[test]
fn a_file_for_digests_is_refused_without_one_and_as_an_end() {
    let it = Scratch::new();
    it.write("in", "kept");
    let it_is = |flags: &[&str], parts: &[&str]| {
        it.tide(flags.iter().copied()).run().refuses(parts);
    };
    it_is(
        &["-t", "lines", "--digest-file", "sums", "in", "null:"],
        &["--digest-file", "-t sha256"],
    );
    it_is(
        &["-t", "md5", "--digest-file", "in", "in", "null:"],
        &["--digest-file would write into the SOURCE or SINK"],
    );
    assert_eq!(
        (it.read("in"), it.names()),
        (b"kept".to_vec(), vec!["in".to_owned()])
    );
}

#[test]
fn a_source_that_fails_is_to_blame_though_transforms_stand_behind_it() {
    let it = Scratch::new();
    let flags = [
        "-t",
        "lines",
        "-t",
        "exec=cat; exit 7",
        "/proc/self/mem",
        "null:",
    ];
    it.tide(flags)
        .run()
        .fails_saying(1, &["reading /proc/self/mem"]);
}

#[test]
fn the_verdict_says_that_a_transform_is_slow_and_which() {
    let it = Scratch::new();
    let line = "$T $F -t lines -t exec='sleep 1; cat' zero:#size=1M null:";
    is_bound(&it, line, "transform", "slow: exec (");
}

#[test]
fn the_verdict_says_that_an_end_is_slow_though_there_are_transforms() {
    let it = Scratch::new();
    let line = "{ echo; sleep 1.2; } | $T $F -t lines -t crlf - null:";
    is_bound(&it, line, "source", "slow");
    let line = "$T $F -t lines -t crlf zero:#size=4M null:#rate=4M";
    is_bound(&it, line, "sink", "slow: the sink (");
}

#[test]
fn the_display_shows_what_came_of_the_bytes_and_how_many_lines_there_were() {
    let it = Scratch::new();
    it.write("in", "x\n".repeat(500_000));
    let line = "$T -t lines -t crlf in null:#rate=1M --summary never; :";
    let screen: Screen = it.sh(line).on_screen(150, 24);
    let view = screen.until("lines and a ratio", |view| {
        view.has(" lines") && view.has("KiB (1")
    });
    for part in ["source", "lines", "crlf", "sink", "of 976.56 KiB", "%"] {
        assert!(view.has(part), "{part}: {view:?}");
    }
    screen.done().exits(0);
}

#[test]
fn the_summary_says_what_came_of_the_bytes() {
    let it = Scratch::new();
    let flags = ["--summary", "always", "-t", "lines", "-t", "crlf"];
    let done = it.tide(flags).input("a\nb\n").run().exits(0);
    done.mentions(&["tidegate: 4 B -> 6 B (150.0%) in ", ", written, 2 lines"]);
}
