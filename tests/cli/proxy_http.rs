//! Which proxy `http://` and `https://` go by: the flag, or what the environment says, as with curl.

use super::real_peers::is_here;
use super::tide::{Cmd, Scratch};
use super::tls_peer::write_certificates;
use super::web::{Do, Web, answer, ok, send};

/// Where nothing listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// What nobody reaches but by a proxy (RFC 5737).
const FAR: &str = "http://192.0.2.1/x";

/// A proxy by CONNECT, which plays the server behind it too.
fn tunnel(then: &[u8]) -> Vec<Do> {
    vec![
        Do::Head,
        send("HTTP/1.1 200 OK\r\n\r\n"),
        Do::Read(1),
        Do::Head,
        Do::Send(then.to_vec()),
    ]
}

fn with(tide: Cmd, variables: &[(&str, &str)]) -> Cmd {
    let set = |tide: Cmd, (name, value): &(&str, &str)| tide.env(name, value);
    variables.iter().fold(tide, set)
}

#[apply(on_both_roads)]
fn an_object_comes_by_the_proxy_that_a_variable_names() {
    for name in ["http_proxy", "all_proxy", "ALL_PROXY", "TIDEGATE_PROXY"] {
        let it = Scratch::new();
        let web = Web::plays(vec![tunnel(&ok("", b"far away"))]);
        let proxy = format!("http://me:s3cret@{}/", web.address);
        it.tide([FAR, "out"]).env(name, proxy).run().succeeds();
        assert_eq!(it.read("out"), b"far away");
        let heard = String::from_utf8(web.heard().remove(0)).unwrap();
        let (connect, get) = heard.split_once("\r\n\r\n").unwrap();
        assert!(
            connect.starts_with("CONNECT 192.0.2.1:80 HTTP/1.1\r\n"),
            "{connect}"
        );
        assert!(
            connect.contains("Proxy-Authorization: Basic bWU6czNjcmV0"),
            "{connect}"
        );
        // The server behind it is told nothing of that.
        assert!(
            get.starts_with("GET /x HTTP/1.1\r\nHost: 192.0.2.1\r\n"),
            "{get}"
        );
        assert!(!get.contains("Proxy") && !get.contains("bWU6"), "{get}");
    }
}

#[test]
fn each_variable_is_for_what_it_is_with_curl() {
    let it = Scratch::new();
    for (variables, args, reached) in [
        // Upper case only counts where no request of a CGI program can set it.
        (&[("HTTP_PROXY", NOBODY)][..], &[][..], true),
        (&[("https_proxy", NOBODY)], &[], true),
        (&[("http_proxy", NOBODY)], &[], false),
        (&[("http_proxy", "127.0.0.1:1")], &[], false),
        (&[("http_proxy", ""), ("all_proxy", NOBODY)], &[], false),
        (
            &[("http_proxy", NOBODY), ("no_proxy", "127.0.0.1")],
            &[],
            true,
        ),
        (
            &[("http_proxy", NOBODY), ("NO_PROXY", "x, 127.0.0.0/8")],
            &[],
            true,
        ),
        (&[("http_proxy", NOBODY), ("NO_PROXY", "*")], &[], true),
        (
            &[("http_proxy", NOBODY), ("no_proxy", "x"), ("NO_PROXY", "*")],
            &[],
            false,
        ),
        (&[("http_proxy", NOBODY)], &["--proxy", "none"], true),
        (&[("http_proxy", NOBODY)], &["--proxy", ""], true),
        (&[], &["--proxy", NOBODY], false),
        (&[("NO_PROXY", "127.0.0.1")], &["--proxy", NOBODY], true),
    ] {
        let web = Web::plays(vec![answer(ok("", b"direct"))]);
        let url = web.url("/");
        let tide = it.tide([args, &[&url, "out"]].concat());
        let done = with(tide, variables).run();
        if reached {
            done.succeeds();
            web.heard();
        } else {
            done.fails_saying(1, &["the proxy http://127.0.0.1:1", "cannot be reached"]);
        }
        if !args.contains(&"none") && is_here("curl") {
            let web = Web::plays(vec![answer(ok("", b"direct"))]);
            let mut curl = it.cmd("curl");
            curl.command
                .args(["-s", "-o", "got", &web.url("/")])
                .args(args);
            let by_curl = with(curl, variables).run().code();
            assert_eq!(by_curl == 0, reached, "{variables:?} {args:?}");
        }
    }
}

