//! A connection without a byte, or with too few: whoever looks which ports are open connects, too, and what a good file
//! holds is not lost for it.

use crate::peer::{Peer, Role, Step, end_of, gate, until_record};
use crate::real_peers::is_here;
use crate::tide::{Done, Running, Scratch, noise};
use std::time::Duration;

/// What ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// A FIN.
    Close,
    Reset,
}

/// One connection to a receiver.
struct Case {
    flags: &'static [&'static str],
    options: &'static str,
    sink: &'static str,
    /// What `out` holds before; `None`: it does not exist.
    before: Option<&'static str>,
    sent: &'static str,
    by: By,
}

/// Nothing comes for a file that holds something.
const NOTHING: Case = Case {
    flags: &[],
    options: "",
    sink: "out",
    before: Some("old"),
    sent: "",
    by: By::Close,
};

impl Case {
    fn start(&self, it: &Scratch) -> (Running, Peer) {
        if let Some(before) = self.before {
            it.write("out", before);
        }
        let mut steps = Vec::new();
        if !self.sent.is_empty() {
            steps.push(Step::Send(self.sent.into()));
        }
        if self.by == By::Reset {
            steps.push(Step::Reset);
        }
        Role::Listens.meets(steps, self.options, |uri| {
            it.tide(self.flags.iter().copied().chain([uri, self.sink]))
        })
    }

    /// How it ends, and what the file holds then.
    fn comes_to(&self) -> (Done, Vec<u8>) {
        let it = Scratch::new();
        let (running, peer) = self.start(&it);
        let done = end_of(running);
        peer.story();
        assert_eq!(it.names(), ["out"], "{done:?}");
        (done, it.read("out"))
    }

    /// It succeeds, and the file holds this.
    #[track_caller]
    fn makes(&self, after: impl AsRef<[u8]>) {
        let (done, out) = self.comes_to();
        let done = done.succeeds();
        assert_eq!(out, after.as_ref(), "{done:?}");
    }

    /// It fails, saying this, and the file holds that.
    #[track_caller]
    fn fails(&self, code: i32, parts: &[&str], after: &str) {
        let (done, out) = self.comes_to();
        let done = done.fails_saying(code, parts);
        assert_eq!(out, after.as_bytes(), "{done:?}");
    }
}

/// Every kind of sink that loses what a file holds.
const LOSING: [&str; 4] = [
    "out",
    "file:out#sync",
    "file:out#atomic",
    "file:out#atomic,sync",
];

/// What comes of nothing by these is something, or a failure of theirs.
const TRANSFORMS: [&[&str]; 6] = [
    &[],
    &["-t", "gzip"],
    &["-t", "gunzip"],
    &[
        "-t",
        "sha256=00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff",
    ],
    &["-t", "exec=printf salt; cat"],
    &["-t", "exec=head -c 3000000 /dev/zero; cat", "-t", "zstd"],
];

#[apply(on_both_roads)]
fn a_connection_without_a_byte_leaves_a_file_that_is_not_empty_as_it_was() {
    let parts = [
        "reading tcp-listen",
        "without a byte",
        "#min-size=0",
        "0 bytes delivered",
    ];
    for sink in LOSING {
        for flags in TRANSFORMS {
            Case {
                flags,
                sink,
                ..NOTHING
            }
            .fails(3, &parts, "old");
        }
    }
}

#[apply(on_both_roads)]
fn a_connection_that_is_reset_without_a_byte_leaves_a_file_as_it_was() {
    for sink in LOSING {
        for flags in TRANSFORMS {
            let case = Case {
                flags,
                sink,
                by: By::Reset,
                ..NOTHING
            };
            case.fails(1, &["tcp-listen", "reset"], "old");
        }
    }
}

#[apply(on_both_roads)]
fn a_connection_without_a_byte_is_a_success_where_nothing_is_lost_by_it() {
    for (sink, before) in [
        ("out", None),
        ("out", Some("")),
        ("file:out#create", None),
        ("file:out#atomic", None),
        ("file:out#atomic", Some("")),
        ("file:out#append", None),
    ] {
        Case {
            sink,
            before,
            ..NOTHING
        }
        .makes("");
    }
    Case {
        sink: "file:out#append",
        ..NOTHING
    }
    .makes("old");
    for sink in ["null:", "/dev/null"] {
        Case { sink, ..NOTHING }.makes("old");
    }
}

