//! The TLS peers people have: openssl, socat and ncat, byte for byte. One that is not here is said aloud.

use crate::peer::until;
use crate::real_peers::is_here;
use crate::tide::{Running, Scratch, noise};
use crate::tls_peer::write_certificates;
use std::io::{Read, Write, pipe};
use std::net::{SocketAddr, TcpListener, TcpStream};

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
        "openssl s_server -quiet -accept 127.0.0.1:0 -cert server.crt -key server.key -naccept 1",
        "openssl s_server -quiet -tls1_2 -accept 127.0.0.1:0 -cert server.crt -key server.key -naccept 1",
        "socat -u OPENSSL-LISTEN:0,bind=127.0.0.1,cert=server.pem,verify=0 OPEN:out,creat,trunc",
        "ncat --ssl --ssl-cert server.crt --ssl-key server.key --recv-only -o out -l 127.0.0.1 0",
    ];
    for line in lines {
        if !is_here(program(line)) {
            continue;
        }
        let line = line.replace(" -o out", "");
        // openssl leaves at the end of its own input, whatever comes.
        let (input, held) = pipe().unwrap();
        let tool = it.sh(&format!("exec {line} 2>/dev/null")).stdin(input);
        let tool = tool.start();
        let to = format!("tls://{}#ca=ca.pem", crate::real_peers::listens_on(&tool));
        it.tide(["in", &to]).run().succeeds();
        let done = tool.done().exits(0);
        drop(held);
        let got = if line.starts_with("socat") {
            it.read("out")
        } else {
            done.stdout
        };
        assert!(got == data, "{line}");
    }
}

/// A program that takes TLS off what it passes on to `to`, if it is here, and where it listens.
fn takes_tls_off(it: &Scratch, program: &str, to: SocketAddr) -> Option<(Running, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    // Neither takes a listening socket over, nor tells which free port it has; another program may take it first.
    drop(listener);
    let pem = it.path("server.pem").display().to_string();
    let line = if program == "haproxy" {
        let modes = "mode tcp\n timeout connect 60s\n timeout client 60s\n timeout server 60s";
        let listens = format!("listen x\n bind {at} ssl crt {pem}\n server s {to}");
        it.write("haproxy.conf", format!("defaults\n {modes}\n{listens}\n"));
        "haproxy -db -f haproxy.conf 2>log"
    } else {
        let whole = "foreground = yes\nsyslog = no\npid =";
        let service = format!("accept = {at}\nconnect = {to}\ncert = {pem}");
        it.write("stunnel.conf", format!("{whole}\n[x]\n{service}\n"));
        "stunnel4 stunnel.conf 2>log"
    };
    let tool = is_here(program).then(|| it.sh(&format!("exec {line}")).start())?;
    until("the program listens", || TcpStream::connect(at).is_ok());
    Some((tool, at.to_string()))
}

#[test]
fn what_passes_through_those_that_take_tls_off_arrives() {
    let data = noise(5_000_000);
    for program in ["stunnel4", "haproxy"] {
        let it = Scratch::new();
        write_certificates(&it);
        it.write("in", &data);
        // Behind it a tidegate that answers: whoever only looks whether it listens gets the first connection.
        let behind = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = behind.local_addr().unwrap();
        let Some((tool, address)) = takes_tls_off(&it, program, to) else {
            continue;
        };
        let echo = std::thread::spawn(move || {
            loop {
                let (mut one, _) = behind.accept().unwrap();
                let mut got = Vec::new();
                let _ = one.read_to_end(&mut got);
                if !got.is_empty() {
                    one.write_all(&got).unwrap();
                    return got;
                }
            }
        });
        let peer = format!("tls://{address}#ca=ca.pem");
        let both = it.sh(&format!("\"$T\" --duplex {peer} - <in >out"));
        both.run().exits(0);
        assert!(echo.join().unwrap() == data, "{program}");
        assert!(it.read("out") == data, "{program}");
        tool.signal("TERM");
        let _ = tool.done();
    }
}
