//! Two peers that keep to a script say to each other through a relay what they would say directly.

use super::ROADS;
use super::peers::{Kind, Outcome, Peer, Relay, connected};
use proptest::prelude::*;
use std::os::unix::net::UnixStream;
use std::thread;

/// What one of two peers does.
#[derive(Debug, Clone, Copy)]
enum Step {
    Say(usize),
    SayNoMore,
    /// Hears as many bytes as this, of those that were said to it before.
    Hear(usize),
}

/// What each of two peers does. Both can get to the end, since nobody waits for what is said later.
#[derive(Debug, Clone, Default)]
struct Scripts([Vec<Step>; 2]);

impl Scripts {
    /// From what peers may do in this order: who it is, what it is, and how many bytes.
    fn of(wishes: Vec<(usize, u8, usize)>) -> Self {
        let (mut scripts, mut unheard, mut ended) = (Self::default(), [0; 2], [false; 2]);
        for (who, what, n) in wishes {
            let step = match what {
                0 if !ended[who] => {
                    ended[who] = true;
                    Step::SayNoMore
                }
                1..=5 if !ended[who] => {
                    unheard[1 - who] += n;
                    Step::Say(n)
                }
                _ => {
                    let n = n.min(unheard[who]);
                    unheard[who] -= n;
                    Step::Hear(n)
                }
            };
            scripts.0[who].push(step);
        }
        for (who, ended) in ended.into_iter().enumerate() {
            if !ended {
                scripts.0[who].push(Step::SayNoMore);
            }
        }
        scripts
    }

    /// What each peer has heard at each step, and in the end.
    fn played(&self, [one, other]: [Peer; 2]) -> [Vec<Vec<u8>>; 2] {
        thread::scope(|scope| {
            let one = scope.spawn(|| play(&self.0[0], one));
            let other = scope.spawn(|| play(&self.0[1], other));
            [one.join().unwrap(), other.join().unwrap()]
        })
    }
}

fn play(steps: &[Step], mut peer: Peer) -> Vec<Vec<u8>> {
    let (mut heard, mut said) = (Vec::new(), 0);
    for step in steps {
        match *step {
            Step::Say(n) => {
                let bytes: Vec<_> = (said..said + n)
                    .map(|at| u8::try_from(at % 251).unwrap())
                    .collect();
                peer.says(&bytes);
                said += n;
            }
            Step::SayNoMore => peer.says_no_more(),
            Step::Hear(n) => heard.push(peer.hears(n)),
        }
    }
    heard.push(peer.hears_the_rest());
    heard
}

fn scripts() -> impl Strategy<Value = Scripts> {
    // The system's buffers hold everything that may be said before somebody hears.
    let size = prop_oneof![1usize..100, 1usize..3000];
    let wish = (0usize..2, 0u8..10, size);
    prop::collection::vec(wish, 0..20).prop_map(Scripts::of)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn peers_say_through_a_relay_what_they_say_directly(
        scripts in scripts(),
        kinds in prop::sample::subsequence(&Kind::ALL[..], 2),
        road in prop::sample::select(&ROADS[..]),
    ) {
        let (one, other) = UnixStream::pair().unwrap();
        let directly = scripts.played([Peer::new(one), Peer::new(other)]);
        let ((first, one), (second, other)) = (connected(kinds[0]), connected(kinds[1]));
        let relay = Relay::new(first, second, road);
        let relayed = scripts.played([one, other]);
        let ends = relay.ended();
        prop_assert_eq!(relayed, directly);
        prop_assert!(!ends.iter().any(Outcome::is_failure), "{:?}", ends);
    }
}
