//! Plays a transfer again through the gates, with other marks, on a clock of its own, to tell how long it would have
//! taken.
//!
//! It knows how long the source took for each piece, and how long the sink (`link::History`). Where only a part of a
//! piece fits, that first part takes all of its time: the time was spent waiting, and then the rest is there as well.
//! The gates are those that the real bytes went through.

use crate::engine::gate::{ConsumerId, ReadableGate, WritableGate};
use crate::engine::gates::{Gates, Passage, flow};
use crate::engine::link::{History, Marks, Piece};
use std::time::Duration;

/// The only sink of a link.
const SINK: usize = 0;

/// What it costs to wake a side that has slept, in seconds.
const WAKING: f64 = 50e-6;

/// Two times whose quotient is less than this are the same.
const SAME: f64 = 1.01;

/// The part of the time to which a larger buffer has to bring a transfer to be worth it.
const WORTH_IT: f64 = 0.95;

/// The smallest mark worth talking about, in bytes: a page.
const SMALLEST: u64 = 4096;

/// What a pipe between two commands holds, in bytes: the buffer that there would be without tidegate (pipe(7)).
const PLAIN_PIPE: u64 = 64 << 10;

/// How many times larger the buffer is whose saving is tried.
const LARGER: u64 = 16;

/// Steps after which a replay is given up.
const MOST_STEPS: usize = 500_000;

/// What can be advised about the buffer of a transfer that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advice {
    /// By how much longer the transfer would have taken with what a plain pipe holds.
    pub absorbed: Duration,
    /// The smallest high-water mark with which it would have taken no longer, in bytes.
    pub enough: u64,
    /// Which part of the time a buffer many times as large would have saved; 0 if it is not worth it.
    pub larger_saves: f64,
}

impl Advice {
    /// The advice for a transfer through buffers of these marks. `None`: nothing has passed, or too much to be played
    /// again.
    #[must_use]
    pub fn of(history: &History, marks: Marks) -> Option<Self> {
        if history.taken.list().is_empty() {
            return None;
        }
        let time = |marks, most| Replay::new(history, marks).run(most);
        let both = |mark| Marks {
            readable: mark,
            writable: mark,
            low: 0,
        };
        let was = time(marks, f64::INFINITY)?;
        let does_the_same = |mark| time(both(mark), was * SAME).is_some();
        let most = marks.readable.max(marks.writable);
        let larger = Marks {
            readable: marks.readable.saturating_mul(LARGER),
            writable: marks.writable.saturating_mul(LARGER),
            low: marks.low,
        };
        let saved = time(larger, was).map_or(0.0, |it| 1.0 - it / was);
        let without = if most > PLAIN_PIPE {
            time(both(PLAIN_PIPE), f64::INFINITY).unwrap_or(was)
        } else {
            was
        };
        // If a plain pipe is too small, so is anything smaller.
        let least = if without > was * SAME {
            PLAIN_PIPE
        } else {
            SMALLEST
        };
        Some(Self {
            absorbed: Duration::try_from_secs_f64(without - was).unwrap_or_default(),
            enough: smallest(least, most, does_the_same),
            larger_saves: if saved > 1.0 - WORTH_IT { saved } else { 0.0 },
        })
    }
}

/// The smallest of `least`, its doubles below `most`, and `most` that will do. What will do still does when it is
/// larger.
fn smallest(least: u64, most: u64, will_do: impl Fn(u64) -> bool) -> u64 {
    let doubled = std::iter::successors(Some(least), |mark| mark.checked_mul(2));
    let marks: Vec<u64> = doubled.take_while(|mark| *mark < most).collect();
    let first = marks.partition_point(|mark| !will_do(*mark));
    marks.get(first).copied().unwrap_or(most)
}

/// A transfer that is being played again.
struct Replay<'a> {
    gates: Gates,
    source: ReplaySide<'a>,
    sink: ReplaySide<'a>,
}

/// The source or the sink: the pieces that it has still to handle, and the one that it handles.
struct ReplaySide<'a> {
    pieces: std::slice::Iter<'a, Piece>,
    /// Bytes left of the current piece, and the seconds until they are there.
    left: u64,
    wait: f64,
    /// When it will be done with how many of them, if it is at work.
    busy: Option<(f64, u64)>,
    sleeps: bool,
}

impl<'a> ReplaySide<'a> {
    fn new(pieces: &'a [Piece]) -> Self {
        Self {
            pieces: pieces.iter(),
            left: 0,
            wait: 0.0,
            busy: None,
            sleeps: false,
        }
    }

    /// Starts work on at most `most` bytes, unless it is at work.
    fn start_work(&mut self, now: f64, most: u64) {
        if self.busy.is_some() {
            return;
        }
        if self.left == 0 && !self.next_piece() {
            return;
        }
        let n = self.left.min(most);
        if n == 0 {
            self.sleeps = true;
            return;
        }
        let waking = if std::mem::take(&mut self.sleeps) {
            WAKING
        } else {
            0.0
        };
        self.left -= n;
        self.busy = Some((now + waking + std::mem::take(&mut self.wait), n));
    }

    fn next_piece(&mut self) -> bool {
        let Some(piece) = self.pieces.next() else {
            return false;
        };
        self.left = u64::from(piece.bytes);
        self.wait = f64::from(piece.seconds);
        true
    }

    fn ready_at(&self) -> f64 {
        self.busy.map_or(f64::INFINITY, |(at, _)| at)
    }

    /// The bytes that it is done with at `now`.
    fn done(&mut self, now: f64) -> u64 {
        let done = self.busy.take_if(|(at, _)| *at <= now);
        done.map_or(0, |(_, n)| n)
    }
}

