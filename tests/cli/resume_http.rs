//! `--resume` from a web server: the rest is asked for by Range, and SINK is as it was until its last bytes have come once more.

use super::tide::{DEADLINE, Scratch, noise, records, road};
use super::tls_peer::write_certificates;
use super::web::{Do, Web, answer, ok, send};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// How many bytes at the end of SINK are asked for again.
const COMPARED: usize = 1 << 20;

/// The part of `body` from `at` on, of which `sent` bytes are sent.
fn part(body: &[u8], at: usize, sent: usize) -> Do {
    let (all, last) = (body.len(), body.len() - 1);
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {at}-{last}/{all}\r\nContent-Length: {}\r\nETag: \"v\"\r\n\r\n",
        all - at
    );
    Do::Send([head.as_bytes(), &body[at..at + sent]].concat())
}

/// A server that sends all from `at` on, to a client that asks for that.
fn sends_from(body: &[u8], at: usize) -> Web {
    Web::plays(vec![vec![Do::Head, part(body, at, body.len() - at)]])
}

#[track_caller]
fn asked_for(web: Web, range: Option<usize>) {
    let heard = web.heard();
    let heard = String::from_utf8_lossy(&heard[0]).into_owned();
    match range {
        Some(from) => assert!(heard.contains(&format!("Range: bytes={from}-")), "{heard}"),
        None => assert!(!heard.contains("Range:"), "{heard}"),
    }
}

#[apply(on_both_roads)]
fn a_download_that_was_cut_goes_on() {
    let it = Scratch::new();
    let body = noise(4_000_000);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nAccept-Ranges: bytes\r\n\r\n",
        body.len()
    );
    let begun = [head.as_bytes(), &body[..2_500_000]].concat();
    let web = Web::plays(vec![vec![Do::Head, Do::Send(begun), Do::HalfClose]]);
    let done = it.tide(["--resume", &web.url("/a"), "out"]).run();
    let why = "cut short after 2500000 of 3.81 MiB (4000000 bytes); ";
    let goes_on = " delivered; --resume goes on\n";
    done.fails_saying(1, &[why, goes_on]);
    asked_for(web, None);
    assert!(it.read("out") == body[..2_500_000]);

    let from = 2_500_000 - COMPARED;
    let rest = part(&body, from, COMPARED + 500_000);
    let web = Web::plays(vec![vec![Do::Head, rest, Do::HalfClose]]);
    let done = it.tide(["--resume", &web.url("/a"), "out"]).run();
    let behind = "(500000 bytes) delivered behind the 2500000 that were there; --resume goes on";
    done.fails_saying(1, &["cut short after 3000000 of ", behind]);
    asked_for(web, Some(from));
    assert!(it.read("out") == body[..3_000_000]);

    let web = sends_from(&body, 3_000_000 - COMPARED);
    let args = ["--resume", &web.url("/a"), "out", "--stats", "s"];
    it.tide(args).run().succeeds();
    asked_for(web, Some(3_000_000 - COMPARED));
    assert!(it.read("out") == body);
    let start = &records(&it.read("s"))[0];
    assert_eq!(start["size"], 4_000_000);
    assert_eq!(start["resumed_at"], 3_000_000);
    if road() == "auto" && cfg!(target_os = "linux") {
        assert_eq!(
            start["road"], "kernel",
            "what is left needs nobody to look at it"
        );
    }
}

#[apply(on_both_roads)]
fn skip_is_where_the_sink_begins() {
    let it = Scratch::new();
    let body = noise(3_000_000);
    it.write("out", &body[1000..2_000_000]);
    let from = 2_000_000 - COMPARED;
    let web = sends_from(&body, from);
    let args = ["--resume", "--skip", "1000", "--take", "2500000"];
    let ends = [&*web.url("/"), "out"];
    it.tide([&args[..], &ends].concat()).run().succeeds();
    asked_for(web, Some(from));
    assert!(it.read("out") == body[1000..2_501_000]);
}

#[test]
fn a_server_that_does_not_send_parts_is_told_of_and_the_sink_left_as_it_is() {
    let body = noise(2_000_000);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n";
    for answered in [ok("", &body), chunked.into()] {
        let it = Scratch::new();
        it.write("out", &body[..1_500_000]);
        let web = Web::plays(vec![answer(answered)]);
        let done = it.tide(["--resume", &web.url("/"), "out"]).run();
        done.fails_saying(
            1,
            &["resuming from http://", ": the server does not send parts;"],
        );
        assert!(it.read("out") == body[..1_500_000]);
        web.heard();
    }
}

#[apply(on_both_roads)]
fn what_little_there_is_is_compared_with_the_beginning_by_any_server() {
    let body = noise(2_000_000);
    for had in [1, 1000, COMPARED] {
        let it = Scratch::new();
        it.write("out", &body[..had]);
        let web = Web::plays(vec![answer(ok("", &body))]);
        let args = ["--resume", &web.url("/"), "out"];
        it.tide(args).run().succeeds();
        asked_for(web, None);
        assert!(it.read("out") == body);
    }
}

