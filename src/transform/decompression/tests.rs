//! What is damaged, cut off or followed by something, and what other tools wrote.

use crate::transform::driven::{Driven, Pace, drive, made, mixed, paces, through};
use proptest::prelude::*;

/// What undoes, and what compresses for it.
const PAIRS: [(&str, &str); 6] = [
    ("gunzip", "gzip"),
    ("unzstd", "zstd"),
    ("unxz", "xz"),
    ("unlz4", "lz4"),
    ("unbrotli", "brotli"),
    ("bunzip2", "bzip2"),
];

const TEXT: &[u8] = b"hello hello hello, and once more: hello\n";

fn undone(spec: &str, input: &[u8], pace: &Pace) -> Driven {
    drive(&mut *made(spec), input, pace)
}

/// What is put out at once and byte by byte, and why it failed, which is the same.
#[track_caller]
fn both(spec: &str, input: &[u8]) -> (Vec<u8>, Option<String>) {
    let [at_once, by_bytes] =
        [Pace::at_once(), Pace::by_bytes()].map(|pace| undone(spec, input, &pace));
    let why = at_once.result.err().map(|failure| failure.why);
    assert_eq!(
        by_bytes.result.err().map(|failure| failure.why),
        why,
        "{spec}"
    );
    // What brotli has made of a few bytes is lost when one of them is wrong.
    if spec != "unbrotli" || why.is_none() {
        assert!(by_bytes.output == at_once.output, "{spec}: {why:?}");
    }
    (at_once.output, why)
}

#[test]
fn a_stream_that_is_cut_off_anywhere_never_succeeds() {
    let input = mixed(2000, 5);
    for (undo, compress) in PAIRS {
        let compressed = through(compress, &input);
        for n in 0..compressed.len() {
            // Nothing at all is a fine stream of lz4, as its command has it.
            if n == 0 && undo == "unlz4" {
                continue;
            }
            let (output, why) = both(undo, &compressed[..n]);
            let why = why.unwrap_or_else(|| panic!("{undo}: {n} bytes are enough"));
            let name = compress;
            let expected = match n {
                0 => format!("the input is empty, so there is no {name} data"),
                _ => format!("the {name} data ends too early"),
            };
            assert_eq!(why, expected, "{n} bytes");
            assert!(input.starts_with(&output), "{undo}: {n}");
        }
    }
}

#[test]
fn a_byte_that_is_wrong_is_found_out_where_there_is_a_checksum() {
    let input = mixed(200, 6);
    for (undo, compress) in PAIRS {
        let compressed = through(compress, &input);
        for at in 0..compressed.len() {
            for bits in [1, 0x80, 0xff] {
                let mut damaged = compressed.clone();
                damaged[at] ^= bits;
                let (output, why) = both(undo, &damaged);
                // The rest of a header says nothing of the data: the time and the system, for gzip.
                let is_same = why.is_none() && output == input;
                if why.is_none() && undo != "unbrotli" {
                    assert!(is_same, "{undo}: byte {at} of {}", compressed.len());
                }
                if let (Some(why), "gunzip") = (why, undo) {
                    assert!(why.contains("gzip data"), "{why}");
                }
            }
        }
    }
}

#[test]
fn streams_that_follow_each_other_are_undone_as_one() {
    let (one, other) = (mixed(70_000, 1), mixed(3, 2));
    let both = [&one[..], b"", &other].concat();
    for (undo, compress) in PAIRS.iter().filter(|(undo, _)| *undo != "unbrotli") {
        let compressed = [&one[..], b"", &other].map(|part| through(compress, part));
        for pace in [Pace::at_once(), Pace::by_bytes()] {
            for spec in [undo, "decompress"] {
                let driven = undone(spec, &compressed.concat(), &pace);
                assert_eq!(driven.result, Ok(()), "{spec}");
                assert!(driven.output == both, "{spec}");
            }
        }
    }
}

/// What comes of it when this follows a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Fine,
    Warned,
    Failed,
}
use Then::{Failed, Fine, Warned};

