//! Every endpoint as SOURCE and as SINK.

use crate::live::{flags, read_exactly, untested};
use crate::tide::{Scratch, noise};
use rustix::fs::OFlags;
use std::ffi::OsStr;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

const TEXT: &[u8] = b"the tide comes in, the tide goes out\n";

#[apply(on_both_roads)]
fn standard_input_and_output_have_several_names() {
    let table: [&[&str]; 7] = [
        &[],
        &["-"],
        &["-", "-"],
        &["stdin:"],
        &["stdin:", "stdout:"],
        &["-", "stdout:"],
        &["fd:0", "fd:1"],
    ];
    for args in table {
        let done = Scratch::new().tide(args).input(TEXT).run();
        done.succeeds().prints(TEXT);
    }
}

#[apply(on_both_roads)]
fn a_bare_path_is_taken_literally_whatever_is_in_it() {
    let names: [&[u8]; 6] = [
        b"a,b?c#d.txt",
        b"%41",
        b"two words",
        b"1:2",
        b"\xff\xfe:\x80",
        b"new\nline",
    ];
    for name in names {
        let (it, name) = (Scratch::new(), OsStr::from_bytes(name));
        it.tide([OsStr::new("-"), name])
            .input(TEXT)
            .run()
            .succeeds();
        assert_eq!(
            std::fs::read(it.path(name)).unwrap(),
            TEXT,
            "{}",
            name.display()
        );
        it.tide([name]).run().succeeds().prints(TEXT);
    }
}

#[apply(on_both_roads)]
fn a_name_that_starts_with_a_dash_goes_behind_two_dashes() {
    let it = Scratch::new();
    it.write("-q", TEXT);
    it.tide(["--", "-q", "--stats"]).run().succeeds();
    assert_eq!(it.read("--stats"), TEXT);
}

#[apply(on_both_roads)]
fn a_name_with_a_colon_is_a_path_if_it_exists_and_is_explained_otherwise() {
    let it = Scratch::new();
    it.tide(["x:y"]).run().refuses(&["x:y", "./x:y"]).prints("");
    it.write("x:y", TEXT);
    it.tide(["x:y"]).run().succeeds().prints(TEXT);
    it.tide(["zero:#size=3", "x:y"]).run().succeeds();
    assert_eq!(it.read("x:y"), [0; 3]);
}

#[apply(on_both_roads)]
fn a_file_uri_is_percent_decoded() {
    let it = Scratch::new();
    it.tide(["-", "file:a%20b%23c%FF"])
        .input(TEXT)
        .run()
        .succeeds();
    let name = it.path(OsStr::from_bytes(b"a b#c\xff"));
    assert_eq!(std::fs::read(name).unwrap(), TEXT);
    it.tide(["file:a%20b%23c%FF"]).run().succeeds().prints(TEXT);
}

#[apply(on_both_roads)]
fn a_file_uri_may_hold_an_absolute_path() {
    let it = Scratch::new();
    let uri = format!("file://{}", it.path("it").display());
    it.tide(["-", &uri]).input(TEXT).run().succeeds();
    it.tide([&uri]).run().succeeds().prints(TEXT);
    assert_eq!(it.read("it"), TEXT);
}

#[apply(on_both_roads)]
fn a_fifo_is_a_source_and_a_sink_whoever_comes_first() {
    let data = noise(1_000_003);
    for reader_first in [true, false] {
        let it = Scratch::new();
        it.fifo("pipe");
        it.write("in", &data);
        let (reader, writer) = (["pipe", "out"], ["in", "pipe"]);
        let (first, second) = if reader_first {
            (reader, writer)
        } else {
            (writer, reader)
        };
        let first = it.tide(first).start();
        it.tide(second).run().succeeds();
        first.done().succeeds();
        assert!(it.read("out") == data);
    }
}

#[apply(on_both_roads)]
fn two_fifos_are_opened_in_whatever_order_their_other_ends_come() {
    for line in [
        "cat <in >p & cat <q; wait",
        "cat <q & cat <in >p; wait",
        "exec 3<q 4>p; cat in >&4; exec 4>&-; cat <&3",
        "exec 4>p 3<q; cat in >&4; exec 4>&-; cat <&3",
    ] {
        let it = Scratch::new();
        it.fifo("p");
        it.fifo("q");
        it.write("in", TEXT);
        let between = it.tide(["p", "q"]).start();
        it.sh(line).run().exits(0).prints(TEXT);
        between.done().succeeds();
    }
}

