//! `tls://` and `tls-listen://`: what goes over them arrives whole, or the failure is told on both sides.

use crate::peer::until;
use crate::tide::{Running, Scratch, noise};
use crate::tls_peer::{TLS12, TLS13, Talk, listens, write_certificates};
use std::time::Duration;

/// What a listener says: its address, and the certificate's digest if it made one.
fn listening(running: &mut Running) -> (String, Option<String>) {
    let line = running.line();
    let mut words = line.split(' ');
    let address = words.nth(2).unwrap().to_owned();
    let pin = line.split("pin ").nth(1);
    (address, pin.map(|it| it.trim_end_matches(')').to_owned()))
}

#[track_caller]
fn memory_is_bounded(running: &Running) {
    let peak = running.proc_status("VmHWM");
    let kib: u64 = peak.trim_end_matches(" kB").trim().parse().unwrap();
    assert!(kib < 40 << 10, "{peak}");
}

#[apply(on_both_roads)]
fn what_is_sent_to_a_certificate_made_on_the_spot_arrives_by_its_pin() {
    let it = Scratch::new();
    let data = noise(5_000_000);
    it.write("in", &data);
    let mut receiver = it.tide(["tls-listen://127.0.0.1:0", "out"]).start();
    let (address, pin) = listening(&mut receiver);
    let pin = pin.unwrap();
    assert!(pin.starts_with("sha256:") && pin.len() == 71, "{pin}");
    it.tide(["in", &format!("tls://{address}#pin={pin}")])
        .run()
        .succeeds();
    receiver.done().exits(0);
    assert!(it.read("out") == data);
    // And from the one that listens.
    let mut sender = it.tide(["in", "tls-listen://127.0.0.1:0"]).start();
    let (address, pin) = listening(&mut sender);
    let from = format!("tls://{address}#pin={}", pin.unwrap());
    it.tide([&from, "back"]).run().succeeds();
    sender.done().exits(0);
    assert!(it.read("back") == data);
}

#[apply(on_both_roads)]
fn an_authority_a_certificate_itself_or_nobody_vouches_for_the_peer() {
    let it = Scratch::new();
    write_certificates(&it);
    for (cert, options, said) in [
        ("server.pem", "ca=ca.pem", ""),
        ("server.crt,key=server.key", "ca=ca.pem", ""),
        ("self.pem", "ca=self.pem", ""),
        ("other.pem", "ca=ca.pem,name=other.example", ""),
        (
            "old.pem",
            "verify=no",
            "nobody checks who the peer is (#verify=no)",
        ),
    ] {
        let listens = format!("tls-listen://127.0.0.1:0#cert={cert}");
        let mut receiver = it.tide([&listens, "-"]).start();
        let (address, pin) = listening(&mut receiver);
        assert_eq!(pin, None);
        let to = format!("tls://{address}#{options}");
        let sent = it.tide(["-q", "-", &to]).input("whole").run();
        sent.exits(0).mentions(&[said]);
        receiver.done().exits(0).prints("whole");
    }
}

#[test]
fn the_authorities_of_the_environment_are_those_of_the_system() {
    let it = Scratch::new();
    write_certificates(&it);
    let listens = "tls-listen://127.0.0.1:0#cert=server.pem";
    let mut receiver = it.tide([listens, "-"]).start();
    let (address, _) = listening(&mut receiver);
    let sent = it.tide(["-", &format!("tls://{address}")]).input("whole");
    let sent = sent.env("SSL_CERT_FILE", it.path("ca.pem"));
    sent.env("SSL_CERT_DIR", "").run().succeeds();
    receiver.done().exits(0).prints("whole");
}

#[apply(on_both_roads)]
fn both_versions_are_spoken_in_both_roles() {
    let it = Scratch::new();
    write_certificates(&it);
    let data = noise(3_000_000);
    it.write("in", &data);
    for version in [&TLS12, &TLS13] {
        let (peer, address) = listens(&it, "server.pem", version, |mut talk| {
            let all = talk.read_whole();
            talk.end(true);
            all
        });
        let to = format!("tls://{address}#ca=ca.pem");
        it.tide(["in", &to]).run().succeeds();
        assert!(peer.join().unwrap() == data);
        let mut receiver = it.tide(["tls-listen://127.0.0.1:0", "out"]).start();
        let mut talk = Talk::connects(&receiver.listening(), version);
        talk.send(&data).unwrap();
        talk.end(true);
        receiver.done().exits(0);
        assert!(it.read("out") == data);
    }
}

#[apply(on_both_roads)]
fn an_end_that_is_not_said_is_a_cut_unless_it_is_expected() {
    let it = Scratch::new();
    for (options, flags, code) in [
        ("", &[][..], 1),
        ("#eof=fin", &[], 0),
        ("", &["--expect-size", "100000"], 0),
        ("", &["--expect-size", "100001"], 1),
        ("", &["--expect-size", "99999"], 3),
        ("#eof=fin", &["--expect-size", "100001"], 3),
        ("", &["--skip", "5", "--expect-size", "99995"], 0),
        ("", &["-t", "gzip", "--expect-size", "5"], 3),
    ] {
        let from = format!("tls-listen://127.0.0.1:0{options}");
        let args = [flags, &[&from, "file:out#atomic"]].concat();
        let mut receiver = it.tide(args).start();
        let mut talk = Talk::connects(&receiver.listening(), &TLS13);
        talk.send(&noise(100_000)).unwrap();
        talk.fin();
        let done = receiver.done().exits(code);
        assert_eq!(it.names().contains(&"out".to_owned()), code == 0);
        if code == 1 {
            done.mentions(&["cut short after 97.66 KiB (100000 bytes)"]);
        }
        let _ = std::fs::remove_file(it.path("out"));
    }
}

