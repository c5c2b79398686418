//! A transfer under way is asked and steered from outside, and no client can do it harm.

use crate::tide::{DEADLINE, Done, Running, Scratch};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

/// Says it with `--tell`.
fn tell(it: &Scratch, command: &str) -> Done {
    let words = command.split_whitespace();
    it.tide(["--tell", "c"].into_iter().chain(words)).run()
}

#[track_caller]
fn told(it: &Scratch, command: &str) -> String {
    let done = tell(it, command);
    assert_eq!((done.code(), &*done.stderr), (0, ""), "{command}");
    String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
}

#[track_caller]
fn status(it: &Scratch) -> Value {
    serde_json::from_str(&told(it, "status --json")).expect("an object")
}

/// Asks until it is so.
#[track_caller]
fn until(it: &Scratch, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let status = status(it);
        if is_so(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status}");
    }
}

/// A transfer that listens at `c`, once it does.
#[track_caller]
fn listening(it: &Scratch, args: &[&str]) -> Running {
    let running = it.tide([&["--control", "c"][..], args].concat()).start();
    let deadline = Instant::now() + DEADLINE;
    while UnixStream::connect(it.path("c")).is_err() {
        assert!(Instant::now() < deadline, "nobody listens");
        std::thread::sleep(Duration::from_millis(2));
    }
    running
}

#[apply(on_both_roads)]
fn another_rate_is_in_force_at_once() {
    let it = Scratch::new();
    // At the first rate it would take a week.
    let running = listening(&it, &["-L", "1", "zero:#size=600K", "out"]);
    assert_eq!(told(&it, "rate 1M/s"), "ok");
    until(&it, |status| status["bytes_out"].as_u64() > Some(10_000));
    assert_eq!(told(&it, "rate none"), "ok");
    running.done().exits(0);
    assert_eq!(it.read("out").len(), 600 << 10);
    assert!(!it.path("c").exists(), "the socket is left behind");
}

#[apply(on_both_roads)]
fn a_rate_can_be_put_on_what_had_none() {
    let it = Scratch::new();
    let running = listening(&it, &["--stats", "s", "zero:", "out"]);
    assert_eq!(told(&it, "rate 1"), "ok");
    let held = |status: &Value| status["bound_by"] == "rate";
    until(&it, held);
    running.signal("INT");
    running.done();
    assert!(it.end_of("s")["waits"]["rate_s"].as_f64() > Some(0.0));
}

#[apply(on_both_roads)]
fn a_pause_lets_nothing_leave_until_it_is_over() {
    let it = Scratch::new();
    let flags = ["--idle-timeout", "50ms", "-L", "4M", "zero:#size=3M", "out"];
    let running = listening(&it, &flags);
    assert_eq!(told(&it, "pause"), "ok");
    // What was under way when it was said may still come.
    let paused = until(&it, |status| status["bound_by"] == "rate");
    for _ in 0..10 {
        let now = status(&it);
        let came = now["bytes_out"].as_u64() > paused["bytes_out"].as_u64();
        assert!(!came, "{paused} {now}");
    }
    assert_eq!(told(&it, "resume"), "ok");
    running.done().exits(0);
    assert_eq!(it.read("out").len(), 3 << 20);
}

#[apply(on_both_roads)]
fn what_is_told_before_the_peer_has_come_holds_from_the_first_byte_on() {
    let it = Scratch::new();
    let mut running = listening(&it, &["tcp-listen://127.0.0.1:0", "out"]);
    let address = running.listening();
    let before = status(&it);
    assert_eq!(
        (&before["elapsed_s"], &before["bytes_out"]),
        (&0.0.into(), &0.into())
    );
    assert_eq!(before["links"][0]["writable"]["high_water_mark"], 1 << 20);
    let refused = tell(&it, "high-water-mark 4M");
    refused.fails_saying(2, &["no byte has moved yet"]);
    assert_eq!(told(&it, "rate 1G"), "ok");
    assert_eq!(told(&it, "pause"), "ok");
    let mut peer = std::net::TcpStream::connect(address).expect("a connection");
    peer.write_all(b"some").expect("sending");
    until(&it, |status| status["bound_by"] == "rate");
    assert_eq!(status(&it)["bytes_out"], 0);
    assert_eq!(told(&it, "resume"), "ok");
    drop(peer);
    running.done().exits(0);
    assert_eq!(it.read("out"), b"some");
}

