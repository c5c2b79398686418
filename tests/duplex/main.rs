//! Ends of both directions: two pipelines between the halves of two peers, on both roads.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod commands;
#[path = "../hostile/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod hostile;
mod peers;
mod scripts;
mod stdio;

use hostile::data;
use peers::{DEADLINE, Kind, Outcome, Peer, Relay, connected};
use rustix::net::sockopt::tcp_nodelay;
use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
use std::thread;
use std::time::Instant;
use tidegate::endpoint::Delivered;
use tidegate::engine::road::Preference;

const ROADS: [Preference; 2] = [Preference::Kernel, Preference::Buffered];

/// Plays with a relay between peers of each kind, on each road.
fn everywhere(play: impl Fn(Kind, Preference)) {
    for kind in Kind::ALL {
        for road in ROADS {
            play(kind, road);
        }
    }
}

/// A relay between two peers.
fn relay(kind: Kind, road: Preference) -> (Peer, Relay, Peer) {
    let ((first, one), (second, other)) = (connected(kind), connected(kind));
    (one, Relay::new(first, second, road), other)
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not before the deadline: {what}");
        thread::yield_now();
    }
}

#[test]
fn both_say_much_at_once_and_hear_nothing_before_they_have_said_what_fits() {
    everywhere(|kind, road| {
        let (one, relay, other) = relay(kind, road);
        let (question, answer) = (data(5 << 20), data(3 << 20));
        let heard = thread::scope(|scope| {
            let one = scope.spawn(|| one.says_and_hears(&question));
            let other = scope.spawn(|| other.says_and_hears(&answer));
            (one.join().unwrap(), other.join().unwrap())
        });
        assert!(heard == (answer, question), "{kind:?} {road:?}");
        let ends = relay.ended();
        assert!(!ends.iter().any(Outcome::is_failure), "{kind:?} {ends:?}");
    });
}

#[test]
fn a_reply_that_comes_after_the_end_of_the_question_was_delivered_is_heard() {
    everywhere(|kind, road| {
        let (mut one, relay, mut other) = relay(kind, road);
        one.says(b"question");
        one.says_no_more();
        assert_eq!(other.hears_the_rest(), b"question");
        let (there, question) = relay.there.ended();
        assert_eq!(
            there,
            Outcome::Delivered(Delivered::Acknowledged),
            "{kind:?}"
        );
        other.says(b"reply");
        assert_eq!(one.hears(5), b"reply");
        let much = data(1 << 20);
        thread::scope(|scope| {
            scope.spawn(|| {
                other.says(&much);
                other.says_no_more();
            });
            assert!(one.hears_the_rest() == much, "{kind:?} {road:?}");
        });
        let (back, reply) = relay.back.ended();
        assert_eq!(
            back,
            Outcome::Delivered(Delivered::Closed),
            "{kind:?} {road:?}"
        );
        for source in [question, reply] {
            source.unwrap().close();
        }
    });
}

#[test]
fn a_peer_that_ends_first_is_answered_by_the_one_that_has_heard_of_it() {
    everywhere(|kind, road| {
        let (mut one, relay, mut other) = relay(kind, road);
        other.says_no_more();
        assert_eq!(one.hears_the_rest(), b"");
        one.says(b"good-bye");
        drop(one);
        assert_eq!(other.hears_the_rest(), b"good-bye");
        let ends = relay.ended();
        assert!(!ends.iter().any(Outcome::is_failure), "{kind:?} {ends:?}");
    });
}

#[test]
fn small_pieces_go_to_and_fro() {
    everywhere(|kind, road| {
        let (mut one, relay, mut other) = relay(kind, road);
        for n in 0..500_u32 {
            let piece = [u8::try_from(n % 256).unwrap(); 64];
            one.says(&piece);
            assert_eq!(other.hears(64), piece);
            other.says(&piece);
            assert_eq!(one.hears(64), piece);
        }
        drop((one, other));
        let ends = relay.ended();
        assert!(!ends.iter().any(Outcome::is_failure), "{kind:?} {ends:?}");
    });
}

#[test]
fn a_small_piece_is_not_held_back_until_the_one_before_is_acknowledged() {
    for kind in [Kind::Tcp, Kind::TcpListen] {
        let (mut it, _peer) = connected(kind);
        let (_, sink) = it.sink.kernel().unwrap();
        assert!(tcp_nodelay(sink.at().unwrap().fd).unwrap(), "{kind:?}");
    }
}

/// What has happened when a peer resets its connection.
type Scene = fn(&mut Peer, &mut Peer, &Relay);

const SCENES: [(&str, Scene); 5] = [
    ("nothing was said", |_, _, _| {}),
    ("both have talked", |one, other, _| {
        one.says(b"question");
        assert_eq!(other.hears(8), b"question");
        other.says(b"answer");
        assert_eq!(one.hears(6), b"answer");
    }),
    ("it has said its last word", |one, other, relay| {
        one.says(b"question");
        one.says_no_more();
        assert_eq!(other.hears_the_rest(), b"question");
        until("it is delivered", || relay.there.is_over());
    }),
    ("the other has said its last word", |one, other, _| {
        other.says(b"answer");
        other.says_no_more();
        assert_eq!(one.hears_the_rest(), b"answer");
    }),
    ("much is under way to it", |_, other, relay| {
        other.says_what_fits();
        until("something has moved", || {
            relay.back.controls.meter().bytes_out() > 0
        });
    }),
];

#[test]
fn a_reset_fails_both_directions_and_the_other_peer_is_told() {
    for (scene, act) in SCENES {
        for kind in [Kind::Tcp, Kind::TcpListen] {
            for road in ROADS {
                let (mut one, relay, mut other) = relay(kind, road);
                act(&mut one, &mut other, &relay);
                let half_closed = scene == "it has said its last word";
                one.resets();
                let [there, back] = relay.ended();
                assert!(back.is_failure(), "{scene}: {kind:?} {road:?} {back:?}");
                // It was delivered before.
                let there_failed = there.is_failure();
                assert_eq!(
                    there_failed, !half_closed,
                    "{scene}: {kind:?} {road:?} {there:?}"
                );
                let told = other.is_told_of_failure();
                let how = if half_closed {
                    BrokenPipe
                } else {
                    ConnectionReset
                };
                assert_eq!(told.kind(), how, "{scene}: {kind:?} {road:?}");
            }
        }
    }
}

#[test]
fn a_unix_peer_that_goes_away_unheard_fails_both_directions() {
    for kind in [Kind::Unix, Kind::UnixListen] {
        assert!(!kind.resets());
        for road in ROADS {
            let (one, relay, mut other) = relay(kind, road);
            other.says(b"nobody hears this");
            until("it is written", || {
                relay.back.controls.meter().bytes_out() == 17
            });
            drop(one);
            let [there, back] = relay.ended();
            assert!(there.is_failure(), "{kind:?} {road:?} {there:?}");
            assert!(back.is_failure(), "{kind:?} {road:?} {back:?}");
        }
    }
}

#[test]
fn a_transfer_that_is_given_up_resets_both_peers() {
    for road in ROADS {
        let (mut one, relay, mut other) = relay(Kind::Tcp, road);
        one.says(b"question");
        one.says_no_more();
        assert_eq!(other.hears_the_rest(), b"question");
        let (there, question) = relay.there.ended();
        assert_eq!(there, Outcome::Delivered(Delivered::Acknowledged));
        relay.back.controls.cancel();
        let (back, reply) = relay.back.ended();
        assert!(back.is_failure());
        drop((question, reply));
        one.is_told_of_failure();
        other.is_told_of_failure();
    }
}
