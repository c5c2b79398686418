//! The names of Unix sockets: what may be one, what becomes of the file there, and who may connect.

use crate::answers::{ANOTHER, everybodys};
use crate::live::until;
use crate::peer::{Peer, Step, end_of, gate};
use crate::tide::{Scratch, records};
use crate::unix::{abstract_name, full_queue, listening, pair};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};

#[track_caller]
fn mode_of(it: &Scratch, name: &str) -> u32 {
    let found = std::fs::metadata(it.path(name)).expect("a socket");
    assert!(found.file_type().is_socket());
    found.permissions().mode() & 0o7777
}

#[apply(on_both_roads)]
fn where_nobody_listens_it_is_tried_again_as_often_as_was_asked_for() {
    let it = Scratch::new();
    let done = it.tide(["zero:", "unix:s"]).run();
    done.fails_saying(1, &["connecting to unix:s: No such file"]);
    drop(UnixListener::bind(it.path("dead")).expect("a socket"));
    let done = it.tide(["zero:", "unix:dead"]).run();
    done.fails_saying(1, &["connecting to unix:dead: Connection refused"]);
    let name = abstract_name(&it);
    let done = it.tide(["zero:", &format!("unix:{name}")]).run();
    done.fails_saying(1, &["Connection refused"]);

    let sender = it.tide(["zero:#size=5", "unix:s#retry=60"]).start();
    sender.hears_signals();
    let receiver = it.tide(["unix-listen:s", "out"]).start();
    sender.done().exits(0);
    receiver.done().exits(0);
    assert_eq!(it.read("out"), [0; 5]);
}

#[apply(on_both_roads)]
fn a_dead_socket_is_replaced_and_nothing_else_is() {
    let it = Scratch::new();
    drop(UnixListener::bind(it.path("s")).expect("a socket that nobody serves"));
    let running = listening(it.tide(["unix-listen:s", "null:"]), "s");
    it.write("file", "precious");
    std::os::unix::fs::symlink("nowhere", it.path("link")).expect("a link");
    for (path, why) in [
        ("s", "somebody listens there already"),
        ("file", "exists, and is no socket"),
        ("link", "exists, and is no socket"),
        ("none/s", "No such file"),
    ] {
        let done = it.tide([&format!("unix-listen:{path}"), "null:"]).run();
        done.fails_saying(1, &[&format!("listening on unix-listen:{path}: {why}")]);
    }
    assert_eq!(it.read("file"), b"precious");
    // The one that listens has not noticed.
    drop(UnixStream::connect(it.path("s")).expect("it still listens"));
    end_of(running).exits(0);
    let name = abstract_name(&it);
    let uri = format!("unix-listen:{name}");
    let running = listening(it.tide([&*uri, "null:"]), &name);
    let done = it.tide([&*uri, "null:"]).run();
    done.fails_saying(1, &["Address already in use"]);
    running.signal("INT");
    running.done();
    assert_eq!(it.names(), ["file", "link"]);
}

#[apply(on_both_roads)]
fn the_socket_is_removed_however_it_ends() {
    for signal in ["INT", "TERM", "HUP"] {
        let it = Scratch::new();
        let running = listening(it.tide(["unix-listen:s", "null:"]), "s");
        running.signal(signal);
        assert!(running.done().code() > 128);
        assert_eq!(it.names(), [""; 0], "{signal}");
    }
    let it = Scratch::new();
    let done = it
        .tide(["unix-listen:s#accept-timeout=50ms", "null:"])
        .run();
    let done = done.exits(4);
    done.mentions(&["nobody connected within 50ms (#accept-timeout)"]);
    let none = it.tide(["unix-listen:s", "tcp://127.0.0.1:1"]).run();
    none.exits(1);
    let none = it.tide(["unix-listen:s", "none/out"]).run();
    none.exits(1);
    it.write("in", "some");
    let none = it.tide(["in", "unix-listen:s", "--stats", "in"]).run();
    none.exits(2);
    assert_eq!(it.names(), ["in"]);
}

