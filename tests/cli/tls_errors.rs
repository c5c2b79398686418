//! What is wrong with a TLS peer is one line that says what to do.

use crate::peer::{Peer, Step};
use crate::tide::Scratch;
use crate::tls_peer::{TLS13, Talk, write_certificates};
use std::net::TcpStream;

#[test]
fn a_peer_who_is_not_trusted_is_refused_with_what_to_do() {
    let it = Scratch::new();
    write_certificates(&it);
    let pin = format!("pin=sha256:{}", "0".repeat(64));
    for (cert, options, parts) in [
        ("old.pem", "ca=ca.pem", &["has expired", "#pin=sha256:"][..]),
        (
            "other.pem",
            "ca=ca.pem",
            &["is for other.example, not for 127.0.0.1", "#name"],
        ),
        ("server.pem", "ca=self.pem", &["#ca=FILE", "#pin=sha256:"]),
        ("self.pem", "ca=ca.pem", &["#ca=FILE", "#pin=sha256:"]),
        ("server.pem", &pin, &["is not the one of #pin but sha256:"]),
    ] {
        let listens = format!("tls-listen://127.0.0.1:0#cert={cert}");
        let mut receiver = it.tide([&*listens, "null:"]).start();
        let to = format!("tls://{}#{options}", receiver.listening());
        let done = it.tide(["zero:#size=1", &to]).run();
        let done = done.fails_saying(1, &[&to]).mentions(parts);
        // What the message says to do is enough.
        if let Some((_, shown)) = done
            .stderr
            .split_once("#pin=sha256:")
            .filter(|_| options != pin)
        {
            let listens = format!("tls-listen://127.0.0.1:0#cert={cert}");
            let mut receiver = it.tide([&*listens, "null:"]).start();
            let to = format!("tls://{}#pin=sha256:{}", receiver.listening(), &shown[..64]);
            it.tide(["zero:#size=1", &to]).run().succeeds();
            receiver.done().exits(0);
        }
        // It tells of that, and waits for the next.
        let line = receiver.line();
        assert!(
            line.contains("warning: accepting on") && line.contains(": refused 127.0.0.1:"),
            "{line}"
        );
        receiver.signal("TERM");
        receiver.done().exits(143);
    }
}

#[test]
fn a_peer_that_speaks_no_tls_is_told_apart() {
    let it = Scratch::new();
    let (peer, address) = Peer::listens(vec![
        Step::ReadExactly(1),
        Step::Send(b"220 mail.example ESMTP\r\n".to_vec()),
        Step::ReadAll,
    ]);
    let to = format!("tls://{address}#verify=no");
    let done = it.tide(["zero:#size=1", &to]).run().exits(1);
    done.mentions(&["the peer does not speak TLS", &to]);
    drop(peer.story());
    let (peer, address) = Peer::listens(vec![Step::ReadExactly(1)]);
    let to = format!("tls://{address}#verify=no");
    let done = it.tide(["zero:#size=1", &to]).run().exits(1);
    done.mentions(&["TLS handshake", &to]);
    drop(peer.story());
    let (peer, address) = Peer::listens(vec![Step::ReadAll]);
    let to = format!("tls://{address}#verify=no,connect-timeout=200ms");
    let done = it.tide(["zero:#size=1", &to]).run().exits(4);
    done.mentions(&["#connect-timeout", &to]);
    drop(peer.story());
}

#[test]
fn a_client_that_fails_or_says_nothing_leaves_the_place_to_the_next() {
    let it = Scratch::new();
    let mut receiver = it.tide(["tls-listen://127.0.0.1:0", "-"]).start();
    let address = receiver.listening();
    // Ten of them do not add up: the others are let in beside them.
    let silent = [(); 10].map(|()| TcpStream::connect(&address).unwrap());
    let plain = Peer::connects(
        &address,
        vec![
            Step::Send(b"GET / HTTP/1.0\r\n\r\n".to_vec()),
            Step::ReadAll,
        ],
    );
    let mut talk = Talk::connects(&address, &TLS13);
    talk.send(b"whole").unwrap();
    talk.end(true);
    let done = receiver.done().exits(0).prints("whole");
    done.mentions(&["the peer does not speak TLS"]);
    drop((silent, plain.story()));
}

