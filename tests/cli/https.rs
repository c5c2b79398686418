//! `https://`: as `http://`, from and to a server who is known, and only to the end that was announced.

use super::tide::{Scratch, noise, records};
use super::tls_peer::{TLS12, TLS13, listens, write_certificates};
use super::web::{Do, Web, answer, ok, send};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn with_certificates() -> Scratch {
    let it = Scratch::new();
    write_certificates(&it);
    it
}

#[apply(on_both_roads)]
fn both_versions_of_tls_bring_and_take_a_body_however_it_is_framed() {
    let it = with_certificates();
    let body = vec![b'x'; 100_000];
    let chunks = [
        &b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n"[..],
        &body,
        b"\r\n0\r\n\r\n",
    ];
    for version in [&TLS12, &TLS13] {
        for sent in [
            ok("", &body),
            chunks.concat(),
            [b"HTTP/1.1 200 x\r\n\r\n", &body[..]].concat(),
        ] {
            let web = Web::plays_by(&it, version, vec![("server.pem", answer(sent))]);
            let from = web.url("/x#ca=ca.pem");
            it.tide([&from, "out"]).run().exits(0);
            assert!(it.read("out") == body);
            assert!(text(&web.heard()[0]).starts_with("GET /x HTTP/1.1\r\n"));
        }
        let takes = vec![
            Do::Head,
            send("HTTP/1.1 100 x\r\n\r\n"),
            Do::Read(body.len()),
            send("HTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n"),
        ];
        let web = Web::plays_by(&it, version, vec![("server.pem", takes)]);
        it.write("in", &body);
        let done = it
            .tide(["in", &web.url("/y#ca=ca.pem"), "--stats", "s"])
            .run();
        done.exits(0);
        assert!(text(&it.read("s")).contains("\"delivered\":\"accepted\""));
        let heard = &web.heard()[0];
        assert!(heard.ends_with(&body) && text(heard).starts_with("PUT /y HTTP/1.1\r\n"));
    }
}

#[test]
fn a_server_who_is_not_trusted_gets_no_request() {
    let it = with_certificates();
    for (file, options, why) in [
        (
            "server.pem",
            "",
            "nobody who is trusted here; to trust it all the same: #pin=sha256:",
        ),
        (
            "other.pem",
            "#ca=ca.pem",
            "is for other.example, not for 127.0.0.1",
        ),
        (
            "old.pem",
            "#ca=ca.pem,retry=1,retry-wait=1ms",
            "has expired",
        ),
    ] {
        let tries = if options.contains("retry") { 2 } else { 1 };
        let web = Web::plays_by_tls(&it, vec![(file, vec![Do::ReadAll]); tries]);
        let from = web.url(&format!("/x{options}"));
        it.tide([&from, "file:out#atomic"])
            .run()
            .fails_saying(1, &[why]);
        assert!(web.heard().iter().all(Vec::is_empty));
        assert!(!it.names().contains(&"out".to_owned()));
    }
    it.tide(["https://127.0.0.1:9/x#ca=none.pem,retry=5", "out"])
        .run()
        .fails_saying(1, &["setting up https://127.0.0.1:9/x", "none.pem"]);
}

#[test]
fn redirects_lead_to_tls_and_back_and_take_no_credentials_along() {
    let it = with_certificates();
    let lead = |to: &str| answer(format!("HTTP/1.1 302 x\r\nLocation: {to}\r\n\r\n"));
    let plain = Web::plays(vec![answer(ok("", b"there"))]);
    let secure = Web::plays_by_tls(&it, vec![("server.pem", lead(&plain.url("/end")))]);
    it.write("secret", "Cookie: c=1\nX-Plain: p\n");
    let from = secure.url("/x#ca=ca.pem,header-file=secret");
    it.tide([&from, "out"]).run().exits(0);
    assert_eq!(it.read("out"), b"there");
    assert!(text(&secure.heard()[0]).contains("Cookie: c=1\r\n"));
    let heard = text(&plain.heard()[0]);
    assert!(
        heard.contains("X-Plain: p\r\n") && !heard.contains("Cookie"),
        "{heard}"
    );

    // Whom to trust cannot be said at http://, so the system's authorities say it.
    let secure = Web::plays_by_tls(&it, vec![("server.pem", answer(ok("", b"there")))]);
    let plain = Web::plays(vec![lead(&secure.url("/end"))]);
    let ca = it.path("ca.pem");
    let tide = it.tide([&plain.url("/x#header=Cookie:c"), "out"]);
    tide.env("SSL_CERT_FILE", ca.to_str().unwrap())
        .run()
        .exits(0);
    assert!(text(&plain.heard()[0]).contains("Cookie"));
    assert!(!text(&secure.heard()[0]).contains("Cookie"));

    let secure = Web::plays_by_tls(&it, vec![("server.pem", vec![])]);
    let plain = Web::plays(vec![lead(&secure.url("/end"))]);
    let told = format!(
        "redirected to https://{}/end: the peer's certificate",
        secure.address
    );
    it.tide([&plain.url("/x"), "out"])
        .run()
        .fails_saying(1, &[&told]);
}

#[test]
fn the_name_and_the_certificate_that_were_given_are_for_the_first_server_alone() {
    let it = with_certificates();
    let other = Web::plays_by_tls(&it, vec![("server.pem", answer(ok("", b"there")))]);
    let lead = format!("HTTP/1.1 302 x\r\nLocation: {}\r\n\r\n", other.url("/"));
    let first = Web::plays_by_tls(&it, vec![("other.pem", answer(lead))]);
    let from = first.url("/#ca=ca.pem,name=other.example,cert=client.pem");
    it.tide([&from, "out"]).run().exits(0);
    assert_eq!(it.read("out"), b"there");
}