#[apply(on_both_roads)]
fn another_file_that_has_the_name_by_then_stays() {
    let it = Scratch::new();
    let running = listening(it.tide(["unix-listen:s", "null:"]), "s");
    std::fs::rename(it.path("s"), it.path("moved")).expect("renaming");
    it.write("s", "another");
    running.signal("TERM");
    running.done();
    assert_eq!(it.read("s"), b"another");
}

#[apply(on_both_roads)]
fn the_socket_is_gone_as_soon_as_the_one_peer_is_there() {
    let it = Scratch::new();
    let running = listening(it.tide(["unix-listen:s", "out"]), "s");
    let (open, hold) = gate();
    let peer = Peer::connects_at(&it.path("s"), vec![Step::Send(b"some".into()), hold]);
    until("the socket is gone", || {
        (!it.path("s").exists()).then_some(())
    });
    drop(open);
    peer.story();
    end_of(running).exits(0);
    assert_eq!(it.read("out"), b"some");
}

#[apply(on_both_roads)]
fn a_socket_has_the_mode_that_was_asked_for_whatever_the_umask_is() {
    for (options, mode) in [
        ("", 0o600),
        ("#mode=0660", 0o660),
        ("#mode=666", 0o666),
        ("#mode=777", 0o777),
    ] {
        for umask in ["000", "077", "777"] {
            let it = Scratch::new();
            let line = format!("umask {umask}; exec $T 'unix-listen:s{options}' null:");
            let running = listening(it.sh(&line), "s");
            assert_eq!(mode_of(&it, "s"), mode, "{options} {umask}");
            running.signal("TERM");
            running.done();
        }
    }
    let it = Scratch::new();
    for value in ["", "8", "01000", "rw", "+7", "0o600", "-1"] {
        let uri = format!("unix-listen:s#mode={value}");
        it.tide([&*uri, "null:"]).run().refuses(&["as in 0600"]);
    }
    let done = it.tide(["unix-listen:@x#mode=0660", "null:"]).run();
    done.refuses(&["an abstract name belongs to no group; mode=0600"]);
    assert_eq!(it.names(), [""; 0]);
}

#[apply(on_both_roads)]
fn another_user_connects_only_where_the_mode_lets_him() {
    let Some(it) = everybodys() else { return };
    let send = |to: &str| it.sh(&format!("echo hers | {ANOTHER} socat -u - {to}"));
    let running = listening(it.tide(["unix-listen:s", "out"]), "s");
    let done = send("UNIX-CONNECT:s").run();
    assert_ne!(done.code(), 0);
    done.mentions(&["Permission denied"]);
    it.sh("echo ours | socat -u - UNIX-CONNECT:s")
        .run()
        .exits(0);
    end_of(running).exits(0);
    assert_eq!(it.read("out"), b"ours\n");

    let running = listening(it.tide(["unix-listen:s#mode=0666", "out"]), "s");
    send("UNIX-CONNECT:s").run().exits(0);
    end_of(running).exits(0);
    assert_eq!(it.read("out"), b"hers\n");
}

#[apply(on_both_roads)]
fn at_an_abstract_name_another_user_is_turned_away_and_told_of_unless_all_may_connect() {
    let Some(it) = everybodys() else { return };
    let name = abstract_name(&it);
    let at = name.trim_start_matches('@');
    let uri = format!("unix-listen:{name}");
    let hers = format!("echo hers | {ANOTHER} socat -u - ABSTRACT-CONNECT:{at}");
    let mut running = listening(it.tide(["-v", &uri, "out"]), &name);
    it.sh(&hers).run();
    let told = running.line();
    let start = format!("tidegate: accepting on {uri}: refused user 54324, pid ");
    assert!(
        told.starts_with(&start) && told.ends_with(" (#mode)"),
        "{told}"
    );
    it.sh(&format!("echo ours | socat -u - ABSTRACT-CONNECT:{at}"))
        .run()
        .exits(0);
    running.done().exits(0);
    assert_eq!(it.read("out"), b"ours\n");

    let running = listening(it.tide([&*format!("{uri}#mode=0666"), "out"]), &name);
    it.sh(&hers).run().exits(0);
    end_of(running).exits(0);
    assert_eq!(it.read("out"), b"hers\n");
}

