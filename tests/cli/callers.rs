//! Who may connect to an end that listens, and what the others get: nothing.

use crate::live::untested;
use crate::peer::{Peer, Saw, Step};
use crate::tide::{Cmd, Done, Running, Scratch, noise, records};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

/// Where to listen, who may connect, who is refused, and who is let in.
const TABLE: [(&str, &str, &[&str], &str); 7] = [
    (
        "127.0.0.1",
        "from=127.0.0.2",
        &["127.0.0.1", "127.0.0.3"],
        "127.0.0.2",
    ),
    (
        "127.0.0.1",
        "from=127.0.0.8/29",
        &["127.0.0.7", "127.0.0.16"],
        "127.0.0.15",
    ),
    (
        "127.0.0.1",
        "from=10.0.0.0/8,from=127.0.0.4",
        &["127.0.0.5"],
        "127.0.0.4",
    ),
    ("127.0.0.1", "from=0.0.0.0/0", &[], "127.0.0.5"),
    // On a socket that takes both, an IPv4 peer arrives as ::ffff:127.0.0.2.
    ("", "from=127.0.0.2", &["127.0.0.1", "::1"], "127.0.0.2"),
    ("", "from=::1", &["127.0.0.1"], "::1"),
    ("[::1]", "from=2001:db8::/32,from=::/127", &[], "::1"),
];

fn listener(listens: &str, options: &str) -> String {
    format!("tcp-listen://{listens}:0#{options}")
}

/// A peer from there, which finds the listener by an address of its own kind.
fn peer(from: &str, running: &str, steps: Vec<Step>) -> Peer {
    let from: IpAddr = from.parse().expect("an address");
    let listens: SocketAddr = running.parse().expect("an address");
    let local: IpAddr = match (from.is_ipv4(), listens.ip().is_unspecified()) {
        (true, true) => [127, 0, 0, 1].into(),
        (false, true) => "::1".parse().expect("an address"),
        (_, false) => listens.ip(),
    };
    Peer::comes_from(from, SocketAddr::new(local, listens.port()), steps)
}

/// Whether there is IPv6; if not, that is said aloud.
fn has_ipv6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        untested("no IPv6 loopback");
    }
    has
}

/// Those rows of the table that can be tried here.
fn rows() -> impl Iterator<
    Item = (
        &'static str,
        &'static str,
        &'static [&'static str],
        &'static str,
    ),
> {
    let all = has_ipv6();
    let rows = TABLE.into_iter();
    rows.filter(move |row| all || row.0 == "127.0.0.1")
}

#[apply(on_both_roads)]
fn only_those_may_send_who_are_named_and_the_others_are_reset_without_a_byte() {
    for (listens, options, refused, let_in) in rows() {
        let (it, data) = (Scratch::new(), noise(300_000));
        it.write("out", "old");
        let mut running = it.tide([&listener(listens, options), "out"]).start();
        let address = running.listening();
        for from in refused {
            let story = peer(from, &address, vec![Step::ReadAll]).story();
            assert_eq!(story.bytes, b"", "{options} {from}");
            story.sees_a_reset();
            assert_eq!(it.read("out"), b"old");
        }
        let steps = vec![Step::Send(data.clone()), Step::HalfClose, Step::ReadAll];
        let peer = peer(let_in, &address, steps);
        running.done().exits(0);
        peer.story().sees_the_end_after(b"");
        assert!(it.read("out") == data, "{options}");
    }
}

#[apply(on_both_roads)]
fn only_those_get_something_who_are_named_and_the_others_are_reset_without_a_byte() {
    for (listens, options, refused, let_in) in rows() {
        let (it, data) = (Scratch::new(), noise(300_000));
        it.write("in", &data);
        let mut running = it.tide(["in", &listener(listens, options)]).start();
        let address = running.listening();
        for from in refused {
            let story = peer(from, &address, vec![Step::ReadAll]).story();
            assert_eq!(story.bytes, b"", "{options} {from}");
            story.sees_a_reset();
        }
        let peer = peer(let_in, &address, vec![Step::ReadAll]);
        running.done().exits(0);
        peer.story().sees_the_end_after(&data);
    }
}

/// Receives from 127.0.0.2 alone.
fn receiver(it: &Scratch, flags: &[&str]) -> Cmd {
    let uri = listener("127.0.0.1", "from=127.0.0.2");
    it.tide(flags.iter().copied().chain([&*uri, "out"]))
}

/// Connects, and goes. Who is reset so soon that he has not even seen the connection has been there, too.
fn knock(address: &str) -> io::Result<()> {
    match TcpStream::connect(address) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error),
        _ => Ok(()),
    }
}

/// So many connect who may not, and go; then one sends who may.
fn after_many(many: usize, mut running: Running, address: &str) -> Done {
    for _ in 0..many {
        knock(address).expect("somebody listens");
    }
    let steps = vec![Step::Send(b"good".to_vec()), Step::HalfClose, Step::ReadAll];
    peer("127.0.0.2", address, steps).story();
    while running.line_if_any().is_some() {}
    running.done().exits(0)
}

#[apply(on_both_roads)]
fn many_who_are_refused_do_not_stand_in_the_way_of_one_who_may_nor_say_a_word() {
    let it = Scratch::new();
    let mut running = receiver(&it, &[]).start();
    let address = running.listening();
    let done = after_many(300, running, &address);
    assert_eq!(done.stderr, format!("listening on {address}\n"));
    assert_eq!(it.read("out"), b"good");
}

