//! Undoes the files in `tests/data/compressed`, which other tools have compressed.

use crate::transform::driven::{Pace, drive, made};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The content of those files, as their `README.md` says.
fn content() -> String {
    let mut lines = String::new();
    for i in 1..=9_000 {
        writeln!(lines, "line {} of {}", i % 97, i % 13).unwrap();
    }
    lines
}

fn undo_for(extension: &str) -> &'static str {
    match extension {
        "gz" => "gunzip",
        "zst" => "unzstd",
        "xz" => "unxz",
        "lz4" => "unlz4",
        "br" => "unbrotli",
        "bz2" => "bunzip2",
        other => panic!("what is {other}?"),
    }
}

#[test]
fn what_other_tools_have_compressed_is_undone_at_any_pace() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/compressed");
    let content = content();
    let ragged = Pace {
        pieces: vec![1000, 1, 7],
        rooms: vec![333, 1, 100_000],
        flushes: true,
    };
    let mut files = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|it| it.to_str()).unwrap();
        if extension == "md" {
            continue;
        }
        files += 1;
        let compressed = fs::read(&path).unwrap();
        let by_name = undo_for(extension);
        let undo = [by_name, "decompress"].into_iter();
        for undo in undo.take(if by_name == "unbrotli" { 1 } else { 2 }) {
            for pace in [&Pace::at_once(), &Pace::by_bytes(), &ragged] {
                let mut transform = made(undo);
                let driven = drive(&mut *transform, &compressed, pace);
                assert_eq!(driven.result, Ok(()), "{undo}: {}", path.display());
                assert!(driven.output == content.as_bytes(), "{}", path.display());
                let has_garbage = path.ends_with("bzip2-streams.bz2");
                assert_eq!(transform.warning().is_some(), has_garbage);
            }
        }
    }
    assert_eq!(files, 25);
}
