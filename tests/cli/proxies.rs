//! The proxies people have: microsocks, danted and squid, byte for byte. One that is not here is said aloud.

use super::peer::until;
use super::real_peers::{is_here, listens_on};
use super::tide::{Cmd, Running, Scratch, noise};
use super::tls_peer::write_certificates;
use std::fs;
use std::net::TcpListener;

/// A proxy, which ends when this is dropped, with the processes that it has made.
pub(crate) struct Proxy(Running);

impl Drop for Proxy {
    fn drop(&mut self) {
        if self.0.child.try_wait().is_ok_and(|it| it.is_none()) {
            self.0.signal("TERM");
            let _ = self.0.child.wait();
        }
    }
}

/// A microsocks with these arguments, and where it listens.
pub(crate) fn microsocks(it: &Scratch, args: &[&str]) -> Option<(Proxy, String)> {
    if !is_here("microsocks") {
        return None;
    }
    let mut cmd = it.cmd("microsocks");
    let here = ["-i", "127.0.0.1", "-p", "0"];
    cmd.command.args(here).args(args);
    let proxy = Proxy(cmd.start());
    let address = listens_on(&proxy.0);
    Some((proxy, address))
}

fn danted(it: &Scratch) -> Option<(Proxy, String)> {
    is_here("danted").then(|| {
        on_a_free_port(|port| {
            let pass = "{ from: 0/0 to: 0/0 }";
            it.write(
                "danted.conf",
                format!(
                    "logoutput: stderr\ninternal: 127.0.0.1 port={port}\nexternal: lo\nclientmethod: none\n\
                     socksmethod: none\nclient pass {pass}\nsocks pass {pass}\n"
                ),
            );
            let mut cmd = it.cmd("danted");
            cmd.command.args(["-f", "danted.conf", "-p", "danted.pid"]);
            cmd
        })
    })
}

fn squid(it: &Scratch) -> Option<(Proxy, String)> {
    is_here("squid").then(|| {
        on_a_free_port(|port| {
            it.write(
                "squid.conf",
                format!(
                    "http_port 127.0.0.1:{port}\nhttp_access allow all\npid_filename none\naccess_log none\n\
                     cache_log /dev/null\ncache deny all\npinger_enable off\nshutdown_lifetime 0 seconds\n"
                ),
            );
            let mut cmd = it.cmd("squid");
            cmd.command.args(["-N", "-f", "squid.conf"]);
            cmd
        })
    })
}

/// One that cannot listen on a port of the system's choice: it is told one that was free, and another if it is no more.
fn on_a_free_port(command: impl Fn(u16) -> Cmd) -> (Proxy, String) {
    for _ in 0..10 {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let mut proxy = Proxy(command(address.port()).start());
        let mut is_there = false;
        until("the proxy listens or ends", || {
            is_there = is_listened_on(address.port());
            is_there || proxy.0.child.try_wait().is_ok_and(|it| it.is_some())
        });
        if is_there {
            return (proxy, address.to_string());
        }
    }
    panic!("no port for the proxy");
}

fn is_listened_on(port: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").expect("sockets");
    let listens = format!(":{port:04X} 00000000:0000 0A");
    table.lines().any(|line| line.contains(&listens))
}

/// Every proxy there is here, as it would be typed.
fn all(it: &Scratch) -> Vec<(Proxy, String)> {
    let mut all = Vec::new();
    for socks in [microsocks(it, &[]), danted(it)] {
        all.extend(socks.map(|(proxy, address)| (proxy, format!("socks5h://{address}"))));
    }
    all.extend(squid(it).map(|(proxy, address)| (proxy, format!("http://{address}"))));
    all
}