#[apply(on_both_roads)]
fn other_bytes_fewer_bytes_and_no_bytes_leave_the_sink_as_it_is() {
    let body = noise(2_000_000);
    let from = 1_500_000 - COMPARED;
    let mut other = body.clone();
    other[from + 12_345] ^= 1;
    let outside = "HTTP/1.1 416 x\r\nContent-Range: bytes */1000\r\nContent-Length: 0\r\n\r\n";
    let shorter = &body[..1_499_999];
    for (script, code, why) in [
        (
            part(&other, from, COMPARED),
            3,
            "has other bytes than http://",
        ),
        (
            part(shorter, from, shorter.len() - from),
            3,
            ", which ends at 1499999; ",
        ),
        (send(outside), 3, ", which ends at 1000; "),
        (Do::Send(ok("", &body[..1000])), 3, ", which ends at 1000; "),
        (
            send("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"),
            1,
            "404 Gone",
        ),
        (
            part(&body, from - 1, COMPARED),
            1,
            "another part than was asked for",
        ),
        (part(&body, from, 1000), 1, "cut short after "),
    ] {
        let it = Scratch::new();
        it.write("out", &body[..1_500_000]);
        let web = Web::plays(vec![vec![Do::Head, script, Do::HalfClose]]);
        let done = it.tide(["--resume", &web.url("/"), "out"]).run();
        done.fails_saying(code, &[why]);
        assert!(it.read("out") == body[..1_500_000], "{why}");
        asked_for(web, Some(from));
    }
}

#[test]
fn a_cut_in_what_is_compared_is_mended_as_any_other() {
    let it = Scratch::new();
    let body = noise(2_000_000);
    it.write("out", &body[..1_500_000]);
    let from = 1_500_000 - COMPARED;
    let web = Web::plays(vec![
        vec![Do::Head, part(&body, from, 10_000), Do::HalfClose],
        vec![
            Do::Head,
            part(&body, from + 10_000, 1_200_000),
            Do::HalfClose,
        ],
        vec![
            Do::Head,
            part(&body, from + 1_210_000, 2_000_000 - from - 1_210_000),
        ],
    ]);
    let url = format!("{}#retry=1,retry-wait=1ms", web.url("/"));
    it.tide(["--resume", &url, "out"]).run().succeeds();
    assert!(it.read("out") == body);
    web.heard();
}

#[test]
fn an_object_that_changes_while_it_is_compared_is_exit_3() {
    let it = Scratch::new();
    let body = noise(2_000_000);
    it.write("out", &body[..1_500_000]);
    let from = 1_500_000 - COMPARED;
    let web = Web::plays(vec![
        vec![Do::Head, part(&body, from, 10_000), Do::HalfClose],
        answer(ok("", b"another one")),
    ]);
    let url = format!("{}#retry=1,retry-wait=1ms", web.url("/"));
    let done = it.tide(["--resume", &url, "out"]).run();
    done.fails_saying(3, &["the object has changed"]);
    assert!(it.read("out") == body[..1_500_000]);
    web.heard();
}

#[test]
fn a_server_that_stalls_while_it_is_compared_is_left_in_time_and_by_a_signal() {
    let body = noise(2_000_000);
    let begun = part(&body, 1_500_000 - COMPARED, 1000);
    let it = Scratch::new();
    it.write("out", &body[..1_500_000]);
    let web = Web::plays(vec![vec![Do::Head, begun.clone(), Do::ReadAll]]);
    let args = ["--idle-timeout", "50ms", "--resume", &web.url("/"), "out"];
    let done = it.tide(args).run();
    done.fails_saying(4, &["waiting for http://", "nothing moved for 50ms"]);
    web.heard();

    let (listener, url) = listening();
    let args = ["--resume", "--summary", "always", &url, "out"];
    let mut running = it.tide(args).start();
    let mut peer = asked(&listener);
    let Do::Send(begun) = begun else {
        panic!("something to send");
    };
    peer.write_all(&begun).expect("an answer");
    // It may not have read that yet.
    let comparing = "comparing the end of out with http://";
    loop {
        running.signal("USR1");
        if running.line().contains(comparing) {
            break;
        }
    }
    running.signal("INT");
    let done = running.done().exits(130);
    done.mentions(&[&format!("interrupted while {comparing}")]);
    assert!(it.read("out") == body[..1_500_000]);
}

/// A server of the test's own, and its URL.
fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}/"))
}

/// The connection of a client that has sent its request: it has opened SINK by then, and knows its length.
fn asked(listener: &TcpListener) -> TcpStream {
    let (mut peer, _) = listener.accept().expect("a connection");
    peer.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let _ = peer.read(&mut [0; 4096]).expect("a request");
    peer
}

#[test]
fn a_sink_that_another_program_makes_longer_meanwhile_is_left_alone() {
    let it = Scratch::new();
    let body = noise(1000);
    it.write("out", &body[..500]);
    let (listener, url) = listening();
    let running = it.tide(["--resume", &url, "out"]).start();
    let mut peer = asked(&listener);
    let mut other = File::options()
        .append(true)
        .open(it.path("out"))
        .expect("SINK");
    other.write_all(b"of another").expect("more");
    peer.write_all(&ok("", &body)).expect("an answer");
    let done = running.done();
    done.fails_saying(1, &["opening out: ", "another program writes to it"]);
    assert_eq!(it.read("out"), [&body[..500], b"of another"].concat());
}

#[apply(on_both_roads)]
fn a_download_by_tls_goes_on_too() {
    let it = Scratch::new();
    write_certificates(&it);
    let body = noise(2_000_000);
    it.write("out", &body[..1_500_000]);
    let from = 1_500_000 - COMPARED;
    let script = vec![Do::Head, part(&body, from, body.len() - from)];
    let web = Web::plays_by_tls(&it, vec![("server.pem", script)]);
    let url = web.url("/#ca=ca.pem");
    it.tide(["--resume", &url, "out"]).run().succeeds();
    assert!(it.read("out") == body);
    asked_for(web, Some(from));
}
