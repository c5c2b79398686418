//! Unix sockets as ends: how a transfer over one goes, and how it ends. `unix_names` is about their names and files.

use crate::explain::told;
use crate::live::until;
use crate::peer::{Peer, Step, end_of, gate, last_record};
use crate::real_peers::is_here;
use crate::tide::{Cmd, Done, Running, Scratch, noise};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};
use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

/// A name without a file that nobody else has.
pub(crate) fn abstract_name(it: &Scratch) -> String {
    format!("@{}", it.path("name").display())
}

/// Starts a listening end, once it listens at this name.
#[track_caller]
pub(crate) fn listening(cmd: Cmd, name: &str) -> Running {
    let mut running = cmd.start();
    assert_eq!(running.line(), format!("listening on {name}"));
    running
}

/// Somebody who listens with room for one, and one that has taken it.
pub(crate) fn full_queue(path: &Path) -> (UnixListener, UnixStream) {
    let listener = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    bind(&listener, &SocketAddrUnix::new(path).expect("a path")).expect("binding");
    listen(&listener, 0).expect("listening");
    let first = UnixStream::connect(path).expect("a place");
    (listener.into(), first)
}

/// A sender and a receiver at one name, of whom one listens; their ends.
#[track_caller]
pub(crate) fn pair(
    it: &Scratch,
    name: &str,
    sender_listens: bool,
    source: &str,
    sink: &str,
) -> (Done, Done) {
    let (connects, listens) = (format!("unix:{name}"), format!("unix-listen:{name}"));
    let sending = |uri: &str| it.tide(["--stats", "sent", source, uri]);
    let receiving = |uri: &str| it.tide(["--stats", "received", uri, sink]);
    let (sender, receiver) = if sender_listens {
        let sender = listening(sending(&listens), name);
        (sender, receiving(&connects).start())
    } else {
        let receiver = listening(receiving(&listens), name);
        (sending(&connects).start(), receiver)
    };
    (end_of(sender), end_of(receiver))
}

#[apply(on_both_roads)]
fn a_file_arrives_whoever_listens_and_its_sender_knows() {
    for sender_listens in [true, false] {
        for is_abstract in [true, false] {
            let (it, data) = (Scratch::new(), noise(20 << 20));
            it.write("in", &data);
            let name = if is_abstract {
                abstract_name(&it)
            } else {
                "s".to_owned()
            };
            let (sender, receiver) = pair(&it, &name, sender_listens, "in", "out");
            sender.succeeds();
            receiver.succeeds();
            assert_eq!(last_record(&it, "sent")["delivered"], "closed");
            assert!(it.read("out") == data);
            assert_eq!(it.names(), ["in", "out", "received", "sent"]);
        }
    }
}

#[apply(on_both_roads)]
fn nothing_arrives_as_nothing() {
    let it = Scratch::new();
    it.write("in", "");
    let (sender, receiver) = pair(&it, "s", true, "in", "out");
    sender.succeeds();
    receiver.succeeds();
    assert_eq!(it.read("out"), b"");
}

#[apply(on_both_roads)]
fn a_connection_without_a_byte_does_not_replace_a_file_and_less_than_the_least_is_a_failure() {
    for (options, bytes, why) in [
        ("", "", "sent nothing"),
        ("#min-size=5", "four", "min-size"),
    ] {
        let it = Scratch::new();
        it.write("out", "old");
        let uri = format!("unix-listen:s{options}");
        let running = listening(it.tide([&*uri, "file:out#atomic"]), "s");
        let mut peer = UnixStream::connect(it.path("s")).expect("connecting");
        peer.write_all(bytes.as_bytes()).expect("sending");
        drop(peer);
        let done = end_of(running).exits(3);
        assert!(!done.stderr.is_empty(), "{why}");
        assert_eq!(it.read("out"), b"old");
    }
}

/// What other tools do: a line for the shell in which they meet a receiver, and one in which they meet a sender.
const SENDERS: [&str; 6] = [
    "socat -u OPEN:in UNIX-CONNECT:s",
    "socat -u OPEN:in ABSTRACT-CONNECT:NAME",
    "socat -u OPEN:in UNIX-LISTEN:s",
    "socat -u OPEN:in ABSTRACT-LISTEN:NAME",
    "nc -N -U s <in",
    "ncat -U --send-only s <in",
];
const RECEIVERS: [&str; 6] = [
    "socat -u UNIX-CONNECT:s CREATE:out",
    "socat -u ABSTRACT-CONNECT:NAME CREATE:out",
    "socat -u UNIX-LISTEN:s CREATE:out",
    "socat -u ABSTRACT-LISTEN:NAME CREATE:out",
    "nc -U s >out",
    "ncat -U --recv-only s >out",
];

