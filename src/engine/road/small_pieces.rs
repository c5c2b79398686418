//! Many small pieces from a pipe are given time to gather, on both roads: every piece costs several calls, and wakes the process
//! that reads from our sink.

use crate::engine::wait::GATHER_TIME;
use std::time::{Duration, Instant};

/// How long bytes in a pipe may wait for more. Chosen by measurement.
pub(super) const PIPE_GATHER_TIME: Duration = Duration::from_micros(50);

/// Pieces shorter than this are small, in bytes.
const SMALL: u64 = 4096;

/// So many small pieces, each soon after the one before, are a stream: at first, and at most where waiting for them has brought
/// nothing.
const FEWEST: u32 = 16;
const MOST: u32 = 1 << 12;

/// Small pieces that come from a pipe, one soon after the other.
#[derive(Debug)]
pub(super) struct SmallPieces {
    /// How many have come in a row.
    count: u32,
    /// How many are a stream.
    stream_is: u32,
    /// When the last one came.
    last: Option<Instant>,
    /// How many bytes the last one had that was not given time to gather.
    single: u64,
    /// Whether the next one is given time.
    gather: bool,
}

impl Default for SmallPieces {
    /// None has come yet.
    fn default() -> Self {
        Self {
            count: 0,
            stream_is: FEWEST,
            last: None,
            single: 0,
            gather: false,
        }
    }
}

impl SmallPieces {
    /// `n` bytes have come at once, at `now`. Returns whether the next ones are to be given [`PIPE_GATHER_TIME`]: while there is
    /// a stream, and more gathers than comes at once.
    pub(super) fn came(&mut self, n: u64, now: Instant) -> bool {
        let last = self.last.replace(now);
        if self.gather {
            self.gather = n >= 2 * self.single;
            self.count = 0;
            self.stream_is = if self.gather {
                FEWEST
            } else {
                // The writer waits for something before it writes on, and so does not gain by being waited for.
                (self.stream_is * 2).min(MOST)
            };
            return self.gather;
        }
        let is_soon = last.is_some_and(|last| now.duration_since(last) < GATHER_TIME);
        self.count = if is_soon && n < SMALL {
            self.count + 1
        } else {
            0
        };
        self.single = n;
        self.gather = self.count >= self.stream_is;
        self.gather
    }
}

#[cfg(test)]
mod tests {
    use super::{FEWEST, GATHER_TIME, SMALL, SmallPieces};
    use std::time::Instant;

    #[test]
    fn many_small_pieces_gather_as_long_as_that_brings_more_at_once() {
        let (mut pieces, start) = (SmallPieces::default(), Instant::now());
        let soon = |n| start + GATHER_TIME / 2 * n;
        let first = (0..1000).find(|n| pieces.came(64, soon(*n)));
        assert_eq!(first, Some(FEWEST));
        assert!(pieces.came(6400, soon(20)) && pieces.came(640, soon(21)));
        assert!(!pieces.came(64, soon(22)), "the stream has ended");
    }

    #[test]
    fn pieces_that_come_now_and_then_or_are_not_small_do_not_gather() {
        let (mut pieces, start) = (SmallPieces::default(), Instant::now());
        assert!((0..100).all(|n| !pieces.came(64, start + GATHER_TIME * n)));
        assert!((0..100).all(|_| !pieces.came(SMALL, start)));
    }

    #[test]
    fn a_writer_that_waits_for_an_answer_to_each_piece_is_given_time_ever_more_seldom() {
        let (mut pieces, now) = (SmallPieces::default(), Instant::now());
        let gathers = (0..10_000).filter(|_| pieces.came(11, now));
        let count = gathers.count();
        assert!((5..15).contains(&count), "{count}");
    }
}