#[apply(on_both_roads)]
fn a_transfer_that_fails_does_not_look_whole_to_the_peer() {
    let it = Scratch::new();
    write_certificates(&it);
    for version in [&TLS12, &TLS13] {
        let (peer, address) = listens(&it, "server.pem", version, |mut talk| {
            talk.read(usize::MAX).1.map_err(|error| error.to_string())
        });
        let to = format!("tls://{address}#ca=ca.pem");
        it.tide(["exec:head -c 100000 /dev/zero; exit 3", &to])
            .run()
            .fails_saying(1, &["3"]);
        peer.join().unwrap().unwrap_err();
        // And a sender learns that the sink has failed.
        let mut receiver = it.tide(["tls-listen://127.0.0.1:0", "/dev/full"]).start();
        let mut talk = Talk::connects(&receiver.listening(), version);
        // By the end of it the receiver may be gone.
        let _ = talk.send(&noise(100_000)).and_then(|()| talk.say_end());
        talk.read(usize::MAX).1.unwrap_err();
        receiver.done().exits(1);
    }
}

#[apply(on_both_roads)]
fn keys_that_are_renewed_while_only_we_send_are_read() {
    let it = Scratch::new();
    write_certificates(&it);
    let data = noise(4_000_000);
    it.write("in", &data);
    let (peer, address) = listens(&it, "server.pem", &TLS13, |mut talk| {
        let mut all = Vec::new();
        for _ in 0..20 {
            talk.update_keys();
            talk.send(b"said").unwrap();
            all.extend(talk.read(100_000).0);
        }
        all.extend(talk.read_whole());
        talk.end(true);
        all
    });
    let to = format!("tls://{address}#ca=ca.pem");
    let sent = it.tide(["in", &to]).run().exits(0);
    sent.mentions(&["sent 80 bytes, dropped"]);
    assert!(peer.join().unwrap() == data);
}

#[apply(on_both_roads)]
fn a_peer_that_does_not_read_stops_the_source_and_memory_stays_bounded() {
    let it = Scratch::new();
    write_certificates(&it);
    let (opener, closed) = std::sync::mpsc::channel::<()>();
    let (peer, address) = listens(&it, "server.pem", &TLS13, move |talk| {
        let _ = closed.recv_timeout(crate::tide::DEADLINE);
        drop(talk);
    });
    let to = format!("tls://{address}#ca=ca.pem,sndbuf=64K");
    let args = ["--stats", "s", "--interval", "50ms", "zero:", &to];
    let running = it.tide(args).start();
    let mut last = (0, 0);
    let samples = || -> Vec<u64> {
        let bytes = std::fs::read(it.path("s")).unwrap_or_default();
        let whole = bytes
            .iter()
            .rposition(|it| *it == b'\n')
            .map_or(0, |it| it + 1);
        let all = crate::tide::records(&bytes[..whole]);
        let all = all.iter().filter(|it| it["type"] == "sample");
        all.filter_map(|it| it["bytes_in"].as_u64()).collect()
    };
    until("the source stands still", || {
        let all = samples();
        let now = (all.last().copied().unwrap_or(0), all.len());
        let stands = now.0 > 0 && now.0 == last.0 && now.1 >= last.1 + 4;
        if now.0 != last.0 {
            last = now;
        }
        stands
    });
    assert!(last.0 < 20 << 20, "{} bytes were read ahead", last.0);
    memory_is_bounded(&running);
    running.signal("TERM");
    running.done().exits(143);
    drop(opener);
    peer.join().unwrap();
}

#[test]
fn a_slow_sink_stops_the_peer() {
    let it = Scratch::new();
    let mut receiver = it
        .tide([
            "tls-listen://127.0.0.1:0#rcvbuf=64K",
            "null:#stall=1M:3600s",
        ])
        .start();
    let mut talk = Talk::connects(&receiver.listening(), &TLS13);
    talk.limit_writes(Duration::from_secs(1));
    let piece = noise(1 << 20);
    let mut sent = 0;
    while talk.send(&piece).is_ok() {
        sent += 1;
        assert!(sent < 40, "the peer is not held up");
    }
    memory_is_bounded(&receiver);
    receiver.signal("TERM");
    receiver.done().exits(143);
}

#[test]
fn the_kernel_does_not_encrypt_and_that_is_said() {
    let it = Scratch::new();
    let mut receiver = it.tide(["tls-listen://127.0.0.1:0", "null:"]).start();
    let to = format!("tls://{}#verify=no", receiver.listening());
    let done = it.tide(["--road", "kernel", "zero:#size=1", &to]).run();
    done.exits(2).mentions(&["TLS is done by this program"]);
    let told = it.tide(["--explain", "tls-listen://127.0.0.1:1", "null:"]);
    let told = told.run().exits(0);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("TLS is done by this program"), "{told}");
}
