//! `http://` as a SOURCE: what comes of whatever a server answers.

use super::tide::{Scratch, records};
use super::web::{Do, Web, answer, ok, send};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Bytes that are not alike.
fn data(n: usize) -> Vec<u8> {
    let mut state = 1u32;
    let bytes = (0..n).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.collect()
}

fn text(heard: &[u8]) -> String {
    String::from_utf8_lossy(heard).into_owned()
}

#[apply(on_both_roads)]
fn a_get_delivers_the_body_and_knows_its_size() {
    let it = Scratch::new();
    let body = data(3_000_000);
    let web = Web::plays(vec![answer(ok("", &body))]);
    it.tide([&web.url("/a%20b?q=1"), "out", "--stats", "s"])
        .run()
        .exits(0);
    assert!(it.read("out") == body);
    let start = &records(&it.read("s"))[0];
    assert_eq!(start["size"], Value::from(3_000_000));
    let heard = text(&web.heard()[0]);
    assert!(
        heard.starts_with("GET /a%20b?q=1 HTTP/1.1\r\nHost: 127.0.0.1:"),
        "{heard}"
    );
    for part in [
        "Connection: close\r\n",
        "Accept-Encoding: identity\r\n",
        "User-Agent: tidegate/",
    ] {
        assert!(heard.contains(part), "{heard}");
    }
}

#[apply(on_both_roads)]
fn an_answer_may_come_in_pieces_of_any_size_and_framing() {
    let body = b"0123456789";
    let chunked = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n012\r\n7\r\n3456789\r\n0\r\nTrailer: t\r\n\r\n";
    let closing = "HTTP/1.0 200 OK\r\n\r\n0123456789";
    for whole in [ok("", body), chunked.into(), closing.into()] {
        let it = Scratch::new();
        let web = Web::plays(vec![vec![Do::Head, Do::SendByBytes(whole)]]);
        it.tide([&web.url("/"), "out"]).run().exits(0);
        assert_eq!(it.read("out"), body);
        web.heard();
    }
}

#[apply(on_both_roads)]
fn what_follows_the_body_is_no_part_of_it_even_if_the_connection_stays_open() {
    for sink in ["out", "-"] {
        let it = Scratch::new();
        let all = [ok("", b"body"), b"HTTP/1.1 200 OK".to_vec()].concat();
        for all in [all, ok("", b"body")] {
            let script = vec![Do::Head, Do::Send(all), Do::ReadAll];
            let web = Web::plays(vec![script]);
            let done = it.tide([&web.url("/"), sink]).run().exits(0);
            let came = if sink == "-" {
                done.stdout
            } else {
                it.read("out")
            };
            assert_eq!(came, b"body");
            web.heard();
        }
    }
}

#[apply(on_both_roads)]
fn a_body_that_is_cut_is_a_failure_and_says_where() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234";
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n01234";
    let no_last = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n";
    let closing = "HTTP/1.1 200 OK\r\n\r\n01234";
    for (answered, end, told) in [
        (head, Do::HalfClose, "cut short after 5 of 10 bytes"),
        (chunks, Do::HalfClose, "cut short after 5 bytes"),
        (no_last, Do::HalfClose, "cut short after 5 bytes"),
        (head, Do::Reset, "reset"),
        (closing, Do::Reset, "reset"),
    ] {
        let it = Scratch::new();
        let web = Web::plays(vec![vec![Do::Head, send(answered), end]]);
        let done = it.tide([&web.url("/"), "file:out#atomic"]).run().exits(1);
        assert!(done.stderr.contains(told), "{answered}: {}", done.stderr);
        assert_eq!(it.names(), [""; 0], "nothing looks whole");
        web.heard();
    }
}

#[test]
fn wherever_an_answer_is_cut_it_is_a_failure() {
    let it = Scratch::new();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for whole in [ok("", b"hello"), chunked.into()] {
        for end in [Do::HalfClose, Do::Reset] {
            for cut in 0..whole.len() {
                let sent = whole[..cut].to_vec();
                let web = Web::plays(vec![vec![Do::Head, Do::Send(sent), end.clone()]]);
                let args = [&*web.url("/"), "file:out#atomic"];
                let done = it.tide(args).run().exits(1);
                assert_eq!(done.stderr.lines().count(), 1, "{cut}: {}", done.stderr);
                assert!(it.names().is_empty(), "{cut} {end:?}");
                web.heard();
            }
        }
        let web = Web::plays(vec![vec![Do::Head, Do::Send(whole), Do::HalfClose]]);
        it.tide([&*web.url("/"), "out"]).run().exits(0);
        assert_eq!(it.read("out"), b"hello");
        std::fs::remove_file(it.path("out")).unwrap();
        web.heard();
    }
}

