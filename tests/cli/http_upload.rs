//! `http://` as a SINK: how bytes are sent to a server, and what it may answer when.

use super::tide::{Scratch, records};
use super::web::{Do, Web, send};
use std::time::{Duration, Instant};

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

fn text(heard: &[u8]) -> String {
    String::from_utf8_lossy(heard).into_owned()
}

#[apply(on_both_roads)]
fn a_file_is_put_with_its_length_and_accepted() {
    let it = Scratch::new();
    it.write("in", "0123456789");
    let web = Web::plays(vec![vec![Do::Head, Do::Read(10), send(CREATED)]]);
    it.tide(["in", &web.url("/x"), "--stats", "s"])
        .run()
        .exits(0);
    let heard = text(&web.heard()[0]);
    assert!(
        heard.starts_with("PUT /x HTTP/1.1\r\n") && heard.ends_with("\r\n\r\n0123456789"),
        "{heard}"
    );
    assert!(
        heard.contains("Content-Length: 10\r\n") && !heard.contains("Expect"),
        "{heard}"
    );
    let end = records(&it.read("s")).pop().unwrap();
    assert_eq!(end["delivered"], "accepted");
}

#[apply(on_both_roads)]
fn a_stream_is_sent_in_chunks() {
    let it = Scratch::new();
    for input in ["", "hello"] {
        let chunks = if input.is_empty() {
            "0\r\n\r\n"
        } else {
            "5\r\nhello\r\n0\r\n\r\n"
        };
        let script = vec![
            Do::Head,
            send("HTTP/1.1 100 Continue\r\n\r\n"),
            Do::Read(chunks.len()),
            send(CREATED),
        ];
        let web = Web::plays(vec![script]);
        let url = format!("{}#method=POST", web.url("/"));
        it.tide(["-", &url]).input(input).run().exits(0);
        let heard = text(&web.heard()[0]);
        assert!(
            heard.starts_with("POST / HTTP/1.1\r\n")
                && heard.ends_with(&format!("\r\n\r\n{chunks}")),
            "{heard}"
        );
        assert!(
            heard.contains("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"),
            "{heard}"
        );
    }
}

#[apply(on_both_roads)]
fn a_server_that_says_nothing_to_expect_gets_the_body_all_the_same() {
    let it = Scratch::new();
    it.write("in", vec![7; 3 << 20]);
    let web = Web::plays(vec![vec![Do::Head, Do::Read(3 << 20), send(CREATED)]]);
    it.tide(["in", &web.url("/")]).run().exits(0);
    let heard = &web.heard()[0];
    assert!(heard.ends_with(&vec![7; 3 << 20]) && text(heard).contains("Expect"));
}

#[apply(on_both_roads)]
fn an_early_refusal_ends_the_sending_and_is_told() {
    const REFUSED: &str = "HTTP/1.1 413 Too Large\r\nContent-Length: 10\r\n\r\nat most 1\n";
    let wants = || send("HTTP/1.1 100 Continue\r\n\r\n");
    for script in [
        vec![Do::Head, send(REFUSED)],
        vec![Do::Head, send(REFUSED), Do::Reset],
        vec![
            Do::Head,
            wants(),
            Do::Read(100_000),
            send(REFUSED),
            Do::Reset,
        ],
        vec![
            Do::Head,
            wants(),
            Do::Read(100_000),
            send(REFUSED),
            Do::HalfClose,
            Do::ReadAll,
        ],
    ] {
        let it = Scratch::new();
        let big = std::fs::File::create(it.path("big")).unwrap();
        big.set_len(1 << 30).unwrap();
        let began = Instant::now();
        let web = Web::plays(vec![script.clone()]);
        let done = it.tide(["big", &web.url("/")]).run().exits(1);
        let told = "the server answered 413 Too Large: at most 1;";
        assert!(done.stderr.contains(told), "{script:?}: {}", done.stderr);
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it did not send on"
        );
        web.heard();
    }
}

#[apply(on_both_roads)]
fn an_upload_is_accepted_by_2xx_alone_and_after_the_last_byte() {
    for (script, told) in [
        (
            vec![
                Do::Head,
                Do::Read(5),
                send("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nfull"),
            ],
            "the server answered 500 No: full",
        ),
        (
            vec![
                Do::Head,
                Do::Read(5),
                send("HTTP/1.1 307 x\r\nLocation: /new\r\n\r\n"),
            ],
            "/new",
        ),
        (
            vec![Do::Head, Do::Read(5)],
            "closed the connection without an answer",
        ),
        (
            vec![Do::Head, Do::Read(5), send("HTTP/1.1 20")],
            "closed the connection without an answer",
        ),
        (vec![Do::Head, Do::Read(5), Do::Reset], "reset"),
        (
            vec![Do::Head, Do::Read(5), send("what?\r\n\r\n")],
            "no answer in HTTP/1",
        ),
    ] {
        let it = Scratch::new();
        it.write("in", "hello");
        let web = Web::plays(vec![script]);
        let done = it.tide(["in", &web.url("/")]).run().exits(1);
        assert!(done.stderr.contains(told), "{told}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
        web.heard();
    }
}

#[test]
fn an_upload_whose_source_fails_never_looks_whole() {
    let it = Scratch::new();
    let source = Web::plays(vec![vec![
        Do::Head,
        send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"),
    ]]);
    let web = Web::plays(vec![vec![Do::Head, Do::ReadAll]]);
    it.tide([&source.url("/"), &web.url("/")]).run().exits(1);
    let heard = text(&web.heard()[0]);
    assert!(
        heard.contains("Content-Length: 10\r\n") && !heard.ends_with("56789"),
        "{heard}"
    );
    let source = Web::plays(vec![vec![
        Do::Head,
        send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n"),
    ]]);
    let web = Web::plays(vec![vec![
        Do::Head,
        send("HTTP/1.1 100 Continue\r\n\r\n"),
        Do::ReadAll,
    ]]);
    it.tide([&source.url("/"), &web.url("/")]).run().exits(1);
    assert!(!text(&web.heard()[0]).contains("0\r\n\r\n"));
}

#[apply(on_both_roads)]
fn more_or_fewer_bytes_than_were_announced_never_look_whole() {
    for (size, told) in [
        ("9", "more bytes came than the 9 that were announced"),
        ("11", "10 bytes came of 11 that were announced"),
    ] {
        let it = Scratch::new();
        it.write("in", "0123456789");
        for source in ["in", "-"] {
            let web = Web::plays(vec![vec![Do::Head, Do::ReadAll]]);
            let put = it.tide([source, &web.url("/"), "-s", size]);
            let done = put.input("0123456789").run().exits(1);
            assert!(done.stderr.contains(told), "{size}: {}", done.stderr);
            let heard = text(&web.heard()[0]);
            assert!(
                heard.contains(&format!("Content-Length: {size}\r\n")),
                "{heard}"
            );
        }
    }
}
