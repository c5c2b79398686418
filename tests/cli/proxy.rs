//! `--proxy`, against a proxy of the tests' own: what comes of whatever it answers. Behind its answers it plays the peer too.

use super::peer::{Peer, Step, gate};
use super::tide::{Done, Scratch, noise};
use super::web::{Do, Web, send};
use std::net::TcpListener;

/// A peer that nobody reaches (RFC 5737): what comes from it comes from the proxy.
const PEER: &str = "tcp://192.0.2.1:7";

/// What SOCKS is asked for by that, and its answers.
const GREETING: &[u8] = &[5, 1, 0];
const REQUEST: &[u8] = &[5, 1, 0, 1, 192, 0, 2, 1, 0, 7];
const CHOSEN: &[u8] = &[5, 0];
const CONNECTED: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/// The same with a login, whose password is in no message.
const OFFER: &[u8] = &[5, 2, 0, 2];
const LOGIN: &[u8] = b"\x01\x02me\x08s3cr:t @";
const WANTED: &[u8] = &[5, 2];
const ADMITTED: &[u8] = &[1, 0];

const CONNECT: &str = "CONNECT 192.0.2.1:7 HTTP/1.1\r\nHost: 192.0.2.1:7\r\n\r\n";
const TUNNEL: &str =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";

/// What a proxy hears, and what it answers to each.
type Exchange = Vec<(usize, Vec<u8>)>;

fn socks() -> Exchange {
    vec![
        (GREETING.len(), CHOSEN.to_vec()),
        (REQUEST.len(), CONNECTED.to_vec()),
    ]
}

fn socks_with_login() -> Exchange {
    vec![
        (OFFER.len(), WANTED.to_vec()),
        (LOGIN.len(), ADMITTED.to_vec()),
        (REQUEST.len(), CONNECTED.to_vec()),
    ]
}

fn http() -> Exchange {
    vec![(CONNECT.len(), TUNNEL.as_bytes().to_vec())]
}

