//! Commands as ends of both directions.

use super::ROADS;
use super::peers::{Kind, Outcome, Peer, Relay, connected, open};
use crate::hostile::data;
use std::thread;
use tidegate::endpoint::Delivered;
use tidegate::engine::road::Preference;

/// A relay between a peer and a command.
fn with_command(kind: Kind, command: &str, road: Preference) -> (Peer, Relay) {
    let (first, peer) = connected(kind);
    let (second, ()) = open(&format!("exec:{command}"), |_| ());
    (peer, Relay::new(first, second, road))
}

const WELL: [Outcome; 2] = [
    Outcome::Delivered(Delivered::Exited),
    Outcome::Delivered(Delivered::Closed),
];

#[test]
fn what_a_command_makes_of_what_a_peer_says_is_heard_by_the_peer() {
    for kind in [Kind::Tcp, Kind::Unix] {
        for road in ROADS {
            let (peer, relay) = with_command(kind, "cat", road);
            let much = data(3 << 20);
            assert!(peer.says_and_hears(&much) == much, "{kind:?} {road:?}");
            assert_eq!(relay.ended(), WELL);

            let (mut peer, relay) = with_command(kind, "tr a-z A-Z; echo and more", road);
            peer.says(b"said\n");
            peer.says_no_more();
            assert_eq!(peer.hears_the_rest(), b"SAID\nand more\n");
            assert_eq!(relay.ended(), WELL);
        }
    }
}

#[test]
fn a_command_is_talked_with_for_as_long_as_it_likes() {
    for road in ROADS {
        let command = "while read -r line; do echo \"<$line>\"; done";
        let (mut peer, relay) = with_command(Kind::Tcp, command, road);
        for n in 100..400 {
            peer.says(format!("{n}\n").as_bytes());
            assert_eq!(peer.hears(6), format!("<{n}>\n").as_bytes());
        }
        peer.says_no_more();
        assert_eq!(peer.hears_the_rest(), b"");
        assert_eq!(relay.ended(), WELL);
    }
}

#[test]
fn a_command_that_fails_fails_both_directions_after_its_output_and_its_peer_is_told() {
    for road in ROADS {
        let (mut peer, relay) = with_command(Kind::Tcp, "echo some; exit 3", road);
        assert_eq!(peer.hears(5), b"some\n");
        peer.is_told_of_failure();
        let ends = relay.ended();
        let why = Outcome::Failed("the command ended with status 3".to_owned());
        assert_eq!(ends, [why.clone(), why], "{road:?}");

        // Its peer says more than it reads.
        let (peer, relay) = with_command(Kind::Tcp, "head -c 3; exit 3", road);
        let peer = thread::spawn(move || peer.says_until_it_is_gone(3));
        let ends = relay.ended();
        assert!(ends.iter().all(Outcome::is_failure), "{road:?} {ends:?}");
        assert_eq!(peer.join().unwrap(), b"aaa");
    }
}

#[test]
fn a_command_that_ends_well_by_itself_ends_both_directions_after_its_output() {
    for road in ROADS {
        // Its peer says nothing.
        let (mut peer, relay) = with_command(Kind::Tcp, "echo all", road);
        assert_eq!(peer.hears_the_rest(), b"all\n");
        let [there, back] = relay.ended();
        assert_eq!(there, Outcome::Downstream);
        assert!(matches!(back, Outcome::Delivered(_)), "{back:?}");

        // Its peer says more than it reads.
        let (peer, relay) = with_command(Kind::Tcp, "head -c 3", road);
        let peer = thread::spawn(move || peer.says_until_it_is_gone(3));
        let [there, back] = relay.ended();
        assert_eq!(there, Outcome::Downstream);
        assert!(matches!(back, Outcome::Delivered(_)), "{back:?}");
        assert_eq!(peer.join().unwrap(), b"aaa");
    }
}

#[test]
fn a_command_that_closes_its_output_is_told_more() {
    for road in ROADS {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heard");
        let command = format!("echo that is all; exec >&-; cat > {}", path.display());
        let (mut peer, relay) = with_command(Kind::Tcp, &command, road);
        assert_eq!(peer.hears_the_rest(), b"that is all\n");
        peer.says(b"thanks");
        peer.says_no_more();
        let ends = relay.ended();
        assert_eq!(ends[0], Outcome::Delivered(Delivered::Exited), "{ends:?}");
        assert!(!ends[1].is_failure(), "{ends:?}");
        assert_eq!(std::fs::read(path).unwrap(), b"thanks");
    }
}

#[test]
fn a_command_is_ended_when_its_peer_fails() {
    for road in ROADS {
        // It would go on for longer than the deadline.
        let (mut peer, relay) = with_command(Kind::Tcp, "echo on; sleep 1000", road);
        assert_eq!(peer.hears(3), b"on\n");
        peer.resets();
        let ends = relay.ended();
        assert!(ends.iter().all(Outcome::is_failure), "{ends:?}");
    }
}
