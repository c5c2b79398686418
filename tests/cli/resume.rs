//! `--resume` between files: a copy that was cut goes on where SINK ends, and where SINK is something else nothing of it changes.

use super::tide::{Scratch, noise, records, road};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs::{self, File};
use std::os::unix::fs::symlink;

/// How many bytes at the end of SINK are compared.
const COMPARED: usize = 1 << 20;

/// What begins a message that SINK is left as it is, with that reason.
fn refusal(why: &str) -> [String; 2] {
    let left = "; it is left as it is, and without --resume it is copied anew".to_owned();
    [format!("tidegate: resuming out: {why}"), left]
}

impl Scratch {
    /// Resumes `out` from `in`, which must be refused for that reason and change nothing.
    #[track_caller]
    fn keeps_what_it_has(&self, flags: &[&str], why: &str) {
        let before = (self.read("out"), modified(self));
        let args = [flags, &["--resume", "in", "out"]].concat();
        let [begins, ends] = refusal(why);
        let done = self.tide(&args).run();
        done.fails_saying(3, &[&begins, &ends]);
        assert!((self.read("out"), modified(self)) == before, "{flags:?}");
    }
}

fn modified(it: &Scratch) -> std::time::SystemTime {
    let found = fs::metadata(it.path("out")).expect("there is a SINK");
    found.modified().expect("a time")
}

