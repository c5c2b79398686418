//! Every example in the pages about TLS and HTTP is run as it stands there, with a server of the tests' own.

use super::live::untested;
use super::tide::{Cmd, Scratch, noise};
use super::tls_peer::write_certificates;
use super::web::{Do, Web, answer, ok, send};
use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const TLS: &str = include_str!("../../docs/tls.md");
const HTTP: &str = include_str!("../../docs/http.md");

/// What the server of an example does.
#[derive(Clone, Copy)]
enum Server {
    Gives,
    /// It cuts the connection, and gives the rest on another.
    IsCut,
    GivesTheRest,
    GivesGzip,
    Takes,
    TakesChunks,
    None,
}

/// How each example in a `sh` block starts, what its server does, and what must be so afterwards.
const SHELL: [(&str, Server, &str); 9] = [
    (
        "tidegate https://example.org/disk.img 'file:",
        Server::Gives,
        "cmp object disk.img",
    ),
    (
        "tidegate 'https://example.org/disk.img#retry",
        Server::IsCut,
        "cmp object disk.img",
    ),
    ("tidegate --resume", Server::Gives, "cmp object disk.img"),
    (
        "tidegate --skip",
        Server::GivesTheRest,
        "tail -c +1001 object | cmp - tail.img",
    ),
    (
        "tidegate https://example.org/dump.gz",
        Server::GivesGzip,
        "cmp object dump",
    ),
    (
        "tidegate disk.img https",
        Server::Takes,
        "grep -q '^PUT /disk.img ' heard && tail -c 5000 heard | cmp - object",
    ),
    (
        "pg_dump db",
        Server::TakesChunks,
        "grep -q '^POST /db ' heard",
    ),
    (
        "tidegate disk.img 'https",
        Server::Takes,
        "grep -q '^Authorization: Bearer token' heard",
    ),
    (
        "openssl x509",
        Server::None,
        "[[ $OUT = *$(openssl x509 -in cert.pem -outform DER | sha256sum | cut -c 1-64)* ]]",
    ),
];

impl Server {
    fn scripts(self, it: &Scratch) -> Vec<Vec<Do>> {
        let object = it.read("object");
        let created = send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        let part = |first: usize| {
            let (last, all) = (object.len() - 1, object.len());
            let left = all - first;
            let head = format!(
                "HTTP/1.1 206 x\r\nContent-Range: bytes {first}-{last}/{all}\r\nContent-Length: {left}\r\n\r\n"
            );
            answer([head.as_bytes(), &object[first..]].concat())
        };
        match self {
            Server::None => vec![],
            Server::Gives => vec![answer(ok("", &object))],
            Server::GivesTheRest => vec![part(1000)],
            Server::GivesGzip => vec![answer(ok("", &it.read("object.gz")))],
            Server::IsCut => {
                let mut cut = ok("ETag: \"v1\"\r\n", &object);
                cut.truncate(cut.len() - 2000);
                vec![vec![Do::Head, Do::Send(cut), Do::HalfClose], part(3000)]
            }
            Server::Takes => vec![vec![Do::Head, Do::Read(object.len()), created]],
            Server::TakesChunks => {
                let wants = send("HTTP/1.1 100 x\r\n\r\n");
                vec![vec![Do::Head, wants, Do::ReadTo(b"\r\n0\r\n\r\n"), created]]
            }
        }
    }
}

/// The lines of the blocks in this language.
fn lines(page: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = page.split(fence.as_str()).skip(1);
    let blocks = blocks.map(|it| it.split("```").next().expect("an end"));
    blocks.flat_map(str::lines).collect()
}

fn scratch() -> Scratch {
    let it = Scratch::new();
    write_certificates(&it);
    it.write("cert.pem", it.read("server.crt"));
    it.write("secret", "Authorization: Bearer token\n");
    it.write("object", noise(5000));
    it.write("disk.img", noise(5000));
    it.tide(["object", "-t", "gzip", "object.gz"])
        .run()
        .exits(0);
    fs::create_dir(it.path("bin")).expect("a directory");
    symlink(cargo_bin!("tidegate"), it.path("bin/tidegate")).expect("a link");
    let dump = it.write("bin/pg_dump", "#!/bin/sh\nseq 1000\n");
    fs::set_permissions(dump, fs::Permissions::from_mode(0o755)).expect("a program");
    it
}

fn bash(it: &Scratch, line: &str) -> Cmd {
    let path = std::env::var("PATH").expect("a PATH");
    it.sh(&format!("set -o pipefail; {line}"))
        .env("PATH", format!("{}:{path}", it.path("bin").display()))
        .env("SSL_CERT_FILE", it.path("ca.pem"))
}

#[test]
fn every_shell_example_does_what_it_says() {
    let examples = [lines(TLS, "sh"), lines(HTTP, "sh")].concat();
    assert_eq!(examples.len(), SHELL.len());
    for example in examples {
        let row = SHELL.iter().find(|row| example.starts_with(row.0));
        let (_, server, check) = row.unwrap_or_else(|| panic!("nothing runs {example:?}"));
        let it = scratch();
        if example.starts_with("openssl") && !it.can("command -v openssl") {
            untested("no openssl here for an example");
            continue;
        }
        let scripts = server.scripts(&it);
        let scripts = scripts.into_iter().map(|it| ("server.pem", it));
        let web = Web::plays_by_tls(&it, scripts.collect());
        let line = example.replace("https://example.org", &web.url(""));
        let done = bash(&it, &line).run().exits(0);
        it.write("heard", web.heard().concat());
        let out = String::from_utf8_lossy(&done.stdout).into_owned() + &done.stderr;
        bash(&it, check).env("OUT", out).run().exits(0);
    }
}

#[test]
fn two_machines_talk_as_the_page_says() {
    let examples = lines(TLS, "console");
    assert_eq!(examples.len(), 6);
    for talk in examples.chunks(3) {
        let [receives, said, sends] = talk else {
            panic!("{talk:?}");
        };
        let it = scratch();
        let [receives, sends] = [("receiver$ ", receives), ("sender$ ", sends)]
            .map(|(host, line)| line.strip_prefix(host).expect("a command"));
        let receives = receives
            .replace(":9000", ":0")
            .replace("disk.img", "got.img");
        let mut peer = bash(&it, &receives).start();
        let heard = peer.line();
        let address = heard.split(' ').nth(2).expect("an address");
        let (pin, port) = (
            heard
                .split("sha256:")
                .nth(1)
                .map(|it| it.trim_end_matches(')')),
            address.rsplit(':').next().expect("a port"),
        );
        let said = said
            .replace("9000", port)
            .replace("HEX", pin.unwrap_or_default());
        assert_eq!(said, heard);
        let sends = sends.replace("receiver:9000", &format!("127.0.0.1:{port}"));
        let sends = sends.replace("HEX", pin.unwrap_or_default());
        bash(&it, &sends).run().exits(0);
        peer.done().exits(0);
        assert!(it.read("got.img") == it.read("disk.img"));
    }
}
