//! tidegate as the receiver, in both roles, from a peer that follows a script: who learns what, and when.

use super::peer::{Peer, Role, Step, end_of, gate, until};
use super::tide::{Running, Scratch, noise};
use std::fs;
use std::io::{PipeReader, Read, pipe};
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

/// Receives into `sink`.
fn receive(scratch: &Scratch, role: Role, sink: &str, steps: Vec<Step>) -> (Running, Peer) {
    role.meets(steps, "", |uri| scratch.tide([uri, sink]))
}

/// Receives into a pipe that is read later.
fn receive_later(scratch: &Scratch, role: Role, steps: Vec<Step>) -> (Running, Peer, PipeReader) {
    let (reader, writer) = pipe().expect("a pipe");
    let (running, peer) = role.meets(steps, "", |uri| {
        scratch.tide(["-H", "64K", uri]).stdout(writer)
    });
    (running, peer, reader)
}

/// The length of the only file in this directory, whatever its name.
fn length_in(scratch: &Scratch, directory: &str) -> u64 {
    let entries = fs::read_dir(scratch.path(directory)).expect("listing");
    let lengths = entries.map(|entry| entry.and_then(|it| it.metadata()).map(|it| it.len()));
    lengths.map(|it| it.unwrap_or(0)).sum()
}

#[apply(on_both_roads)]
fn what_the_peer_sent_before_its_fin_arrives() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(5_000_000));
        let steps = vec![Step::Send(data.clone()), Step::HalfClose, Step::ReadAll];
        let (running, peer) = receive(&scratch, role, "out", steps);
        end_of(running).succeeds();
        peer.story().sees_the_end_after(b"");
        assert!(scratch.read("out") == data);
    }
}

#[apply(on_both_roads)]
fn nothing_at_all_is_a_transfer_too() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let (running, peer) = receive(&scratch, role, "out", vec![]);
        end_of(running).succeeds();
        peer.story();
        assert_eq!(scratch.read("out"), b"");
    }
}

#[apply(on_both_roads)]
fn the_peer_hears_nothing_from_us_until_its_bytes_are_delivered() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1_000_000));
        let steps = vec![
            Step::Send(data.clone()),
            Step::HearNothing(200 * MILLI),
            Step::HalfClose,
            Step::HearNothing(200 * MILLI),
            Step::ReadAll,
        ];
        let (running, peer, mut out) = receive_later(&scratch, role, steps);
        peer.has_done(4);
        let mut got = Vec::new();
        out.read_to_end(&mut got).expect("reading");
        end_of(running).succeeds();
        peer.story().sees_the_end_after(b"");
        assert!(got == data);
    }
}

#[apply(on_both_roads)]
fn a_reset_in_the_middle_is_a_failure_and_what_arrived_before_is_delivered() {
    for role in Role::BOTH {
        let (scratch, data, (open, hold)) = (Scratch::new(), noise(1_000_000), gate());
        let steps = vec![Step::Send(data.clone()), hold, Step::Reset];
        let (running, _peer) = receive(&scratch, role, "out", steps);
        until("all of it is in the file", || {
            fs::metadata(scratch.path("out")).is_ok_and(|it| it.len() == 1_000_000)
        });
        drop(open);
        let parts = ["reading tcp", "reset", "1000000 bytes) delivered"];
        end_of(running).fails_saying(1, &parts);
        assert!(scratch.read("out") == data);
    }
}

#[apply(on_both_roads)]
fn what_was_on_its_way_to_us_when_the_peer_reset_is_still_delivered_in_order() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1_000_000));
        let steps = vec![Step::Send(data.clone()), Step::Reset];
        let (running, peer) = receive(&scratch, role, "out", steps);
        // When it has not even been accepted there is no file.
        end_of(running).fails_saying(1, &["tcp", "reset"]);
        peer.story();
        let out = fs::read(scratch.path("out")).unwrap_or_default();
        assert!(data.starts_with(&out));
    }
}

#[apply(on_both_roads)]
fn a_reset_at_once_is_a_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let (running, _peer) = receive(&scratch, role, "out", vec![Step::Reset]);
        end_of(running).fails_saying(1, &["tcp", "reset"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_leaves_nothing_of_an_atomic_sink() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        fs::create_dir(scratch.path("d")).expect("a directory");
        let steps = vec![Step::Send(noise(100_000)), hold, Step::Reset];
        let (running, _peer) = receive(&scratch, role, "file:d/out#atomic", steps);
        until("all of it is on disk", || {
            length_in(&scratch, "d") == 100_000
        });
        drop(open);
        end_of(running).fails_saying(1, &["reading tcp", "reset"]);
        let left = fs::read_dir(scratch.path("d")).expect("listing").count();
        assert_eq!(left, 0);
    }
}