/// Runs a property some times, each by two processes.
fn check<S: Strategy>(values: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let checked = TestRunner::new(config).run(values, test);
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[apply(on_both_roads)]
fn a_copy_that_is_resumed_at_any_point_is_whole() {
    let road = road();
    let lengths = prop_oneof![
        0..20usize,
        0..3 * COMPARED,
        Just(COMPARED),
        Just(2 * COMPARED)
    ];
    let values = (lengths, any::<prop::sample::Index>(), 0..5000usize);
    check(&values, |(length, cut, skip)| {
        let it = Scratch::new();
        let whole = noise(skip + length);
        let cut = cut.index(length + 1);
        it.write("in", &whole);
        it.write("out", &whole[skip..skip + cut]);
        let skip_flag = skip.to_string();
        let args = [
            "--road", road, "--resume", "--skip", &skip_flag, "in", "out",
        ];
        it.tide(args).run().succeeds();
        prop_assert!(it.read("out") == whole[skip..]);
        Ok(())
    });
}

#[test]
fn one_other_byte_among_the_last_leaves_all_as_it_is() {
    let lengths = prop_oneof![1..20usize, 1..3 * COMPARED];
    let values = (lengths, any::<prop::sample::Index>(), 0..1000usize);
    check(&values, |(length, from_end, more)| {
        let it = Scratch::new();
        let mut bytes = noise(length + more);
        it.write("in", &bytes);
        let at = length - 1 - from_end.index(length.min(COMPARED));
        bytes[at] ^= 1;
        it.write("out", &bytes[..length]);
        it.keeps_what_it_has(&[], &format!("it has other bytes than in at byte {at};"));
        Ok(())
    });
}

#[test]
fn zeros_that_a_crash_has_left_at_the_end_are_other_bytes() {
    let it = Scratch::new();
    let whole = noise(3_000_000);
    it.write("in", &whole);
    it.write("out", &whole[..2_000_000]);
    let out = File::options().write(true).open(it.path("out"));
    out.and_then(|out| out.set_len(2_100_000))
        .expect("a longer file");
    let first = 2_000_000 + whole[2_000_000..].iter().position(|it| *it != 0).unwrap();
    it.keeps_what_it_has(&[], &format!("it has other bytes than in at byte {first};"));
}

#[test]
fn a_sink_with_more_than_it_may_have_is_left_as_it_is() {
    let it = Scratch::new();
    let whole = noise(3_000_000);
    it.write("in", &whole);
    it.write("out", [&whole[..], b"more"].concat());
    it.keeps_what_it_has(&[], "it is longer than in, which ends at 3000000;");
    it.write("out", &whole);
    for (flags, why) in [
        (["--skip", "1"], "it has other bytes than in at byte "),
        (["--take", "2999999"], "more than the "),
        (
            ["--expect-size", "5"],
            " than the 5 bytes of --expect-size;",
        ),
    ] {
        let before = modified(&it);
        let args = [&flags[..], &["--resume", "in", "out"]].concat();
        it.tide(args).run().fails_saying(3, &[why, "left as it is"]);
        assert!(
            it.read("out") == whole && modified(&it) == before,
            "{flags:?}"
        );
    }
    it.write("in", "");
    it.keeps_what_it_has(&[], "it is longer than in, which ends at 0;");
}

#[apply(on_both_roads)]
fn take_and_expect_size_are_of_the_whole() {
    let whole = noise(3_000_000);
    for (flags, code, length) in [
        ("--take 2500000", 0, 2_500_000),
        ("--take 2000000", 0, 2_000_000),
        ("--expect-size 3000000", 0, 3_000_000),
        ("--take 2500000 --expect-size 2500000", 0, 2_500_000),
        ("--expect-size 3000001", 3, 3_000_000),
    ] {
        let it = Scratch::new();
        it.write("in", &whole);
        it.write("out", &whole[..2_000_000]);
        let done = it.sh(&format!("$T --resume {flags} in out")).run();
        let done = done.exits(code);
        assert!(it.read("out") == whole[..length], "{flags}");
        if code == 3 {
            done.mentions(&["3000001 bytes) (--expect-size)"]);
        }
    }
}

#[apply(on_both_roads)]
fn what_is_whole_already_succeeds_and_nothing_is_moved() {
    let it = Scratch::new();
    let whole = noise(2_000_000);
    it.write("in", &whole);
    it.write("out", &whole);
    let before = modified(&it);
    let args = ["--resume", "in", "file:out#sync", "--stats", "s"];
    it.tide(args).run().succeeds();
    assert!(it.read("out") == whole && modified(&it) == before);
    let end = it.end_of("s");
    assert_eq!(
        (&end["bytes_in"], &end["bytes_out"]),
        (&0.into(), &0.into())
    );
    assert_eq!(end["delivered"], "synced");
}

#[apply(on_both_roads)]
fn without_anything_in_it_all_is_copied() {
    let whole = noise(1_500_000);
    for before in [None, Some("")] {
        let it = Scratch::new();
        it.write("in", &whole);
        if let Some(before) = before {
            it.write("out", before);
        }
        it.tide(["--resume", "in", "out"]).run().succeeds();
        assert!(it.read("out") == whole);
    }
}

#[apply(on_both_roads)]
fn a_copy_that_was_killed_goes_on() {
    let it = Scratch::new();
    let whole = noise(8_000_000);
    it.write("in", &whole);
    let args = "--resume -L 4M --stats s -i 10ms in out".split(' ');
    let running = it.tide(args).start();
    it.recorded("s", |record| record["bytes_out"].as_u64() > Some(100_000));
    running.signal("KILL");
    running.done().exits(137);
    let had = it.read("out").len();
    assert!((1..whole.len()).contains(&had), "{had}");
    it.tide(["--resume", "in", "out"]).run().succeeds();
    assert!(it.read("out") == whole);
}

#[apply(on_both_roads)]
fn the_rate_is_of_this_run_and_the_percentage_of_the_whole() {
    let it = Scratch::new();
    let whole = noise(8_000_000);
    it.write("in", &whole);
    it.write("out", &whole[..6_000_000]);
    let args = "--resume --summary always --stats s in out".split(' ');
    let done = it.tide(args).run().exits(0);
    let summary = done.stderr.replace('\n', " ");
    assert!(summary.starts_with("tidegate: 1.91 MiB in "), "{summary}");
    for part in ["; resumed at 5.72 MiB, ", "7.63 MiB in all"] {
        assert!(summary.contains(part), "{summary}");
    }
    let records = records(&it.read("s"));
    let (start, end) = (&records[0], it.end_of("s"));
    for record in [start, &end] {
        assert_eq!(record["size"], 8_000_000);
        assert_eq!(record["resumed_at"], 6_000_000);
    }
    assert_eq!(end["bytes_out"], 2_000_000);
    it.write("out", &whole[..6_000_000]);
    let args = ["--resume", "--format", "{bytes} {percent}", "-L", "1M"];
    let done = it.tide([&args[..], &["-i", "100ms", "in", "out"]].concat());
    let done = done.run().exits(0);
    let lines: Vec<_> = done.stderr.lines().collect();
    let percent = |line: &str| line.split(' ').nth(1).and_then(|it| it.parse().ok());
    let all: Vec<Option<u64>> = lines.iter().map(|it| percent(it)).collect();
    assert!(all.iter().all(|it| *it >= Some(75)), "{lines:?}");
    assert_eq!(lines.last(), Some(&"8000000 100"));
}

#[apply(on_both_roads)]
fn an_interrupted_copy_says_how_to_go_on() {
    let whole = noise(4_000_000);
    for (had, sink, says) in [
        (0, "out", "; out is incomplete; --resume goes on\n"),
        (
            2_000_000,
            "out",
            "; resumed at 1.91 MiB; out is incomplete; --resume goes on\n",
        ),
    ] {
        let it = Scratch::new();
        it.write("in", &whole);
        it.write("out", &whole[..had]);
        let args = "--resume -L 1M --summary always --stats s -i 10ms in".split(' ');
        let running = it.tide(args.chain([sink])).start();
        it.recorded("s", |record| record["bytes_out"].as_u64() > Some(0));
        running.signal("INT");
        let done = running.done().exits(130);
        let said = done.stderr.replace("\ntidegate: ", " ");
        assert!(
            said.contains(says) && said.contains(" of 3.81 MiB ("),
            "{said}"
        );
    }
}

#[test]
fn nothing_says_how_to_go_on_where_that_cannot_be() {
    for (ends, input) in [
        ("- out", true),
        ("-t gzip in out", false),
        ("in file:out#append", false),
        ("in --tee more out", false),
    ] {
        let it = Scratch::new();
        it.write("in", noise(4_000_000));
        let line = format!("-L 1M --summary always --stats s -i 10ms {ends}");
        let mut running = it.tide(line.split(' ')).open_input().start();
        if input {
            running.feed("hello");
        }
        it.recorded("s", |record| record["bytes_out"].as_u64() > Some(0));
        running.signal("INT");
        let done = running.done().exits(130);
        assert!(!done.stderr.contains("--resume"), "{}", done.stderr);
    }
}

#[test]
fn what_cannot_be_resumed_is_refused_and_left_alone() {
    let it = Scratch::new();
    it.write("in", "0123456789");
    it.write("out", "01234");
    it.sh("mkfifo fifo").run().succeeds();
    for (line, parts) in [
        ("in -", &["'-': --resume goes on in a regular file"][..]),
        ("in", &["'-': --resume goes on in a regular file"]),
        ("in null:", &["'null:': --resume goes on in a regular file"]),
        (
            "in fifo",
            &["opening fifo: --resume goes on in a regular file"],
        ),
        (
            "in /dev/null",
            &["opening /dev/null: --resume goes on in a regular"],
        ),
        (
            "in file:out#append",
            &["append does not; leave one of them out"],
        ),
        (
            "in file:out#create",
            &["create does not; leave one of them out"],
        ),
        ("in file:out#atomic,sync", &["atomic does not; leave one"]),
        ("-t sha256 in out", &["-t sha256", "leave one of them out"]),
        (
            "fifo out",
            &["resuming from fifo: it cannot begin where SINK ends"],
        ),
        ("- out", &["resuming from -: ", "leave --resume out"]),
        ("exec:cat out", &["resuming from exec:cat: "]),
        ("tcp-listen://:0 out", &["resuming from tcp-listen://:0: "]),
        ("random: out", &["resuming from random:: "]),
        ("/proc/version out", &["resuming from /proc/version: "]),
        ("in in", &["source and sink are the same file"]),
        (
            "in in out",
            &["--resume makes no sense with several SOURCEs"],
        ),
        ("in out --tee more", &["--resume makes no sense with --tee"]),
    ] {
        for explain in ["", "--explain "] {
            let line = format!("$T --resume {explain}{line} --stats s");
            it.sh(&line).run().refuses(parts);
        }
        assert_eq!(it.read("out"), b"01234", "{line}");
        assert_eq!(it.names(), ["fifo", "in", "out"], "{line}");
    }
    it.tide(["in", "out"])
        .env("TIDEGATE_RESUME", "1")
        .run()
        .succeeds();
    assert_eq!(it.read("out"), b"0123456789");
}

#[apply(on_both_roads)]
fn standard_input_that_is_a_file_and_a_link_to_the_sink_do_as_well() {
    let it = Scratch::new();
    let whole = noise(2_500_000);
    it.write("in", &whole);
    it.write("out", &whole[1000..2_000_000]);
    symlink("out", it.path("link")).expect("a link");
    let line = "{ dd of=/dev/null bs=1000 count=1 status=none; $T --resume - link; } <in";
    it.sh(line).run().succeeds();
    assert!(it.read("out") == whole[1000..]);
    assert!(it.path("link").is_symlink());
}

#[test]
fn zeros_are_resumed_as_a_file_of_them_is() {
    for road in ["auto", "buffered"] {
        let it = Scratch::new();
        it.write("out", vec![0; 2_000_000]);
        let args = ["--road", road, "--resume", "zero:#size=3M", "out"];
        it.tide(args).run().succeeds();
        assert!(it.read("out") == vec![0; 3 << 20], "{road}");
    }
}

#[test]
fn what_would_come_of_it_is_explained() {
    let it = Scratch::new();
    let whole = noise(3_000_000);
    it.write("in", &whole);
    it.write("out", &whole[..2_000_000]);
    it.write("long", [&whole[..], b"more"].concat());
    for (line, parts) in [
        (
            "in out",
            &[
                "kept: the last 1 MiB (1048576 bytes) of it are compared with SOURCE",
                "at byte 2000000, by seeking, ",
                "(3000000 bytes): what SINK has, and what is left of the source",
            ][..],
        ),
        ("in new", &["from the beginning: SINK has nothing yet"]),
        (
            "in long",
            &[
                "it is longer than in, which ends at 3000000;",
                "(exit 3)",
                "nothing would be moved",
            ],
        ),
        (
            "--take 5 in out",
            &["more than the 5 bytes of --take", "(exit 3)"],
        ),
    ] {
        let done = it.tide("--explain --resume".split(' ').chain(line.split(' ')));
        let told = String::from_utf8(done.run().exits(0).stdout).expect("text");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(told.contains(part.trim()), "{line}: {part}: {told}");
        }
    }
    assert_eq!(it.names(), ["in", "long", "out"]);
}