#[test]
fn clients_show_certificates_where_they_are_asked_for() {
    let it = Scratch::new();
    write_certificates(&it);
    for (client, is_let_in) in [
        ("cert=client.pem,", true),
        ("cert=self.pem,", false),
        ("", false),
    ] {
        let listens = "tls-listen://127.0.0.1:0#cert=server.pem,client-ca=ca.pem,accept-timeout=1s";
        let mut receiver = it.tide(["-q", listens, "-"]).start();
        let to = format!("tls://{}#{client}ca=ca.pem", receiver.listening());
        let sent = it.tide(["-", &to]).input("whole").run();
        if is_let_in {
            sent.succeeds();
            receiver.done().exits(0).prints("whole");
        } else {
            let sent = sent.fails_saying(1, &[&to]);
            if client.is_empty() {
                sent.mentions(&["wants a certificate of ours: #cert=FILE"]);
            }
            let done = receiver.done().exits(4);
            done.mentions(&["nobody was let in within 1s; 1 refused"]);
        }
    }
}

#[test]
fn a_client_is_known_by_its_certificate_itself() {
    let it = Scratch::new();
    write_certificates(&it);
    let listens = "tls-listen://127.0.0.1:0#cert=server.pem,client-ca=self.pem";
    let mut receiver = it.tide(["-q", listens, "-"]).start();
    let to = format!("tls://{}#ca=ca.pem", receiver.listening());
    it.tide(["zero:#size=1", &format!("{to},cert=client.pem")])
        .run()
        .exits(1);
    it.tide(["-", &format!("{to},cert=self.pem")])
        .input("whole")
        .run()
        .succeeds();
    receiver.done().exits(0).prints("whole");
}

#[test]
fn protocols_and_versions_that_do_not_meet_are_told() {
    let it = Scratch::new();
    write_certificates(&it);
    let listens = "tls-listen://127.0.0.1:0#cert=server.pem,alpn=one";
    let mut receiver = it.tide(["-q", listens, "null:"]).start();
    let to = format!("tls://{}#ca=ca.pem,alpn=two", receiver.listening());
    it.tide(["zero:#size=1", &to])
        .run()
        .fails_saying(1, &[&to, "#alpn"]);
    receiver.signal("TERM");
    receiver.done().exits(143);
    let mut receiver = it.tide(["tls-listen://127.0.0.1:0#alpn=one", "-"]).start();
    let address = receiver.listening();
    let to = format!("tls://{address}#verify=no,alpn=one");
    it.tide(["-q", "-", &to]).input("whole").run().exits(0);
    receiver.done().exits(0).prints("whole");
}

#[test]
fn files_of_certificates_that_are_none_are_named() {
    let it = Scratch::new();
    write_certificates(&it);
    it.write("empty", "");
    it.write("text", "-----BEGIN CERTIFICATE-----\n!\n");
    let connects = |options: &str| {
        let to = format!("tls://127.0.0.1:1#{options}");
        it.tide(["zero:#size=1", &to]).run()
    };
    connects("ca=none").fails_saying(1, &["none: No such file or directory"]);
    connects("ca=empty").fails_saying(1, &["empty has no certificate in PEM"]);
    connects("ca=text").fails_saying(1, &["text is not PEM"]);
    connects("ca=ca.pem,cert=server.crt")
        .fails_saying(1, &["server.crt has no private key", "#key=FILE"]);
    connects("ca=ca.pem,cert=server.crt,key=ca.pem")
        .fails_saying(1, &["ca.pem has no private key in PEM"]);
    connects("ca=ca.pem,cert=server.crt,key=client.key").fails_saying(1, &["server.crt"]);
    connects("ca=ca.pem,pin=1").refuses(&["not the SHA-256 of a certificate"]);
    connects("ca=ca.pem,verify=no").refuses(&["ca and verify"]);
    connects("key=client.key").refuses(&["key needs cert=FILE"]);
    connects("ca=ca.pem,name=*").fails_saying(1, &["is not a name that a certificate can be for"]);
}

#[test]
fn nothing_of_a_key_is_told() {
    let it = Scratch::new();
    write_certificates(&it);
    let key = String::from_utf8(it.read("server.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    let ends = [
        "tls-listen://127.0.0.1:0#cert=server.pem,accept-timeout=10ms",
        "null:",
    ];
    for flags in [&["--explain"][..], &["-v", "--stats", "s", "-p", "json"]] {
        let done = it.tide([flags, &ends].concat()).run();
        let told = [
            &done.stdout,
            done.stderr.as_bytes(),
            &std::fs::read(it.path("s")).unwrap_or_default(),
        ]
        .concat();
        let told = String::from_utf8(told).unwrap();
        assert!(
            told.contains("server.pem") && !told.contains(secret),
            "{told}"
        );
    }
}
