//! The files beside the sink: a transfer that is refused or never begins leaves them exactly as they were, and no other
//! trouble with them takes anything from the transfer without a word.

use crate::live::{bound, until};
use crate::tide::{DEADLINE, Scratch, noise, records};
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant, SystemTime};

/// Every flag that names a file, and what it needs besides.
const FLAGS: [&str; 5] = [
    "--stats",
    "--trace",
    "--plot",
    "-t sha256 --digest-file",
    "--control",
];

/// A name that suits each of them.
const NAME: &str = "k.svg";

/// What is there at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// A file, or the socket that a dead process has left.
    Something,
    /// A link that leads to a file that is yet to be made.
    Link,
}

/// The rest of a command line, and the exit status. `FLAG` stands for the flag with its file.
const NEVER: [(&str, i32); 19] = [
    ("FLAG --bogus in out", 2),
    ("FLAG -H 5Q in out", 2),
    ("FLAG -t bogus in out", 2),
    ("FLAG --burst 5 in out", 2),
    ("FLAG in file:out#snyc", 2),
    ("FLAG in one two", 1),
    ("FLAG in in", 2),
    ("FLAG in - >>in", 2),
    ("FLAG in k.svg", 2),
    ("FLAG in ./link/../k.svg", 2),
    ("FLAG in file:k.svg#atomic", 2),
    ("FLAG --size @missing in out", 2),
    ("FLAG --road kernel random:#size=5 out", 2),
    ("FLAG missing out", 1),
    ("FLAG missing k.svg", 1),
    ("FLAG in no/such", 1),
    ("FLAG in .", 1),
    ("FLAG in tcp://NOBODY", 1),
    ("FLAG tcp-listen://127.0.0.1:0#accept-timeout=10ms out", 4),
];

/// A directory in which that is so.
fn scratch(flag: &str, before: Before) -> Scratch {
    let it = Scratch::new();
    it.write("in", noise(1000));
    fs::create_dir(it.path("inner")).expect("a directory");
    std::os::unix::fs::symlink("inner", it.path("link")).expect("a link");
    match (before, flag) {
        (Before::Nothing, _) => {}
        (Before::Link, _) => {
            std::os::unix::fs::symlink("inner/new", it.path(NAME)).expect("a link");
        }
        (Before::Something, "--control") => {
            drop(UnixListener::bind(it.path(NAME)).expect("a socket that nobody serves"));
        }
        (Before::Something, _) => {
            it.write(NAME, "precious");
            let long_ago = SystemTime::now() - Duration::from_secs(1_000_000);
            let file = File::options().write(true).open(it.path(NAME));
            file.and_then(|file| file.set_times(FileTimes::new().set_modified(long_ago)))
                .expect("a time");
        }
    }
    it
}

/// All there is, with what it is, when it was changed, and what it holds.
fn state(it: &Scratch) -> Vec<impl PartialEq + std::fmt::Debug> {
    let names = it.names().into_iter();
    let names = names.chain(["inner/new".to_owned()]);
    let states = names.map(|name| {
        let metadata = fs::symlink_metadata(it.path(&name)).ok();
        let numbers = metadata.as_ref().map(|it| (it.ino(), it.mode(), it.len()));
        // A temporary file comes and goes in a directory.
        let changed = metadata.filter(|it| !it.is_dir());
        let changed = changed.map(|it| (it.mtime(), it.mtime_nsec()));
        (
            name.clone(),
            numbers,
            changed,
            fs::read(it.path(&name)).ok(),
        )
    });
    states.collect()
}

#[apply(on_both_roads)]
fn what_is_refused_or_never_begins_leaves_every_file_as_it_was_and_makes_none() {
    let (_socket, nobody) = bound();
    for flag in FLAGS {
        for before in [Before::Nothing, Before::Something, Before::Link] {
            if (flag, before) == ("--control", Before::Link) {
                continue;
            }
            let it = scratch(flag, before);
            let as_it_was = state(&it);
            for (line, code) in NEVER {
                // A socket is no SINK to begin with.
                let is_socket = (flag, before) == ("--control", Before::Something);
                if is_socket && line.contains(NAME) {
                    continue;
                }
                let line = line.replace("FLAG", &format!("{flag} {NAME}"));
                let line = line.replace("NOBODY", &nobody.to_string());
                let done = it.sh(&format!("$T {line}")).run();
                let tidegate = "tidegate: ";
                assert_eq!(done.code(), code, "{before:?} {line}: {done:?}");
                let said = done.stderr.lines().filter(|it| it.starts_with(tidegate));
                assert_eq!(said.count(), 1, "{before:?} {line}: {done:?}");
                assert_eq!(state(&it), as_it_was, "{before:?} {line}");
                if code == 2 && !line.contains(">>") && !line.contains("@missing") {
                    let explained = it.sh(&format!("$T --explain {line}")).run().exits(2);
                    assert_eq!(explained.stderr, done.stderr, "{before:?} {line}");
                }
            }
        }
    }
}

