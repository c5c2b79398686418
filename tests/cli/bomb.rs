//! A small file that unpacks to a very large one costs the marks, and nothing else.

use crate::tide::{DEADLINE, Scratch};
use std::thread;
use std::time::{Duration, Instant};

/// What all of it unpacks to, in bytes.
const LARGE: u64 = 10 << 30;

/// What a member of it unpacks to.
const MEMBER: u64 = 128 << 20;

/// The most memory that the process may ever have, in KiB: six buffers of a mark at most, the window, and the program itself.
const MOST: u64 = 24 << 10;

/// The most memory that a process has had so far, in KiB; `None` once it has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn ten_gibibytes_of_zeros_unpack_in_as_much_memory_as_the_marks_are() {
    let it = Scratch::new();
    for (pack, unpack) in [
        ("zstd=1,workers:1", "unzstd"),
        ("gzip=1,workers:1", "decompress"),
    ] {
        let size = format!("zero:#size={MEMBER}");
        it.tide(["-t", pack, &size, "member"]).run().succeeds();
        let members = usize::try_from(LARGE / MEMBER).unwrap();
        it.write("bomb", it.read("member").repeat(members));
        let flags = ["--stats", "s", "-t", unpack, "bomb", "null:"];
        let mut running = it.tide(flags).start();
        let deadline = Instant::now() + DEADLINE;
        let mut most = 0;
        while running.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "{unpack} takes too long");
            most = peak(running.child.id()).unwrap_or(0).max(most);
            // Memory that was taken has no event.
            thread::sleep(Duration::from_millis(2));
        }
        running.done().succeeds();
        assert_eq!(it.end_of("s")["bytes_out"], LARGE);
        assert!(most > 1000 && most < MOST, "{unpack}: {most} KiB");
    }
}