#[test]
fn an_answer_that_is_no_object_fails_with_its_status_and_first_line() {
    let long = format!(
        "HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    for (answered, told) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\ngone\nbye\n",
            "the server answered 404 Not Found: gone\n",
        ),
        (
            "HTTP/1.1 403 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno\x1b\r\n0\r\n\r\n",
            "the server answered 403: no\\u001b\n",
        ),
        (
            "HTTP/1.1 204 None\r\n\r\n",
            "the server answered 204 None\n",
        ),
        (
            "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\nabcd",
            "another part than was asked for",
        ),
        (&long, "xxx…\n"),
        ("SSH-2.0-OpenSSH\r\n", "no answer in HTTP/1"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "more than one Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "both a Transfer-Encoding and a Content-Length",
        ),
        ("HTTP/1.1 200 O", "closed the connection without an answer"),
        ("", "closed the connection without an answer"),
    ] {
        let it = Scratch::new();
        it.write("out", "before");
        let web = Web::plays(vec![answer(answered)]);
        let done = it.tide([&web.url("/x"), "out"]).run().exits(1);
        assert!(done.stderr.contains(told), "{told}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
        assert_eq!(it.read("out"), b"before");
        web.heard();
    }
}

#[test]
fn a_server_that_never_comes_to_the_point_is_left() {
    let fields = "X: y\r\n".repeat(1000);
    for (first, endlessly, told) in [
        ("HTTP/1.1 200 OK\r\n", fields.as_str(), "100 fields"),
        (
            "HTTP/1.1 200 OK\r\nA: ",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "16384 bytes",
        ),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", "interim answers"),
    ] {
        let it = Scratch::new();
        let endlessly = Do::SendEndlessly(endlessly.into());
        let web = Web::plays(vec![vec![Do::Head, send(first), endlessly]]);
        let done = it.tide([&web.url("/"), "out"]).run().exits(1);
        assert!(done.stderr.contains(told), "{told}: {}", done.stderr);
        web.heard();
    }
}

#[test]
fn redirects_are_followed_and_take_no_credentials_to_another_place() {
    let it = Scratch::new();
    let elsewhere = Web::plays(vec![answer(ok("", b"there"))]);
    let lead = format!(
        "HTTP/1.1 307 x\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url("/end")
    );
    let web = Web::plays(vec![
        answer("HTTP/1.1 302 x\r\nLocation: ../b?c#d\r\n\r\n"),
        answer(lead),
    ]);
    it.write("secret", "Cookie: c=1\nX-Plain: p\n");
    let url = format!(
        "http://me@{}/a/x/y#header-file=secret,header=Accept:text/plain",
        web.address
    );
    it.tide([&url, "out"]).run().exits(0);
    assert_eq!(it.read("out"), b"there");
    let heard = web.heard();
    assert!(
        text(&heard[1]).starts_with("GET /a/b?c HTTP/1.1\r\n"),
        "{}",
        text(&heard[1])
    );
    for heard in heard {
        let heard = text(&heard);
        assert!(
            heard.contains("Cookie: c=1\r\n") && heard.contains("Authorization: Basic bWU6\r\n"),
            "{heard}"
        );
    }
    let heard = text(&elsewhere.heard()[0]);
    assert!(
        heard.contains("X-Plain: p\r\n") && heard.contains("Accept: text/plain\r\n"),
        "{heard}"
    );
    assert!(
        !heard.contains("Cookie") && !heard.contains("Authorization"),
        "{heard}"
    );
}

#[apply(on_both_roads)]
fn only_what_is_wanted_is_asked_for() {
    let body = data(1000);
    for (flags, range, first, has) in [
        (&["--take", "100"][..], Some("0-99"), 0, 100),
        (&["--skip", "900"], Some("900-"), 900, 100),
        (
            &["--skip", "100", "--take", "200"],
            Some("100-299"),
            100,
            200,
        ),
        (&["--take", "0"], None, 0, 0),
    ] {
        let it = Scratch::new();
        let part = &body[first..first + has];
        let head = match range {
            None => ok("", &body),
            Some(_) => format!(
                "HTTP/1.1 206 x\r\nContent-Length: {has}\r\nContent-Range: bytes {first}-{}/1000\r\n\r\n",
                first + has - 1
            )
            .into_bytes(),
        };
        let sent = if range.is_some() {
            [&head[..], part].concat()
        } else {
            head
        };
        let web = Web::plays(vec![answer(sent)]);
        it.tide([flags, &[&web.url("/x"), "out"]].concat())
            .run()
            .exits(0);
        assert!(it.read("out") == part, "{flags:?}");
        let request = text(&web.heard()[0]);
        let asked = request
            .lines()
            .find_map(|it| it.strip_prefix("Range: bytes="));
        assert_eq!(asked, range, "{flags:?}");
    }
    // A server that sends less than it was asked for has cut the object short.
    let it = Scratch::new();
    let head = "HTTP/1.1 206 x\r\nContent-Length: 50\r\nContent-Range: bytes 0-49/1000\r\n\r\n";
    let sent = [head.as_bytes(), &body[..50]].concat();
    let web = Web::plays(vec![answer(sent)]);
    it.tide(["--take", "100", &web.url("/x"), "out"])
        .run()
        .fails_saying(1, &["cut short after 50 of 1000"]);
    web.heard();
}

