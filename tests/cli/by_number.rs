//! `--tell PID`: every transfer of one's own is found by the number of its process, and nobody else's.

use crate::answers::{ANOTHER, everybodys};
use crate::live::{untested, until};
use crate::stops::idle;
use crate::tide::{Done, Running, Scratch};
use serde_json::Value;
use std::fmt::Display;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Says it to whom this is the number of.
fn tell(it: &Scratch, whom: impl Display, command: &str) -> Done {
    let whom = whom.to_string();
    let words = command.split_whitespace();
    it.tide(["--tell", &whom].into_iter().chain(words)).run()
}

#[track_caller]
fn told(it: &Scratch, whom: impl Display, command: &str) -> String {
    let done = tell(it, whom, command);
    assert_eq!((done.code(), &*done.stderr), (0, ""), "{command}");
    String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
}

#[track_caller]
fn record(it: &Scratch, whom: impl Display) -> Value {
    serde_json::from_str(&told(it, whom, "status --json")).expect("an object")
}

/// The name at which a process of ours listens.
fn name(process: impl Display) -> String {
    format!("tidegate-{}-{process}", rustix::process::geteuid().as_raw())
}

/// Whether somebody listens at that name.
fn is_taken(process: impl Display) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/unix").expect("the sockets");
    let name = format!("@{}", name(process));
    sockets.lines().any(|line| line.ends_with(&name))
}

/// A text without its numbers.
fn without_numbers(text: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    text.split(is_number)
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join("#")
}

/// A shell that waits for a line and becomes tidegate.
fn about_to_start(it: &Scratch, args: &str) -> Running {
    it.sh(&format!("read -r; exec $T {args}"))
        .open_input()
        .start()
}

#[apply(on_both_roads)]
fn a_transfer_is_told_by_the_number_of_its_process_with_no_flag_given_beforehand() {
    let it = Scratch::new();
    let running = it.tide(["-L", "1", "zero:#size=600K", "out"]).start();
    let pid = running.child.id();
    // At once: it may not even listen yet.
    assert_eq!(told(&it, pid, "pause"), "ok");
    until("a pause", || {
        (record(&it, pid)["bound_by"] == "rate").then_some(())
    });
    assert_eq!(told(&it, pid, "rate none"), "ok");
    assert_eq!(told(&it, pid, "resume"), "ok");
    running.done().exits(0).says("");
    assert_eq!(it.read("out").len(), 600 << 10);
    assert_eq!(it.names(), ["out"]);
}

#[apply(on_both_roads)]
fn the_status_is_the_line_that_a_signal_asks_for() {
    let it = Scratch::new();
    let waiting = it.tide(["-N", "copy", "tcp-listen://127.0.0.1:0", "null:"]);
    let mut waiting = waiting.start();
    waiting.listening();
    let pid = waiting.child.id();
    let status = told(&it, pid, "status");
    assert!(status.starts_with("copy: waiting for "), "{status}");
    waiting.signal("USR1");
    let line = without_numbers(&waiting.line());
    assert_eq!(line, without_numbers(&format!("tidegate: {status}")));

    let mut held = it.tide(["-N", "copy", "-L", "1", "zero:", "null:"]).start();
    let pid = held.child.id();
    until("the same line", || {
        let told = told(&it, pid, "status");
        assert!(told.starts_with("copy: "), "{told}");
        held.signal("USR1");
        let line = held.line();
        (without_numbers(&line) == without_numbers(&format!("tidegate: {told}"))).then_some(())
    });
}

#[apply(on_both_roads)]
fn each_of_two_transfers_hears_what_is_said_to_it() {
    let it = Scratch::new();
    let start = |out: &str| it.tide(["-L", "1", "zero:#size=300K", out]).start();
    let (one, other) = (start("one"), start("other"));
    assert_eq!(told(&it, one.child.id(), "rate none"), "ok");
    one.done().exits(0);
    assert_eq!(it.read("one").len(), 300 << 10);
    assert!(record(&it, other.child.id())["bytes_out"].as_u64() < Some(1000));
    assert_eq!(told(&it, other.child.id(), "rate none"), "ok");
    other.done().exits(0);
}

#[apply(on_both_roads)]
fn nothing_is_left_of_it_when_the_process_has_ended() {
    let it = Scratch::new();
    let running = it.tide(["-L", "1", "zero:", "null:"]).start();
    let pid = running.child.id();
    until("a listener", || is_taken(pid).then_some(()));
    running.signal("INT");
    running.done().exits(130);
    assert!(!is_taken(pid));
    let hint = format!("a file of that name would be ./{pid}");
    let gone = tell(&it, pid, "status");
    gone.fails_saying(1, &["there is no such process; it may have ended", &hint]);
    assert_eq!(it.names(), [""; 0]);
}

#[test]
fn digits_are_the_number_of_a_process_and_a_path_of_digits_has_its_directory() {
    let it = Scratch::new();
    let number = "99999999999";
    let running = it.tide(["--control", number, "-L", "1", "zero:", "null:"]);
    let running = running.start();
    until("a socket", || it.path(number).exists().then_some(()));
    for missing in [number, "0", "2147483647"] {
        let done = tell(&it, missing, "status");
        done.fails_saying(1, &["there is no such process"]);
    }
    assert_eq!(told(&it, format!("./{number}"), "pause"), "ok");
    // It is still found by its own number.
    assert_eq!(told(&it, running.child.id(), "resume"), "ok");
}