#[apply(on_both_roads)]
fn devices_are_sources_and_sinks() {
    let it = Scratch::new();
    it.tide(["/dev/null"]).run().succeeds().prints("");
    it.tide(["--take", "5", "/dev/zero"])
        .run()
        .succeeds()
        .prints([0; 5]);
    it.tide(["-", "/dev/null"]).input(TEXT).run().succeeds();
    let files = it.names();
    assert!(files.is_empty(), "{files:?}");
}

#[apply(on_both_roads)]
fn a_listener_sends_and_a_caller_receives() {
    let it = Scratch::new();
    let data = noise(2_000_003);
    let mut sender = it
        .tide(["-", "tcp-listen://127.0.0.1:0"])
        .input(data.clone())
        .start();
    let address = sender.listening();
    it.tide([format!("tcp://{address}")])
        .run()
        .succeeds()
        .prints(&data);
    sender.done().exits(0);
}

#[apply(on_both_roads)]
fn ipv6_addresses_stand_in_brackets() {
    if TcpListener::bind("[::1]:0").is_err() {
        return untested("no IPv6 loopback");
    }
    let it = Scratch::new();
    let mut receiver = it.tide(["tcp-listen://[::1]:0"]).start();
    let address = receiver.listening();
    assert!(address.starts_with("[::1]:"), "{address}");
    it.tide(["-", &format!("tcp://{address}")])
        .input(TEXT)
        .run()
        .succeeds();
    receiver.done().exits(0).prints(TEXT);
}

#[apply(on_both_roads)]
fn without_an_address_a_listener_is_reached_from_everywhere() {
    let it = Scratch::new();
    let mut receiver = it.tide(["tcp-listen://:0"]).start();
    let address = receiver.listening();
    let (_, port) = address.rsplit_once(':').unwrap();
    it.tide(["-", &format!("tcp://localhost:{port}")])
        .input(TEXT)
        .run()
        .succeeds();
    receiver.done().exits(0).prints(TEXT);
}

#[apply(on_both_roads)]
fn every_address_of_a_host_is_tried() {
    let it = Scratch::new();
    it.write(
        "hosts",
        "::1 both.test\n127.0.0.2 both.test\n127.0.0.1 both.test\n",
    );
    let own_hosts = "unshare -m bash -c 'mount --bind hosts /etc/hosts && exec \"$@\"' -";
    if !it.can(&format!("{own_hosts} true")) {
        return untested("no mount namespaces, so no host with two addresses");
    }
    let mut receiver = it.tide(["tcp-listen://127.0.0.1:0"]).start();
    let address = receiver.listening();
    let (_, port) = address.rsplit_once(':').unwrap();
    it.sh(&format!("{own_hosts} $T - tcp://both.test:{port}"))
        .input(TEXT)
        .run()
        .succeeds();
    receiver.done().exits(0).prints(TEXT);
}

#[apply(on_both_roads)]
fn a_listener_lets_nobody_in_behind_its_peer() {
    let it = Scratch::new();
    let mut receiver = it
        .tide(["--stats", "fd:2", "tcp-listen://127.0.0.1:0"])
        .start();
    let address = receiver.listening();
    let mut peer = TcpStream::connect(&address).unwrap();
    receiver.started();
    let second = TcpStream::connect(&address).expect_err("a second peer");
    assert_eq!(second.kind(), std::io::ErrorKind::ConnectionRefused);
    peer.write_all(TEXT).unwrap();
    drop(peer);
    receiver.done().exits(0).prints(TEXT);
}

#[apply(on_both_roads)]
fn zero_gives_so_many_zeros() {
    let it = Scratch::new();
    it.tide(["zero:#size=100K"])
        .run()
        .succeeds()
        .prints(vec![0; 102_400]);
    it.tide(["zero:#size=0"]).run().succeeds().prints("");
}