#[test]
fn a_password_stands_in_netrc_and_in_no_argument() {
    for (netrc, header, told) in [
        ("", "", "Basic bWU6"),
        ("machine 127.0.0.1 login you password x", "", "Basic bWU6"),
        (
            "machine 127.0.0.1 login me password secret",
            "",
            "Basic bWU6c2VjcmV0",
        ),
        ("default login me password secret", "", "Basic bWU6c2VjcmV0"),
        (
            "default login me password secret",
            "#header=Authorization:t",
            "t",
        ),
    ] {
        let it = Scratch::new();
        if !netrc.is_empty() {
            it.write(".netrc", netrc);
        }
        let web = Web::plays(vec![answer(ok("", b"there"))]);
        let from = format!("http://me@{}/x{header}", web.address);
        let tide = it.tide([&from, "out", "-v", "--stats", "s"]);
        let done = tide.env("HOME", it.path("")).run().exits(0);
        let request = text(&web.heard()[0]);
        let line = format!("Authorization: {told}\r\n");
        assert!(request.contains(&line), "{request}");
        assert!(!request.contains("me@"), "{request}");
        let said = done.stderr + &text(&it.read("s"));
        assert!(
            !said.contains("secret") && !said.contains("bWU6c"),
            "{said}"
        );
    }
    let it = Scratch::new();
    std::fs::create_dir(it.path(".netrc")).unwrap();
    it.tide(["http://me@127.0.0.1:1/", "out"])
        .env("HOME", it.path(""))
        .run()
        .fails_saying(1, &["setting up http://me@127.0.0.1:1/", ".netrc: "]);
}

#[test]
fn redirects_come_to_an_end() {
    for (location, most, told) in [
        ("/", 2, "more than 2 redirects"),
        ("/", 0, "more than 0 redirects"),
        ("file:///etc/passwd", 1, "is no http:// or https:// URL"),
    ] {
        let it = Scratch::new();
        let lead = format!("HTTP/1.1 301 x\r\nLocation: {location}\r\n\r\n");
        let scripts = if location == "/" { most + 1 } else { 1 };
        let web = Web::plays(vec![answer(lead); scripts]);
        let url = format!("{}#redirects={most}", web.url("/"));
        let done = it.tide([&url, "out"]).run().exits(1);
        assert!(done.stderr.contains(told), "{}", done.stderr);
        web.heard();
    }
}

#[apply(on_both_roads)]
fn skipped_bytes_are_not_sent_where_the_server_knows_ranges() {
    let part = |range: &str, body: &str| {
        let len = body.len();
        format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {range}\r\nContent-Length: {len}\r\n\r\n{body}").into_bytes()
    };
    let outside =
        b"HTTP/1.1 416 x\r\nContent-Range: bytes */3\r\nContent-Length: 2\r\n\r\nno".to_vec();
    for (answered, code, came) in [
        (part("4-9/10", "456789"), 0, "456"),
        (ok("", b"0123456789"), 0, "456"),
        (ok("", b"012"), 0, ""),
        (outside, 0, ""),
        (part("5-9/10", "56789"), 1, ""),
        (part("4-9/*", "456789"), 0, "456"),
        (part("4-8/10", "456789"), 1, ""),
    ] {
        let it = Scratch::new();
        let web = Web::plays(vec![answer(&answered)]);
        it.tide([&web.url("/"), "out", "--skip", "4", "--take", "3"])
            .run()
            .exits(code);
        if code == 0 {
            assert_eq!(text(&it.read("out")), came, "{}", text(&answered));
        }
        assert!(text(&web.heard()[0]).contains("Range: bytes=4-6\r\n"));
    }
}

