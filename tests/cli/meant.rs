//! What a person most likely meant, where it is not what was typed; and what is not done to their terminal or file without
//! a word.

use crate::screen::Ended;
use crate::tide::{Scratch, noise};

/// A place with a text, with bytes that are none, and with a file to be replaced.
fn place() -> Scratch {
    let it = Scratch::new();
    it.write("in", "some text\n");
    it.write("img", noise(100_000));
    it.write("old", vec![b'x'; 1_288_490]);
    it
}

/// What a person at a terminal is left with.
#[track_caller]
fn seen(it: &Scratch, line: &str) -> Ended {
    it.sh(line).on_screen(120, 40).done()
}

#[test]
fn a_source_that_is_no_file_but_looks_like_an_end_is_refused_with_the_end() {
    let it = place();
    for (typed, meant) in [
        ("10.0.0.1:80", "tcp://10.0.0.1:80"),
        ("[::1]:80", "tcp://[::1]:80"),
        (":9000", "tcp-listen://:9000"),
        ("zero#size=5", "zero:#size=5"),
        ("random", "random:"),
    ] {
        let hint = format!("did you mean {meant}?");
        let done = it.tide([typed, "null:"]).run();
        done.fails_saying(1, &["No such file", &hint]);
    }
    let plain = it.tide(["missing", "null:"]).run();
    let plain = plain.fails_saying(1, &["No such file"]);
    assert!(!plain.stderr.contains("did you mean"), "{}", plain.stderr);
}

#[apply(on_both_roads)]
fn a_new_file_whose_name_looks_like_an_end_is_made_with_a_warning() {
    for (typed, meant) in [
        ("null", "null:"),
        ("zero", "zero:"),
        ("random", "random:"),
        ("stdout", "stdout:"),
        ("null#rate=5M", "null:#rate=5M"),
        ("out#sync", "file:out#sync"),
        ("10.0.0.1:80", "tcp://10.0.0.1:80"),
        ("[::1]:80", "tcp://[::1]:80"),
    ] {
        let it = place();
        let warning = format!(
            "tidegate: warning: {typed} is taken for the name of a new file; did you mean {meant}?\n"
        );
        it.tide(["in", typed]).run().exits(0).says(&warning);
        assert_eq!(it.read(typed), b"some text\n");
        // By now it is the name of a file.
        it.tide(["in", typed]).run().succeeds();
        it.tide([typed]).run().succeeds().prints("some text\n");
    }
    let it = place();
    it.tide(["in", "./null"]).run().succeeds();
    it.tide(["-q", "in", "zero"]).run().succeeds();
    it.tide(["in", "2026-11-30T12:30"]).run().succeeds();
    it.tide(["in", "a#1"]).run().succeeds();
}

#[test]
fn an_explanation_tells_what_was_probably_meant() {
    let it = place();
    let done = it.tide(["--explain", "in", "null"]).run().succeeds();
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(told.contains("hint        did you mean null:?"), "{told}");
    assert_eq!(it.names(), ["img", "in", "old"]);
}

#[test]
fn at_a_terminal_the_bare_name_prints_the_short_help() {
    let it = place();
    let ended = seen(&it, "$T").exits(2);
    let help = it.tide(["-h"]).run().succeeds().stdout;
    let help = String::from_utf8(help).unwrap();
    assert_eq!(ended.view.lines(), help.lines().collect::<Vec<_>>());
    for line in ["$T <in", "$T - <in", "cat in | $T"] {
        seen(&it, line).exits(0).leaves(&["some text"]);
    }
    it.sh("cat in | $T").run().succeeds().prints("some text\n");
}

#[apply(on_both_roads)]
fn bytes_that_are_no_text_are_not_written_to_a_terminal_unless_it_was_named() {
    let it = place();
    for line in [
        "$T img",
        "$T <img",
        "$T -t gzip in",
        "$T zero:",
        "printf 'a\\0b' | $T",
        "printf '\\377\\376' | $T",
    ] {
        let ended = seen(&it, line).exits(1);
        let said = ended.view.lines().concat();
        let rest = said.strip_prefix("tidegate: writing to -: this is binary data");
        let rest = rest.unwrap_or_else(|| panic!("{line}: {ended:?}"));
        assert!(rest.contains("name a file as the SINK, or - to"), "{said}");
        assert!(rest.ends_with("; 0 bytes delivered"), "{said}");
    }
    for sink in ["-", "stdout:", "/dev/stdout"] {
        let ended = seen(&it, &format!("printf 'a\\1b\\0c' | $T - {sink}")).exits(0);
        assert!(ended.raw.contains("a\u{1}b\0c"), "{ended:?}");
    }
    for line in [
        "$T in",
        "printf 'gr\\303\\266\\303' | $T",
        "$T -t gzip in | $T -t gunzip",
    ] {
        seen(&it, line).exits(0);
    }
    it.tide(["img"]).run().succeeds().prints(it.read("img"));
}

#[apply(on_both_roads)]
fn at_a_terminal_a_file_that_is_replaced_is_named_with_its_old_size() {
    let replacing = "tidegate: replacing the old old (1.23 MiB)";
    for sink in ["old", "file:old", "file:old#atomic", "file:old#sync"] {
        let it = place();
        let ended = seen(&it, &format!("$T --summary never in '{sink}'"));
        ended.exits(0).leaves(&[replacing]);
        assert_eq!(it.read("old"), b"some text\n");
    }
    let it = place();
    it.write("empty", "");
    for line in [
        "$T -q in old",
        "$T --summary never in new",
        "$T --summary never in empty",
        "$T --summary never in file:old#append",
        "$T --summary never in file:other#create",
        "$T --summary never in - >>old",
        "$T --summary never in - >old",
        "$T --summary never in /dev/null",
    ] {
        seen(&it, line).exits(0).leaves(&[]);
    }
    // It is said before the file is touched, and not at all where the transfer is refused.
    let it = place();
    let ended = seen(&it, "$T old ./old").exits(2);
    assert!(!ended.raw.contains("replacing"), "{ended:?}");
    it.tide(["in", "old"]).run().succeeds();
}

#[apply(on_both_roads)]
fn quiet_says_no_warning_and_no_note() {
    let it = place();
    it.sh("{ gzip <in; echo more; } >packed").run().succeeds();
    for args in [
        &["in", "null"][..],
        &["-H", "999T", "in", "out"],
        &["-t", "gunzip", "packed", "out"],
        &["-v", "--summary", "always", "in", "out"],
    ] {
        let said = it.tide(args).run().exits(0).stderr;
        assert_ne!(said, "", "{args:?}");
        let _ = std::fs::remove_file(it.path("null"));
        it.tide([&["-q"], args].concat()).run().succeeds();
        let _ = std::fs::remove_file(it.path("null"));
    }
    it.tide(["-q", "missing"])
        .run()
        .fails_saying(1, &["missing"]);
}
