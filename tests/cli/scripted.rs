//! tidegate as the sender, in both roles, to a peer that follows a script: what is success and what is not.

use super::peer::{Peer, Role, Saw, Step, end_of, gate, last_record, until_record};
use super::tide::{Cmd, Running, Scratch, noise};
use std::io::{PipeWriter, Write, pipe};
use std::time::{Duration, Instant};

const MILLI: Duration = Duration::from_millis(1);

/// Sends `data` to the peer.
fn send(
    scratch: &Scratch,
    role: Role,
    options: &str,
    data: &[u8],
    steps: Vec<Step>,
) -> (Running, Peer) {
    role.meets(steps, options, |uri| {
        let args = ["--stats", "stats", "-i", "20ms", "-", uri];
        scratch.tide(args).input(data)
    })
}

/// Sends what will be written into the pipe that is returned.
fn send_later(scratch: &Scratch, role: Role, steps: Vec<Step>) -> (Running, Peer, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    let (running, peer) = role.meets(steps, "", |uri| {
        let args = ["--stats", "stats", "-", uri];
        scratch.tide(args).stdin(reader)
    });
    (running, peer, writer)
}

/// Sends without end.
fn endless(scratch: &Scratch, uri: &str) -> Cmd {
    scratch.tide(["zero:", uri])
}

fn delivered(scratch: &Scratch) -> String {
    last_record(scratch, "stats")["delivered"].to_string()
}

#[apply(on_both_roads)]
fn a_fin_before_our_first_byte_is_no_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::HalfClose, Step::ReadAll];
        let (running, peer, mut stdin) = send_later(&scratch, role, steps);
        peer.has_done(1);
        let data = noise(3_000_000);
        stdin.write_all(&data).expect("tidegate reads");
        drop(stdin);
        end_of(running).succeeds();
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_half_closes_in_the_middle_still_gets_everything() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(5_000_000));
        let steps = vec![Step::ReadExactly(1_000_000), Step::HalfClose, Step::ReadAll];
        let (running, peer) = send(&scratch, role, "", &data, steps);
        end_of(running).succeeds();
        assert_eq!(delivered(&scratch), "\"closed\"");
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn an_echoing_peer_is_no_deadlock_and_a_line_says_how_much_was_dropped() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let (running, peer) = role.meets(vec![Step::Echo], "", |uri| {
            scratch.tide(["zero:#size=50MB", uri])
        });
        let done = end_of(running).exits(0);
        let parts = ["tidegate: warning: tcp", "50000000 bytes", "dropped"];
        assert_eq!(done.mentions(&parts).stderr.lines().count(), 1);
        let story = peer.story();
        assert_eq!((story.saw, story.bytes.len()), (Saw::Fin, 50_000_000));
    }
}

