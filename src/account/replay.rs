//! Plays a transfer once more through the gates, with other marks, on a clock of its own: how long it would have taken.
//!
//! Of the real one it knows how long the source took for each piece, and how long the sink (`link::History`). Where less
//! of a piece fits, the first part of it takes the time: what a side waits for comes at once then, and the rest of it is
//! there. The gates are those that the bytes went through.

use crate::engine::gate::{ReadableGate, WritableGate};
use crate::engine::link::{History, Marks, Piece};
use std::time::Duration;

/// The only sink.
const SINK: usize = 0;

/// What it costs to wake a side that has slept, in seconds.
const WAKING: f64 = 50e-6;

/// Two times that differ by less are the same.
const SAME: f64 = 1.01;

/// What has to be saved to be worth a larger buffer.
const WORTH_IT: f64 = 0.95;

/// The smallest mark worth talking about, in bytes: a page.
const SMALLEST: u64 = 4096;

/// What a pipe of the shell holds, in bytes: what there would be without us (pipe(7)).
const PLAIN_PIPE: u64 = 64 << 10;

/// How much larger a buffer is looked at.
const LARGER: u64 = 16;

/// Steps after which a replay is given up.
const MOST_STEPS: usize = 500_000;

/// What can be said of the buffer of a transfer that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advice {
    /// By how much longer it would have taken with what a plain pipe holds.
    pub absorbed: Duration,
    /// The smallest high-water mark that would have done the same, in bytes.
    pub enough: u64,
    /// What a buffer many times as large would have saved, as a part of the time; 0 if it is not worth it.
    pub larger_saves: f64,
}

impl Advice {
    /// Learns from a transfer through buffers of these marks. `None`: nothing has passed, or too much to be played
    /// once more.
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
        // What is not enough in a plain pipe is no more so in less.
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

/// The smallest of the powers of two from `least` to below `most` that will do, or `most`: what will do does so with more
/// too.
fn smallest(least: u64, most: u64, will_do: impl Fn(u64) -> bool) -> u64 {
    let doubled = std::iter::successors(Some(least), |mark| mark.checked_mul(2));
    let marks: Vec<u64> = doubled.take_while(|mark| *mark < most).collect();
    let first = marks.partition_point(|mark| !will_do(*mark));
    marks.get(first).copied().unwrap_or(most)
}

/// A transfer that is being played.
struct Replay<'a> {
    readable: ReadableGate,
    writable: WritableGate,
    source: ReplaySide<'a>,
    sink: ReplaySide<'a>,
}

/// One of the two sides: what it has before it, and what it is at.
struct ReplaySide<'a> {
    pieces: std::slice::Iter<'a, Piece>,
    /// Bytes left of the piece it is at, and the seconds until they are there.
    left: u64,
    wait: f64,
    /// When it is through with so many of them.
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

    /// Goes on with as much as there is, unless it is at something.
    fn go_on(&mut self, now: f64, most: u64) {
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

    /// What it is through with at `now`.
    fn done(&mut self, now: f64) -> u64 {
        let done = self.busy.take_if(|(at, _)| *at <= now);
        done.map_or(0, |(_, n)| n)
    }
}

impl<'a> Replay<'a> {
    fn new(history: &'a History, marks: Marks) -> Self {
        Self {
            readable: ReadableGate::new(marks.readable),
            writable: WritableGate::with_low_water_mark(marks.writable, marks.low),
            source: ReplaySide::new(history.given.list()),
            sink: ReplaySide::new(history.taken.list()),
        }
    }

    /// The seconds until the sink has taken all it is known to take. `None`: they are more than `most`, or there are too
    /// many steps.
    fn run(mut self, most: f64) -> Option<f64> {
        let (mut now, mut taken) = (0.0, 0.0);
        for _ in 0..MOST_STEPS {
            self.source.go_on(now, self.readable.room());
            self.sink.go_on(now, self.writable.len());
            let next = self.source.ready_at().min(self.sink.ready_at());
            if next.is_infinite() {
                return Some(taken);
            }
            if next > most {
                return None;
            }
            now = next;
            self.readable.push(self.source.done(now));
            let n = self.sink.done(now);
            if n > 0 {
                self.writable.complete(n);
                taken = now;
            }
            if self.writable.drain() {
                self.readable.drained(SINK);
            }
            self.flow();
        }
        None
    }

    fn flow(&mut self) {
        while self.readable.is_flowing() {
            let n = self.readable.len().min(self.writable.room());
            if n == 0 {
                break;
            }
            self.readable.take(n);
            self.writable.offer(n);
            if !self.writable.answer() {
                self.readable.await_drain(SINK);
            }
        }
    }
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
    fn nothing_is_learned_from_nothing() {
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
