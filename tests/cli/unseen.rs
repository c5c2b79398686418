//! What the kernel road is for: the bytes go past us.

use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use crate::tracing::{can_trace, line};

/// More than any buffer of ours holds.
const LEN: usize = 2_500_000;

/// Every call by which bytes of a file, pipe or socket come into the memory of a program, or leave it.
const COPYING: &str = "read,write,readv,writev,pread64,pwrite64,preadv,preadv2,pwritev,pwritev2,\
                       recvfrom,sendto,recvmsg,sendmsg,vmsplice";

/// The most that one call has copied; what is read while the program is loaded, and records, are less than a page.
fn largest_copy(trace: &str) -> u64 {
    let results = trace.lines().filter_map(|line| line.rsplit_once("= "));
    let numbers = results.filter_map(|(_, result)| result.trim().parse().ok());
    numbers.max().unwrap_or(0)
}

/// The largest copy on this way.
#[track_caller]
fn largest_copy_between(road: &str, ends: &str) -> u64 {
    let (it, data) = (Scratch::new(), noise(LEN));
    it.write("in", &data);
    let (_far, far_at) = Peer::listens(vec![Step::ReadAll]);
    let ends = ends
        .replace("PEER", &format!("tcp://{far_at}"))
        .replace("LISTEN", "tcp-listen://127.0.0.1:0");
    let line = line(&format!("--road {road}"), &ends);
    let mut running = it.traced(&format!("-e trace={COPYING}"), &line).start();
    let _near = ends.starts_with("tcp-listen").then(|| {
        let steps = vec![Step::Send(data), Step::HalfClose, Step::ReadAll];
        Peer::connects(&running.listening(), steps)
    });
    let done = running.done();
    assert_eq!(done.code(), 0, "{road} {ends}: {}", done.stderr);
    largest_copy(&it.trace())
}

#[test]
fn no_byte_of_the_payload_enters_our_memory_on_the_kernel_road() {
    if !can_trace() {
        return;
    }
    for ends in [
        "in out",
        "in /dev/null",
        "in null:",
        "zero:#size=2M out",
        "in file:out#atomic,sync",
        "- out <in",
        "in | cat >/dev/null",
        "cat in | $T - out",
        "cat in | $T - | cat >/dev/null",
        "cat in | $T - PEER",
        "in PEER",
        "LISTEN out",
        "LISTEN | cat >/dev/null",
        "LISTEN PEER",
    ] {
        let most = largest_copy_between("kernel", ends);
        assert!(most <= 4096, "{ends}: {most} bytes at once");
    }
    for ends in ["in out", "cat in | $T - PEER", "LISTEN | cat >/dev/null"] {
        let most = largest_copy_between("buffered", ends);
        assert!(most > 4096, "{ends}: nothing would be seen here");
    }
}