#[apply(on_both_roads)]
fn random_bytes_repeat_for_a_seed_only_however_they_are_read() {
    let it = Scratch::new();
    let run = |args: &[&str]| it.tide(args).run().succeeds().stdout;
    let seeded = run(&["random:#size=50001,seed=7"]);
    assert_eq!(seeded.len(), 50_001);
    assert!(seeded == run(&["-c", "7", "random:#seed=7,size=50001"]));
    assert!(seeded[..] != run(&["random:#size=50001,seed=8"]));
    assert!(run(&["random:#size=99"]) != run(&["random:#size=99"]));
}

#[apply(on_both_roads)]
fn null_takes_no_more_than_its_rate() {
    let before = Instant::now();
    let done = Scratch::new()
        .tide(["zero:#size=300K", "null:#rate=1M"])
        .run();
    done.succeeds();
    assert!(before.elapsed() >= Duration::from_millis(290));
}

#[apply(on_both_roads)]
fn null_stalls_once_behind_so_many_bytes() {
    let it = Scratch::new();
    let before = Instant::now();
    let args = ["--stats", "s", "zero:#size=1M", "null:#stall=10K:300ms"];
    it.tide(args).run().succeeds();
    assert!(before.elapsed() >= Duration::from_millis(300));
    assert_eq!(it.end_of("s")["bound_by"], "sink");
}

#[apply(on_both_roads)]
fn an_inherited_descriptor_is_a_source_and_a_sink() {
    let it = Scratch::new();
    let data = noise(300_001);
    it.write("in", &data);
    it.sh("$T fd:3 fd:4 3<in 4>out").run().succeeds();
    assert!(it.read("out") == data);
    it.sh("cat in | $T fd:3 fd:9 3<&0 9>&1")
        .run()
        .succeeds()
        .prints(&data);
}

#[apply(on_both_roads)]
fn a_descriptor_that_is_not_open_is_refused() {
    let it = Scratch::new();
    it.write("in", TEXT);
    for (line, names) in [
        ("$T fd:7 out", "fd:7"),
        ("$T in fd:7", "fd:7"),
        ("$T - out <&-", "standard input"),
        ("$T in - >&-", "standard output"),
        ("$T in >&-", "standard output"),
        ("$T fd:0 out <&-", "fd:0"),
        ("$T <&- >&-", "standard input"),
    ] {
        it.sh(line).run().refuses(&[names, "not open"]).prints("");
        assert_eq!(it.names(), ["in"], "{line}");
    }
}

#[apply(on_both_roads)]
fn standard_descriptors_that_are_not_needed_may_be_closed() {
    let it = Scratch::new();
    it.write("in", TEXT);
    it.sh("$T in out <&- >&- 2>&-").run().succeeds();
    assert_eq!(it.read("out"), TEXT);
    it.sh("$T - out <in >&-").run().succeeds();
    assert_eq!(it.read("out"), TEXT);
}

#[apply(on_both_roads)]
fn what_we_share_with_others_stays_blocking() {
    let it = Scratch::new();
    let (stdin, mut feed) = std::io::pipe().unwrap();
    let (out, stdout) = std::io::pipe().unwrap();
    let shared = [
        rustix::io::dup(&stdin).unwrap(),
        rustix::io::dup(&stdout).unwrap(),
    ];
    let before = [flags(&shared[0]), flags(&shared[1])];
    let running = it.tide(["-"]).stdin(stdin).stdout(stdout).start();
    feed.write_all(TEXT).unwrap();
    assert_eq!(read_exactly(out.try_clone().unwrap(), TEXT.len()), TEXT);
    running.sleeps();
    assert_eq!([flags(&shared[0]), flags(&shared[1])], before);
    drop(feed);
    running.done().succeeds();
    assert_eq!([flags(&shared[0]), flags(&shared[1])], before);
    assert!(!before[0].contains(OFlags::NONBLOCK));
}

#[apply(on_both_roads)]
fn a_terminal_stays_as_it_was() {
    let it = Scratch::new();
    it.write("in", TEXT);
    let state = "grep flags /proc/$$/fdinfo/[012]; stty -g";
    let line = format!("({state}) >before; $T in -; $T - got; ({state}) >after");
    it.write("script.sh", line);
    if !it.can("command -v script stty") {
        return untested("no script(1) to make a terminal");
    }
    it.sh("script -qec 'bash script.sh' /dev/null")
        .input("typed\n\x04")
        .run()
        .exits(0);
    assert_eq!(it.read("got"), b"typed\n");
    assert_eq!(it.read("before"), it.read("after"));
}
