//! What splice(2), TCP and the user's limits have in store.

use crate::peer::{Peer, Step, gate, until};
use crate::tide::{Scratch, noise};
use crate::tracing::can_trace;
use rustix::net::{SendFlags, send};
use std::io::Write;
use std::net::{TcpListener, TcpStream};

/// Somebody who connects to us.
fn meet(listener: &TcpListener) -> TcpStream {
    listener.accept().expect("a connection").0
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("tcp://{}", listener.local_addr().expect("an address"));
    (listener, uri)
}

#[test]
fn urgent_data_is_no_end() {
    for (road, sink) in [("auto", "out"), ("auto", "null:"), ("buffered", "out")] {
        let (it, (listener, uri)) = (Scratch::new(), listen());
        let flags = ["--road", road, "--stats", "s", "-i", "10ms", &uri, sink];
        let running = it.tide(flags).start();
        let mut peer = meet(&listener);
        peer.write_all(&noise(100_000)).unwrap();
        it.recorded("s", |record| record["bytes_out"] == 100_000);
        send(&peer, b"!", SendFlags::OOB).unwrap();
        peer.write_all(&noise(50_000)).unwrap();
        drop(peer);
        running.done().succeeds();
        let end = it.end_of("s");
        assert_eq!(end["bytes_out"], 150_000, "{end}");
        assert_eq!(
            (&end["bytes_in"], &end["road"]),
            (&150_000.into(), &"buffered".into())
        );
        if sink == "out" {
            assert!(it.read("out") == [noise(100_000), noise(50_000)].concat());
        }
    }
}

#[test]
fn urgent_data_that_only_another_road_gets_past_fails_the_kernel_road() {
    let (it, (listener, uri)) = (Scratch::new(), listen());
    let flags = [
        "--road",
        "kernel",
        "--stats",
        "s",
        "-i",
        "10ms",
        &uri,
        "file:out#atomic",
    ];
    let running = it.tide(flags).start();
    let mut peer = meet(&listener);
    peer.write_all(b"hello").unwrap();
    it.recorded("s", |record| record["bytes_out"] == 5);
    send(&peer, b"!", SendFlags::OOB).unwrap();
    peer.write_all(b"more").unwrap();
    let done = running.done();
    done.fails_saying(1, &["reading tcp", "does not move", "5 bytes delivered"]);
    assert_eq!(it.names(), ["s"]);
}

#[test]
fn small_data_is_not_held_back_after_a_stream_was_refused() {
    if !can_trace() {
        return;
    }
    let it = Scratch::new();
    let (first, last) = (noise(300_000), b"and ten more".to_vec());
    let (open, hold) = gate();
    // Closes only once we have seen what it has sent last.
    let steps = vec![Step::Send(first.clone()), Step::Send(last.clone()), hold];
    let (_peer, address) = Peer::listens(steps);
    let strace = "-e trace=splice -e inject=splice:error=EINVAL:when=2";
    let running = it
        .traced(strace, &format!("$T tcp://{address} out"))
        .start();
    let whole = [first, last].concat();
    until("all of it, before the end", || {
        it.path("out").exists() && it.read("out") == whole
    });
    drop(open);
    running.done().exits(0);
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_leaves_nothing_behind() {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    for ends in [
        "in file:out#atomic",
        "- file:out#atomic <in",
        "random: file:out#atomic",
    ] {
        let done = it.sh(&format!("ulimit -f 10; $T {ends}")).run();
        done.fails_saying(1, &["out#atomic", "File too large"]);
        assert_eq!(it.names(), ["in"], "{ends}");
    }
    let zeros = it.sh("ulimit -f 1; $T --take 10000 zero: -").run();
    zeros.succeeds().prints(vec![0; 10_000]);
}

#[test]
fn a_pipe_that_is_read_slowly_is_not_idle() {
    for road in ["auto", "buffered"] {
        let it = Scratch::new();
        let reader =
            "for i in 1 2 3 4 5 6; do head -c 1000 >/dev/null; sleep 0.2; done; cat >/dev/null";
        let line = format!(
            "set -o pipefail; $T --road {road} --idle-timeout 600ms zero:#size=3M - | {{ {reader}; }}"
        );
        it.sh(&line).run().succeeds();
    }
}
