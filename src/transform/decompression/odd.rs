//! Members, frames, padding and garbage in every order: each is read, refused, or ignored with a warning that gives its size;
//! and what the reference tools read without a message is read here too.

use super::legacy_lz4;
use crate::transform::driven::{Pace, drive, made, mixed, through};
use crate::transform::peers::{is_here, peer_answer};
use std::sync::LazyLock;

/// What undoes, what compresses for it, and the tool of reference.
const FORMATS: [(&str, &str, &str); 6] = [
    ("gunzip", "gzip", "gzip -dc"),
    ("bunzip2", "bzip2", "bzip2 -dc"),
    ("unxz", "xz=0", "xz -dc"),
    ("unzstd", "zstd", "zstd -qdc"),
    ("unlz4", "lz4", "lz4 -qdc"),
    ("unbrotli", "brotli", "brotli -dc"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A stream of so many bytes.
    Member(usize),
    /// The legacy format of lz4.
    Legacy(usize),
    Skippable,
    Zeros(usize),
    Garbage(&'static [u8]),
}
use Part::{Garbage, Legacy, Member, Skippable, Zeros};

const PARTS: [Part; 10] = [
    Member(3000),
    Member(1),
    Member(0),
    Legacy(2000),
    Skippable,
    Zeros(1),
    Zeros(4),
    Zeros(512),
    Garbage(b"x"),
    Garbage(b"\x1fBZ\xfd garbage"),
];

static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| mixed(3000, 41));

/// A frame as `lz4 -l` writes it.
fn legacy(content: &[u8]) -> Vec<u8> {
    let block = lz4::block::compress(content, None, false).unwrap();
    let size = u32::try_from(block.len()).unwrap().to_le_bytes();
    [&legacy_lz4::MAGIC[..], &size, &block].concat()
}

impl Part {
    fn bytes(self, compress: &str) -> Vec<u8> {
        match self {
            Member(n) => through(compress, &CONTENT[..n]),
            Legacy(n) => legacy(&CONTENT[..n]),
            Skippable => b"\x5a\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
            Zeros(n) => vec![0; n],
            Garbage(bytes) => bytes.to_vec(),
        }
    }

    /// What is in it that must not be lost.
    fn content(self) -> &'static [u8] {
        match self {
            Member(n) | Legacy(n) => &CONTENT[..n],
            _ => b"",
        }
    }

    fn is_data(self) -> bool {
        matches!(self, Member(_) | Legacy(_))
    }
}

/// All of up to two parts, and of three where the first is a member.
fn sequences(compress: &str) -> Vec<Vec<Part>> {
    let is_of_it = |part: &Part| compress == "lz4" || !matches!(part, Legacy(_));
    let parts: Vec<_> = PARTS.into_iter().filter(is_of_it).collect();
    let mut all = Vec::new();
    for one in &parts {
        all.push(vec![*one]);
        for two in &parts {
            all.push(vec![*one, *two]);
            all.push(vec![Member(3000), *one, *two]);
        }
    }
    all
}

/// What is decompressed here. `None`: it is refused. Checks that no data is lost without an error.
#[track_caller]
fn ours(spec: &str, parts: &[Part], input: &[u8], sizes: &[usize]) -> Option<Vec<u8>> {
    let all: Vec<u8> = parts
        .iter()
        .flat_map(|part| part.content())
        .copied()
        .collect();
    let mut outputs = Vec::new();
    for pace in [Pace::at_once(), Pace::by_bytes()] {
        let mut transform = made(spec);
        let driven = drive(&mut *transform, input, &pace);
        let about = format!("{spec} of {parts:?}: {:?}", driven.result);
        assert!(all.starts_with(&driven.output), "{about}");
        if let Some(warning) = transform.warning().filter(|_| driven.result.is_ok()) {
            // An empty stream of bzip2 behind garbage has no data that could be lost, and counts as garbage.
            let last = parts.iter().rposition(|part| part.is_data());
            let first = parts.iter().position(|part| !part.is_data());
            let is_told = [last.map(|it| it + 1), first]
                .into_iter()
                .flatten()
                .any(|end| {
                    let behind: usize = sizes[end..].iter().sum();
                    let bytes = if behind == 1 { "byte" } else { "bytes" };
                    warning.starts_with(&format!(
                        "ignored {behind} {bytes} of something else behind"
                    ))
                });
            assert!(is_told, "{about}: {warning}");
        }
        let is_good = driven.result.is_ok();
        assert!(!is_good || driven.output == all, "lost: {about}");
        outputs.push(is_good.then_some(driven.output));
    }
    assert_eq!(outputs[0], outputs[1], "{spec} of {parts:?}");
    outputs.remove(0)
}