#[apply(on_both_roads)]
fn who_waits_in_vain_and_is_interrupted_leaves_every_file_as_it_was() {
    for flag in FLAGS {
        for before in [Before::Nothing, Before::Something] {
            let it = scratch(flag, before);
            let as_it_was = state(&it);
            let line = format!("exec $T {flag} {NAME} tcp-listen://127.0.0.1:0 out");
            let mut waiting = it.sh(&line).start();
            waiting.listening();
            waiting.signal("INT");
            waiting.done().dies_of("INT");
            assert_eq!(state(&it), as_it_was, "{before:?} {line}");
        }
    }
}

#[apply(on_both_roads)]
fn no_two_of_them_are_one_file_whatever_its_names_and_explaining_says_so_too() {
    for before in [Before::Nothing, Before::Something, Before::Link] {
        for one in FLAGS {
            for other in FLAGS.into_iter().filter(|other| *other != one) {
                let is_socket = [one, other].contains(&"--control");
                if before != Before::Nothing && is_socket {
                    continue;
                }
                let it = scratch(one, before);
                let as_it_was = state(&it);
                let name = match before {
                    Before::Link => "inner/../inner/new",
                    _ => "inner/../k.svg",
                };
                // The end of the name says how a picture is drawn.
                let (name, first) = match other {
                    "--plot" => (NAME, name),
                    _ => (name, NAME),
                };
                if one == "--plot" && before == Before::Link && first != NAME {
                    continue;
                }
                let line = format!("{one} {first} {other} {name} in out");
                let done = it.sh(&format!("$T {line}")).run();
                let done =
                    done.refuses(&[" would write into the same file; give each a file of its own"]);
                assert_eq!(state(&it), as_it_was, "{before:?} {line}");
                let explained = it.sh(&format!("$T --explain {line}")).run().exits(2);
                assert_eq!(explained.stderr, done.stderr, "{before:?} {line}");
            }
        }
    }
}

#[apply(on_both_roads)]
fn a_place_where_nothing_can_be_is_refused_before_anything_happens() {
    for flag in FLAGS {
        let it = scratch(flag, Before::Nothing);
        fs::create_dir(it.path("d.svg")).expect("a directory");
        let as_it_was = state(&it);
        for (name, why) in [
            ("no/k.svg", "No such file or directory"),
            ("d.svg", "directory"),
            ("new.svg/", "directory"),
            ("in/k.svg", "Not a directory"),
        ] {
            if flag == "--control" && name != "no/k.svg" {
                continue;
            }
            let line = format!("{flag} {name} in out");
            let done = it.sh(&format!("$T {line}")).run();
            let done = done.refuses(&[name, why]);
            let explained = it.sh(&format!("$T --explain {line}")).run().exits(2);
            assert_eq!(explained.stderr, done.stderr, "{line}");
            assert_eq!(state(&it), as_it_was, "{line}");
        }
    }
}

#[apply(on_both_roads)]
fn explaining_is_not_noticed_by_who_listens_at_the_control_socket() {
    let it = Scratch::new();
    it.write("in", "x");
    let listener = UnixListener::bind(it.path("c")).expect("a socket");
    listener.set_nonblocking(true).expect("a flag");
    for explain in ["", "--explain"] {
        let done = it.sh(&format!("$T {explain} --control c in out")).run();
        done.refuses(&["--control c: somebody listens there already"]);
        assert!(listener.accept().is_err(), "somebody came");
    }
    assert!(!it.path("out").exists());
}

#[apply(on_both_roads)]
fn a_transfer_that_begins_writes_every_one_of_them() {
    for before in [Before::Nothing, Before::Something, Before::Link] {
        for flag in FLAGS.into_iter().filter(|flag| *flag != "--control") {
            let it = scratch(flag, before);
            it.sh(&format!("$T {flag} {NAME} in out")).run().exits(0);
            let text = it.read(NAME);
            assert!(text.len() > 10 && text != b"precious", "{before:?} {flag}");
        }
    }
}