#[apply(on_both_roads)]
fn what_is_sent_through_them_arrives_whole() {
    let it = Scratch::new();
    let data = noise(5_000_000);
    it.write("in", &data);
    for (_proxy, by) in all(&it) {
        for by in [by.clone(), by.replace("socks5h", "socks5")] {
            // We connect and send, and we connect and receive.
            let mut receiver = it.tide(["tcp-listen://127.0.0.1:0", "-"]).start();
            let to = receiver.listening().replace("127.0.0.1", "localhost");
            let to = format!("tcp://{to}");
            it.tide(["--proxy", &by, "in", &to]).run().succeeds();
            receiver.done().exits(0).prints(&data);
            let mut sender = it.tide(["in", "tcp-listen://127.0.0.1:0"]).start();
            let from = format!("tcp://{}", sender.listening());
            it.tide(["--proxy", &by, &from])
                .run()
                .succeeds()
                .prints(&data);
            sender.done().exits(0);
        }
    }
}

/// How one listens, and the scheme and options by which the other connects with it.
const TALKS: [(&str, &str, &str); 2] = [
    ("tcp-listen://127.0.0.1:0", "tcp", ""),
    (
        "tls-listen://127.0.0.1:0#cert=server.pem",
        "tls",
        "#ca=ca.pem",
    ),
];

/// danted passes half-closes on; microsocks and squid end both directions with the first.
#[test]
fn both_directions_go_through_a_proxy_that_passes_half_closes_on() {
    let it = Scratch::new();
    write_certificates(&it);
    let (a, b) = (noise(2_000_000), noise(3_000_000));
    let Some((_proxy, address)) = danted(&it) else {
        return;
    };
    for (listens, scheme, options) in TALKS {
        let mut one = it.tide(["--duplex", listens]).input(a.clone()).start();
        let to = format!("{scheme}://{}{options}", one.listening());
        let by = format!("socks5h://{address}");
        let other = it.tide(["--proxy", &by, "--duplex", &to]);
        other.input(b.clone()).run().succeeds().prints(&a);
        one.done().exits(0).prints(&b);
    }
}

#[test]
fn tls_goes_through_them_to_the_peer() {
    let it = Scratch::new();
    write_certificates(&it);
    let data = noise(2_000_000);
    it.write("in", &data);
    for (_proxy, by) in all(&it) {
        let (listens, scheme, options) = TALKS[1];
        let mut receiver = it.tide([listens, "-"]).start();
        let to = format!("{scheme}://{}{options}", receiver.listening());
        it.tide(["--proxy", &by, "in", &to]).run().succeeds();
        receiver.done().exits(0).prints(&data);
    }
}

#[test]
fn a_user_and_a_password_are_what_microsocks_wants() {
    let it = Scratch::new();
    it.write("in", "whole");
    let Some((_proxy, address)) = microsocks(&it, &["-u", "me", "-P", "s3:cr@t"]) else {
        return;
    };
    for (login, told) in [
        ("", "wants a user and a password"),
        ("me@", "refused the user 'me' without a password"),
        ("me:wrong@", "refused the user 'me' with that password"),
        ("me:s3%3Acr%40t@", ""),
    ] {
        let mut receiver = it.tide(["tcp-listen://127.0.0.1:0", "-"]).start();
        let to = format!("tcp://{}", receiver.listening());
        let tide = it.tide(["in", &to]);
        let by = format!("socks5h://{login}{address}");
        let done = tide.env("TIDEGATE_PROXY", by).run();
        if told.is_empty() {
            done.succeeds();
            receiver.done().exits(0).prints("whole");
        } else {
            done.fails_saying(1, &[told]);
        }
    }
}

#[test]
fn nobody_listening_behind_them_is_told_as_they_say_it() {
    let it = Scratch::new();
    for (_proxy, by) in all(&it) {
        let told = if by.starts_with("http") {
            "answered 503 Service Unavailable"
        } else {
            "answered: connection refused by the host"
        };
        let done = it.tide(["--proxy", &by, "tcp://127.0.0.1:1", "out"]).run();
        done.fails_saying(1, &["connecting to tcp://127.0.0.1:1: the proxy ", told]);
    }
}