#[apply(on_both_roads)]
fn nothing_replaces_a_file_where_that_is_asked_for() {
    for sink in LOSING {
        for (options, flags) in [
            ("min-size=0", &[][..]),
            ("", &["--expect-size", "0"]),
            ("", &["--take", "0"]),
        ] {
            Case {
                flags,
                options,
                sink,
                ..NOTHING
            }
            .makes("");
        }
    }
}

#[apply(on_both_roads)]
fn bytes_that_are_left_out_have_come_all_the_same() {
    let flags = &["--skip", "5"];
    for sink in LOSING {
        Case {
            flags,
            sink,
            sent: "12345",
            ..NOTHING
        }
        .makes("");
        Case {
            flags,
            sink,
            sent: "123456",
            options: "min-size=6",
            ..NOTHING
        }
        .makes("6");
        Case {
            flags,
            sink,
            ..NOTHING
        }
        .fails(3, &["without a byte"], "old");
    }
}

#[apply(on_both_roads)]
fn as_many_bytes_as_have_to_come_are_enough_and_one_less_is_not() {
    let options = "min-size=5";
    let exact = Case {
        options,
        sent: "12345",
        ..NOTHING
    };
    let short = Case {
        sent: "1234",
        ..exact
    };
    let parts = [
        "reading tcp-listen",
        "4 bytes came",
        "#min-size asks for 5 bytes",
    ];
    for (sink, after, after_short) in [
        ("out", "12345", "1234"),
        ("file:out#atomic", "12345", "old"),
        ("file:out#atomic,sync", "12345", "old"),
        ("file:out#append", "old12345", "old1234"),
    ] {
        Case { sink, ..exact }.makes(after);
        Case { sink, ..short }.fails(3, &parts, after_short);
    }
    // Nothing is less than something, whatever the sink.
    for (sink, before) in [
        ("out", Some("old")),
        ("out", Some("")),
        ("file:out#append", Some("")),
    ] {
        let parts = ["only 0 bytes came"];
        Case {
            options,
            sink,
            before,
            ..NOTHING
        }
        .fails(3, &parts, before.unwrap_or_default());
    }
}

#[apply(on_both_roads)]
fn what_has_to_come_is_what_the_peer_sends_and_not_what_becomes_of_it() {
    let sink = "file:out#atomic";
    for flags in TRANSFORMS {
        let case = Case {
            flags,
            sink,
            options: "min-size=5",
            sent: "1234",
            ..NOTHING
        };
        case.fails(3, &["4 bytes came", "#min-size"], "old");
    }
    let gzip = Case {
        flags: &["-t", "gzip"],
        sink,
        options: "min-size=5",
        ..NOTHING
    };
    let (done, out) = Case {
        sent: "12345",
        ..gzip
    }
    .comes_to();
    done.succeeds();
    assert!(out.len() > 20, "{out:?}");
}

#[test]
fn a_program_that_wants_nothing_of_a_silent_peer_ends_the_transfer_and_what_the_file_holds_is_kept()
{
    for (flags, code, part) in [
        (
            &["-t", "exec=yes", "-t", "exec=head -1"][..],
            3,
            "without a byte",
        ),
        (&["-t", "exec=echo hi; exit 7"], 1, "status 7"),
    ] {
        let (it, (open, hold)) = (Scratch::new(), gate());
        it.write("out", "old");
        let (running, peer) = Role::Listens.meets(vec![hold], "", |uri| {
            it.tide(flags.iter().copied().chain([uri, "out"]))
        });
        end_of(running).fails_saying(code, &[part]);
        assert_eq!(it.read("out"), b"old");
        drop(open);
        peer.story();
    }
}

#[apply(on_both_roads)]
fn a_reset_is_one_though_too_little_has_come() {
    let (it, (open, hold)) = (Scratch::new(), gate());
    it.write("out", "old");
    let steps = vec![Step::Send(b"123".to_vec()), hold, Step::Reset];
    let (running, peer) = Role::Listens.meets(steps, "min-size=5", |uri| {
        it.tide(["--stats", "s", "-i", "10ms", uri, "file:out#atomic"])
    });
    until_record(&it, "s", |record| record["bytes_out"] == 3);
    drop(open);
    end_of(running).fails_saying(1, &["reset", "3 bytes delivered"]);
    peer.story();
    assert_eq!(it.read("out"), b"old");
}

