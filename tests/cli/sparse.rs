//! Sparse files: holes cost nothing and stay holes where the kernel moves the bytes, and arrive as zeros everywhere.

use crate::tide::{Scratch, noise};
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

const MIB: u64 = 1 << 20;

/// 64 MiB, of which two pieces are there: one in the middle, and one that begins and ends on no block.
fn sparse(it: &Scratch) -> Vec<u8> {
    let path = it.write("sparse", "");
    let file = File::options().write(true).open(path).unwrap();
    file.set_len(64 * MIB).unwrap();
    file.write_all_at(&noise(3 << 20), 16 * MIB).unwrap();
    file.write_all_at(&noise(10_001), 40 * MIB + 123).unwrap();
    it.read("sparse")
}

/// Whether a sparse file was moved through a pipe of ours into a file system that has holes.
fn keeps_holes(it: &Scratch, end: &Value) -> bool {
    let takes_up = |name| std::fs::metadata(it.path(name)).unwrap().blocks() * 512;
    let is_through = end["road"] == "kernel" && end["links"][0]["writable"].is_object();
    is_through && takes_up("sparse") < 8 * MIB
}

#[apply(on_both_roads)]
fn a_sparse_file_arrives_byte_for_byte_and_stays_sparse_on_the_kernel_road() {
    let it = Scratch::new();
    let data = sparse(&it);
    for (line, from, to) in [
        ("$T --stats s sparse out", 0, data.len()),
        ("$T --stats s sparse - >out", 0, data.len()),
        ("$T --stats s - file:out#atomic,sync <sparse", 0, data.len()),
        ("$T --stats s -H 10K sparse out", 0, data.len()),
        (
            "$T --stats s --skip 5001 --take 50M sparse out",
            5001,
            5001 + (50 << 20),
        ),
        ("$T --stats s --take 2M sparse out", 0, 2 << 20),
        ("$T --stats s --skip 63M sparse out", 63 << 20, data.len()),
        ("$T --stats s --expect-size 64M sparse out", 0, data.len()),
    ] {
        it.sh(line).run().succeeds();
        assert!(it.read("out") == data[from..to], "{line}");
        let end = it.end_of("s");
        assert_eq!(end["bytes_out"], (to - from) as u64, "{line}");
        if keeps_holes(&it, &end) {
            let blocks = std::fs::metadata(it.path("out")).unwrap().blocks();
            assert!(blocks * 512 < 8 * MIB, "{line}: {blocks} blocks");
        }
    }
}

#[apply(on_both_roads)]
fn holes_are_zeros_where_the_sink_can_have_none() {
    let it = Scratch::new();
    let data = sparse(&it);
    it.tide(["sparse"]).run().succeeds().prints(&data);
    // What is there is overwritten, and what lies behind stays.
    it.write("out", vec![1; data.len() + 5]);
    it.sh("$T sparse - 1<>out").run().succeeds();
    let out = it.read("out");
    assert!(out[..data.len()] == data && out[data.len()..] == [1; 5]);
    it.sh("echo behind >out; $T sparse - >>out")
        .run()
        .succeeds();
    assert!(it.read("out")[7..] == data);
}

#[apply(on_both_roads)]
fn zeros_that_are_asked_for_are_really_there() {
    let it = Scratch::new();
    it.tide(["zero:#size=4M", "out"]).run().succeeds();
    assert!(it.read("out") == vec![0; 4 << 20]);
    let blocks = std::fs::metadata(it.path("out")).unwrap().blocks();
    assert!(blocks * 512 >= 4 * MIB, "{blocks} blocks");
}
