//! Both directions at once over TLS: half-closes are passed on where TLS has them, and late replies arrive.

use crate::tide::{Scratch, noise};
use crate::tls_peer::{TLS12, TLS13, Talk, listens, write_certificates};
use std::thread;
use std::time::Duration;

#[test]
fn a_half_close_is_passed_on_and_a_late_reply_arrives() {
    let it = Scratch::new();
    write_certificates(&it);
    let (peer, address) = listens(&it, "server.pem", &TLS13, |mut talk| {
        let asked = talk.read_whole();
        // Longer than others wait for a reply after their end.
        thread::sleep(Duration::from_millis(1500));
        talk.send(b"a late answer").unwrap();
        talk.end(true);
        asked
    });
    let to = format!("tls://{address}#ca=ca.pem");
    let done = it.tide(["--duplex", &to]).input("question").run();
    done.succeeds().prints("a late answer");
    assert_eq!(peer.join().unwrap(), b"question");
}

#[test]
fn two_tidegates_talk_both_ways_though_neither_reads_before_it_has_written() {
    let it = Scratch::new();
    let (a, b) = (noise(8_000_000), noise(6_000_000));
    let mut one = it
        .tide(["--duplex", "tls-listen://127.0.0.1:0"])
        .input(a.clone())
        .start();
    let to = format!("tls://{}#verify=no", one.listening());
    let other = it.tide(["-q", "--duplex", &to]).input(b.clone()).start();
    other.done().exits(0).prints(a);
    one.done().exits(0).prints(b);
}

#[test]
fn in_tls_1_2_the_end_is_withheld_until_the_reply_is_whole() {
    let it = Scratch::new();
    write_certificates(&it);
    let (peer, address) = listens(&it, "server.pem", &TLS12, |mut talk| {
        let asked = talk.read(8).0;
        thread::sleep(Duration::from_millis(1500));
        talk.send(b"a late answer").unwrap();
        talk.end(false);
        // Ours comes only then, and is heard.
        assert_eq!(talk.read_whole(), b"");
        asked
    });
    let to = format!("tls://{address}#ca=ca.pem");
    let done = it.tide(["--duplex", &to]).input("question").run();
    done.succeeds().prints("a late answer");
    assert_eq!(peer.join().unwrap(), b"question");
}

#[test]
fn a_cut_is_a_failure_of_both_directions() {
    let it = Scratch::new();
    // That input goes on, so no direction has ended.
    let (input, _goes_on) = std::io::pipe().unwrap();
    let mut one = it
        .tide(["--duplex", "tls-listen://127.0.0.1:0"])
        .stdin(input)
        .start();
    let mut talk = Talk::connects(&one.listening(), &TLS13);
    talk.send(b"half of it").unwrap();
    talk.fin();
    let done = one.done().exits(1).prints("half of it");
    done.mentions(&["cut short after 10 bytes"]);
    talk.read(usize::MAX).1.unwrap_err();
}