#[test]
fn a_cut_is_a_cut_also_where_the_end_of_the_connection_is_that_of_the_body() {
    let it = with_certificates();
    let cut = |head: &str| {
        let script = vec![Do::Head, send(&format!("{head}\r\n12345")), Do::HalfClose];
        Web::plays_by_tls(&it, vec![("server.pem", script)])
    };
    let until_close = "HTTP/1.1 200 x\r\n";
    for (head, options, flags, code) in [
        (until_close, "", &[][..], 1),
        (until_close, ",eof=fin", &[], 0),
        (until_close, "", &["--expect-size", "5"], 0),
        (until_close, "", &["--expect-size", "6"], 1),
        (
            "HTTP/1.1 200 x\r\nContent-Length: 6\r\n",
            ",eof=fin",
            &[],
            1,
        ),
        ("HTTP/1.1 200 x\r\nContent-Length: 5\r\n", "", &[], 0),
    ] {
        let web = cut(head);
        let from = web.url(&format!("/#ca=ca.pem{options}"));
        let done = it.tide([flags, &[&from, "out"]].concat()).run().exits(code);
        if code == 1 {
            done.mentions(&["cut short after 5"]);
        }
        web.heard();
    }
}

#[test]
fn a_retry_goes_on_with_the_same_server_and_with_no_other() {
    let it = with_certificates();
    let body: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let cut = || {
        let head = "HTTP/1.1 200 x\r\nContent-Length: 1000\r\nETag: \"v\"\r\n\r\n";
        let sent = [head.as_bytes(), &body[..400]].concat();
        vec![Do::Head, Do::Send(sent), Do::HalfClose]
    };
    let rest = || {
        let head =
            "HTTP/1.1 206 x\r\nContent-Length: 600\r\nContent-Range: bytes 400-999/1000\r\n\r\n";
        answer([head.as_bytes(), &body[400..]].concat())
    };
    for (second, code) in [("server.pem", 0), ("self.pem", 1)] {
        let web = Web::plays_by_tls(&it, vec![("server.pem", cut()), (second, rest())]);
        let from = web.url("/#ca=ca.pem,retry=1,retry-wait=1ms");
        it.tide([&from, "file:out#atomic"]).run().exits(code);
        let heard = web.heard();
        if code == 0 {
            assert!(it.read("out") == body);
            assert!(text(&heard[1]).contains("Range: bytes=400-\r\nIf-Range: \"v\"\r\n"));
            std::fs::remove_file(it.path("out")).unwrap();
        } else {
            assert!(heard[1].is_empty() && !it.names().contains(&"out".to_owned()));
        }
    }
}

#[apply(on_both_roads)]
fn an_answer_that_ends_an_upload_early_is_told() {
    let it = with_certificates();
    for version in [&TLS12, &TLS13] {
        let refuses = vec![
            Do::Head,
            send("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo much\n"),
            Do::Reset,
        ];
        let web = Web::plays_by(&it, version, vec![("server.pem", refuses)]);
        let to = web.url("/#ca=ca.pem");
        it.tide(["zero:#size=1G", &to])
            .run()
            .fails_saying(1, &["the server answered 413 Too Large"]);
        web.heard();
        // One that takes some of it first, and closes before it has read all.
        let refuses = vec![
            Do::Head,
            send("HTTP/1.1 100 x\r\n\r\n"),
            Do::Read(1000),
            send("HTTP/1.1 507 Full\r\nContent-Length: 5\r\n\r\nfull\n"),
        ];
        let web = Web::plays_by(&it, version, vec![("server.pem", refuses)]);
        let done = it.tide(["zero:#size=1G", &web.url("/#ca=ca.pem")]).run();
        let done = done.exits(1);
        assert!(!done.stderr.contains("accepted"), "{}", done.stderr);
        web.heard();
    }
}

#[apply(on_both_roads)]
fn several_servers_and_a_file_get_the_same_bytes() {
    let it = with_certificates();
    let body = noise(3_000_000);
    it.write("in", &body);
    let takes = || {
        vec![
            Do::Head,
            send("HTTP/1.1 100 x\r\n\r\n"),
            Do::Read(body.len()),
            send("HTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n"),
        ]
    };
    let plain = Web::plays(vec![takes()]);
    let secure = Web::plays_by_tls(&it, vec![("server.pem", takes())]);
    let (peer, address) = listens(&it, "server.pem", &TLS13, |mut talk| {
        let got = talk.read_whole();
        talk.end(true);
        got
    });
    let (one, two) = (plain.url("/x"), secure.url("/y#ca=ca.pem"));
    let three = format!("tls://{address}#ca=ca.pem");
    it.tide([
        "in", "--tee", &one, "--tee", &two, "--tee", &three, "out", "--stats", "s",
    ])
    .run()
    .exits(0);
    assert!(it.read("out") == body && peer.join().unwrap() == body);
    assert!(plain.heard()[0].ends_with(&body) && secure.heard()[0].ends_with(&body));
    let end = records(&it.read("s")).pop().unwrap();
    let delivered = |at: usize| end["sinks"][at]["delivered"].as_str().unwrap().to_owned();
    let mut all: Vec<_> = (0..4).map(delivered).collect();
    all.sort();
    assert_eq!(all, ["accepted", "accepted", "closed", "written"]);
}
