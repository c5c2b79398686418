//! What `--generate` writes, and that the files of `man/` and `completions/` are just that.

use crate::real_peers::is_here;
use crate::tide::Scratch;
use std::fs;
use std::path::{Path, PathBuf};

const FILES: [(&str, &str); 7] = [
    ("man", "man/tidegate.1"),
    ("man-endpoints", "man/tidegate-endpoints.7"),
    ("bash", "completions/tidegate.bash"),
    ("zsh", "completions/_tidegate"),
    ("fish", "completions/tidegate.fish"),
    ("elvish", "completions/tidegate.elv"),
    ("powershell", "completions/_tidegate.ps1"),
];

/// Named in CONTRIBUTING.md too.
const REGENERATE: &str = "REGENERATE=1 cargo test --test cli generated";

pub(crate) fn in_tree(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub(crate) fn generated(it: &Scratch, what: &str) -> String {
    let done = it.tide(["--generate", what]).run().succeeds();
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// Both man pages, as one text.
pub(crate) fn man_pages() -> String {
    let it = Scratch::new();
    generated(&it, "man") + &generated(&it, "man-endpoints")
}

#[test]
fn the_committed_files_are_what_is_generated() {
    let it = Scratch::new();
    let wanted = std::env::var_os("REGENERATE").is_some_and(|value| value == "1");
    for (what, name) in FILES {
        let text = generated(&it, what);
        if wanted {
            fs::write(in_tree(name), &text).expect("writing");
        }
        let committed = fs::read_to_string(in_tree(name)).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is out of date; run: {REGENERATE}"
        );
    }
    let told = fs::read_to_string(in_tree("CONTRIBUTING.md")).expect("reading");
    assert!(told.contains(REGENERATE), "CONTRIBUTING.md: {REGENERATE}");
}

#[test]
fn what_is_generated_does_not_depend_on_where() {
    let it = Scratch::new();
    for (what, _) in FILES {
        let elsewhere = it
            .tide(["--generate", what])
            .env("COLUMNS", "40")
            .env("TERM", "dumb")
            .env("LC_ALL", "C")
            .env("CLICOLOR_FORCE", "1")
            .env("TIDEGATE_TAKE", "5")
            .env("TIDEGATE_SUMMARY", "never");
        let elsewhere = elsewhere.run().succeeds();
        elsewhere.prints(generated(&it, what));
    }
}

#[test]
fn a_text_that_cannot_be_written_is_told_in_the_usual_way() {
    let it = Scratch::new();
    it.sh("$T --generate man >/dev/full")
        .run()
        .fails_saying(1, &["writing to standard output", "No space left"]);
    it.sh("$T --generate man >&-")
        .run()
        .fails_saying(1, &["writing to standard output"]);
    // The pipe of a reader that has gone: silent, as everywhere.
    let (reader, stdout) = std::io::pipe().expect("a pipe");
    drop(reader);
    let unread = it.tide(["--generate", "man"]).stdout(stdout);
    unread.run().exits(141).says("");
}

#[test]
fn generating_goes_with_no_transfer_and_is_told_in_the_long_help() {
    let it = Scratch::new();
    it.tide(["--generate", "man", "in"])
        .run()
        .refuses(&["cannot be used with"]);
    it.tide(["--generate", "csh"])
        .run()
        .refuses(&["csh", "bash"]);
    let help = it.tide(["--help"]).run().succeeds();
    assert!(String::from_utf8_lossy(&help.stdout).contains("--generate WHAT"));
    assert!(generated(&it, "man").contains("generate"));
}

#[test]
fn the_man_pages_are_faultless() {
    let it = Scratch::new();
    for (what, name) in [("man", "tidegate.1"), ("man-endpoints", "tidegate.7")] {
        it.write(name, generated(&it, what));
        if is_here("mandoc") {
            let line = format!("mandoc -T lint -W style {name}");
            it.sh(&line).run().exits(0).prints("");
        }
        if is_here("man") {
            for line in at_80_columns(&it, name).lines() {
                assert!(line.chars().count() <= 80, "{name}: {line:?}");
            }
        }
    }
}

#[test]
fn the_man_page_of_the_program_is_read_in_700_lines() {
    let it = Scratch::new();
    it.write("tidegate.1", generated(&it, "man"));
    let page = if is_here("man") {
        at_80_columns(&it, "tidegate.1")
    } else if is_here("mandoc") {
        let line = "mandoc -T utf8 -O width=78 tidegate.1";
        String::from_utf8_lossy(&it.sh(line).run().succeeds().stdout).into_owned()
    } else {
        eprintln!("skipped: neither man nor mandoc tells how long tidegate(1) is");
        return;
    };
    let lines = page.lines().count();
    assert!((400..=700).contains(&lines), "{lines} lines");
}

fn at_80_columns(it: &Scratch, name: &str) -> String {
    let line = format!("MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l {name} | cat");
    let done = it.sh(&line).run().succeeds();
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn the_man_pages_tell_every_flag_and_every_endpoint() {
    let it = Scratch::new();
    let page = generated(&it, "man").replace("\\-", "-");
    let endpoints = generated(&it, "man-endpoints").replace("\\-", "-");
    for flag in tidegate::cli::command().get_arguments() {
        let name = flag.get_long().unwrap_or_default();
        assert!(
            flag.is_hide_set() || page.contains(&format!("--{name}")),
            "{name}"
        );
    }
    for kind in tidegate::endpoint::KINDS {
        let form = format!("\\fB{}\\fR", kind.form);
        assert!(page.contains(&form) && endpoints.contains(&form), "{form}");
        for option in kind.options {
            let name = format!("\\fB{}\\fR", option.name);
            assert!(endpoints.contains(&name), "{name}");
        }
    }
    assert!(page.contains("tidegate-endpoints\\fR(7)"), "SEE ALSO");
    assert!(endpoints.contains("tidegate\\fR(1)"), "SEE ALSO");
}

#[test]
fn the_man_pages_name_no_flag_that_there_is_not() {
    let page = man_pages().replace("\\-", "-");
    let mut flags = tidegate::cli::command();
    // With the flags that clap adds.
    flags.build();
    let flags: Vec<_> = flags.get_arguments().collect();
    for text in page.split("--").skip(1) {
        let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '-'));
        let name = &text[..end.unwrap_or(text.len())];
        let is_one = |flag: &&clap::Arg| {
            let names = flag.get_long_and_visible_aliases().unwrap_or_default();
            names.contains(&name)
        };
        // `--` alone ends the flags, and `status --json` is a command for `--tell`.
        let is_other = name.is_empty() || name == "json";
        assert!(is_other || flags.iter().any(is_one), "--{name}");
    }
    for text in page.split("TIDEGATE_").skip(1) {
        let end = text.find(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        let name = text[..end.unwrap_or(0)].to_lowercase().replace('_', "-");
        let is_one = |flag: &&clap::Arg| flag.get_long() == Some(&name);
        assert!(name.is_empty() || flags.iter().any(is_one), "{name}");
    }
}
