//! Peers that stall or go away: `--idle-timeout`, closed pipes, broken connections.

use crate::live::{bound, read_exactly};
use crate::tide::Scratch;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const IDLE: [&str; 2] = ["--idle-timeout", "200ms"];

#[apply(on_both_roads)]
fn an_idle_source_is_given_up_after_the_idle_timeout() {
    let it = Scratch::new();
    let mut idle = it.tide([&IDLE[..], &["-"]].concat()).open_input().start();
    idle.feed("some");
    let done = idle.done().prints("some");
    done.fails_saying(4, &["waiting for -: ", "200ms", "; 4 bytes delivered\n"]);
}

#[apply(on_both_roads)]
fn a_stalled_sink_is_given_up_after_the_idle_timeout() {
    let it = Scratch::new();
    let args = [&IDLE[..], &["zero:", "null:#stall=1000:1h"]].concat();
    let done = it.tide(args).run();
    done.fails_saying(
        4,
        &[
            "waiting for null:#stall=1000:1h: ",
            "; 1000 bytes delivered\n",
        ],
    );
}

#[apply(on_both_roads)]
fn a_pipe_that_nobody_reads_is_given_up_after_the_idle_timeout() {
    let (out, stdout) = std::io::pipe().unwrap();
    let it = Scratch::new();
    let args = [&IDLE[..], &["zero:"]].concat();
    let done = it.tide(args).stdout(stdout).run();
    done.fails_saying(4, &["waiting for -: ", " delivered\n"]);
    drop(out);
}

#[apply(on_both_roads)]
fn a_peer_that_never_reads_is_given_up_after_the_idle_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let args = [&IDLE[..], &["zero:", &uri]].concat();
    let running = Scratch::new().tide(args).start();
    let (_peer, _) = listener.accept().unwrap();
    running
        .done()
        .fails_saying(4, &[&format!("waiting for {uri}: "), " delivered\n"]);
}

#[apply(on_both_roads)]
fn a_peer_that_reads_nothing_of_the_last_bytes_is_given_up_after_the_idle_timeout() {
    let (listener, address) = bound();
    listener.set_recv_buffer_size(4096).unwrap();
    listener.listen(1).unwrap();
    let uri = format!("tcp://{address}#sndbuf=2M");
    let args = [&IDLE[..], &["zero:#size=300K", &uri]].concat();
    let running = Scratch::new().tide(args).start();
    let (_peer, _) = listener.accept().unwrap();
    running
        .done()
        .fails_saying(4, &[&format!("waiting for {uri}: "), "at most "]);
}

#[apply(on_both_roads)]
fn bytes_that_trickle_are_not_idle() {
    let it = Scratch::new();
    let timeout = "--idle-timeout 700ms";
    it.tide(["--idle-timeout", "700ms", "zero:#size=15", "null:#rate=10"])
        .run()
        .succeeds();
    it.sh(&format!(
        "for i in {{1..15}}; do echo; sleep 0.1; done | $T {timeout}"
    ))
    .run()
    .succeeds()
    .prints([b'\n'; 15]);
}

/// Reads from the FIFO `p` so that its writer waits longer than the timeout for all, but never for some.
const SIP: &str =
    "{ for i in {1..15}; do dd bs=4096 count=1 status=none; sleep 0.1; done; cat; } <p >/dev/null";

#[apply(on_both_roads)]
fn a_slow_reader_of_a_fifo_is_not_idle_whoever_opened_the_fifo() {
    let it = Scratch::new();
    it.fifo("p");
    for sink in ["p", "- >p"] {
        let line = format!("{SIP} & $T --idle-timeout 700ms --take 2M zero: {sink}");
        it.sh(&line).run().succeeds();
    }
}

#[apply(on_both_roads)]
fn a_slow_reader_of_a_fifo_is_what_binds_the_flow_whoever_opened_the_fifo() {
    let it = Scratch::new();
    it.fifo("p");
    for sink in ["p", "- >p"] {
        let line = format!("{SIP} & $T --stats s --take 2M zero: {sink}");
        it.sh(&line).run().succeeds();
        let end = it.end_of("s");
        assert_eq!(end["bound_by"], "sink", "{sink}: {end}");
    }
}

#[apply(on_both_roads)]
fn waiting_for_a_peer_to_come_is_not_idle() {
    let it = Scratch::new();
    let args = ["--idle-timeout", "20ms", "zero:#size=9"];
    let uri = "tcp-listen://127.0.0.1:0#accept-timeout=300ms";
    let done = it.tide([&args[..], &[uri]].concat()).run();
    done.exits(4).mentions(&["accepting on"]);
}

#[apply(on_both_roads)]
fn a_pipe_reader_that_has_enough_ends_us_silently_as_it_ends_cat() {
    let it = Scratch::new();
    it.fifo("p");
    for (line, printed) in [
        ("$T --stats s zero: | head -c 5; code=${PIPESTATUS[0]}", 5),
        (
            "$T --stats s zero: fd:3 3>&1 >&2 | head -c 5; code=${PIPESTATUS[0]}",
            5,
        ),
        ("head -c 5 p & $T --stats s zero: p; code=$?; wait", 5),
        ("head -c 5 p & $T --stats s zero: >p; code=$?; wait", 5),
        ("$T --stats s zero: | true; code=${PIPESTATUS[0]}", 0),
    ] {
        let done = it.sh(&format!("{line}; exit $code")).run();
        done.exits(141).says("").prints(vec![0; printed]);
        let end = it.end_of("s");
        assert_eq!(end["outcome"], "downstream-closed", "{line}");
        assert_eq!(end["exit_code"], 141, "{line}");
        assert!(end["error"].is_null(), "{line}");
    }
}

#[apply(on_both_roads)]
fn a_pipe_reader_that_goes_away_ends_us_by_sigpipe() {
    let it = Scratch::new();
    let (out, stdout) = std::io::pipe().unwrap();
    let running = it.tide(["zero:"]).stdout(stdout).start();
    assert_eq!(read_exactly(out, 3), [0; 3]);
    running.done().dies_of("PIPE").says("");
}

#[apply(on_both_roads)]
fn a_connection_that_breaks_is_an_error_and_no_closed_pipe() {
    let it = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let mut running = it.tide(["--stats", "fd:2", "zero:", &uri]).start();
    let (peer, _) = listener.accept().unwrap();
    running.started();
    reset(peer);
    let line = format!("tidegate: writing to {uri}: ");
    running.done().exits(1).mentions(&[&line, " delivered\n"]);
}

#[apply(on_both_roads)]
fn a_source_that_resets_is_an_error_and_leaves_no_atomic_file() {
    let it = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let args = ["--stats", "fd:2", &uri, "file:out#atomic"];
    let mut running = it.tide(args).start();
    let (peer, _) = listener.accept().unwrap();
    running.started();
    reset(peer);
    let line = format!(
        "tidegate: reading {uri}: Connection reset by peer; 0 bytes delivered, but out was not made\n"
    );
    running.done().exits(1).mentions(&[&line]);
    assert!(it.names().is_empty(), "{:?}", it.names());
}

fn reset(peer: TcpStream) {
    let peer = socket2::Socket::from(peer);
    peer.set_linger(Some(Duration::ZERO)).unwrap();
}