/// Each protocol, with what is told the program and what has to be heard.
fn all() -> [(&'static str, Exchange, Vec<u8>); 4] {
    let name = b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x07";
    [
        ("socks5h://", socks(), [GREETING, name].concat()),
        ("socks5://", socks(), [GREETING, REQUEST].concat()),
        (
            "socks5h://me:s3cr%3At%20%40@",
            socks_with_login(),
            [OFFER, LOGIN, REQUEST].concat(),
        ),
        ("http://", http(), CONNECT.as_bytes().to_vec()),
    ]
}

/// The answers of an exchange, each sent in the way of `sent`, and `then` behind them.
fn script(exchange: Exchange, sent: fn(Vec<u8>) -> Do, behind: &[u8], then: &[Do]) -> Vec<Do> {
    let last = exchange.len() - 1;
    let mut steps = Vec::new();
    for (place, (heard, mut answer)) in exchange.into_iter().enumerate() {
        if place == last {
            answer.extend_from_slice(behind);
        }
        steps.extend([Do::Read(heard), sent(answer)]);
    }
    steps.extend_from_slice(then);
    steps
}

/// Runs with a proxy that is told by the variable, where a password may be, and checks that no message has it.
#[track_caller]
fn run(it: &Scratch, scheme: &str, web: &Web, args: &[&str]) -> Done {
    let tide = it.tide(args);
    let tide = tide.env("TIDEGATE_PROXY", format!("{scheme}{}", web.address));
    let done = tide.run();
    assert!(!done.stderr.contains("s3cr"), "{}", done.stderr);
    done
}

#[apply(on_both_roads)]
fn what_stands_behind_an_answer_in_any_pieces_is_the_peers() {
    let behind = b"at once, and not to be lost";
    let data = noise(300_000);
    for (scheme, exchange, wanted) in all() {
        for sent in [Do::Send, Do::SendByBytes] {
            let it = Scratch::new();
            let then = [Do::Send(data.clone())];
            let web = Web::plays(vec![script(exchange.clone(), sent, behind, &then)]);
            run(&it, scheme, &web, &[PEER, "out"]).succeeds();
            assert!(it.read("out") == [&behind[..], &data].concat(), "{scheme}");
            assert_eq!(web.heard()[0], wanted, "{scheme}");
        }
    }
}

#[apply(on_both_roads)]
fn what_is_sent_comes_behind_the_request_and_the_end_is_passed_on() {
    let data = noise(3_000_000);
    for (scheme, exchange, wanted) in all() {
        let it = Scratch::new();
        it.write("in", &data);
        let web = Web::plays(vec![script(exchange, Do::SendByBytes, b"", &[Do::ReadAll])]);
        run(&it, scheme, &web, &["in", PEER]).succeeds();
        assert!(web.heard() == [[wanted, data.clone()].concat()], "{scheme}");
    }
}

#[test]
fn both_directions_go_through_a_proxy() {
    for (scheme, exchange, wanted) in all() {
        let it = Scratch::new();
        let then = [Do::Read(8), send("answer"), Do::HalfClose, Do::ReadAll];
        let web = Web::plays(vec![script(exchange, Do::Send, b"", &then)]);
        let args = ["--duplex", PEER];
        let tide = it.tide(args).input("question");
        let tide = tide.env("TIDEGATE_PROXY", format!("{scheme}{}", web.address));
        tide.run().succeeds().prints("answer");
        assert_eq!(web.heard(), [[&wanted[..], b"question"].concat()]);
    }
}

#[test]
fn a_proxy_that_leaves_at_any_byte_fails_the_transfer_and_is_named() {
    for (scheme, exchange, _) in all() {
        for (stage, (_, answer)) in exchange.iter().enumerate() {
            for len in 0..answer.len() {
                let cut = exchange[..stage].to_vec();
                let cut = [cut, vec![(exchange[stage].0, answer[..len].to_vec())]].concat();
                let it = Scratch::new();
                let web = Web::plays(vec![script(cut, Do::Send, b"", &[])]);
                let done = run(&it, scheme, &web, &[PEER, "out"]);
                let named = format!("connecting to {PEER}: the proxy ");
                done.fails_saying(1, &[&named, &web.address.to_string(), "the connection"]);
                assert!(it.names().is_empty(), "{:?}", it.names());
                web.heard();
            }
        }
    }
}

#[test]
fn a_proxy_that_resets_is_told_by_what_it_did() {
    let it = Scratch::new();
    let web = Web::plays(vec![vec![Do::Read(3), Do::Reset]]);
    let done = run(&it, "socks5h://", &web, &[PEER, "out"]);
    done.fails_saying(1, &["cut the connection: Connection reset by peer"]);
    web.heard();
}

#[test]
fn silence_at_any_stage_is_a_timeout_of_connecting() {
    for (scheme, exchange, _) in all() {
        for stage in 0..exchange.len() {
            let it = Scratch::new();
            let heard = exchange[..stage].to_vec();
            let mut steps = vec![Do::ReadAll];
            if stage > 0 {
                steps = script(heard, Do::Send, b"", &steps);
            }
            let web = Web::plays(vec![steps]);
            let peer = format!("{PEER}#connect-timeout=200ms");
            let done = run(&it, scheme, &web, &[&peer, "out"]);
            done.fails_saying(
                4,
                &["no answer within 200ms by the proxy ", "#connect-timeout"],
            );
            web.heard();
        }
    }
}

#[test]
fn a_head_that_never_ends_is_not_read_for_ever() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (field, told) in [
        ("A: b\r\n", "more than 16384 bytes"),
        (
            "HTTP/1.1 100 Continue\r\n\r\n",
            "more than 16 interim answers",
        ),
    ] {
        let it = Scratch::new();
        let begin = if field.starts_with('A') { head } else { "" };
        let endless = Do::SendEndlessly(field.as_bytes().to_vec());
        let web = Web::plays(vec![vec![Do::Read(CONNECT.len()), send(begin), endless]]);
        let done = run(&it, "http://", &web, &[PEER, "out"]);
        done.fails_saying(1, &[told]);
        web.heard();
    }
    let it = Scratch::new();
    let many = format!("{head}{}\r\n", "a: b\r\n".repeat(101));
    let web = Web::plays(vec![vec![Do::Read(CONNECT.len()), send(&many)]]);
    run(&it, "http://", &web, &[PEER, "out"]).fails_saying(1, &["more than 100 fields"]);
    web.heard();
}