#[test]
fn a_variable_that_names_no_proxy_is_refused_where_it_would_be_used() {
    let it = Scratch::new();
    it.write("in", "x");
    let bad = [("all_proxy", "socks4://me:s3cret@p")];
    let done = with(it.tide(["in", FAR]), &bad).run();
    let done = done.refuses(&["all_proxy 'socks4://p': socks4:// is no proxy here; valid: "]);
    assert!(!done.stderr.contains("s3cret"), "{}", done.stderr);
    let direct = [bad[0], ("no_proxy", "192.0.2.1")];
    with(it.tide(["--explain", "in", FAR]), &direct)
        .run()
        .exits(0);
    // Nothing but http and https asks for it.
    for args in [
        ["--explain", "in", "tcp://192.0.2.1:7"],
        ["--explain", "in", "out"],
    ] {
        with(it.tide(args), &bad).run().exits(0);
    }
    let good = [("http_proxy", "http://me:s3cret@p:3128")];
    let done = with(it.tide(["--explain", "in", FAR]), &good)
        .run()
        .exits(0);
    let told = String::from_utf8(done.stdout).unwrap();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("the proxy http://p:3128 (http_proxy) connect"),
        "{told}"
    );
    assert!(!told.contains("s3cret"), "{told}");
}

#[test]
fn a_redirect_goes_by_the_proxy_of_where_it_leads_to() {
    let it = Scratch::new();
    let here = Web::plays(vec![answer(ok("", b"here"))]);
    let to = here.url("/here");
    let moved = format!("HTTP/1.1 302 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    let proxy = Web::plays(vec![tunnel(moved.as_bytes())]);
    let by = format!("http://{}", proxy.address);
    let variables = [("http_proxy", &*by), ("no_proxy", "127.0.0.1")];
    with(it.tide([FAR, "out"]), &variables).run().succeeds();
    assert_eq!(it.read("out"), b"here");
    here.heard();
    proxy.heard();
    // And where that names none, it is refused.
    let moved = "HTTP/1.1 302 x\r\nLocation: https://192.0.2.1/\r\nContent-Length: 0\r\n\r\n";
    let proxy = Web::plays(vec![tunnel(moved.as_bytes())]);
    let by = format!("http://{}", proxy.address);
    let variables = [("http_proxy", &*by), ("https_proxy", "ftp://p")];
    let done = with(it.tide([FAR, "out"]), &variables).run();
    done.fails_saying(2, &["https_proxy 'ftp://p'"]);
    proxy.heard();
}

#[test]
fn an_object_is_sent_by_a_proxy_too() {
    let it = Scratch::new();
    it.write("in", "sent");
    let created = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    let mut script = tunnel(b"");
    script.extend([Do::Read(4), Do::Send(created.to_vec())]);
    let web = Web::plays(vec![script]);
    let by = format!("http://{}", web.address);
    it.tide(["in", FAR]).env("http_proxy", by).run().exits(0);
    assert!(web.heard()[0].ends_with(b"\r\n\r\nsent"));
}

#[test]
fn the_certificate_behind_a_proxy_is_the_servers() {
    let it = Scratch::new();
    write_certificates(&it);
    let Some((_proxy, by)) = super::proxies::microsocks(&it, &[]) else {
        return;
    };
    let by = format!("socks5h://{by}");
    for (ca, code) in [("ca.pem", 0), ("other.pem", 1)] {
        let script = answer(ok("", b"secret"));
        let web = Web::plays_by_tls(&it, vec![("server.pem", script)]);
        let url = format!("{}#ca={ca}", web.url("/"));
        let done = it.tide([&url, "-"]).env("https_proxy", &by).run();
        let done = done.exits(code);
        if code == 0 {
            done.prints("secret");
            web.heard();
        }
    }
}