#[test]
fn what_follows_a_stream_is_treated_as_the_tools_do() {
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    // In the order of PAIRS.
    let table: [(&[u8], [Then; 6]); 15] = [
        (b"", [Fine; 6]),
        (b"\0", [Fine, Failed, Failed, Failed, Failed, Warned]),
        (b"\0\0\0\0", [Fine, Failed, Fine, Failed, Failed, Warned]),
        (&[0; 1024], [Fine, Failed, Fine, Failed, Failed, Warned]),
        (
            b"\0\0\0\0x",
            [Warned, Failed, Failed, Failed, Failed, Warned],
        ),
        (b"garbage", [Warned, Failed, Failed, Failed, Failed, Warned]),
        // gzip takes a single byte for the beginning of something, whatever it is.
        (b"x", [Warned, Failed, Failed, Failed, Failed, Warned]),
        (b"\x1f", [Failed, Failed, Failed, Failed, Failed, Warned]),
        (
            b"\x1f\x8b\x09aaaaaaaaaaaaaaaa",
            [Failed, Failed, Failed, Failed, Failed, Warned],
        ),
        (b"B", [Warned, Failed, Failed, Failed, Failed, Failed]),
        (b"BZh", [Warned, Failed, Failed, Failed, Failed, Failed]),
        (b"BZx", [Warned, Failed, Failed, Failed, Failed, Warned]),
        (b"BZh0", [Warned, Failed, Failed, Failed, Failed, Warned]),
        (skipped, [Warned, Fine, Failed, Fine, Failed, Warned]),
        (
            &skipped[..10],
            [Warned, Failed, Failed, Failed, Failed, Warned],
        ),
    ];
    for (garbage, expected) in table {
        for ((undo, compress), expected) in PAIRS.into_iter().zip(expected) {
            let input = [&through(compress, TEXT)[..], garbage].concat();
            for pace in [Pace::at_once(), Pace::by_bytes()] {
                let mut transform = made(undo);
                let driven = drive(&mut *transform, &input, &pace);
                let warning = transform.warning();
                let then = match (&driven.result, &warning) {
                    (Err(_), _) => Failed,
                    (Ok(()), Some(_)) => Warned,
                    (Ok(()), None) => Fine,
                };
                assert_eq!(then, expected, "{undo}: {garbage:?}: {:?}", driven.result);
                assert_eq!(driven.output, TEXT, "{undo}: {garbage:?}");
            }
        }
    }
}

#[test]
fn frames_to_be_skipped_are_skipped_before_a_stream_too() {
    for (undo, compress) in [("unzstd", "zstd"), ("unlz4", "lz4"), ("decompress", "zstd")] {
        let input = [
            b"\x5f\x2a\x4d\x18\x03\0\0\0abc",
            &through(compress, TEXT)[..],
        ]
        .concat();
        assert_eq!(both(undo, &input), (TEXT.to_vec(), None), "{undo}");
    }
}

#[test]
fn what_is_something_else_is_refused_with_the_name_of_what_was_expected() {
    for (undo, why) in [
        ("gunzip", "this is not gzip data"),
        ("unzstd", "this is not zstd data"),
        ("unxz", "this is not xz data"),
        ("unlz4", "this is not lz4 data"),
        ("bunzip2", "this is not bzip2 data"),
        (
            "decompress",
            "this is in none of the formats gzip, zstd, xz, lz4, bzip2",
        ),
    ] {
        let refused = (Vec::new(), Some(why.to_owned()));
        assert_eq!(both(undo, b"plain text"), refused);
    }
}

#[test]
fn with_auto_what_is_not_compressed_passes_as_it_is() {
    for input in [&b""[..], b"x", b"BZ", b"BZhx", b"\xfd7zXY", b"plain text"] {
        assert_eq!(both("decompress=auto", input), (input.to_vec(), None));
    }
    let (_, why) = both("decompress", b"");
    assert!(why.unwrap().contains("nothing to decompress"));
    for (_, compress) in PAIRS.iter().filter(|(_, name)| *name != "brotli") {
        let compressed = through(compress, TEXT);
        assert_eq!(both("decompress=auto", &compressed).0, TEXT, "{compress}");
    }
}

#[test]
fn nothing_at_all_is_treated_as_the_tools_do() {
    for (undo, compress) in PAIRS {
        let (_, why) = both(undo, b"");
        let expected = (undo != "unlz4")
            .then(|| format!("the input is empty, so there is no {compress} data"));
        assert_eq!(why, expected);
    }
}