/// The tool and tidegate, which listens unless the tool does.
#[track_caller]
fn met(it: &Scratch, line: &str, args: impl Fn(&str) -> [String; 2]) -> Option<(Done, Done)> {
    if !is_here(line.split(' ').next()?) {
        return None;
    }
    let name = if line.contains("ABSTRACT") {
        abstract_name(it)
    } else {
        "s".to_owned()
    };
    let line = line.replace("NAME", name.trim_start_matches('@'));
    if line.contains("LISTEN") {
        let tool = it.sh(&format!("exec {line}")).start();
        // It may have bound its name, and not listen yet.
        let tide = it.tide(args(&format!("unix:{name}#retry=30"))).run();
        return Some((tide, tool.done()));
    }
    let tide = listening(it.tide(args(&format!("unix-listen:{name}"))), &name);
    let tool = it.sh(&format!("exec {line}")).run();
    Some((end_of(tide), tool))
}

#[apply(on_both_roads)]
fn other_tools_send_and_receive() {
    let data = noise(3_000_000);
    let own = |name: &str| name.to_owned();
    for line in SENDERS {
        let it = Scratch::new();
        it.write("in", &data);
        let met = met(&it, line, |uri| [own(uri), own("out")]);
        let Some((tide, tool)) = met else { continue };
        tool.exits(0);
        tide.succeeds();
        assert!(it.read("out") == data, "{line}");
    }
    for line in RECEIVERS {
        let it = Scratch::new();
        it.write("in", &data);
        let met = met(&it, line, |uri| [own("in"), own(uri)]);
        let Some((tide, tool)) = met else { continue };
        tool.exits(0);
        tide.succeeds();
        assert!(it.read("out") == data, "{line}");
    }
}

#[apply(on_both_roads)]
fn a_peer_may_close_its_side_before_our_first_byte() {
    let (it, data) = (Scratch::new(), noise(3_000_000));
    it.write("in", &data);
    let running = listening(it.tide(["--stats", "t", "in", "unix-listen:s"]), "s");
    let peer = Peer::connects_at(&it.path("s"), vec![Step::HalfClose, Step::ReadAll]);
    end_of(running).succeeds();
    peer.story().sees_the_end_after(&data);
    assert_eq!(last_record(&it, "t")["delivered"], "closed");
}

#[apply(on_both_roads)]
fn what_the_peer_of_a_sink_says_is_dropped_with_a_warning() {
    let (it, data) = (Scratch::new(), noise(3_000_000));
    it.write("in", &data);
    let running = listening(it.tide(["in", "unix-listen:s"]), "s");
    let words = vec![7; 5_000_000];
    let steps = vec![Step::SendMeanwhile(words), Step::ReadAll];
    let peer = Peer::connects_at(&it.path("s"), steps);
    let done = end_of(running).exits(0);
    peer.story().sees_the_end_after(&data);
    done.mentions(&["warning: unix-listen:s sent ", ", dropped"]);
}

#[apply(on_both_roads)]
fn a_peer_that_reads_everything_and_stays_has_it_acknowledged() {
    let it = Scratch::new();
    let args = [
        "--stats",
        "t",
        "zero:#size=1M",
        "unix-listen:s#close-timeout=100ms",
    ];
    let running = listening(it.tide(args), "s");
    let (open, hold) = gate();
    let peer = Peer::connects_at(&it.path("s"), vec![Step::ReadAll, hold]);
    end_of(running).exits(0);
    assert_eq!(last_record(&it, "t")["delivered"], "acknowledged");
    drop(open);
    peer.story().sees_the_end_after(&vec![0; 1 << 20]);
}

