//! Which flags make sense in which mode: the table that the parser goes by, cell by cell, and what the pages say of it.

use crate::tide::Scratch;
use tidegate::cli::modes::{FLAGS, Mode};

const PAGE: &str = include_str!("../../docs/modes.md");

/// A command line in this mode, of which nothing is carried out.
fn command_line(mode: Mode) -> Vec<&'static str> {
    let ends: &[&str] = match mode {
        Mode::Copy => &["zero:", "null:"],
        Mode::Sources => &["zero:", "zero:", "null:"],
        Mode::Tee => &["zero:", "null:", "--tee", "null:"],
        Mode::Duplex => &["--duplex", "tcp://127.0.0.1:1"],
    };
    ["--explain"].iter().chain(ends).copied().collect()
}

/// Each flag of the table, as it would be typed.
fn typed(id: &str) -> Vec<&'static str> {
    match id {
        "transform" => vec!["-t", "sha256"],
        "skip" => vec!["--skip", "1"],
        "take" => vec!["--take", "1"],
        "resume" => vec!["--resume"],
        "size" => vec!["-s", "1"],
        "expect_size" => vec!["--expect-size", "1"],
        "skip_errors" => vec!["-E"],
        "error_block" => vec!["--error-block", "4K"],
        "tee" => vec!["--tee", "null:"],
        "fail_fast" => vec!["--fail-fast"],
        "digest_file" => vec!["--digest-file", "sums", "-t", "sha256"],
        "format" => vec!["--format", "{bytes}"],
        other => panic!("how is {other} typed?"),
    }
}

#[test]
fn every_cell_of_the_table_of_flags_by_mode_is_what_the_program_does() {
    let it = Scratch::new();
    for (id, modes) in FLAGS {
        for (mode, makes_sense) in Mode::ALL.into_iter().zip(modes) {
            let args = [command_line(mode), typed(id)].concat();
            let done = it.tide(&args).run();
            let refusal = format!("--{} makes no sense with ", id.replace('_', "-"));
            // Of two flags the first one of the table is named.
            let is_refused = done.code() == 2 && done.stderr.contains("makes no sense with ");
            assert_eq!(is_refused, !makes_sense, "{args:?}: {}", done.stderr);
            if !makes_sense && id != "digest_file" {
                assert!(done.stderr.contains(&refusal), "{args:?}: {}", done.stderr);
            }
        }
    }
}

#[test]
fn every_other_flag_is_for_all_modes_and_a_variable_never_stands_in_the_way() {
    let it = Scratch::new();
    let others = [
        vec!["-H", "64K"],
        vec!["--read-high-water-mark", "64K"],
        vec!["-c", "4K"],
        vec!["-L", "1M"],
        vec!["-L", "1M", "--burst", "1K"],
        vec!["--road", "buffered"],
        vec!["--idle-timeout", "1s"],
        vec!["--proxy", "socks5h://127.0.0.1"],
        vec!["-p", "line"],
        vec!["--timestamps"],
        vec!["-N", "x"],
        vec!["--stats", "s"],
        vec!["-i", "1s"],
        vec!["--summary", "always"],
        vec!["-v"],
        vec!["-q"],
        vec!["--control", "c"],
        vec!["--trace", "t.json"],
        #[cfg(feature = "plot")]
        vec!["--plot", "p.svg"],
    ];
    for mode in Mode::ALL {
        for flag in &others {
            let args = [command_line(mode), flag.clone()].concat();
            it.tide(&args).run().exits(0);
        }
        let with_variables = it.tide(command_line(mode));
        let with_variables = with_variables
            .env("TIDEGATE_TAKE", "1")
            .env("TIDEGATE_FAIL_FAST", "true");
        with_variables.run().exits(0);
    }
}

#[test]
fn the_page_shows_the_table() {
    let row_of = |flag: &str| {
        let mut rows = PAGE.lines().filter(|line| line.starts_with("| `"));
        let row = rows.find(|line| line.split('|').nth(1).is_some_and(|it| it.contains(flag)));
        row.unwrap_or_else(|| panic!("no row for {flag}"))
    };
    for (id, modes) in FLAGS {
        let short = match id {
            "transform" => "`-t`",
            "size" => "`-s`",
            "skip_errors" => "`-E`",
            _ => "",
        };
        let long = format!("`--{}`", id.replace('_', "-"));
        let row = row_of(if short.is_empty() { &long } else { short });
        let cells: Vec<_> = row.split('|').skip(2).map(str::trim).collect();
        for ((cell, makes_sense), mode) in cells.iter().zip(modes).zip(Mode::ALL) {
            assert_eq!(*cell != "–", makes_sense, "{id} with {mode:?}: {row}");
        }
    }
}