impl<'a> Replay<'a> {
    fn new(history: &'a History, marks: Marks) -> Self {
        let sink = WritableGate::new(marks.writable, marks.low);
        Self {
            gates: Gates::new(ReadableGate::new(marks.readable), [sink]),
            source: ReplaySide::new(history.given.list()),
            sink: ReplaySide::new(history.taken.list()),
        }
    }

    /// The seconds until the sink has taken all that the history knows of. `None`: they are more than `most`, or there
    /// are too many steps.
    fn run(mut self, most: f64) -> Option<f64> {
        let (mut now, mut taken) = (0.0, 0.0);
        for _ in 0..MOST_STEPS {
            self.source.start_work(now, self.gates.readable.room());
            self.sink
                .start_work(now, self.gates.writables()[SINK].len());
            let next = self.source.ready_at().min(self.sink.ready_at());
            if next.is_infinite() {
                return Some(taken);
            }
            if next > most {
                return None;
            }
            now = next;
            self.gates.readable.push(self.source.done(now));
            let n = self.sink.done(now);
            if n > 0 {
                self.gates.complete(SINK, n);
                taken = now;
            }
            self.gates.drain(SINK);
            flow(&mut self);
        }
        None
    }
}

impl Passage for Replay<'_> {
    fn gates(&mut self) -> &mut Gates {
        &mut self.gates
    }

    fn take(&mut self) -> Option<u64> {
        let n = self.gates.passable();
        self.gates.readable.take(n);
        (n > 0).then_some(n)
    }

    fn answered(&mut self, _: ConsumerId, _: u64, _: bool, _: bool) {}
}

#[cfg(test)]
mod tests {
    use super::{Advice, Replay, WAKING};
    use crate::engine::link::{History, Marks, Piece};
    use proptest::prelude::*;
    use std::time::Duration;

    const MIB: u32 = 1 << 20;

    fn history(given: &[(u32, f32)], taken: &[(u32, f32)]) -> History {
        let pieces = |list: &[(u32, f32)]| {
            let pieces = list
                .iter()
                .map(|&(bytes, seconds)| Piece { bytes, seconds });
            pieces.collect()
        };
        History::from_pieces(pieces(given), pieces(taken))
    }

    fn marks(mark: u64) -> Marks {
        Marks {
            readable: mark,
            writable: mark,
            low: 0,
        }
    }

    fn repeated(pattern: &[(u32, f32)], times: usize) -> Vec<(u32, f32)> {
        pattern.repeat(times)
    }

    #[test]
    fn a_steady_flow_needs_hardly_any_buffer_whichever_side_is_the_slower_one() {
        let (slow, fast) = (
            repeated(&[(65536, 0.01)], 100),
            repeated(&[(65536, 0.0001)], 100),
        );
        for history in [history(&slow, &fast), history(&fast, &slow)] {
            let advice = Advice::of(&history, marks(1 << 20)).unwrap();
            assert!(advice.enough <= 65536, "{advice:?}");
            assert!(advice.absorbed < Duration::from_millis(20), "{advice:?}");
            assert_eq!(advice.larger_saves, 0.0);
        }
    }

    #[test]
    fn a_source_in_bursts_needs_a_buffer_that_holds_one() {
        // 8 MiB at once each second, for a sink that takes a MiB in 0.12 s.
        let burst = repeated(&[(MIB, 1.0), (7 * MIB, 0.0)], 10);
        let steady = repeated(&[(MIB, 0.12)], 80);
        let history = history(&burst, &steady);
        let advice = Advice::of(&history, marks(16 << 20)).unwrap();
        assert!((4 << 20..=8 << 20).contains(&advice.enough), "{advice:?}");
        assert!(advice.absorbed > Duration::from_secs(7), "{advice:?}");
        assert_eq!(advice.larger_saves, 0.0);
        let small = Advice::of(&history, marks(1 << 20)).unwrap();
        assert!(small.larger_saves > 0.3, "{small:?}");
        assert_eq!(small.enough, 1 << 20);
    }

    #[test]
    fn there_is_no_advice_for_a_transfer_of_nothing() {
        assert_eq!(Advice::of(&history(&[], &[]), marks(1)), None);
    }

    fn pieces() -> impl Strategy<Value = Vec<(u32, f32)>> {
        prop::collection::vec((1u32..100_000, 0.0f32..0.1), 1..60)
    }

    #[test]
    fn the_smallest_mark_is_found_below_whatever_was_asked_for() {
        assert_eq!(super::smallest(64, 1000, |mark| mark >= 200), 256);
        assert_eq!(super::smallest(64, 1000, |_| false), 1000);
        let huge = (1 << 63) + 1;
        assert_eq!(super::smallest(64, huge, |_| false), huge);
        assert_eq!(
            super::smallest(64, u64::MAX, |mark| mark >= 1 << 63),
            1 << 63
        );
    }

    proptest! {
        #[test]
        fn no_replay_is_shorter_than_its_slower_side_or_longer_than_both_together(
            given in pieces(), taken in pieces(), mark in 4096u64..10_000_000
        ) {
            let history = history(&given, &taken);
            let bytes = |list: &[(u32, f32)]| list.iter().map(|(n, _)| u64::from(*n)).sum::<u64>();
            let seconds = |list: &[(u32, f32)]| list.iter().map(|(_, s)| f64::from(*s)).sum::<f64>();
            let time = Replay::new(&history, marks(mark)).run(f64::INFINITY).unwrap();
            #[expect(clippy::cast_precision_loss, reason = "few bytes")]
            let wakings = 2.0 * (bytes(&given) / 4096 + 120) as f64;
            prop_assert!(time <= seconds(&given) + seconds(&taken) + wakings * WAKING);
            if bytes(&taken) <= bytes(&given) {
                prop_assert!(time >= seconds(&taken) - 1e-6, "{time}");
            }
        }
    }
}