#[apply(on_both_roads)]
fn a_mark_can_be_changed_where_the_buffers_are_ours() {
    let it = Scratch::new();
    let flags = ["--road", "buffered", "-L", "2M", "zero:#size=4M", "null:"];
    let running = listening(&it, &flags);
    let mark = |side: &'static str, mark: u64| {
        move |status: &Value| status["links"][0][side]["high_water_mark"] == mark
    };
    until(&it, |status| status["bytes_out"].as_u64() > Some(0));
    for size in ["4M", "3", "300K"] {
        assert_eq!(told(&it, &format!("high-water-mark {size}")), "ok");
        let bytes = tidegate::text::size::parse_size(size).expect("a size");
        assert!(mark("readable", bytes)(&status(&it)));
        assert!(mark("writable", bytes)(&status(&it)));
    }
    // Twice as much, or the sum of two, is beyond 64 bits.
    for size in ["18446744073709551615", "16777215T"] {
        let refused = tell(&it, &format!("high-water-mark {size}"));
        let refused = refused.fails_saying(2, &["high-water-mark", "there is memory for"]);
        assert!(!refused.stderr.contains("ok"));
        assert!(mark("writable", 300 << 10)(&status(&it)));
    }
    assert_eq!(told(&it, "rate none"), "ok");
    let end = running.done();
    end.exits(0);
}

#[apply(on_both_roads)]
fn the_buffers_of_the_kernel_road_are_not_to_be_changed() {
    let it = Scratch::new();
    let flags = ["--road", "kernel", "-L", "100", "zero:#size=1M", "null:"];
    let running = listening(&it, &flags);
    until(&it, |status| status["bytes_out"].as_u64() > Some(0));
    let done = tell(&it, "high-water-mark 4M");
    assert_eq!(done.code(), 2);
    assert!(done.stderr.contains("--road buffered"), "{}", done.stderr);
    assert_eq!(told(&it, "rate none"), "ok");
    running.done().exits(0);
}

#[apply(on_both_roads)]
fn what_is_not_understood_is_answered_with_what_would_be() {
    let it = Scratch::new();
    let running = listening(&it, &["-L", "1", "zero:", "null:"]);
    for (command, why) in [
        ("quit", "unknown command 'quit'; valid: rate RATE"),
        ("rate fast", "rate fast: a size starts with a number"),
        ("rate", "rate needs a value"),
        ("pause now please", "too many words"),
        ("status --jsn", "status takes nothing but --json"),
    ] {
        let done = tell(&it, command);
        assert_eq!(done.code(), 2, "{command}");
        assert!(
            done.stderr.starts_with("tidegate: --tell c: "),
            "{}",
            done.stderr
        );
        assert!(done.stderr.contains(why), "{command}: {}", done.stderr);
    }
    running.signal("TERM");
    running.done();
    assert!(!it.path("c").exists(), "the socket is left behind");
    let done = tell(&it, "status");
    assert_eq!(done.code(), 1);
    assert!(done.stderr.contains("No such file"), "{}", done.stderr);
}

#[apply(on_both_roads)]
fn a_socket_is_for_its_user_alone_and_never_takes_the_place_of_anything_but_a_dead_one() {
    let it = Scratch::new();
    drop(UnixListener::bind(it.path("c")).expect("a socket that nobody serves"));
    let running = listening(&it, &["-L", "1", "zero:", "null:"]);
    let mode = std::fs::metadata(it.path("c"))
        .expect("a socket")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);

    it.write("file", "precious");
    for (path, why) in [
        ("c", "somebody listens there already"),
        ("file", "exists, and is no socket"),
        ("none/c", "No such file"),
        (&"long".repeat(40), "too long"),
    ] {
        let done = it.tide(["--control", path, "zero:", "null:"]).run();
        assert_eq!(done.code(), 2, "{path}");
        assert!(done.stderr.contains(why), "{path}: {}", done.stderr);
    }
    assert_eq!(it.read("file"), b"precious");
    assert_eq!(told(&it, "rate none"), "ok");
    running.signal("INT");
    running.done();
    assert!(!it.path("c").exists());
}

#[apply(on_both_roads)]
fn a_transfer_that_fails_takes_its_socket_away_too() {
    let it = Scratch::new();
    let done = it.tide(["--control", "c", "zero:", "/dev/full"]).run();
    assert_eq!(done.code(), 1);
    let done = it.tide(["--control", "c", "missing", "null:"]).run();
    assert_eq!(done.code(), 1);
    assert_eq!(it.names(), [""; 0]);
}

#[apply(on_both_roads)]
fn hostile_clients_disturb_nobody() {
    let it = Scratch::new();
    let running = listening(&it, &["-L", "1", "zero:#size=1M", "out"]);
    let connect = || UnixStream::connect(it.path("c")).expect("a place");

    // One that never ends its line is told so, and is left alone.
    let mut endless = connect();
    endless.write_all(&[b'x'; 256]).expect("writing");
    let mut answer = String::new();
    let mut answers = BufReader::new(endless);
    answers.read_line(&mut answer).expect("an answer");
    assert_eq!(answer, "error: a line is at most 256 bytes long\n");
    answer.clear();
    assert_eq!(answers.read_line(&mut answer).unwrap_or(0), 0);

    // One that asks and asks and never reads.
    let mut deaf = connect();
    deaf.set_nonblocking(true).expect("a flag");
    while deaf.write(b"status --json\n").is_ok() {}
    // Some that say nothing, and one that goes away before it is answered.
    let _silent: Vec<_> = (0..20).map(|_| connect()).collect();
    connect().write_all(b"status\n\xff\xfe\n").expect("writing");

    assert_eq!(status(&it)["type"], "sample");
    assert_eq!(told(&it, "rate none"), "ok");
    running.done().exits(0);
    assert_eq!(it.read("out").len(), 1 << 20);
}