#[test]
fn who_wants_no_socket_says_so_by_a_variable_which_does_nothing_else() {
    let it = Scratch::new();
    let start = |value: &str| {
        let command = it.tide(["-L", "1", "zero:", "out"]);
        command.env("TIDEGATE_CONTROL", value).start()
    };
    let deaf = start("none");
    // It runs, so that it would listen by now.
    until("a byte", || {
        let out = std::fs::metadata(it.path("out")).ok()?;
        (out.len() > 0).then_some(())
    });
    assert!(!is_taken(deaf.child.id()));
    let done = tell(&it, deaf.child.id(), "status");
    done.fails_saying(1, &["TIDEGATE_CONTROL=none", "--control PATH"]);
    for value in ["", "c"] {
        assert_eq!(told(&it, start(value).child.id(), "pause"), "ok");
    }
    assert_eq!(it.names(), ["out"]);
}

#[test]
fn a_process_that_is_no_tidegate_is_told_apart_from_none() {
    let it = Scratch::new();
    let other = it.sh("exec sleep 1000").start();
    let done = tell(&it, other.child.id(), "status");
    done.fails_saying(1, &["it does not listen: it is no tidegate"]);
}

#[test]
fn not_a_word_is_said_where_the_name_is_taken_nor_anything_told_to_who_has_it() {
    let it = Scratch::new();
    let mut running = about_to_start(&it, "-L 1 zero: out");
    let pid = running.child.id();
    let address = SocketAddr::from_abstract_name(name(pid)).expect("a name");
    let theirs = UnixListener::bind_addr(&address).expect("the name");
    running.feed("\n");
    until("a byte", || {
        let out = std::fs::metadata(it.path("out")).ok()?;
        (out.len() > 0).then_some(())
    });
    let done = tell(&it, pid, "pause");
    done.fails_saying(
        1,
        &["another process listens in its place", "nothing was sent"],
    );
    let (mut client, _) = theirs.accept().expect("a client");
    let heard = std::io::read_to_string(&mut client).expect("an end");
    assert_eq!(heard, "");
    running.signal("TERM");
    running.done().exits(143).says("");
}

#[test]
fn a_process_of_another_container_with_that_number_is_not_taken_for_it() {
    let it = Scratch::new();
    if !it.can("unshare -rpf --kill-child true") {
        return untested("no PID namespaces for this user, or no unshare");
    }
    // It shares our network, and so the names of sockets.
    let _container = it
        .sh("exec unshare -pf --kill-child bash -c 'exec $T -L 1 zero: null:'")
        .start();
    until("a listener", || is_taken(1).then_some(()));
    let done = tell(&it, 1, "pause");
    done.fails_saying(1, &["--tell 1: another process listens in its place"]);
}

#[test]
fn a_transfer_of_another_user_is_neither_told_anything_nor_tells() {
    let Some(it) = everybodys() else { return };
    let ours = it.tide(["-L", "1", "zero:", "null:"]).start();
    let pid = ours.child.id();
    until("a listener", || is_taken(pid).then_some(()));
    let by_another = format!("exec {ANOTHER} ./tide --tell {pid} pause");
    let done = it.sh(&by_another).run();
    done.fails_saying(1, &["it belongs to user 0; run --tell as that user"]);
    // Whoever goes around our client is refused by the transfer.
    let line = format!("{ANOTHER} socat -u ABSTRACT-CONNECT:{} -", name(pid));
    let answer = it.sh(&line).run().exits(0);
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(
        answer.starts_with("error: only the user of this transfer"),
        "{answer}"
    );
    assert_ne!(record(&it, pid)["bound_by"], Value::Null);

    let theirs = it.sh(&format!("exec {ANOTHER} ./tide -L 1 zero: null:"));
    let theirs = theirs.start();
    let pid = theirs.child.id();
    let by_them = format!("exec {ANOTHER} ./tide --tell {pid} pause");
    until("an answer", || {
        (it.sh(&by_them).run().stdout == b"ok\n").then_some(())
    });
    let done = tell(&it, pid, "resume");
    done.fails_saying(1, &["it belongs to user 54324; run --tell as that user"]);
}

#[test]
fn a_number_that_another_user_has_now_does_not_lead_to_that_user() {
    let Some(it) = everybodys() else { return };
    // Of a process of ours that does not listen, another user has taken the name.
    let silent = it.sh("exec sleep 1000").start();
    let pid = silent.child.id();
    let line = format!(
        "exec {ANOTHER} socat -u ABSTRACT-LISTEN:{},fork OPEN:heard,creat,append",
        name(pid)
    );
    let _listener = it.sh(&line).start();
    until("a listener", || is_taken(pid).then_some(()));
    let done = tell(&it, pid, "pause");
    done.fails_saying(
        1,
        &["another process listens in its place", "nothing was sent"],
    );
    assert!(!it.path("heard").exists() || it.read("heard").is_empty());
}

#[test]
fn the_rate_of_a_status_is_that_of_the_last_second_though_nothing_is_drawn() {
    let it = Scratch::new();
    let mut running = idle(&it, &[]);
    running.feed("x".repeat(50_000));
    running.has_written(50_000);
    running.record(|it| it["elapsed_s"].as_f64() > Some(2.5));
    let status = told(&it, running.child.id(), "status");
    assert!(status.contains(", 0 B/s, "), "{status}");
    running.end_of_input().exits(0);
}
