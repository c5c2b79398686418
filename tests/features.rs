//! What a build has, and that it answers by name for what it leaves out. These tests hold for every choice of features: build them
//! with any.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::{Command, Output, Stdio};
use tidegate::transform::KINDS;

/// The transforms that take a feature.
const TRANSFORMS: [(&str, bool, &[&str]); 2] = [
    (
        "compression",
        cfg!(feature = "compression"),
        &[
            "gzip",
            "zstd",
            "xz",
            "lz4",
            "brotli",
            "bzip2",
            "gunzip",
            "unzstd",
            "unxz",
            "unlz4",
            "unbrotli",
            "bunzip2",
            "decompress",
        ],
    ),
    (
        "digests",
        cfg!(feature = "digests"),
        &["sha256", "sha512", "blake3", "md5", "crc32", "xxh3"],
    ),
];

/// The flags that take a feature, with a value.
const FLAGS: [(&str, bool, &str, &str); 3] = [
    (
        "digests",
        cfg!(feature = "digests"),
        "--digest-file",
        "/dev/null",
    ),
    ("plot", cfg!(feature = "plot"), "--plot", "/dev/null.svg"),
    ("generate", cfg!(feature = "generate"), "--generate", "man"),
];

/// The ends that take a feature.
const ENDS: [(&str, bool, &str, &str); 4] = [
    ("http", cfg!(feature = "http"), "http://", "127.0.0.1:99999"),
    (
        if cfg!(feature = "http") {
            "tls"
        } else {
            "http"
        },
        cfg!(all(feature = "http", feature = "tls")),
        "https://",
        "127.0.0.1:99999",
    ),
    ("tls", cfg!(feature = "tls"), "tls://", "127.0.0.1:99999"),
    (
        "tls",
        cfg!(feature = "tls"),
        "tls-listen://",
        "127.0.0.1:99999",
    ),
];

fn tidegate<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = tidegate(args.iter().copied());
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Unless it is here, it is refused as what this build leaves out for lack of `feature`, and nothing else is said.
#[track_caller]
fn is_here_or_left_out(output: &Output, is_here: bool, what: &str, feature: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    if is_here {
        assert!(!told.contains("feature"), "{told}");
        return;
    }
    let why = format!("{what}; it was built without the feature {feature}\n");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.starts_with("tidegate: ") && told.ends_with(&why),
        "{told}"
    );
    assert_eq!(
        (told.lines().count(), output.stdout.len()),
        (1, 0),
        "{told}"
    );
}

#[test]
fn a_transform_is_here_or_answers_by_its_name() {
    let list = printed(&["-t", "help"]);
    for (feature, is_here, names) in TRANSFORMS {
        for name in names {
            let kind = KINDS.iter().find(|kind| kind.name == *name).unwrap();
            assert_eq!(kind.is_here(), is_here, "{name}");
            let (before, after) = list
                .split_once("\nnot in this build:\n")
                .unwrap_or((&list, ""));
            let line = format!("\n  {name:12} ");
            assert_eq!(
                (before.contains(&line), format!("\n{after}").contains(&line)),
                (is_here, !is_here),
                "{name}"
            );
            for spec in [(*name).to_owned(), format!("{name}=1,no:such")] {
                let output = tidegate(["-t", &spec, "zero:#size=0", "null:"]);
                let what = format!("--transform {spec}: this build has no {name}");
                is_here_or_left_out(&output, is_here, &what, feature);
            }
        }
    }
}

#[test]
fn a_mistyped_transform_is_answered_with_those_that_are_here() {
    let output = tidegate(["-t", "lnes", "zero:#size=0", "null:"]);
    let told = String::from_utf8(output.stderr).unwrap();
    for kind in KINDS {
        assert_eq!(
            told.contains(&format!(" {}", kind.name)),
            kind.is_here(),
            "{told}"
        );
    }
}

#[test]
fn a_flag_is_here_or_answers_by_its_name() {
    let help = printed(&["--help"]);
    for (feature, is_here, flag, value) in FLAGS {
        let shown = help.contains(&format!("{flag} "));
        assert!(is_here || !shown, "{flag}");
        let output = tidegate([flag, value]);
        let record = tidegate([flag, value, "-p", "json"]);
        let record = String::from_utf8_lossy(&record.stderr);
        assert!(is_here || record.starts_with('{'), "{record}");
        let what = format!("tidegate: this build has no {flag}");
        is_here_or_left_out(&output, is_here, &what, feature);
    }
}

#[test]
fn an_end_is_here_or_answers_by_its_name() {
    for (feature, is_here, scheme, rest) in ENDS {
        for args in [
            [&*format!("{scheme}{rest}"), "null:"],
            ["zero:#size=0", &format!("{scheme}{rest}")],
        ] {
            let output = tidegate(args);
            let what = format!("this build has no {scheme}");
            is_here_or_left_out(&output, is_here, &what, feature);
        }
    }
}

#[test]
fn every_build_moves_bytes_and_tells_of_it() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    fs::write(path("in"), &bytes).unwrap();
    let (stats, trace) = (path("stats"), path("trace"));
    let beside = ["--stats", &*stats, "--trace", &*trace];
    for road in ["auto", "buffered"] {
        let (from, to) = (path("in"), path(road));
        printed(&[&beside[..], &["--road", road, &*from, &*to]].concat());
        assert!(fs::read(&to).unwrap() == bytes, "{road}");
        for file in [&stats, &trace] {
            assert!(
                fs::read_to_string(file).unwrap().contains("complete"),
                "{file}"
            );
        }
    }
    let (from, to) = (path("in"), path("there and back"));
    printed(&[
        "-t", "base64", "-t", "exec=cat", "-t", "unbase64", &*from, &*to,
    ]);
    assert!(fs::read(&to).unwrap() == bytes);
}