#[test]
fn every_refusal_of_socks_is_told_in_words() {
    for (reply, words) in [
        (1, "it has failed, without a reason"),
        (2, "its rules do not allow this connection"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused by the host"),
        (6, "TTL expired"),
        (7, "command not supported"),
        (8, "address type not supported"),
        (9, "reply 9, which RFC 1928 does not have"),
    ] {
        let it = Scratch::new();
        let exchange = vec![(3, CHOSEN.to_vec()), (10, vec![5, reply])];
        let web = Web::plays(vec![script(exchange, Do::Send, b"", &[Do::ReadAll])]);
        let whole = format!("the proxy socks5h://{} answered: ", web.address);
        let done = run(&it, "socks5h://", &web, &[PEER, "out"]);
        done.fails_saying(1, &[&whole, words]);
        web.heard();
    }
}

#[test]
fn whatever_else_a_proxy_answers_is_told_with_what_can_be_done() {
    let me = "socks5h://me:s3cr%3At%20%40@";
    let denied = "HTTP/1.1 407 Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
    let set = "wants a user and a password; set TIDEGATE_PROXY=";
    for (scheme, exchange, told) in [
        ("socks5h://", vec![(3, vec![4, 0])], "does not speak SOCKS5"),
        (
            "socks5h://",
            vec![(3, b"HTTP/1.1 400 x".to_vec())],
            "write http://",
        ),
        ("socks5h://", vec![(3, vec![5, 255])], set),
        (
            "socks5h://",
            vec![(3, vec![5, 2])],
            "method 2, which was not offered",
        ),
        (me, vec![(4, vec![5, 1])], "method 1, which was not offered"),
        (me, vec![(4, vec![5, 255])], "wants another way to log in"),
        (
            me,
            vec![(4, vec![5, 2]), (LOGIN.len(), vec![1, 1])],
            "refused the user 'me' with that password",
        ),
        (
            "socks5h://me@",
            vec![(4, vec![5, 2]), (5, vec![1, 9])],
            "refused the user 'me' without a password; set TIDEGATE_PROXY=socks5h://USER:PASSWORD@",
        ),
        (
            "socks5://",
            vec![(3, vec![5, 0]), (10, vec![5, 0, 0, 2])],
            "address of kind 2",
        ),
        (
            "http://",
            vec![(CONNECT.len(), vec![5, 0])],
            "does not speak HTTP/1",
        ),
        (
            "http://",
            vec![(CONNECT.len(), b"HTTP/1.1 2 OK\r\n\r\n".to_vec())],
            "no status of HTTP/1",
        ),
        ("http://", vec![(CONNECT.len(), denied.into())], set),
        (
            "http://me:s3cret@",
            vec![(CONNECT.len(), denied.into())],
            "refused the user 'me' with that password",
        ),
        (
            "http://",
            vec![(CONNECT.len(), b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec())],
            "answered 403 Forbidden; many a proxy connects with port 443 only",
        ),
        (
            "http://",
            vec![(
                CONNECT.len(),
                b"HTTP/1.1 502 Bad \x1b[31mGateway\r\n\r\n".to_vec(),
            )],
            "answered 502 Bad \\u001b[31mGateway",
        ),
    ] {
        let it = Scratch::new();
        let web = Web::plays(vec![script(exchange, Do::Send, b"", &[Do::ReadAll])]);
        run(&it, scheme, &web, &[PEER, "out"]).fails_saying(1, &["the proxy ", told]);
        web.heard();
    }
}

#[test]
fn names_are_looked_up_by_the_proxy_or_here_and_only_such_as_it_can_be_told() {
    let it = Scratch::new();
    let name = b"\x05\x01\x00\x03\x0bpeer.secret\x00\x07";
    let exchange = vec![(3, CHOSEN.to_vec()), (name.len(), CONNECTED.to_vec())];
    let web = Web::plays(vec![script(exchange, Do::Send, b"x", &[])]);
    run(&it, "socks5h://", &web, &["tcp://peer.secret:7", "out"]).succeeds();
    assert_eq!(web.heard(), [[GREETING, name].concat()]);
    let nobody = "socks5://127.0.0.1:1";
    let done = it.tide(["--proxy", nobody, "tcp://peer.invalid:7"]).run();
    done.fails_saying(1, &["resolving the host of tcp://peer.invalid:7"]);
    for host in [
        "a%0D%0AHost",
        "a%20b",
        "%C3%A4",
        "[fe80::1%25lo]",
        &"x".repeat(256),
    ] {
        for scheme in ["socks5h", "http"] {
            let proxy = format!("{scheme}://127.0.0.1:1");
            let peer = format!("tcp://{host}:7");
            let done = it
                .tide(["--proxy", &proxy, "--explain", &peer, "out"])
                .run();
            done.refuses(&["a proxy can "]);
        }
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_and_another_attempt_is_made() {
    let it = Scratch::new();
    let proxy = "socks5h://127.0.0.1:1";
    let done = it.tide(["--proxy", proxy, PEER, "out"]).run();
    let told = "the proxy socks5h://127.0.0.1:1 cannot be reached: Connection refused";
    done.fails_saying(1, &[&format!("connecting to {PEER}: {told}")]);
    let refused = vec![(3, CHOSEN.to_vec()), (10, vec![5, 4])];
    let web = Web::plays(vec![
        script(refused, Do::Send, b"", &[]),
        script(socks(), Do::Send, b"whole", &[]),
    ]);
    let peer = format!("{PEER}#retry=1");
    run(&it, "socks5h://", &web, &[&peer, "out"]).succeeds();
    assert_eq!((web.heard().len(), it.read("out")), (2, b"whole".to_vec()));
}

#[test]
fn the_local_address_is_that_of_the_connection_with_the_proxy() {
    let it = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    let peer = format!("{PEER}#bind=127.0.0.2");
    let running = it.tide(["--proxy", &proxy, &peer, "out"]).start();
    let (stream, from) = listener.accept().unwrap();
    assert_eq!(from.ip().to_string(), "127.0.0.2");
    drop(stream);
    running.done().exits(1);
}

#[test]
fn a_password_is_refused_where_everybody_sees_it_and_shown_nowhere() {
    let it = Scratch::new();
    for url in [
        "socks5h://me:s3cret@127.0.0.1",
        "http://me:s3cret@127.0.0.1:99999",
        "me:s3cret@127.0.0.1",
    ] {
        let done = it.tide(["--proxy", url, "in", PEER]).run();
        let done = done.refuses(&["--proxy: a password in an argument", "set TIDEGATE_PROXY="]);
        assert!(!done.stderr.contains("s3cret"), "{}", done.stderr);
    }
    let args = ["--explain", "--stats", "s", "zero:", PEER];
    for (url, code) in [
        ("socks5h://me:s3cret@127.0.0.1", 0),
        ("socks4://me:s3cret@127.0.0.1", 2),
        ("https://me:s3cret@127.0.0.1", 2),
        ("me:s3cret@127.0.0.1", 2),
    ] {
        let done = it.tide(args).env("TIDEGATE_PROXY", url).run().exits(code);
        let told = String::from_utf8(done.stdout).unwrap() + &done.stderr;
        assert!(!told.contains("s3cret") && !told.contains("me@"), "{told}");
        let part = if code == 0 {
            "the proxy socks5h://127.0.0.1:1080"
        } else {
            "valid: socks5h://"
        };
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn while_it_connects_the_proxy_is_named_and_afterwards_beside_the_peer() {
    let it = Scratch::new();
    let (chosen, connected) = (CHOSEN.to_vec(), CONNECTED.to_vec());
    let (opener, gate) = gate();
    let steps = vec![
        Step::ReadExactly(GREETING.len()),
        gate,
        Step::Send(chosen),
        Step::ReadExactly(REQUEST.len()),
        Step::Send(connected),
        Step::ReadAll,
    ];
    let (proxy, address) = Peer::listens(steps);
    let by = format!("socks5h://{address}");
    let tide = it.tide(["--proxy", &by, "-L", "1", "zero:#size=100", PEER]);
    let screen = tide.on_screen(160, 20);
    let waits = format!("connecting to 192.0.2.1:7 by the proxy {address}");
    screen.until("the proxy is waited for", |view| view.has(&waits));
    drop(opener);
    let goes_on = format!("{PEER} (by the proxy {address})");
    screen.until("it moves", |view| view.has(&goes_on));
    screen.keys("\x03");
    drop(proxy.story());
}

#[apply(on_both_roads)]
fn what_connects_with_nobody_is_not_touched_by_a_proxy() {
    let it = Scratch::new();
    it.write("in", "whole");
    let by_proxy = |args: &[&str]| {
        let tide = it.tide(args);
        tide.env("TIDEGATE_PROXY", "socks5h://127.0.0.1:1")
    };
    by_proxy(&["in", "out"]).run().succeeds();
    assert_eq!(it.read("out"), b"whole");
    let mut listening = by_proxy(&["tcp-listen://127.0.0.1:0", "-"]).start();
    let to = format!("tcp://{}", listening.listening());
    // None is none, whichever the variable names.
    for none in ["none", ""] {
        let explained = by_proxy(&["--proxy", none, "--explain", "in", &to]).run();
        assert!(!String::from_utf8_lossy(&explained.stdout).contains("proxy"));
    }
    by_proxy(&["--proxy", "none", "in", &to]).run().succeeds();
    listening.done().exits(0).prints("whole");
    let refused = it.tide(["--proxy", "socks4://p", "in", "out"]).run();
    refused.refuses(&["--proxy 'socks4://p': socks4:// is no proxy here; valid: socks5h://"]);
}