#[apply(on_both_roads)]
fn a_sender_waits_until_its_peer_has_read_everything_however_long_that_takes() {
    let it = Scratch::new();
    let args = [
        "--stats",
        "t",
        "zero:#size=1000",
        "unix-listen:s#close-timeout=1ms",
    ];
    let running = listening(it.tide(args), "s");
    let (open, hold) = gate();
    let peer = Peer::connects_at(&it.path("s"), vec![hold, Step::ReadAll]);
    until("everything is sent", || {
        let records = std::fs::read(it.path("t")).unwrap_or_default();
        String::from_utf8_lossy(&records)
            .contains("\"bytes_out\":1000")
            .then_some(())
    });
    running.sleeps();
    drop(open);
    end_of(running).exits(0);
    peer.story().sees_the_end_after(&[0; 1000]);
}

#[apply(on_both_roads)]
fn a_reader_that_goes_away_in_the_middle_fails_the_transfer() {
    let it = Scratch::new();
    let running = listening(it.tide(["zero:", "unix-listen:s"]), "s");
    Peer::connects_at(&it.path("s"), vec![Step::ReadExactly(1_000_000)]).story();
    end_of(running).fails_saying(1, &["writing to unix-listen:s: ", "at most"]);
}

#[apply(on_both_roads)]
fn a_reader_that_has_not_read_everything_fails_the_transfer_though_everything_was_sent() {
    let it = Scratch::new();
    it.write("in", noise(1000));
    let running = listening(it.tide(["--stats", "t", "in", "unix-listen:s"]), "s");
    let (open, hold) = gate();
    let peer = Peer::connects_at(&it.path("s"), vec![Step::ReadExactly(500), hold]);
    peer.has_done(1);
    until("everything is sent", || {
        let records = std::fs::read(it.path("t")).unwrap_or_default();
        String::from_utf8_lossy(&records)
            .contains("\"bytes_out\":1000")
            .then_some(())
    });
    drop(open);
    peer.story();
    end_of(running).fails_saying(
        1,
        &["unix-listen:s: Connection reset", "at most 1000 bytes"],
    );
}

#[apply(on_both_roads)]
fn a_receiver_that_fails_or_is_killed_in_the_middle_fails_its_sender() {
    let it = Scratch::new();
    let receiver = listening(it.tide(["unix-listen:s", "/dev/full"]), "s");
    let sender = it.tide(["zero:", "unix:s"]).run();
    sender.fails_saying(1, &["writing to unix:s: "]);
    end_of(receiver).fails_saying(1, &["writing to /dev/full", "No space left"]);

    let receiver = listening(it.tide(["unix-listen:s", "null:#stall=1M:1m"]), "s");
    let sender = it.tide(["--stats", "t", "zero:", "unix:s"]).start();
    until("a flow", || {
        let records = std::fs::read(it.path("t")).unwrap_or_default();
        String::from_utf8_lossy(&records)
            .contains("\"start\"")
            .then_some(())
    });
    receiver.signal("KILL");
    sender.done().fails_saying(1, &["writing to unix:s: "]);
    receiver.done();
}

#[apply(on_both_roads)]
fn a_peer_that_has_gone_while_nothing_comes_keeps_no_processor_busy_and_fails_the_next_byte() {
    let it = Scratch::new();
    let running = it.tide(["-", "unix-listen:s"]).open_input();
    let mut running = listening(running, "s");
    drop(UnixStream::connect(it.path("s")).expect("connecting"));
    until("the socket is gone", || {
        (!it.path("s").exists()).then_some(())
    });
    let ticks = |running: &Running| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", running.child.id()));
        let stat = stat.expect("a process");
        let fields: Vec<_> = stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        fields[11..13]
            .iter()
            .filter_map(|it| it.parse::<u64>().ok())
            .sum()
    };
    running.sleeps();
    let before = ticks(&running);
    std::thread::sleep(Duration::from_millis(300));
    assert!(ticks(&running) - before <= 4, "it ran all the time");
    running.feed("more");
    end_of(running).fails_saying(1, &["writing to unix-listen:s: "]);
}

#[apply(on_both_roads)]
fn the_bytes_that_were_not_asked_for_are_not_taken_and_their_sender_learns_of_it() {
    let it = Scratch::new();
    let running = listening(it.tide(["--take", "1000", "unix-listen:s", "out"]), "s");
    let peer = Peer::connects_at(&it.path("s"), vec![Step::Send(vec![1; 4 << 20])]);
    end_of(running).exits(0);
    peer.story().sees_a_reset();
    assert_eq!(it.read("out"), [1; 1000]);
}