#[apply(on_both_roads)]
fn who_says_nothing_gives_his_place_to_who_comes() {
    let it = Scratch::new();
    let running = listening(&it, &["-L", "1", "zero:#size=1M", "out"]);
    let connect = || UnixStream::connect(it.path("c")).expect("a place");
    let mut first = BufReader::new(connect());
    // As many as there are places, and more.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(connect());
        // One that says something now and then keeps his.
        first
            .get_ref()
            .write_all(b"status --json\n")
            .expect("asking");
        let mut answer = String::new();
        first.read_line(&mut answer).expect("an answer");
        assert!(answer.starts_with("{\"type\":\"sample\""), "{answer}");
    }
    assert_eq!(status(&it)["type"], "sample");
    let mut sent_away = &silent[0];
    sent_away
        .set_read_timeout(Some(DEADLINE))
        .expect("a deadline");
    assert_eq!(sent_away.read(&mut [0; 9]).unwrap_or(0), 0);
    assert_eq!(told(&it, "rate none"), "ok");
    running.done().exits(0);
}

#[apply(on_both_roads)]
fn whoever_comes_and_says_nothing_in_time_is_sent_away() {
    let it = Scratch::new();
    let running = listening(&it, &["-L", "1", "zero:#size=1M", "out"]);
    let connect = || {
        let client = UnixStream::connect(it.path("c")).expect("a place");
        client.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        client
    };
    // One that has asked may keep still.
    let mut known = BufReader::new(connect());
    known.get_ref().write_all(b"status\n").expect("asking");
    let mut answer = String::new();
    known.read_line(&mut answer).expect("an answer");
    let began = Instant::now();
    let silent: Vec<_> = (0..20).map(|_| connect()).collect();
    let slow = connect();
    slow.set_read_timeout(Some(Duration::from_millis(500)))
        .expect("a deadline");
    // A byte at a time, of which none ends the line.
    let mut said = Vec::new();
    while !said.ends_with(b"\n") {
        assert!(began.elapsed() < DEADLINE, "it is listened to for ever");
        // It may be gone already.
        let _ = (&slow).write(b"x");
        let mut some = [0; 99];
        let n = (&slow).read(&mut some).unwrap_or(0);
        said.extend_from_slice(&some[..n]);
    }
    assert_eq!(
        String::from_utf8_lossy(&said),
        "error: no request within 10s\n"
    );
    assert!(
        began.elapsed() > Duration::from_secs(8),
        "it was given no time"
    );
    for mut client in silent {
        let mut all = Vec::new();
        client.read_to_end(&mut all).expect("an end");
        assert_eq!(all, said);
    }
    known.get_ref().write_all(b"rate none\n").expect("asking");
    answer.clear();
    known.read_line(&mut answer).expect("an answer");
    assert_eq!(answer, "ok\n");
    running.done().exits(0);
}

#[apply(on_both_roads)]
fn a_mark_that_was_lowered_is_shown_as_what_is_drained_to_until_it_holds() {
    let it = Scratch::new();
    let flags = ["--road", "buffered", "-L", "1", "zero:", "null:"];
    let mut running = listening(&it, &flags);
    let to_write = |status: &Value| status["links"][0]["writable"]["len"].as_u64();
    until(&it, |status| to_write(status) > Some(1 << 19));
    // What the reader read ahead is there a moment before it is clear which buffers there are.
    crate::live::until("a mark that is taken", || {
        let args = ["--tell", "c", "high-water-mark", "4K"];
        (it.tide(args).run().code() == 0).then_some(())
    });
    running.signal("USR1");
    let line = running.line();
    assert!(line.contains(", draining to 4 KiB, "), "{line}");
    assert!(!line.contains("MiB/4 KiB"), "{line}");
    assert_eq!(told(&it, "rate none"), "ok");
    let to_read = |status: &Value| status["links"][0]["readable"]["len"].as_u64();
    until(&it, |status| {
        to_write(status).max(to_read(status)) <= Some(4 << 10)
    });
    running.signal("USR1");
    let line = running.line();
    assert!(
        line.contains("B/4 KiB") && !line.contains("draining"),
        "{line}"
    );
    running.signal("INT");
    running.done();
}
