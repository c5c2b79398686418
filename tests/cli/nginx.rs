//! nginx as the server: what it serves, what it stores, and what it refuses. curl tells what others get.

use super::real_peers::is_here;
use super::tide::{Running, Scratch};
use super::tls_peer::write_certificates;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

/// A server, which ends when this is dropped, with the process that it has made.
struct Nginx(Running);

impl Drop for Nginx {
    fn drop(&mut self) {
        self.0.signal("TERM");
        let _ = self.0.child.wait();
    }
}

/// An nginx that serves and stores the files of `www`, and where it listens.
fn nginx(it: &Scratch) -> Option<(Nginx, String)> {
    let (server, address) = nginx_listening(it, "")?;
    Some((server, format!("http://{address}")))
}

/// The same by this version of TLS, with a certificate that `ca.pem` has signed.
fn nginx_by_tls(it: &Scratch, version: &str) -> Option<(Nginx, String)> {
    write_certificates(it);
    let files = "ssl_certificate server.crt; ssl_certificate_key server.key;";
    let (server, address) = nginx_listening(it, &format!("ssl; {files} ssl_protocols {version}"))?;
    Some((server, format!("https://{address}")))
}

fn nginx_listening(it: &Scratch, how: &str) -> Option<(Nginx, SocketAddr)> {
    if !is_here("nginx") {
        return None;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::fs::create_dir(it.path("www")).expect("a folder");
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    it.write(
        "nginx.conf",
        format!(
            "daemon off; pid pid; error_log error.log; {user}
            events {{}}
            http {{
                access_log off; sendfile on;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{
                    listen {address} {how}; root www; dav_methods PUT; create_full_put_path on; client_max_body_size 0;
                    location /small/ {{ client_max_body_size 1k; }}
                    location /moved {{ return 302 /big; }}
                }}
            }}"
        ),
    );
    let mut cmd = it.cmd("nginx");
    let prefix = it.path("");
    cmd.command
        .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
        .arg(prefix);
    // It takes the listening socket over, as it does from an nginx that it replaces.
    let server = cmd
        .env("NGINX", "0;")
        .stdin(OwnedFd::from(listener))
        .start();
    Some((Nginx(server), address))
}

#[apply(on_both_roads)]
fn nginx_serves_and_stores_exactly_the_bytes() {
    let it = Scratch::new();
    let Some((_server, url)) = nginx(&it) else {
        return;
    };
    it.tide(["random:#size=20M,seed=1", "file:www/big"])
        .run()
        .exits(0);
    let big = it.read("www/big");
    it.tide([&format!("{url}/moved"), "got"]).run().exits(0);
    assert!(it.read("got") == big);
    it.tide([&format!("{url}/big#retry=2"), "rest", "--skip", "1000000"])
        .run()
        .exits(0);
    assert!(it.read("rest") == big[1_000_000..]);
    it.tide(["www/big", &format!("{url}/new/put")])
        .run()
        .exits(0);
    assert!(it.read("www/new/put") == big);
    it.tide(["-", &format!("{url}/chunked")])
        .input(big.clone())
        .run()
        .exits(0);
    assert!(it.read("www/chunked") == big);
}

#[apply(on_both_roads)]
fn what_curl_has_begun_is_gone_on_with_from_nginx() {
    let it = Scratch::new();
    let Some((_server, url)) = nginx(&it) else {
        return;
    };
    if !is_here("curl") {
        return;
    }
    it.tide(["random:#size=5M,seed=1", "file:www/big"])
        .run()
        .exits(0);
    let url = format!("{url}/big");
    let begin = format!("curl -fsS -r 0-2999999 -o got {url}");
    it.sh(&begin).run().succeeds();
    assert_eq!(it.read("got").len(), 3_000_000);
    it.tide(["--resume", &url, "got"]).run().succeeds();
    assert!(it.read("got") == it.read("www/big"));
    it.tide(["--resume", &url, "got"]).run().succeeds();
    assert!(it.read("got") == it.read("www/big"));
}

#[apply(on_both_roads)]
fn nginx_serves_and_stores_exactly_the_bytes_by_tls() {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let it = Scratch::new();
        let Some((_server, url)) = nginx_by_tls(&it, version) else {
            return;
        };
        it.tide(["random:#size=5M,seed=1", "file:www/big"])
            .run()
            .exits(0);
        let big = it.read("www/big");
        let got = it.tide([&format!("{url}/moved#ca=ca.pem"), "got"]).run();
        got.exits(0);
        assert!(it.read("got") == big);
        let from = format!("{url}/big#ca=ca.pem,retry=2");
        it.tide([&from, "rest", "--skip", "1000000"]).run().exits(0);
        assert!(it.read("rest") == big[1_000_000..]);
        it.tide(["www/big", &format!("{url}/new/put#ca=ca.pem")])
            .run()
            .exits(0);
        assert!(it.read("www/new/put") == big);
        it.tide(["-", &format!("{url}/chunked#ca=ca.pem")])
            .input(big.clone())
            .run()
            .exits(0);
        assert!(it.read("www/chunked") == big);
        let to = format!("{url}/small/x#ca=ca.pem");
        it.tide(["zero:#size=100M", &to])
            .run()
            .fails_saying(1, &["the server answered 413 "]);
    }
}

#[apply(on_both_roads)]
fn nginx_refuses_what_is_too_large_or_not_there() {
    let it = Scratch::new();
    let Some((_server, url)) = nginx(&it) else {
        return;
    };
    let done = it.tide([&format!("{url}/none"), "out"]).run().exits(1);
    assert!(
        done.stderr
            .contains("the server answered 404 Not Found: <html>"),
        "{}",
        done.stderr
    );
    let done = it
        .tide(["zero:#size=100M", &format!("{url}/small/x")])
        .run()
        .exits(1);
    assert!(
        done.stderr.contains("the server answered 413 "),
        "{}",
        done.stderr
    );
}

#[test]
fn curl_gets_from_nginx_what_tidegate_gets() {
    let it = Scratch::new();
    let Some((_server, url)) = nginx(&it) else {
        return;
    };
    if !is_here("curl") {
        return;
    }
    for name in ["a b", "q%3Fx", "\u{fc}"] {
        let stored = name.replace("%3F", "?");
        it.write(&format!("www/{stored}"), name);
        let url = format!("{url}/{}", name.replace(' ', "%20"));
        let mut curl = it.cmd("curl");
        curl.command.args(["-sf", "--noproxy", "*", &url]);
        let by_curl = curl.run().exits(0).stdout;
        let by_us = it.tide([&url]).run().exits(0).stdout;
        assert_eq!((&by_us, &by_us[..]), (&by_curl, name.as_bytes()));
    }
}
