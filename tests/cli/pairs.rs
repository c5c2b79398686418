//! Two tidegate that face each other: what one end suffers, the other must not take for success.

use super::peer::{Peer, Step, end_of, gate, last_record, until_record};
use super::tide::{Done, Running, Scratch, noise};
use std::io::{Write, pipe};
use std::process::Stdio;

/// Which of the two connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connects {
    Sender,
    Receiver,
}

const BOTH: [Connects; 2] = [Connects::Sender, Connects::Receiver];

const LISTEN: &str = "tcp-listen://127.0.0.1:0";

/// A sender and a receiver, connected, with records in the files `sent` and `received`.
struct Pair {
    sender: Running,
    receiver: Running,
}

impl Pair {
    fn new(scratch: &Scratch, connects: Connects, source: &str, sink: &str) -> Self {
        Self::fed(scratch, connects, source, sink, Stdio::null())
    }

    fn fed(
        scratch: &Scratch,
        connects: Connects,
        source: &str,
        sink: &str,
        stdin: impl Into<Stdio>,
    ) -> Self {
        let sending = |uri: &str| {
            let args = ["--stats", "sent", "-i", "20ms", source, uri];
            scratch.tide(args).stdin(stdin).start()
        };
        let receiving = |uri: &str| {
            let args = ["--stats", "received", "-i", "20ms", uri, sink];
            scratch.tide(args).start()
        };
        match connects {
            Connects::Sender => {
                let mut receiver = receiving(LISTEN);
                let sender = sending(&format!("tcp://{}", receiver.listening()));
                Self { sender, receiver }
            }
            Connects::Receiver => {
                let mut sender = sending(LISTEN);
                let receiver = receiving(&format!("tcp://{}", sender.listening()));
                Self { sender, receiver }
            }
        }
    }

    fn end(self) -> (Done, Done) {
        (end_of(self.sender), end_of(self.receiver))
    }
}

#[apply(on_both_roads)]
fn a_file_arrives_byte_for_byte_and_the_sender_knows() {
    for connects in BOTH {
        let (scratch, data) = (Scratch::new(), noise(64 << 20));
        scratch.write("big", &data);
        let (sender, receiver) = Pair::new(&scratch, connects, "big", "out").end();
        sender.succeeds();
        receiver.succeeds();
        assert_eq!(last_record(&scratch, "sent")["delivered"], "closed");
        assert!(scratch.read("out") == data);
    }
}

#[apply(on_both_roads)]
fn an_empty_file_arrives_too() {
    for connects in BOTH {
        let scratch = Scratch::new();
        scratch.write("empty", "");
        let (sender, receiver) = Pair::new(&scratch, connects, "empty", "out").end();
        sender.succeeds();
        receiver.succeeds();
        assert_eq!(scratch.read("out"), b"");
    }
}

#[apply(on_both_roads)]
fn the_sender_waits_until_a_slow_receiver_has_everything_on_disk() {
    for connects in BOTH {
        let scratch = Scratch::new();
        let pair = Pair::new(
            &scratch,
            connects,
            "zero:#size=1000",
            "null:#stall=500:600ms",
        );
        let (sender, receiver) = pair.end();
        sender.succeeds();
        receiver.succeeds();
        let sent = last_record(&scratch, "sent");
        assert_eq!(sent["delivered"], "closed");
        assert!(sent["elapsed_s"].as_f64() >= Some(0.5), "{sent}");
    }
}

#[apply(on_both_roads)]
fn a_receiver_whose_sink_is_full_fails_the_sender() {
    for connects in BOTH {
        for source in ["zero:", "zero:#size=1M", "zero:#size=1"] {
            let scratch = Scratch::new();
            let (sender, receiver) = Pair::new(&scratch, connects, source, "/dev/full").end();
            receiver.fails_saying(1, &["writing to /dev/full", "No space left"]);
            sender.fails_saying(1, &["tcp"]);
            assert_eq!(last_record(&scratch, "sent")["outcome"], "failed");
        }
    }
}

#[apply(on_both_roads)]
fn a_receiver_that_is_killed_in_the_middle_fails_the_sender() {
    for connects in BOTH {
        let scratch = Scratch::new();
        let pair = Pair::new(&scratch, connects, "zero:", "null:");
        until_record(&scratch, "received", |record| {
            record["bytes_in"].as_u64() > Some(0)
        });
        pair.receiver.signal("KILL");
        let (sender, receiver) = pair.end();
        receiver.exits(137);
        sender.fails_saying(1, &["writing to tcp", "at most"]);
    }
}

#[apply(on_both_roads)]
fn a_receiver_that_has_read_everything_but_is_killed_before_it_is_done_fails_the_sender() {
    for connects in BOTH {
        for signal in ["KILL", "INT", "TERM"] {
            let scratch = Scratch::new();
            let pair = Pair::new(&scratch, connects, "zero:#size=1000", "null:#stall=500:1m");
            until_record(&scratch, "received", |record| record["bytes_in"] == 1000);
            pair.receiver.signal(signal);
            let (sender, receiver) = pair.end();
            assert!(receiver.code() > 128);
            sender.fails_saying(1, &["finishing tcp", "reset", "at most 1000 bytes"]);
        }
    }
}