#[apply(on_both_roads)]
fn a_failure_in_the_middle_makes_no_digest_file_and_empties_none() {
    for before in [Before::Nothing, Before::Something] {
        let it = scratch("--digest-file", before);
        let as_it_was = state(&it);
        let line = format!("$T -t sha256 --digest-file {NAME} --expect-size 5 in null:");
        it.sh(&line).run().exits(3);
        assert_eq!(state(&it), as_it_was);
    }
}

#[apply(on_both_roads)]
fn a_fifo_that_nobody_reads_holds_nothing_up_and_is_said() {
    for (flag, code) in [
        ("--stats", 0),
        ("--trace", 0),
        ("--plot", 0),
        ("-t sha256 --digest-file", 1),
    ] {
        let it = Scratch::new();
        let data = noise(300_000);
        it.write("in", &data);
        it.fifo(NAME);
        let started = Instant::now();
        let done = it.sh(&format!("$T {flag} {NAME} in out")).run();
        assert!(started.elapsed() < DEADLINE / 4, "{flag}");
        done.exits(code).mentions(&[NAME, "nobody reads this FIFO"]);
        assert!(it.read("out") == data, "{flag}");
    }
}

#[apply(on_both_roads)]
fn a_fifo_gets_everything_once_somebody_reads_it() {
    let it = Scratch::new();
    it.fifo("p");
    let flags = ["--stats", "p", "-i", "10ms", "-", "out"];
    let mut running = it.tide(flags).open_input().start();
    running.feed("some");
    until("bytes that came through", || {
        fs::read(it.path("out"))
            .is_ok_and(|out| out == b"some")
            .then_some(())
    });
    let path = it.path("p");
    let reader = std::thread::spawn(move || fs::read(path));
    running.feed(" more");
    until("more", || {
        fs::read(it.path("out"))
            .is_ok_and(|out| out == b"some more")
            .then_some(())
    });
    running.end_of_input().succeeds();
    let text = reader.join().expect("a reader").expect("records");
    let records = records(&text);
    assert_eq!(records[0]["type"], "start");
    assert_eq!(records[records.len() - 1]["type"], "end");
}

#[apply(on_both_roads)]
fn what_cannot_be_written_names_the_file() {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    std::os::unix::fs::symlink("/dev/full", it.path("full.svg")).expect("a link");
    for flag in ["--stats", "--trace", "--plot"] {
        let done = it.sh(&format!("$T {flag} full.svg in out")).run();
        let line = format!("tidegate: writing {flag} full.svg: No space left on device\n");
        done.exits(0).says(&line);
    }
}

#[apply(on_both_roads)]
fn the_records_tell_who_listens_once_somebody_has_come() {
    let it = Scratch::new();
    let args = ["--stats", "s", "tcp-listen://127.0.0.1:0", "out"];
    let mut waiting = it.tide(args).start();
    let address = waiting.listening();
    assert!(!it.path("s").exists());
    let sent = it.tide(["-", &format!("tcp://{address}")]).input("x");
    sent.run().succeeds();
    waiting.done().exits(0);
    let records = records(&it.read("s"));
    assert_eq!(records[0]["type"], "listening");
    assert_eq!(records[0]["address"], address.as_str());
    assert_eq!(records[1]["type"], "start");
}

#[apply(on_both_roads)]
fn the_names_of_a_descriptor_mean_the_descriptor() {
    for name in ["-", "fd:1", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        for flag in ["--stats", "--trace", "-t sha256 --digest-file"] {
            let it = Scratch::new();
            it.write("in", "x");
            it.sh(&format!(
                "{{ echo first; $T {flag} {name} in out 2>/dev/null; echo; echo last; }} >log"
            ))
            .run()
            .succeeds();
            let log = String::from_utf8(it.read("log")).expect("text");
            let is_whole = log.starts_with("first\n") && log.ends_with("\nlast\n");
            assert!(is_whole && log.len() > 70, "{flag} {name}: {log}");
            let closed = it.sh(&format!("$T {flag} {name} in new >&-")).run();
            closed.refuses(&[&format!("{name}: standard output is not open")]);
            assert_eq!(it.names(), ["in", "log", "out"], "{flag} {name}");
        }
    }
}