#[apply(on_both_roads)]
fn with_verbose_each_who_is_refused_is_told_and_of_many_how_many() {
    for many in [3, 300] {
        let it = Scratch::new();
        let mut running = receiver(&it, &["-v", "-N", "night"]).start();
        let address = running.listening();
        let done = after_many(many, running, &address);
        let lines: Vec<_> = done
            .stderr
            .lines()
            .filter(|it| it.contains("refused"))
            .collect();
        let start =
            "tidegate: night: accepting on tcp-listen://127.0.0.1:0#from=127.0.0.2: refused ";
        let counts = lines.iter().map(|line| {
            let told = line.strip_prefix(start).expect("the end is named");
            match told.strip_suffix(" more (#from)") {
                Some(number) => number.parse().expect("a number"),
                None if told.starts_with("127.0.0.1:") => 1,
                None => panic!("{line}"),
            }
        });
        assert_eq!(counts.sum::<usize>(), many, "{lines:?}");
        if many == 3 {
            assert_eq!(lines.len(), 3);
        }
    }
}

#[apply(on_both_roads)]
fn who_is_refused_is_told_among_records_too_and_quietly_not_at_all() {
    let it = Scratch::new();
    let json = ["-v", "-p", "json"];
    let mut running = receiver(&it, &json).start();
    let first: serde_json::Value = serde_json::from_str(&running.line()).expect("a record");
    let address = first["address"].as_str().expect("an address").to_owned();
    let done = after_many(1, running, &address);
    let all = records(done.stderr.as_bytes());
    let is_told = |it: &serde_json::Value| {
        it["type"] == "message" && it["text"].to_string().contains("refused 127.0.0.1:")
    };
    assert_eq!(all.iter().filter(|it| is_told(it)).count(), 1);
    let mut running = receiver(&it, &["-v", "-q"]).start();
    let address = running.listening();
    let done = after_many(1, running, &address);
    assert_eq!(done.stderr, format!("listening on {address}\n"));
}

#[apply(on_both_roads)]
fn the_accept_timeout_counts_on_over_those_who_are_refused() {
    let it = Scratch::new();
    it.write("out", "old");
    let uri = listener("127.0.0.1", "from=127.0.0.2,accept-timeout=300ms");
    let mut running = it.tide([&uri, "out"]).start();
    let address = running.listening();
    // Until nobody listens any more.
    while knock(&address).is_ok() {}
    let done = running.done().exits(4);
    done.mentions(&[
        "nobody allowed by #from connected within 300ms",
        " refused (#accept-timeout)",
    ]);
    assert_eq!(it.read("out"), b"old");
}

#[apply(on_both_roads)]
fn who_is_refused_learns_nothing_however_long_he_stays() {
    let it = Scratch::new();
    let mut running = receiver(&it, &[]).start();
    let address = running.listening();
    let steps = vec![Step::Send(noise(1000)), Step::HalfClose, Step::ReadAll];
    let story = peer("127.0.0.3", &address, steps).story();
    assert!(matches!(story.saw, Saw::Failure(_)), "{story:?}");
    assert!(story.bytes.is_empty());
    running.signal("TERM");
    running.done().exits(143);
    assert_eq!(it.names(), [""; 0]);
}

#[apply(on_both_roads)]
fn what_names_nobody_is_refused_with_what_is_valid() {
    let it = Scratch::new();
    it.write("in", "old");
    for (args, parts) in [
        (
            ["tcp-listen://:0#from=10.0.0.0/33", "in"],
            &["from 0 to 32"][..],
        ),
        (
            ["tcp-listen://:0#from=10.0.0.5/8", "in"],
            &["10.0.0.0/8", "10.0.0.5 for"],
        ),
        (
            ["tcp-listen://:0#from=fe80::1%25lo", "in"],
            &["write fe80::1"],
        ),
        (
            ["tcp-listen://:0#from=localhost", "in"],
            &["not an IP address"],
        ),
        (
            ["tcp-listen://:0#from", "in"],
            &["needs a value (=ADDR[/BITS])"],
        ),
        (
            ["tcp-listen://:0#min-size=1,min-size=2", "in"],
            &["given twice"],
        ),
        (["tcp://:0#from=::1", "in"], &["unknown option 'from'"]),
        (
            ["in", "tcp-listen://:0#min-size=1"],
            &["makes no sense on a SINK"],
        ),
    ] {
        it.tide(args).run().refuses(parts);
        assert_eq!(it.read("in"), b"old");
    }
}

#[apply(on_both_roads)]
fn a_listener_that_everybody_reaches_says_so_behind_its_address() {
    let it = Scratch::new();
    let all = [
        ("", true),
        ("0.0.0.0", true),
        ("127.0.0.1", false),
        ("[::]", true),
        ("[::1]", false),
    ];
    let most = if has_ipv6() { all.len() } else { 3 };
    for (listens, is_everywhere) in &all[..most] {
        let uri = format!("tcp-listen://{listens}:0");
        let mut running = it.tide(["--stats", "fd:2", &*uri, "null:"]).start();
        let line = running.line();
        let mut words = line.splitn(4, ' ');
        let (place, rest) = (words.nth(2).expect("an address"), words.next());
        assert_eq!(rest == Some("(all interfaces)"), *is_everywhere, "{line}");
        assert_eq!(rest.is_some(), *is_everywhere, "{line}");
        let record: serde_json::Value = serde_json::from_str(&running.line()).expect("a record");
        assert_eq!(record["address"], place, "{line}");
        assert!(place.parse::<SocketAddr>().is_ok(), "{line}");
    }
}