/// What the tool makes of it without a word; nothing if it refuses or warns.
fn theirs(tool: &str, input: &[u8]) -> Option<Vec<u8>> {
    let words: Vec<_> = tool.split(' ').collect();
    let answer = peer_answer(words[0], &words[1..], input);
    (answer.status.success() && answer.stderr.is_empty()).then_some(answer.stdout)
}

#[test]
fn nothing_is_lost_of_what_stands_before_between_and_behind_streams() {
    for (undo, compress, tool) in FORMATS {
        let is_here = is_here(tool.split(' ').next().unwrap());
        let made = PARTS.map(|part| (part, part.bytes(compress)));
        let bytes_of = |part| &made.iter().find(|(made, _)| *made == part).unwrap().1[..];
        for parts in sequences(compress) {
            let pieces: Vec<_> = parts.iter().map(|part| bytes_of(*part)).collect();
            let sizes: Vec<_> = pieces.iter().map(|piece| piece.len()).collect();
            let input = pieces.concat();
            let undone = ours(undo, &parts, &input, &sizes);
            let read = is_here.then(|| theirs(tool, &input)).flatten();
            if let Some(read) = read {
                assert!(undone == Some(read), "{tool} reads {parts:?}");
            }
            if undo != "unbrotli" {
                let found = ours("decompress", &parts, &input, &sizes);
                assert!(undone.is_none() || found == undone, "{undo} of {parts:?}");
            }
        }
    }
}

#[test]
fn padding_between_members_is_passed_over() {
    for padding in [1, 3, 512, 10_240] {
        let parts = [Member(3000), Zeros(padding), Member(1), Zeros(padding)];
        let pieces = parts.map(|part| part.bytes("gzip"));
        let undone = ours("gunzip", &parts, &pieces.concat(), &[]);
        assert_eq!(undone.map(|it| it.len()), Some(3001));
    }
}

#[test]
fn skippable_frames_do_not_tell_what_follows_them() {
    for compress in ["lz4", "zstd", "gzip"] {
        let parts = [Skippable, Skippable, Member(3000)];
        let pieces = parts.map(|part| part.bytes(compress));
        let undone = ours("decompress", &parts, &pieces.concat(), &[]);
        assert_eq!(undone.as_deref(), Some(&CONTENT[..]), "{compress}");
    }
    let skippable = Skippable.bytes("");
    for (input, why) in [
        (&skippable[..7], "a skippable frame ends too early"),
        (&skippable[..10], "a skippable frame ends too early"),
        (
            &[&skippable[..], b"garbage"].concat()[..],
            "what follows the skippable frame is in none of the formats gzip, zstd, xz, lz4, bzip2",
        ),
    ] {
        for spec in ["decompress", "decompress=auto"] {
            let driven = drive(&mut *made(spec), input, &Pace::by_bytes());
            assert_eq!(driven.result.unwrap_err().why, why);
            assert!(driven.output.is_empty());
        }
    }
}

#[test]
fn a_member_behind_garbage_is_not_ignored_with_it() {
    for (undo, compress) in [("gunzip", "gzip"), ("bunzip2", "bzip2")] {
        let parts = [Member(3000), Garbage(b"\xff\xff\x1f\x1f"), Member(3000)];
        let pieces = parts.map(|part| part.bytes(compress));
        let mut transform = made(undo);
        let driven = drive(&mut *transform, &pieces.concat(), &Pace::at_once());
        let why = format!("other data stands between two parts of {compress} data");
        assert_eq!(driven.result.unwrap_err().why, why);
        assert_eq!(transform.warning(), None);
        assert!(driven.output == CONTENT[..]);
    }
}

#[test]
fn legacy_frames_of_several_blocks_are_undone_and_a_cut_is_told() {
    let content = mixed(20_000_000, 42);
    let mut frame = legacy_lz4::MAGIC.to_vec();
    for block in content.chunks(8 << 20) {
        frame.extend_from_slice(&legacy(block)[4..]);
    }
    let ragged = Pace {
        pieces: vec![1_000_000, 1, 3],
        rooms: vec![300_000, 1],
        flushes: true,
    };
    for spec in ["unlz4", "decompress"] {
        for pace in [&Pace::at_once(), &ragged] {
            let driven = drive(&mut *made(spec), &frame, pace);
            assert_eq!(driven.result, Ok(()), "{spec}");
            assert!(driven.output == content, "{spec}");
        }
    }
    let small = legacy(&content[..1000]);
    for n in 5..small.len() {
        let driven = drive(&mut *made("unlz4"), &small[..n], &Pace::at_once());
        assert_eq!(
            driven.result.unwrap_err().why,
            "the lz4 data ends too early"
        );
    }
    let damaged = [&small[..], &[5, 0, 0, 0, 0xff, 0xff, 0, 0, 0]].concat();
    let driven = drive(&mut *made("unlz4"), &damaged, &Pace::at_once());
    assert!(driven.result.unwrap_err().why.contains("damaged"));
    assert!(driven.output == content[..1000]);
}