#[apply(on_both_roads)]
fn the_sender_learns_by_a_reset_that_our_sink_is_full() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::Send(noise(1000)), Step::HalfClose, Step::ReadAll];
        let (running, peer) = receive(&scratch, role, "/dev/full", steps);
        end_of(running).fails_saying(1, &["writing to /dev/full", "No space left"]);
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn the_sender_learns_by_a_reset_that_renaming_has_failed() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        fs::create_dir(scratch.path("d")).expect("a directory");
        let data = noise(100_000);
        let steps = vec![Step::Send(data), hold, Step::HalfClose, Step::ReadAll];
        let (running, peer) = receive(&scratch, role, "file:d/out#atomic", steps);
        until("all of it is on disk", || {
            length_in(&scratch, "d") == 100_000
        });
        fs::remove_dir_all(scratch.path("d")).expect("removing");
        drop(open);
        end_of(running).fails_saying(1, &["file:d/out#atomic", "No such file"]);
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn the_sender_learns_by_a_reset_that_the_size_was_not_the_expected() {
    for role in Role::BOTH {
        for size in ["999", "1001"] {
            let scratch = Scratch::new();
            let steps = vec![Step::Send(noise(1000)), Step::HalfClose, Step::ReadAll];
            let (running, peer) = role.meets(steps, "", |uri| {
                scratch.tide(["--expect-size", size, uri, "out"])
            });
            let why = format!("the size is not {size} bytes (--expect-size)");
            end_of(running).fails_saying(3, &[&why]);
            peer.story().sees_a_reset();
        }
    }
}

#[apply(on_both_roads)]
fn the_sender_learns_by_a_reset_that_we_were_interrupted() {
    for role in Role::BOTH {
        for signal in ["INT", "TERM", "HUP", "KILL"] {
            let (scratch, (open, hold)) = (Scratch::new(), gate());
            let steps = vec![
                Step::Send(noise(1000)),
                Step::HalfClose,
                hold,
                Step::ReadAll,
            ];
            let sink = "null:#stall=500:1m";
            let (running, peer) = receive(&scratch, role, sink, steps);
            peer.has_done(2);
            running.signal(signal);
            assert!(end_of(running).code() > 128);
            drop(open);
            peer.story().sees_a_reset();
        }
    }
}

#[apply(on_both_roads)]
fn the_sender_learns_by_a_reset_that_the_reader_of_our_output_went_away() {
    for role in Role::BOTH {
        let (scratch, steps) = (Scratch::new(), vec![Step::Send(noise(50_000_000))]);
        let (running, peer, out) = receive_later(&scratch, role, steps);
        drop(out);
        end_of(running).exits(141).says("");
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn a_silent_sender_fails_the_transfer_after_the_idle_timeout() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        let (running, peer) = role.meets(vec![Step::Send(noise(1000)), hold], "", |uri| {
            scratch.tide(["--idle-timeout", "200ms", uri, "out"])
        });
        let parts = [
            "waiting for tcp",
            "nothing moved for 200ms",
            "1000 bytes delivered",
        ];
        end_of(running).fails_saying(4, &parts);
        drop(open);
        peer.story();
    }
}

#[apply(on_both_roads)]
fn a_part_is_enough_and_a_sender_that_has_more_is_reset() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(50_000_000));
        let steps = vec![Step::Send(data.clone())];
        let (running, peer) = role.meets(steps, "", |uri| {
            scratch.tide(["--take", "1000000", uri, "out"])
        });
        end_of(running).succeeds();
        peer.story().sees_a_reset();
        assert!(scratch.read("out") == data[..1_000_000]);
    }
}

#[apply(on_both_roads)]
fn a_part_that_is_all_there_is_ends_cleanly_without_waiting_for_the_fin() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1000));
        let steps = vec![Step::Send(data.clone()), Step::ReadAll];
        let (running, peer) = role.meets(steps, "", |uri| {
            scratch.tide(["--take", "1000", uri, "out"])
        });
        end_of(running).succeeds();
        peer.story().sees_the_end_after(b"");
        assert!(scratch.read("out") == data);
    }
}