#[apply(on_both_roads)]
fn a_name_may_have_anything_in_it_that_a_path_may_and_is_announced_in_one_word() {
    for (typed, name, shown) in [
        ("a%23b", "a#b", "a#b"),
        ("new%0Aline", "new\nline", "new\\u000aline"),
        ("./@s", "@s", "./@s"),
        ("x:y", "x:y", "x:y"),
    ] {
        let it = Scratch::new();
        let args = ["--stats", "t", &*format!("unix-listen:{typed}"), "out"];
        let running = listening(it.tide(args), shown);
        assert!(it.path(name).exists(), "{typed}");
        let sender = it.tide(["zero:#size=3", &format!("unix:{typed}")]).run();
        sender.succeeds();
        end_of(running).exits(0);
        assert_eq!(it.read("out"), [0; 3]);
        let records = records(&it.read("t"));
        assert_eq!(records[0]["type"], "listening");
        assert_eq!(records[0]["end"], "source");
        assert_eq!(records[0]["address"], shown);
    }
}

#[apply(on_both_roads)]
fn a_name_that_no_socket_can_have_is_refused_with_what_can_be_done() {
    let it = Scratch::new();
    let long = "x".repeat(108);
    for scheme in ["unix", "unix-listen"] {
        for (rest, part) in [
            ("", "write unix"),
            ("@", "write unix"),
            ("//host/s", "write unix"),
            ("a%00b", "no path has a NUL"),
            (&*long, "cd nearer to it and write a relative path"),
        ] {
            let done = it.tide([&*format!("{scheme}:{rest}"), "null:"]).run();
            done.refuses(&[part]);
        }
    }
    let longest = "x".repeat(107);
    let (sender, receiver) = pair(&it, &longest, true, "zero:#size=9", "out");
    sender.succeeds();
    receiver.succeeds();
    assert_eq!(it.read("out"), [0; 9]);
}

#[apply(on_both_roads)]
fn a_socket_is_not_to_be_another_file_of_the_transfer() {
    let it = Scratch::new();
    it.write("in", "some");
    for line in [
        "unix-listen:s s",
        "unix-listen:s ./s",
        "unix-listen:s file:s#atomic",
        "unix-listen:s null: --stats s",
        "in unix-listen:s --stats s",
        "in unix-listen:s --control s",
        "in unix-listen:s --trace s",
    ] {
        it.sh(&format!("$T {line}")).run().exits(2);
        assert_eq!(it.names(), ["in"], "{line}");
    }
    let (listener, _first) = full_queue(&it.path("s"));
    for line in ["s null:", "in s", "in file:s#append"] {
        let done = it.sh(&format!("$T {line}")).run();
        done.fails_saying(1, &["it is a socket; unix:PATH connects to one"]);
    }
    drop(listener);
}

#[apply(on_both_roads)]
fn one_socket_may_be_several_sources_one_after_the_other() {
    let it = Scratch::new();
    let args = ["unix-listen:s", "unix-listen:s", "out"];
    let mut running = listening(it.tide(args), "s");
    let sends = |word: &str| {
        let steps = vec![Step::Send(word.into()), Step::HalfClose, Step::ReadAll];
        Peer::connects_at(&it.path("s"), steps)
    };
    let first = sends("one ");
    assert_eq!(running.line(), "listening on s");
    let second = sends("two");
    running.done().exits(0);
    for peer in [first, second] {
        // Each is held until everything is delivered.
        peer.story().sees_the_end_after(b"");
    }
    assert_eq!(it.read("out"), b"one two");
    let done = it.tide(["in", "unix-listen:s", "s"]).run();
    done.exits(1);
    it.write("in", "some");
    let done = it.tide(["in", "unix-listen:s", "s"]).run();
    done.refuses(&["source and sink are the same file"]);
    assert_eq!(it.names(), ["in", "out"]);
}