#[apply(on_both_roads)]
fn a_sender_that_is_killed_fails_the_receiver() {
    for connects in BOTH {
        for signal in ["KILL", "INT", "TERM", "HUP"] {
            let (scratch, (stdin, mut feed)) = (Scratch::new(), pipe().expect("a pipe"));
            let pair = Pair::fed(&scratch, connects, "-", "file:out#atomic", stdin);
            feed.write_all(b"hello").expect("tidegate reads");
            until_record(&scratch, "received", |record| record["bytes_out"] == 5);
            pair.sender.signal(signal);
            let (sender, receiver) = pair.end();
            assert!(sender.code() > 128);
            receiver.fails_saying(1, &["reading tcp", "reset", "5 bytes delivered"]);
            assert_eq!(scratch.names(), ["received", "sent"]);
        }
    }
}

#[apply(on_both_roads)]
fn a_sender_whose_source_was_not_what_was_expected_fails_the_receiver() {
    for connects in BOTH {
        let scratch = Scratch::new();
        scratch.write("short", noise(1000));
        let sink = "file:out#atomic";
        let (sender, receiver) = match connects {
            Connects::Sender => {
                let mut receiver = scratch.tide([LISTEN, sink]).start();
                let uri = format!("tcp://{}", receiver.listening());
                let sender = scratch.tide(["--expect-size", "2000", "short", &uri]);
                (sender.start(), receiver)
            }
            Connects::Receiver => {
                let args = ["--expect-size", "2000", "short", LISTEN];
                let mut sender = scratch.tide(args).start();
                let uri = format!("tcp://{}", sender.listening());
                (sender, scratch.tide([&uri, sink]).start())
            }
        };
        end_of(sender).fails_saying(3, &["--expect-size"]);
        // It may come while the receiver is still connecting.
        end_of(receiver).fails_saying(1, &["tcp", "reset"]);
        assert_eq!(scratch.names(), ["short"]);
    }
}

#[apply(on_both_roads)]
fn a_receiver_that_wants_only_a_part_is_content_and_the_sender_is_told() {
    for connects in BOTH {
        let scratch = Scratch::new();
        let (sender, receiver) = match connects {
            Connects::Sender => {
                let args = ["--take", "1M", LISTEN, "null:"];
                let mut receiver = scratch.tide(args).start();
                let uri = format!("tcp://{}", receiver.listening());
                (scratch.tide(["zero:", &uri]).start(), receiver)
            }
            Connects::Receiver => {
                let mut sender = scratch.tide(["zero:", LISTEN]).start();
                let uri = format!("tcp://{}", sender.listening());
                let receiver = scratch.tide(["--take", "1M", &uri, "null:"]);
                (sender, receiver.start())
            }
        };
        end_of(receiver).succeeds();
        end_of(sender).fails_saying(1, &["writing to tcp", "at most"]);
    }
}

#[apply(on_both_roads)]
fn two_that_both_send_drop_what_the_other_says_and_both_succeed() {
    for (one, other) in [
        (0, 0),
        (5_000_000, 5_000_000),
        (20_000_000, 5),
        (0, 20_000_000),
    ] {
        let scratch = Scratch::new();
        let mut listens = scratch.tide(["-", LISTEN]).input(noise(one)).start();
        let uri = format!("tcp://{}", listens.listening());
        let connects = scratch.tide(["-", &uri]).input(noise(other)).start();
        for (done, heard) in [(end_of(connects), one), (end_of(listens), other)] {
            let done = done.exits(0);
            if heard == 0 {
                done.says("");
            } else {
                let exactly = format!("{heard} bytes");
                let done = done.mentions(&["tidegate: warning: tcp", &exactly, "dropped"]);
                assert_eq!(done.stderr.lines().count(), 1);
            }
        }
    }
}

#[apply(on_both_roads)]
fn a_source_that_is_reset_resets_the_receiver_at_the_far_end() {
    let (scratch, (open, hold)) = (Scratch::new(), gate());
    let steps = vec![Step::Send(noise(100_000)), hold, Step::Reset];
    let (_peer, source) = Peer::listens(steps);
    let args = [
        "--stats",
        "received",
        "-i",
        "20ms",
        LISTEN,
        "file:out#atomic",
    ];
    let mut receiver = scratch.tide(args).start();
    let (from, to) = (
        format!("tcp://{source}"),
        format!("tcp://{}", receiver.listening()),
    );
    let relay = scratch.tide([&from, &to]).start();
    until_record(&scratch, "received", |record| {
        record["bytes_out"] == 100_000
    });
    drop(open);
    relay
        .done()
        .fails_saying(1, &["reading tcp", "reset", "at most"]);
    end_of(receiver).fails_saying(1, &["reading tcp", "reset"]);
    assert_eq!(scratch.names(), ["received"]);
}

#[apply(on_both_roads)]
fn a_far_end_that_fails_fails_everyone_up_to_the_source() {
    let scratch = Scratch::new();
    let (peer, source) = Peer::listens(vec![
        Step::Send(noise(100_000)),
        Step::HalfClose,
        Step::ReadAll,
    ]);
    let mut receiver = scratch.tide([LISTEN, "/dev/full"]).start();
    let (from, to) = (
        format!("tcp://{source}"),
        format!("tcp://{}", receiver.listening()),
    );
    let relay = scratch.tide([&from, &to]).start();
    end_of(receiver).fails_saying(1, &["writing to /dev/full"]);
    relay.done().fails_saying(1, &["tcp"]);
    peer.story().sees_a_reset();
}

#[apply(on_both_roads)]
fn a_socket_that_meets_itself_has_met_nobody() {
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port");
    let uri = format!("tcp://{address}#bind={address}");
    let done = Scratch::new().tide(["-", &uri]).input(noise(100_000)).run();
    done.fails_saying(1, &["connecting to", &uri, "Connection refused"]);
}
