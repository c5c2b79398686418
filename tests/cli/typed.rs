//! What is typed, and what the environment sets: empty variables, and refusals that are one line whatever was typed.

use crate::tide::Scratch;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[test]
fn an_empty_variable_counts_as_one_that_is_not_set() {
    let it = Scratch::new();
    it.write("in", "hello");
    let command = tidegate::cli::command();
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    let mut all = it.tide(["in", "out"]);
    let mut count = 0;
    for variable in variables.filter(|it| *it != "TIDEGATE_ROAD") {
        let name = variable.to_str().expect("a name");
        let alone = it.tide(["in", "out"]).env(name, "");
        alone.run().succeeds();
        all = all.env(name, "");
        count += 1;
    }
    assert!(count > 15, "{count}");
    all.run().succeeds();
    assert_eq!(it.names(), ["in", "out"]);
    it.tide(["in", "out"])
        .env("TIDEGATE_ROAD", "")
        .run()
        .succeeds();
    let set = it.tide(["in", "out"]).env("TIDEGATE_TAKE", "x");
    set.run().refuses(&["'x'", "--take"]);
}

#[test]
fn the_environment_runs_nothing_writes_no_file_and_chooses_no_mode() {
    let it = Scratch::new();
    it.write("in", "hello");
    let mut all = it.tide(["in", "out"]);
    for (name, value) in [
        ("TRANSFORM", "exec=touch ran; cat"),
        ("EXPLAIN", "1"),
        ("STATS", "stats"),
        ("TRACE", "trace"),
        ("PLOT", "plot.svg"),
        ("DIGEST_FILE", "sums"),
        ("CONTROL", "control"),
        ("TELL", "control status"),
        ("GENERATE", "man"),
        ("TEE", "tee"),
    ] {
        all = all.env(&format!("TIDEGATE_{name}"), value);
    }
    all.run().succeeds().prints("");
    assert_eq!(
        (it.names(), it.read("out")),
        (vec!["in".to_owned(), "out".to_owned()], b"hello".to_vec())
    );
}

#[test]
fn every_refusal_is_one_line_that_begins_with_the_program() {
    let it = Scratch::new();
    it.write("in", "x");
    let lines: [&[&[u8]]; 23] = [
        &[b"--xyzzy"],
        &[b"--xy\nzzy"],
        &[b"--quite"],
        &[b"-Z"],
        &[b"-p", b"nope"],
        &[b"-p", b"no\npe"],
        &[b"-p"],
        &[b"-H", b"x\ny"],
        &[b"-H", b"5\x1b[31mQ"],
        &[b"-H", b"\xff"],
        &[b"-H"],
        &[b"--tell"],
        &[b"--tell", b"c"],
        &[b"--generate", b"man", b"in"],
        &[b"-q=5"],
        &[b"-L", b"1", b"-L", b"2"],
        &[b"-t", b"no\nsuch", b"in", b"out"],
        &[b"-t", b"zstd=le\nvel:3", b"in", b"out"],
        &[b"-i", b"0", b"in", b"out"],
        &[b"--format", b"{a\nb}", b"in", b"out"],
        &[b"tpx://h\n", b"out"],
        &[b"in", b"file:out#a\nb"],
        &[b"", b"out"],
    ];
    for line in lines {
        let args: Vec<_> = line.iter().map(|it| OsStr::from_bytes(it)).collect();
        let done = it.tide(&args).run();
        assert_eq!(done.code(), 2, "{args:?}: {}", done.stderr);
        let said = done.refuses(&[]).stderr;
        let has_control = said.trim_end_matches('\n').chars().any(char::is_control);
        assert!(!has_control, "{args:?}: {said:?}");
    }
    assert_eq!(it.names(), ["in"]);
}
