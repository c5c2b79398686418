//! How transfers fail: every row of the exit-status table, and the one line that comes with it.

use crate::live::{Deaf, bound, untested};
use crate::tide::{Scratch, noise};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

const NOTHING: &str = "; 0 bytes delivered\n";

#[apply(on_both_roads)]
fn help_and_version_are_no_failures() {
    let it = Scratch::new();
    for (flag, word) in [
        ("--help", "tcp-listen://"),
        ("-h", "Usage: tidegate"),
        ("--version", "tidegate "),
    ] {
        let done = it.tide([flag]).run().succeeds();
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(text.contains(word), "{flag}: {text}");
    }
    it.sh("$T --help | true; exit ${PIPESTATUS[0]}")
        .run()
        .exits(0);
}

#[apply(on_both_roads)]
fn a_usage_error_says_what_is_wrong_and_moves_nothing() {
    let it = Scratch::new();
    for (args, names) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--take", "12Q", "-"], "12Q"),
        (&["--take", "99999999999T", "-"], "99999999999T"),
        (&["--take", "-1", "-"], "-1"),
        (&["--take", "1.3K", "-"], "1.3K"),
        (&["-H", "0"], "at least 1"),
        (&["-c", "0"], "at least 1"),
        (&["-i", "0s"], "0s"),
        (&["-i", "5x"], "10s"),
        (&["--idle-timeout", "soon"], "soon"),
        (
            &["-H", "1K", "--low-water-mark", "1K"],
            "--low-water-mark 1024",
        ),
        (
            &["--write-high-water-mark", "9", "--low-water-mark", "10"],
            "--low-water-mark 10",
        ),
        (&["--road", "kernel", "random:"], "made by this program"),
        (&["--road", "rail"], "buffered"),
        (&["tpc://localhost:1"], "tcp://"),
        (&["gopher://localhost:1"], "tcp-listen:"),
        (&["zero:#sise=5"], "size"),
        (&["zero:#size=abc"], "abc"),
        (&["null:"], "SOURCE"),
        (&["-", "zero:"], "SINK"),
        (&["tcp://localhost"], "PORT"),
        (&["tcp://localhost:65536"], "65536"),
        (&["-", "null:#stall=5"], "SIZE:D"),
        (&["-", ""], "empty"),
        (&["-s", "@missing"], "@missing"),
        (&["--summary", "perhaps"], "always"),
    ] {
        let done = it.tide(args).input("input").run();
        done.refuses(&[names]).prints("");
        assert!(it.names().is_empty(), "{args:?}");
    }
}

#[apply(on_both_roads)]
fn a_source_that_cannot_be_opened_is_named_and_the_sink_left_alone() {
    let it = Scratch::new();
    it.write("file", "");
    it.write("out", "old");
    std::fs::create_dir(it.path("dir")).unwrap();
    std::os::unix::fs::symlink("loop", it.path("loop")).unwrap();
    for (source, why) in [
        ("missing", "No such file or directory"),
        ("dir", "Is a directory"),
        ("file:dir", "Is a directory"),
        ("file/below", "Not a directory"),
        ("loop", "Too many levels of symbolic links"),
    ] {
        let line = format!("tidegate: opening {source}: {why}\n");
        it.tide([source, "out"]).run().exits(1).says(&line);
        assert_eq!(it.read("out"), b"old", "{source}");
    }
    let done = it.sh("$T - out <dir").run();
    done.fails_saying(1, &["reading -: Is a directory", NOTHING]);
}

#[apply(on_both_roads)]
fn a_sink_that_cannot_be_opened_is_named() {
    let it = Scratch::new();
    it.write("file", "");
    std::fs::create_dir(it.path("dir")).unwrap();
    for (sink, why) in [
        ("missing/out", "No such file or directory"),
        ("dir", "Is a directory"),
        ("file/below", "Not a directory"),
        ("file:missing/out#atomic", "No such file or directory"),
    ] {
        let line = format!("tidegate: opening {sink}: {why}\n");
        it.tide(["-", sink]).input("x").run().exits(1).says(&line);
    }
    assert_eq!(it.names(), ["dir", "file"]);
}