#[apply(on_both_roads)]
fn a_part_is_as_long_as_it_says_and_of_an_unknown_whole_no_success() {
    let head = |fields: &str| format!("HTTP/1.1 206 x\r\n{fields}\r\n");
    let closes = head("Content-Range: bytes 5-9/10\r\n") + "56789XXXX";
    let chunks = "Content-Range: bytes 5-9/10\r\nTransfer-Encoding: chunked\r\n";
    let chunks = head(chunks) + "9\r\n56789XXXX\r\n0\r\n\r\n";
    let unknown = head("Content-Range: bytes 5-6/*\r\nContent-Length: 2\r\n") + "56";
    for (answered, code, why) in [
        (closes, 0, ""),
        (chunks, 1, "a part in chunks"),
        (unknown, 1, "does not say of how much"),
    ] {
        let it = Scratch::new();
        let web = Web::plays(vec![answer(&answered)]);
        let ends = [&*web.url("/"), "--skip", "5", "file:out#atomic"];
        let done = it.tide(ends).run();
        if code == 0 {
            done.exits(0);
            assert_eq!(it.read("out"), b"56789");
        } else {
            done.fails_saying(1, &[why]);
        }
        web.heard();
    }
}

#[test]
fn what_runs_beyond_the_object_is_never_joined_to_a_download_that_was_cut() {
    let it = Scratch::new();
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"a\"\r\n\r\n01234";
    let fields = "Content-Range: bytes 5-9/10\r\nETag: \"a\"\r\nTransfer-Encoding: chunked";
    let rest = format!("HTTP/1.1 206 x\r\n{fields}\r\n\r\n9\r\n56789XXXX\r\n0\r\n\r\n");
    let web = Web::plays(vec![answer(first), answer(&rest)]);
    let url = format!("{}#retry=2,retry-wait=1ms", web.url("/"));
    let done = it.tide([&*url, "file:out#atomic"]).run();
    done.fails_saying(1, &["a part in chunks"]);
    assert!(!it.path("out").exists());
    web.heard();
}

#[test]
fn where_nothing_has_come_before_the_cut_all_is_asked_for_again() {
    let it = Scratch::new();
    let body = data(1000);
    let web = Web::plays(vec![
        cut(&body, 0, 0, Do::HalfClose),
        cut(&body, 0, 1000, Do::HalfClose),
    ]);
    let url = format!("{}#retry=1,retry-wait=1ms", web.url("/"));
    it.tide([&url, "out"]).run().exits(0);
    assert!(it.read("out") == body);
    let again = text(&web.heard()[1]);
    assert!(!again.contains("Range"), "{again}");
}

