//! Other tools read what is compressed here, and the other way round.

use crate::transform::driven::{mixed, through};
use crate::transform::peers::peer_bytes;

/// Our SPEC, the command that undoes it, the one that does it, and our SPEC that undoes it.
const PEERS: [(&str, &str, &str, &str); 14] = [
    ("gzip", "gzip -dc", "gzip -c", "gunzip"),
    ("gzip=9", "pigz -dc", "pigz -c", "gunzip"),
    (
        "gzip=1,workers:1",
        "gzip -dc",
        "pigz -1 -i -c",
        "decompress",
    ),
    ("zstd", "zstd -qdc", "zstd -qc", "unzstd"),
    (
        "zstd=22,workers:1",
        "zstd -qdc",
        "zstd -qc --ultra -22",
        "unzstd",
    ),
    (
        "zstd=1,workers:3",
        "zstd -qdc",
        "zstd -qc -T0 --fast=3",
        "decompress",
    ),
    ("xz=1", "xz -dc", "xz -1 -T0 -c", "unxz"),
    ("xz=0,workers:3", "xz -dc", "xz -0 -c", "decompress"),
    ("lz4", "lz4 -dc", "lz4 -c", "unlz4"),
    ("lz4=9,workers:1", "lz4 -dc", "lz4 -9 -BD -c", "unlz4"),
    ("brotli", "brotli -dc", "brotli -q 5 -c", "unbrotli"),
    ("brotli=9", "brotli -dc", "brotli -q 1 -c", "unbrotli"),
    ("bzip2", "bzip2 -dc", "bzip2 -c", "bunzip2"),
    ("bzip2=1", "bzip2 -dc", "bzip2 -1 -c", "decompress"),
];

/// What a command makes of `input`, if it is installed.
fn run(command: &str, input: &[u8]) -> Option<Vec<u8>> {
    let words: Vec<_> = command.split(' ').collect();
    peer_bytes(words[0], &words[1..], input)
}

#[test]
fn the_tools_people_have_read_what_is_written_here_and_write_what_is_read_here() {
    for len in [0, 1, 100_000, 2_000_000, 9_000_000] {
        let input = mixed(len, 9);
        for (ours, undo, theirs, our_undo) in PEERS {
            // Only zstd and lz4 have jobs so large that a smaller input is but one of them; at zstd's highest level each
            // length takes seconds.
            let most = match (ours, our_undo) {
                ("zstd=22,workers:1", _) => 100_000,
                (_, "unzstd" | "unlz4") => 9_000_000,
                _ => 2_000_000,
            };
            if len > most {
                continue;
            }
            if let Some(undone) = run(undo, &through(ours, &input)) {
                assert!(undone == input, "{ours}, {undo}: {len} bytes");
            }
            if let Some(compressed) = run(theirs, &input) {
                let undone = through(our_undo, &compressed);
                assert!(undone == input, "{theirs}, {our_undo}: {len} bytes");
            }
        }
    }
}