#[apply(on_both_roads)]
fn a_peer_that_sends_while_we_send_gets_everything() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(5_000_000));
        let steps = vec![Step::SendMeanwhile(noise(5_000_000)), Step::ReadAll];
        let (running, peer) = send(&scratch, role, "", &data, steps);
        let done = end_of(running).exits(0);
        done.mentions(&["5000000 bytes", "dropped"]);
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_only_ever_speaks_before_it_reads_is_heard_out() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(100_000));
        let steps = vec![Step::Send(noise(20_000_000)), Step::ReadAll];
        let (running, peer) = send(&scratch, role, "", &data, steps);
        end_of(running).exits(0).mentions(&["20000000 bytes"]);
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_reset_at_once_is_a_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let (running, _peer, _stdin) = send_later(&scratch, role, vec![Step::Reset]);
        end_of(running).fails_saying(1, &["tcp", "reset"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_is_noticed_while_there_is_nothing_to_send() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        let steps = vec![hold, Step::Reset];
        let (running, _peer, _stdin) = send_later(&scratch, role, steps);
        until_record(&scratch, "stats", |record| record["type"] == "start");
        drop(open);
        end_of(running).fails_saying(1, &["writing to tcp", "reset", "0 bytes delivered"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_in_the_middle_is_a_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::ReadExactly(1_000_000), Step::Reset];
        let (running, _peer) = role.meets(steps, "", |uri| endless(&scratch, uri));
        end_of(running).fails_saying(1, &["writing to tcp", "reset", "at most"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_while_bytes_are_left_out_is_a_failure() {
    for role in Role::BOTH {
        let (scratch, (reader, _silent)) = (Scratch::new(), pipe().expect("a pipe"));
        let (open, hold) = gate();
        let (running, _peer) = role.meets(vec![hold, Step::Reset], "", |uri| {
            let args = ["--stats", "stats", "--skip", "10", "-", uri];
            scratch.tide(args).stdin(reader)
        });
        until_record(&scratch, "stats", |record| record["type"] == "start");
        drop(open);
        end_of(running).fails_saying(1, &["tcp", "reset", "0 bytes delivered"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_after_our_last_byte_but_before_our_fin_is_a_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::ReadExactly(5), Step::Reset];
        let (running, _peer, mut stdin) = send_later(&scratch, role, steps);
        stdin.write_all(b"hello").expect("tidegate reads");
        end_of(running).fails_saying(1, &["tcp", "reset", "at most 5 bytes delivered"]);
    }
}

#[apply(on_both_roads)]
fn a_reset_after_our_fin_is_a_failure_though_all_was_read() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1_000_000));
        let steps = vec![Step::ReadAll, Step::Reset];
        let (running, peer) = send(&scratch, role, "", &data, steps);
        end_of(running).fails_saying(1, &["finishing tcp", "reset"]);
        assert_eq!(last_record(&scratch, "stats")["outcome"], "failed");
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_reset_after_an_early_fin_is_a_failure() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::HalfClose, Step::ReadExactly(5), Step::Reset];
        let (running, _peer, mut stdin) = send_later(&scratch, role, steps);
        stdin.write_all(b"hello").expect("tidegate reads");
        end_of(running).fails_saying(1, &["tcp", "at most 5 bytes delivered"]);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_never_closes_has_acknowledged_after_the_close_timeout() {
    for role in Role::BOTH {
        let (scratch, data, (open, hold)) = (Scratch::new(), noise(1_000_000), gate());
        let begun = Instant::now();
        let steps = vec![Step::ReadAll, hold];
        let (running, peer) = send(&scratch, role, "close-timeout=300ms", &data, steps);
        end_of(running).succeeds();
        assert_eq!(delivered(&scratch), "\"acknowledged\"");
        assert!(begun.elapsed() >= 300 * MILLI);
        drop(open);
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn the_summary_says_that_the_peer_did_not_close() {
    let (scratch, (_open, hold)) = (Scratch::new(), gate());
    let (running, _peer) = Role::Connects.meets(vec![hold], "close-timeout=10ms", |uri| {
        scratch
            .tide(["--summary", "always", "-", uri])
            .input("hello")
    });
    let parts = ["acknowledged; the peer did not close"];
    running.done().exits(0).mentions(&parts);
}

#[apply(on_both_roads)]
fn a_peer_that_closes_late_is_waited_for() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1_000_000));
        let begun = Instant::now();
        let steps = vec![Step::ReadAll, Step::Wait(1500 * MILLI)];
        let (running, peer) = send(&scratch, role, "", &data, steps);
        end_of(running).succeeds();
        assert_eq!(delivered(&scratch), "\"closed\"");
        assert!(begun.elapsed() >= 1500 * MILLI);
        peer.story().sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_never_reads_fails_the_transfer_after_the_idle_timeout() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        let steps = vec![hold, Step::ReadAll];
        let (running, peer) = role.meets(steps, "", |uri| {
            scratch.tide(["--idle-timeout", "300ms", "zero:", uri])
        });
        end_of(running).fails_saying(4, &["tcp", "nothing moved for 300ms", "at most"]);
        drop(open);
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn a_peer_that_does_not_read_our_last_bytes_fails_the_transfer_after_the_idle_timeout() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        // Read slowly later: its window is narrow, and half of this stays with us.
        let steps = vec![hold, Step::ReadSlowly(1 << 16, Duration::ZERO)];
        let (running, peer) = role.meets(steps, "", |uri| {
            scratch.tide(["--idle-timeout", "300ms", "zero:#size=300K", uri])
        });
        end_of(running).fails_saying(4, &["tcp", "nothing moved for 300ms"]);
        drop(open);
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn a_peer_that_never_reads_is_waited_for_until_we_are_interrupted() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        let steps = vec![hold, Step::ReadAll];
        let (mut running, peer) = role.meets(steps, "close-timeout=10ms", |uri| {
            scratch.tide(["--stats", "stats", "-i", "20ms", "zero:", uri])
        });
        until_record(&scratch, "stats", |record| {
            record["links"][0]["state"] == "paused" && record["rate_bytes_s"] == 0.0
        });
        assert!(running.child.try_wait().expect("asking").is_none());
        running.signal("INT");
        end_of(running).exits(130).says("");
        drop(open);
        peer.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn a_slow_reader_is_not_idle_while_we_have_more_to_send() {
    let scratch = Scratch::new();
    // It reads every 25 ms, but we may write again only when a third of a send buffer of 4 MiB is free.
    let steps = vec![Step::ReadSlowly(32 * 1024, 25 * MILLI)];
    let (running, peer) = Role::Connects.meets(steps, "", |uri| {
        scratch.tide(["--idle-timeout", "500ms", "zero:#size=5M", uri])
    });
    running.done().succeeds();
    let story = peer.story();
    assert_eq!((story.saw, story.bytes.len()), (Saw::Fin, 5 << 20));
}

#[apply(on_both_roads)]
fn a_slow_reader_is_not_idle_while_it_empties_our_send_queue() {
    for role in Role::BOTH {
        let (scratch, data) = (Scratch::new(), noise(1 << 20));
        let steps = vec![Step::ReadSlowly(32 * 1024, 40 * MILLI)];
        let (running, peer) = role.meets(steps, "close-timeout=10s", |uri| {
            scratch
                .tide(["--idle-timeout", "500ms", "-", uri])
                .input(&*data)
        });
        let (done, story) = (end_of(running), peer.story());
        done.succeeds();
        story.sees_the_end_after(&data);
    }
}

#[apply(on_both_roads)]
fn a_peer_that_closes_with_our_data_unread_fails_the_transfer() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::ReadExactly(1_000_000)];
        let (running, peer) = role.meets(steps, "", |uri| endless(&scratch, uri));
        end_of(running).fails_saying(1, &["writing to tcp", "at most"]);
        peer.story();
    }
}

#[apply(on_both_roads)]
fn a_peer_that_closes_with_our_last_data_unread_fails_the_transfer() {
    for role in Role::BOTH {
        let (scratch, (open, hold)) = (Scratch::new(), gate());
        let (running, _peer) = send(&scratch, role, "", &noise(100_000), vec![hold]);
        until_record(&scratch, "stats", |record| record["bytes_out"] == 100_000);
        drop(open);
        end_of(running).fails_saying(1, &["tcp", "reset", "at most"]);
    }
}

#[apply(on_both_roads)]
fn what_is_sent_to_a_peer_that_has_closed_fails_the_transfer() {
    for role in Role::BOTH {
        let scratch = Scratch::new();
        let steps = vec![Step::ReadExactly(5)];
        let (running, peer, mut stdin) = send_later(&scratch, role, steps);
        stdin.write_all(b"hello").expect("tidegate reads");
        peer.story();
        stdin.write_all(b"more").expect("tidegate reads");
        drop(stdin);
        end_of(running).fails_saying(1, &["tcp", "at most"]);
    }
}
