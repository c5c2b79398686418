//! The TLS peers people have: openssl, socat and ncat, byte for byte. One that is not here is said aloud.

use crate::real_peers::is_here;
use crate::tide::{Scratch, noise};
use crate::tls_peer::write_certificates;

/// A command that reads from tidegate, which listens on PORT; and one that sends to it.
const RECEIVERS: [&str; 4] = [
    "openssl s_client -quiet -connect 127.0.0.1:PORT",
    "openssl s_client -quiet -tls1_2 -connect 127.0.0.1:PORT",
    "socat -u OPENSSL:127.0.0.1:PORT,verify=0 -",
    "ncat --ssl --recv-only 127.0.0.1 PORT",
];
const SENDERS: [(&str, &str); 4] = [
    ("", "socat -u - OPENSSL:127.0.0.1:PORT,verify=0"),
    (
        "",
        "socat -u - OPENSSL:127.0.0.1:PORT,verify=0,openssl-max-proto-version=TLS1.2",
    ),
    ("#eof=fin", "ncat --ssl --send-only 127.0.0.1 PORT"),
    (
        "",
        "openssl s_client -quiet -no_ign_eof -nocommands -connect 127.0.0.1:PORT",
    ),
];

fn program(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

#[test]
fn what_is_sent_to_them_arrives() {
    let it = Scratch::new();
    let data = noise(5_000_000);
    it.write("in", &data);
    for line in RECEIVERS {
        if !is_here(program(line)) {
            continue;
        }
        let mut tide = it.tide(["in", "tls-listen://127.0.0.1:0"]).start();
        let address = tide.listening();
        let line = line.replace("PORT", address.rsplit(':').next().unwrap());
        let got = it.sh(&format!("{line} 2>/dev/null")).start();
        tide.done().exits(0);
        got.done().exits(0).prints(&data);
    }
}

#[test]
fn what_they_send_arrives() {
    let it = Scratch::new();
    let data = noise(5_000_000);
    it.write("in", &data);
    for (options, line) in SENDERS {
        if !is_here(program(line)) {
            continue;
        }
        let from = format!("tls-listen://127.0.0.1:0{options}");
        let mut tide = it.tide([&from, "-"]).start();
        let address = tide.listening();
        let line = line.replace("PORT", address.rsplit(':').next().unwrap());
        let sent = it.sh(&format!("{line} <in 2>/dev/null")).start();
        tide.done().exits(0).prints(&data);
        drop(sent);
    }
}

#[test]
fn tidegate_connects_to_them() {
    let it = Scratch::new();
    write_certificates(&it);
    let data = noise(2_000_000);
    it.write("in", &data);
    let lines = [
        "socat -u OPENSSL-LISTEN:0,bind=127.0.0.1,cert=server.pem,verify=0 OPEN:out,creat,trunc",
        "ncat --ssl --ssl-cert server.crt --ssl-key server.key --recv-only -o out -l 127.0.0.1 0",
    ];
    for line in lines {
        if !is_here(program(line)) {
            continue;
        }
        let line = line.replace(" -o out", "");
        let tool = it.sh(&format!("exec {line}")).start();
        let to = format!("tls://{}#ca=ca.pem", crate::real_peers::listens_on(&tool));
        it.tide(["in", &to]).run().succeeds();
        let done = tool.done().exits(0);
        let got = if line.starts_with("ncat") {
            done.stdout
        } else {
            it.read("out")
        };
        assert!(got == data, "{line}");
    }
}
