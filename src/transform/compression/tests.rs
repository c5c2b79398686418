//! What is compressed comes back as it was, however it is driven.

use crate::transform::driven::{Pace, drive, made, mixed, paces, through};
use crate::transform::{Input, Output};
use proptest::prelude::*;

/// What compresses, and what undoes it.
const PAIRS: [(&str, &str); 24] = [
    ("gzip", "gunzip"),
    ("gzip=1", "gunzip"),
    ("gzip=9,workers:1", "gunzip"),
    ("gzip=workers:3", "decompress"),
    ("zstd", "unzstd"),
    ("zstd=1,workers:1", "unzstd"),
    ("zstd=9,workers:3", "unzstd"),
    ("zstd=19,workers:2", "decompress"),
    ("xz", "unxz"),
    ("xz=0,workers:3", "unxz"),
    ("xz=0,workers:1", "unxz"),
    ("xz=2,workers:2", "decompress"),
    ("lz4", "unlz4"),
    ("lz4=workers:3", "unlz4"),
    ("lz4=2,workers:1", "unlz4"),
    ("lz4=9", "unlz4"),
    ("lz4=12", "decompress"),
    ("brotli", "unbrotli"),
    ("brotli=0", "unbrotli"),
    ("brotli=1", "unbrotli"),
    ("brotli=9", "unbrotli"),
    ("bzip2", "bunzip2"),
    ("bzip2=1,workers:3", "bunzip2"),
    ("bzip2=5", "decompress"),
];

/// Through and back, each at a pace of its own.
#[track_caller]
fn there_and_back((compress, undo): (&str, &str), input: &[u8], there: &Pace, back: &Pace) {
    let compressed = drive(&mut *made(compress), input, there);
    assert_eq!(
        (compressed.result, compressed.taken),
        (Ok(()), input.len()),
        "{compress}"
    );
    let undone = drive(&mut *made(undo), &compressed.output, back);
    assert_eq!(undone.result, Ok(()), "{compress}, {undo}");
    assert_eq!(undone.taken, compressed.output.len(), "{undo}");
    assert!(undone.output == input, "{compress}, {undo}: not the same");
}

#[test]
fn nothing_a_byte_and_a_little_come_back_at_any_pace() {
    let flushing = Pace {
        pieces: vec![1, 7],
        rooms: vec![1, 3],
        flushes: true,
    };
    for pair in PAIRS {
        for input in [&b""[..], b"x", b"hello hello hello\n"] {
            for pace in [&Pace::at_once(), &Pace::by_bytes(), &flushing] {
                there_and_back(pair, input, pace, pace);
            }
        }
    }
}

#[test]
fn what_is_large_enough_for_several_workers_comes_back() {
    let all = mixed(13_000_000, 7);
    let pace = Pace {
        pieces: vec![1 << 18, 3, 70_000],
        rooms: vec![1 << 17, 1, 9000],
        flushes: false,
    };
    let slow = ["xz", "zstd=19,workers:2", "lz4=12", "gzip=9,workers:1"];
    for pair in PAIRS.iter().filter(|(name, _)| !slow.contains(name)) {
        // A worker has a job of up to 8 MiB with zstd, 6 MiB with xz, 4 MiB with lz4; 1 MB with the others.
        let is_enough = if ["unzstd", "unxz", "unlz4"].contains(&pair.1) || pair.1 == "decompress" {
            all.len()
        } else {
            3_000_000
        };
        there_and_back(*pair, &all[..is_enough], &pace, &pace);
    }
}

#[test]
fn what_does_not_get_smaller_grows_by_little() {
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(2_000_000)
    .collect();
    for (compress, _) in PAIRS.iter().filter(|(_, undo)| *undo != "decompress") {
        let n = through(compress, &noise).len();
        assert!(n < noise.len() + noise.len() / 50, "{compress}: {n}");
    }
}

#[test]
fn a_flush_puts_out_all_that_was_taken() {
    let input = mixed(300_000, 3);
    for (compress, undo) in PAIRS {
        let (mut there, mut back) = (made(compress), made(undo));
        let mut undone = Vec::new();
        for piece in input.chunks(100_000) {
            let mut room = vec![0; 1 << 20];
            let mut output = Output::new(&mut room);
            there.step(&mut Input::new(piece), &mut output).unwrap();
            there.flush(&mut output).unwrap();
            let n = output.filled();
            let mut plain = vec![0; 1 << 20];
            let mut output = Output::new(&mut plain);
            back.step(&mut Input::new(&room[..n]), &mut output).unwrap();
            back.flush(&mut output).unwrap();
            let n = output.filled();
            undone.extend_from_slice(&plain[..n]);
            let so_far = undone.len();
            assert!(undone == input[..so_far], "{compress}");
            assert_eq!(so_far % 100_000, 0, "{compress} holds something back");
        }
        assert_eq!(undone.len(), input.len(), "{compress}");
    }
}

#[test]
fn flushing_where_nothing_came_adds_nothing() {
    for (compress, _) in PAIRS {
        let mut transform = made(compress);
        let mut room = vec![0; 1 << 16];
        let mut output = Output::new(&mut room);
        let mut input = Input::new(b"hello");
        transform.step(&mut input, &mut output).unwrap();
        transform.flush(&mut output).unwrap();
        let n = output.filled();
        for _ in 0..100 {
            transform.flush(&mut output).unwrap();
        }
        assert_eq!(output.filled(), n, "{compress}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_compressed_comes_back_at_any_pace(
        pair in prop::sample::select(&PAIRS[..]),
        len in prop_oneof![0usize..300, 0usize..20_000, 0usize..200_000],
        seed in any::<u64>(),
        there in paces(),
        back in paces(),
    ) {
        // A flush may begin a block, with tables of many MiB: some hundred of them are enough.
        let flushed = there.pieces.iter().sum::<usize>() * 300 / there.pieces.len();
        let len = if there.flushes { len.min(flushed) } else { len };
        there_and_back(pair, &mixed(len, seed), &there, &back);
    }
}