#[test]
fn what_came_before_the_damage_is_delivered() {
    let input = mixed(3_000_000, 11);
    for (undo, compress) in PAIRS {
        let mut compressed = through(compress, &input);
        // Not in a checksum at the end, which is all that lz4 has for its last block.
        let at = compressed.len() - compressed.len() / 8;
        compressed[at..].fill(0xa5);
        let driven = undone(undo, &compressed, &Pace::at_once());
        assert!(driven.result.is_err(), "{undo}");
        let n = driven.output.len();
        // lz4 has a single block here.
        if undo != "unlz4" {
            assert!(n > input.len() / 2, "{undo}: {n}");
            assert!(driven.output[..input.len() / 2] == input[..input.len() / 2]);
        }
    }
}

#[test]
fn the_blocks_of_lz4_before_a_damaged_one_are_delivered() {
    let input = mixed(13_000_000, 12);
    let mut compressed = through("lz4", &input);
    let at = compressed.len() - 6;
    // The end of the last block, where it makes no sense.
    compressed[at - 1000..at].fill(0);
    for pace in [
        Pace::at_once(),
        Pace {
            pieces: vec![99_999],
            rooms: vec![77_777],
            flushes: true,
        },
    ] {
        let driven = undone("unlz4", &compressed, &pace);
        assert!(driven.result.is_err());
        assert!(driven.output.len() >= 3 << 22, "{}", driven.output.len());
        assert!(driven.output[..3 << 22] == input[..3 << 22]);
    }
}

#[test]
fn a_window_larger_than_is_allowed_is_refused_with_the_way_to_allow_it() {
    let input = mixed(100_000, 1);
    // A frame that says of itself that its window is 256 MiB, with a raw block.
    let mut zstd = b"\x28\xb5\x2f\xfd\x00\x90".to_vec();
    zstd.extend_from_slice(&[1 | (5 << 3), 0, 0]);
    zstd.extend_from_slice(b"hello");
    let (_, why) = both("unzstd", &zstd);
    assert!(why.unwrap().contains("larger than 128 MiB; unzstd=long:31"));
    assert_eq!(both("unzstd=long:28", &zstd), (b"hello".to_vec(), None));
    let xz = through("xz=9,workers:1", &input);
    let (_, why) = both("unxz=memory:10M", &xz);
    assert!(
        why.unwrap()
            .contains("more than 10 MiB of memory; unxz=memory:SIZE")
    );
    assert_eq!(both("unxz", &xz).0, input);
}

#[test]
fn blocks_of_xz_are_undone_by_one_worker_as_by_several() {
    let input = mixed(9_000_000, 13);
    let compressed = through("xz=0,workers:3", &input);
    let cut_off = &compressed[..compressed.len() * 2 / 3];
    for spec in [
        "unxz=workers:1",
        "unxz=workers:4",
        "unxz=memory:3M,workers:4",
    ] {
        for pieces in [vec![usize::MAX], vec![10_000, 1, 3]] {
            let pace = Pace {
                pieces,
                rooms: vec![1 << 16, 77],
                flushes: true,
            };
            let driven = undone(spec, &compressed, &pace);
            assert_eq!(driven.result, Ok(()), "{spec}");
            assert!(driven.output == input, "{spec}");
            let driven = undone(spec, cut_off, &pace);
            assert_eq!(driven.result.unwrap_err().why, "the xz data ends too early");
            assert!(input.starts_with(&driven.output), "{spec}");
            assert!(driven.output.len() > input.len() / 2, "{spec}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn anything_is_answered_without_a_panic(
        undo in prop::sample::select(&["gunzip", "unzstd", "unxz", "unlz4", "unbrotli", "bunzip2", "decompress"][..]),
        which in 0usize..6,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        pace in paces(),
    ) {
        let mut input = through(PAIRS[which].1, TEXT);
        for (at, byte) in damage {
            let at = at.index(input.len());
            input[at] = byte;
        }
        let driven = undone(undo, &input, &pace);
        prop_assert!(driven.output.len() < 1 << 24);
    }
}