/// Answers from byte `at` on, as far as to before `until`, and cuts the connection so.
fn cut(body: &[u8], at: usize, until: usize, end: Do) -> Vec<Do> {
    let tag = "ETag: \"v1\"\r\n";
    let total = body.len();
    let head = match at {
        0 => format!("HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n{tag}\r\n"),
        _ => format!(
            "HTTP/1.1 206 x\r\nContent-Range: bytes {at}-{}/{total}\r\nContent-Length: {}\r\n{tag}\r\n",
            total - 1,
            total - at
        ),
    };
    vec![
        Do::Head,
        send(&head),
        Do::Send(body[at..until].to_vec()),
        end,
    ]
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_was_without_a_byte_lost_or_doubled() {
    let it = Scratch::new();
    let body = data(4_000_000);
    // A reset may destroy what was sent before it, so only a clean cut has a known place.
    let mut scripts = vec![cut(&body, 0, 1_000_001, Do::HalfClose)];
    scripts.push(vec![Do::Head, Do::Reset]);
    scripts.push(cut(&body, 1_000_001, 1_000_001, Do::HalfClose));
    scripts.push(answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
    scripts.push(cut(&body, 1_000_001, 1_000_002, Do::HalfClose));
    scripts.push(cut(&body, 1_000_002, 4_000_000, Do::HalfClose));
    let web = Web::plays(scripts);
    let url = format!("{}#retry=4,retry-wait=1ms", web.url("/"));
    it.tide([&url, "out"]).run().exits(0);
    assert!(it.read("out") == body);
    let heard = web.heard();
    let last = text(&heard[5]);
    assert!(
        last.contains("Range: bytes=1000002-\r\nIf-Range: \"v1\"\r\n"),
        "{last}"
    );
    assert!(!text(&heard[0]).contains("Range"));
}

/// Serves `body` from where it is asked for, and cuts each connection somewhere, by a FIN or a reset, until all was sent. Returns how
/// many connections there were.
fn serve_with_cuts(
    listener: &TcpListener,
    body: &[u8],
    mut random: impl FnMut() -> usize,
) -> usize {
    for connection in 1.. {
        let (stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            (&stream).read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = text(&head);
        let range = head
            .split_once("Range: bytes=")
            .and_then(|(_, it)| it.split_once('-'));
        let at: usize = range.map_or(0, |(at, _)| at.parse().unwrap());
        let until = body.len().min(at + 65_536 + random() % (body.len() / 4));
        for step in cut(body, at, until, Do::HalfClose) {
            if let Do::Send(bytes) = step {
                (&stream).write_all(&bytes).unwrap();
            }
        }
        if until == body.len() {
            return connection;
        }
        if random().is_multiple_of(2) {
            socket2::SockRef::from(&stream)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
        }
    }
    unreachable!("connections without an end")
}

/// How many MiB are downloaded: `DOWNLOAD_MIB`, which `.ci/run` sets to 1024, or a few, several times.
fn download_mib() -> usize {
    let asked = std::env::var("DOWNLOAD_MIB").ok();
    asked.map_or(16, |mib| mib.parse().expect("a number"))
}

#[test]
fn a_download_that_is_cut_at_random_has_exactly_the_bytes() {
    let mib = download_mib();
    let body = Arc::new(data(mib << 20));
    let seeds = if mib > 100 { 1..=1 } else { 1..=8 };
    for seed in seeds {
        let it = Scratch::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::clone(&body);
        let mut state: u64 = seed;
        let random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap()
        };
        let server = thread::spawn(move || serve_with_cuts(&listener, &sent, random));
        let url = format!("http://{address}/#retry=5,retry-wait=1ms");
        it.tide([&url, "out"]).run().exits(0);
        assert!(it.read("out") == *body, "seed {seed}");
        assert!(server.join().unwrap() > 3, "seed {seed}");
    }
    if mib <= 100 {
        eprintln!("only {mib} MiB were downloaded; DOWNLOAD_MIB=1024 is what .ci/run asks for");
    }
}

#[test]
fn a_retry_never_joins_what_does_not_belong_together() {
    let body = data(1000);
    let first = || cut(&body, 0, 500, Do::HalfClose);
    let untagged = vec![
        Do::Head,
        send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: W/\"v1\"\r\n\r\nabc"),
    ];
    let part = |fields: &str| {
        answer(format!(
            "HTTP/1.1 206 x\r\nContent-Length: 500\r\n{fields}\r\n"
        ))
    };
    for (scripts, code, told) in [
        (vec![untagged], 1, "no strong validator"),
        (
            vec![first(), answer(ok("ETag: \"v2\"\r\n", b"other"))],
            3,
            "the object has changed",
        ),
        (
            vec![
                first(),
                part("Content-Range: bytes 500-999/1000\r\nETag: \"v2\"\r\n"),
            ],
            3,
            "the object has changed",
        ),
        (
            vec![first(), part("Content-Range: bytes 500-999/1001\r\n")],
            3,
            "the object has changed",
        ),
        (
            vec![first(), part("Content-Range: bytes 499-998/1000\r\n")],
            1,
            "another part",
        ),
        (
            vec![first(), answer("HTTP/1.1 404 Gone\r\n\r\n")],
            1,
            "404 Gone",
        ),
        (vec![first(), first(), first()], 3, "the object has changed"),
        (
            vec![first(), vec![Do::Head], vec![Do::Head]],
            1,
            "cut short after 500 of 1000 bytes",
        ),
    ] {
        let it = Scratch::new();
        let used = if code == 3 { 2 } else { scripts.len() };
        let web = Web::plays(scripts.into_iter().take(used).collect());
        let url = format!("{}#retry=2,retry-wait=1ms", web.url("/"));
        let done = it.tide([&url, "file:out#atomic"]).run().exits(code);
        assert!(done.stderr.contains(told), "{told}: {}", done.stderr);
        assert_eq!(it.names(), [""; 0]);
        web.heard();
    }
}

#[test]
fn what_cannot_be_a_url_is_a_usage_error() {
    let it = Scratch::new();
    for (url, told) in [
        ("http://", "no valid host"),
        ("http://h:99999/", "no valid port"),
        ("http://me:secret@h/", "header-file"),
        ("http://h/#section", "unknown option 'section'"),
        ("http://h/#header=x", "NAME:VALUE"),
        ("http://h/#header=Range:bytes=0-", "sent by tidegate itself"),
        ("http://h/#method=PUT", "makes no sense"),
    ] {
        let done = it.tide([url, "out"]).run().exits(2);
        assert!(done.stderr.contains(told), "{url}: {}", done.stderr);
        assert!(!done.stderr.contains("#section of") && it.names().is_empty());
    }
}