#[apply(on_both_roads)]
fn a_place_in_the_queue_of_a_listener_is_waited_for_and_that_is_said() {
    let it = Scratch::new();
    let (listener, first) = full_queue(&it.path("s"));
    let mut running = it.tide(["zero:#size=1000", "unix:s"]).start();
    running.hears_signals();
    let waits = "connecting to s (as many wait there already as may)";
    loop {
        running.signal("USR1");
        if running.line().contains(waits) {
            break;
        }
    }
    running.sleeps();
    drop((listener.accept().expect("the first"), first));
    let (mut stream, _) = listener.accept().expect("tidegate");
    let got = std::io::copy(&mut stream, &mut std::io::sink());
    assert_eq!(got.expect("reading"), 1000);
    drop(stream);
    running.done().exits(0);
}

#[apply(on_both_roads)]
fn who_waits_for_a_place_can_be_interrupted() {
    let it = Scratch::new();
    let _full = full_queue(&it.path("s"));
    let running = it.tide(["zero:", "unix:s"]).start();
    running.hears_signals();
    running.signal("TERM");
    running.done().exits(143);
}

#[apply(on_both_roads)]
fn who_is_slow_is_called_by_the_socket_and_the_peer_by_its_process() {
    let it = Scratch::new();
    let receiver = listening(it.tide(["unix-listen:s", "null:#rate=20M"]), "s");
    let sender = it.tide(["--summary", "always", "zero:#size=30M", "unix:s"]);
    let sender = sender.run().exits(0);
    end_of(receiver).exits(0);
    sender.mentions(&["the socket's reader"]);

    let line = "{ sleep 1; head -c 1000000 /dev/zero; } | $T - unix:s";
    let receiver = it.tide(["--summary", "always", "unix-listen:s", "null:"]);
    let receiver = listening(receiver, "s");
    it.sh(line).run().exits(0);
    receiver.done().exits(0).mentions(&["the socket's writer"]);
}

#[test]
fn what_would_come_of_a_socket_is_explained_without_touching_it() {
    let it = Scratch::new();
    it.write("in", noise(1000));
    drop(UnixListener::bind(it.path("dead")).expect("a socket"));
    let listener = UnixListener::bind(it.path("live")).expect("a socket");
    for row in "\
in unix:s | sink | parsed | connects to the unix socket s
in unix:s | sink | now | does not exist
in unix:dead | sink | now | nobody listens on any more
in unix:live | sink | now | somebody has
in unix:in | sink | now | is no socket
in unix:@s | sink | parsed | @s, an abstract name
in unix:s#retry=3 | sink | opening | 3 times more
in unix:s | sink | defaults | close-timeout=10s
in unix:s#close-timeout=2s | end | delivered | open for 2s
in unix-listen:s | sink | now | does not exist
in unix-listen:dead | sink | now | which is replaced
in unix-listen:s | sink | defaults | mode=0600
in unix-listen:s#mode=666 | sink | opening | mode 0666 lets connect
in unix-listen:live | sink | fails | somebody listens there already (exit 1)
in unix-listen:in | sink | fails | is no socket (exit 1)
unix-listen:s#accept-timeout=5s - | source | opening | for 5s at most
unix-listen:@s - | source | opening | lets in you and root alone
in unix-listen:@s#mode=666 | sink | opening | lets in whoever connects
unix-listen:s out | source | defaults | min-size=1 to replace a file that is not empty"
        .lines()
    {
        let row: Vec<_> = row.split(" | ").collect();
        let [line, section, label, part] = row[..] else {
            panic!("{row:?}");
        };
        told(&it, line).says(section, label, part);
    }
    listener.set_nonblocking(true).expect("a socket of ours");
    let knock = listener.accept().expect_err("nobody has connected");
    assert_eq!(knock.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(it.names(), ["dead", "in", "live"]);
}

#[test]
fn a_person_sees_which_process_is_at_the_other_end_and_whom_a_stalled_transfer_waits_for() {
    let it = Scratch::new();
    let receiver = listening(it.tide(["unix-listen:s", "null:#stall=1M:1m"]), "s");
    let screen = it.sh("exec $T zero: unix:s").on_screen(100, 20);
    let peer = format!("unix:s (pid {})", receiver.child.id());
    screen.until("the peer", |view| view.rows().join("\n").contains(&peer));
    let waits = "waiting for whoever reads from the socket";
    screen.until("whom it waits for", |view| {
        view.rows().join("\n").contains(waits)
    });
    screen.signal(rustix::process::Signal::TERM);
    screen.done().exits(143);
}