#[apply(on_both_roads)]
fn more_than_is_read_cannot_have_to_come() {
    let it = Scratch::new();
    it.write("out", "old");
    let uri = "tcp-listen://127.0.0.1:0#min-size=5";
    for flags in [
        &["--take", "4"][..],
        &["--take", "1", "--skip", "3"],
        &["--take", "0"],
    ] {
        let args = flags.iter().copied().chain([uri, "out"]);
        it.tide(args)
            .run()
            .refuses(&["--skip and --take", "min-size of 5"]);
    }
    assert_eq!(it.read("out"), b"old");
    let flags = &["--take", "4", "--skip", "1"];
    Case {
        flags,
        options: "min-size=5",
        sent: "123456",
        ..NOTHING
    }
    .makes("2345");
}

#[apply(on_both_roads)]
fn a_file_is_emptied_with_the_first_byte_of_a_peer_and_not_when_he_comes() {
    let (it, (open, hold)) = (Scratch::new(), gate());
    it.write("out", "old");
    let data = noise(100_000);
    let steps = vec![hold, Step::Send(data.clone())];
    let (running, peer) = Role::Listens.meets(steps, "", |uri| {
        it.tide(["--stats", "s", "-i", "10ms", uri, "out"])
    });
    until_record(&it, "s", |record| record["type"] == "sample");
    assert_eq!(it.read("out"), b"old");
    drop(open);
    end_of(running).succeeds();
    peer.story();
    assert!(it.read("out") == data);
}

#[apply(on_both_roads)]
fn a_peer_that_says_nothing_costs_nothing_however_we_end() {
    for flags in [&[][..], &["-t", "exec=printf salt; cat"]] {
        for (idle, code) in [("1h", 143), ("200ms", 4)] {
            let (it, (open, hold)) = (Scratch::new(), gate());
            it.write("out", "old");
            let flags = flags.iter().copied().chain(["--stats", "s", "-i", "10ms"]);
            let (running, peer) = Role::Listens.meets(vec![hold], "", |uri| {
                it.tide(flags.chain(["--idle-timeout", idle, uri, "out"]))
            });
            until_record(&it, "s", |record| record["type"] == "sample");
            if code == 143 {
                running.signal("TERM");
            }
            end_of(running).exits(code);
            drop(open);
            peer.story();
            assert_eq!(it.read("out"), b"old");
        }
    }
}

#[apply(on_both_roads)]
fn a_program_in_between_that_speaks_first_is_heard_once_the_peer_has_spoken() {
    for many in ["5", "5000000"] {
        let it = Scratch::new();
        it.write("out", "old");
        let steps = vec![
            Step::Wait(Duration::from_millis(200)),
            Step::Send(b"end".into()),
        ];
        let transform = format!("exec=head -c {many} /dev/zero; cat");
        let (running, peer) = Role::Listens.meets(steps, "", |uri| {
            it.tide(["-t", &*transform, "-t", "sha256", "-q", uri, "out"])
        });
        end_of(running).exits(0);
        peer.story();
        let out = it.read("out");
        assert_eq!(
            out.len().to_string(),
            (many.parse::<usize>().unwrap() + 3).to_string()
        );
        assert!(out.ends_with(b"end"));
    }
}

#[apply(on_both_roads)]
fn a_sender_that_is_killed_before_its_first_byte_leaves_the_file_as_it_was() {
    let senders = [
        ("$T - tcp://$A", 1),
        ("nc ${A/:/ }", 3),
        ("ncat ${A/:/ }", 3),
        ("socat - TCP:$A", 3),
    ];
    for (sender, code) in senders {
        let program = sender.split(' ').next().unwrap_or_default();
        if program != "$T" && !is_here(program) {
            continue;
        }
        let it = Scratch::new();
        it.write("out", "old");
        let args = [
            "--stats",
            "s",
            "-i",
            "10ms",
            "tcp-listen://127.0.0.1:0",
            "out",
        ];
        let mut running = it.tide(args).start();
        let address = running.listening();
        let (silence, _held) = std::io::pipe().unwrap();
        let sender = it.sh(&format!("exec {sender}")).env("A", address);
        let sender = sender.stdin(silence).start();
        until_record(&it, "s", |record| record["type"] == "sample");
        sender.signal("KILL");
        end_of(running).exits(code);
        assert_eq!(it.read("out"), b"old");
    }
}

#[apply(on_both_roads)]
fn a_peer_that_we_connect_to_may_have_nothing() {
    let it = Scratch::new();
    it.write("out", "old");
    let (running, peer) = Role::Connects.meets(vec![], "", |uri| it.tide([uri, "out"]));
    end_of(running).succeeds();
    peer.story();
    assert_eq!(it.read("out"), b"");
}
