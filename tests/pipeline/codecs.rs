//! Every transform with its inverse behind it, in a pipeline with hostile ends: what comes out is what went in, byte for
//! byte, with chunks and marks from a byte to 64 MiB.

use crate::chain::{Case, play};
use crate::hostile::{acts, data};
use proptest::prelude::*;
use tidegate::engine::road::WriterOutcome;
use tidegate::transform::{Made, plan};

/// Each transform, and what undoes it.
const PAIRS: [(&str, &str); 11] = [
    ("gzip", "gunzip"),
    ("zstd", "unzstd"),
    ("xz=1", "unxz"),
    ("lz4", "unlz4"),
    ("brotli", "unbrotli"),
    ("bzip2", "bunzip2"),
    ("gzip=1,workers:1", "decompress"),
    ("base64", "unbase64"),
    ("hex=60", "unhex"),
    ("lines", "sha256"),
    ("xxh3", "crc32"),
];

fn made(spec: &str) -> (&'static str, Made) {
    let planned = plan(spec).unwrap();
    (planned.kind.name, planned.make())
}

fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(1),
        2u64..100,
        100u64..100_000,
        Just(1 << 20),
        Just(64 << 20)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_transform_and_its_inverse_give_back_what_went_in(
        len in prop_oneof![2 => 0usize..3000, 1 => 50_000usize..100_000],
        (source, sink) in (acts(), acts()),
        marks in (sizes(), sizes()),
        chunk_size in sizes(),
    ) {
        // A byte at a time is for little: each is handed from thread to thread.
        let smallest = marks.0.min(marks.1).min(chunk_size);
        let len = if smallest < 100 { len % 300 } else { len };
        for (there, back) in PAIRS {
            let case = Case {
                len,
                source: source.clone(),
                sink: sink.clone(),
                source_fails_at: None,
                sink_fails_at: None,
                marks,
                low: 0,
                chunk_size,
                transforms: Vec::new(),
            };
            let played = play(&case, vec![made(there), made(back)]);
            prop_assert!(matches!(played.writer, WriterOutcome::Delivered { .. }), "{there}, {back}: {:?}", played.transforms);
            prop_assert!(played.got == data(len), "{there}, {back}");
            for link in &played.now.links {
                prop_assert!(link.writable().map(|it| it.max_len) <= Some(marks.1), "{there}, {back}");
                prop_assert!(link.readable.map(|it| it.max_len) <= Some(marks.0), "{there}, {back}");
            }
        }
    }
}