#[apply(on_both_roads)]
fn a_file_we_may_not_open_is_named() {
    let it = Scratch::new();
    let mode = |path: &str, mode| {
        std::fs::set_permissions(it.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    it.write("locked", "secret");
    mode("locked", 0);
    mode("", 0o755);
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups $T";
    let user = if !rustix::process::geteuid().is_root() {
        "$T"
    } else if it.can(&format!("{nobody} --version")) {
        nobody
    } else {
        return untested("root may open everything, and setpriv does not work");
    };
    let source = it.sh(&format!("{user} locked -")).run();
    source.fails_saying(1, &["opening locked: Permission denied"]);
    let sink = it.sh(&format!("{user} - locked")).input("x").run();
    sink.fails_saying(1, &["opening locked: Permission denied"]);
    mode("", 0o555);
    let fresh = it.sh(&format!("{user} - new")).input("x").run();
    fresh.fails_saying(1, &["opening new: Permission denied"]);
    let atomic = it.sh(&format!("{user} - file:new#atomic")).input("x").run();
    atomic.fails_saying(1, &["opening file:new#atomic: Permission denied"]);
}

#[apply(on_both_roads)]
fn a_full_device_is_an_error_in_one_line() {
    let it = Scratch::new();
    let line = |sink| format!("tidegate: writing to {sink}: No space left on device{NOTHING}");
    it.tide(["zero:", "/dev/full"])
        .run()
        .exits(1)
        .says(&line("/dev/full"));
    it.sh("$T zero: >/dev/full").run().exits(1).says(&line("-"));
    it.sh("$T zero: fd:3 3>/dev/full")
        .run()
        .exits(1)
        .says(&line("fd:3"));
}

#[apply(on_both_roads)]
fn a_disk_that_fills_up_is_an_error_that_says_how_much_is_there() {
    let it = Scratch::new();
    std::fs::create_dir(it.path("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=64k none disk";
    if !it.can(&format!("unshare -m {mount}")) {
        return untested("no mount namespaces, so no small disk");
    }
    let with = |line: &str| {
        it.sh(&format!("unshare -m bash -c '{mount}; {line}'"))
            .run()
    };
    let full = with("exec $T zero: disk/out");
    full.fails_saying(
        1,
        &[
            "writing to disk/out: No space left",
            "; 64 KiB (65536 bytes) delivered",
        ],
    );
    let atomic = with("$T zero: file:disk/out#atomic; code=$?; ls -A disk; exit $code");
    let atomic = atomic.prints("");
    atomic.fails_saying(1, &["writing to file:disk/out#atomic: No space left"]);
}

#[apply(on_both_roads)]
fn an_unknown_host_is_named() {
    // Too long for any name server to be asked.
    let host = format!("tcp://{}.test:1", "x".repeat(64));
    let done = Scratch::new().tide(["-", &host]).input("x").run();
    done.fails_saying(1, &[&format!("resolving the host of {host}: ")]);
}

#[apply(on_both_roads)]
fn a_refused_connection_is_named() {
    let (_socket, nobody) = bound();
    let uri = format!("tcp://{nobody}");
    let line = format!("tidegate: connecting to {uri}: Connection refused\n");
    let it = Scratch::new();
    it.tide(["zero:", &uri]).run().exits(1).says(&line);
    it.tide([&uri]).run().exits(1).says(&line).prints("");
}

#[apply(on_both_roads)]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp-listen://{}", taken.local_addr().unwrap());
    let done = Scratch::new().tide([&uri]).run();
    done.fails_saying(1, &[&format!("listening on {uri}: Address already in use")]);
}

#[test]
fn the_address_of_a_name_is_said_while_it_is_tried_and_when_it_refuses() {
    let it = Scratch::new();
    let peer = Deaf::new();
    let port = peer.address.port();
    let to = format!("tcp://localhost:{port}#retry=1");
    let screen = it.tide(["zero:", &to]).on_screen(100, 20);
    let waits = format!("connecting to localhost:{port} (127.0.0.1)");
    screen.until("the address is told", |view| view.has(&waits));
    screen.keys("\x03");
    let (socket, address) = bound();
    let to = format!("tcp://localhost:{}", address.port());
    let refused = format!("{address}: Connection refused");
    it.tide(["zero:", &to])
        .run()
        .fails_saying(1, &["connecting to", &refused]);
    drop(socket);
}

#[apply(on_both_roads)]
fn a_peer_that_does_not_answer_is_given_up_after_the_connect_timeout() {
    let peer = Deaf::new();
    let uri = format!("tcp://{}#connect-timeout=150ms", peer.address);
    let it = Scratch::new();
    for args in [["zero:", &uri], [&uri, "-"]] {
        let done = it.tide(args).run();
        done.fails_saying(4, &[&format!("connecting to {uri}: "), "150ms"]);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_does_not_come_is_given_up_after_the_accept_timeout() {
    let uri = "tcp-listen://127.0.0.1:0#accept-timeout=50ms";
    for args in [["zero:", uri], [uri, "-"]] {
        let done = Scratch::new().tide(args).run().exits(4);
        let (address, why) = done.stderr.split_once('\n').unwrap();
        assert!(address.starts_with("listening on 127.0.0.1:"), "{address}");
        assert!(why.starts_with(&format!("tidegate: accepting on {uri}: ")));
        assert!(why.contains("50ms") && why.lines().count() == 1, "{why}");
    }
}

#[apply(on_both_roads)]
fn the_expected_size_and_nothing_else_is_a_success() {
    let it = Scratch::new();
    it.tide(["--expect-size", "5", "-"])
        .input("12345")
        .run()
        .succeeds()
        .prints("12345");
    it.tide(["--expect-size", "0", "/dev/null"])
        .run()
        .succeeds();
    it.tide(["--expect-size", "5", "--skip", "1", "--take", "5", "zero:"])
        .run()
        .succeeds();
    for (source, delivered) in [
        ("zero:#size=4", "; 4 bytes delivered\n"),
        ("zero:#size=0", NOTHING),
        ("zero:#size=6", "; 6 bytes delivered\n"),
        ("zero:", " delivered\n"),
    ] {
        let done = it.tide(["--expect-size", "5", source, "null:"]).run();
        done.fails_saying(3, &["null:: ", "5 bytes", "--expect-size", delivered]);
    }
}

#[apply(on_both_roads)]
fn a_file_that_is_cut_short_while_it_is_read_is_no_success() {
    let it = Scratch::new();
    let file = it.write("file", noise(400_000));
    let args = [
        "--stats",
        "fd:2",
        "-i",
        "5ms",
        "-H",
        "10K",
        "file",
        "null:#rate=1M",
    ];
    let mut running = it.tide(args).start();
    running.record(|record| record["bytes_out"].as_u64() > Some(0));
    let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(100_000).unwrap();
    let done = running.done().exits(1);
    let told = "tidegate: reading file: the file was truncated while it was read; ";
    let done = done.mentions(&[told, " delivered\n"]);
    let bytes = done.end()["bytes_out"].as_u64().unwrap();
    assert!((100_000..400_000).contains(&bytes), "{bytes}");
}

#[apply(on_both_roads)]
fn a_file_that_is_removed_while_it_is_read_arrives_whole() {
    let it = Scratch::new();
    let data = noise(200_000);
    let file = it.write("file", &data);
    let args = ["--stats", "fd:2", "-H", "1K", "file"];
    let mut running = it.tide(args).start();
    running.started();
    std::fs::remove_file(file).unwrap();
    running.done().exits(0).prints(&data);
}
