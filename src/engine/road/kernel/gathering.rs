//! Lets the bytes of a fast source gather in the socket or pipe that we read from, so that they are moved in few large
//! pieces: every piece wakes the process that reads from our sink, and on two processors most of the time goes into
//! waking.
//!
//! On a fast connection every wake-up finds what has come since the last one, which is little: on loopback 90 KiB of
//! the 1 MiB that a call can move. So while much comes, a socket is told to be readable only once a whole piece is
//! there (`SO_RCVLOWAT`), and is waited for [`GATHER_TIME`] at most; as soon as little comes, it is readable at the first
//! byte again. A pipe has no such option, and its writer is given [`PIPE_GATHER_TIME`] instead; also while it writes many
//! small pieces, but not where it waits for an answer to each.

use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{KernelSource, Raw};
use crate::engine::wait::GATHER_TIME;
use std::time::{Duration, Instant};

/// The most bytes that are worth waiting for: as many as one call moves.
pub(super) const MOST_GATHERED: u64 = 1 << 20;

/// So many bytes at once are a stream.
const STREAM_START: u64 = 64 << 10;

/// A stream from a socket goes on while it brings so many bytes within [`GATHER_TIME`].
const STREAM_KEEPS: u64 = 128 << 10;

/// How long bytes in a pipe may wait for more. Chosen by measurement.
pub(super) const PIPE_GATHER_TIME: Duration = Duration::from_micros(50);

/// Whether bytes gather now, and up to how many.
#[derive(Debug)]
pub(super) struct Gathering {
    from: Raw,
    /// How many bytes are to gather.
    goal: u64,
    is_on: bool,
    /// The source was waited for with a time limit, and no bytes have come since.
    waited: bool,
    small: SmallPieces,
}

/// Small pieces that come from a pipe, one soon after the other.
#[derive(Debug)]
struct SmallPieces {
    /// How many have come in a row.
    count: u32,
    /// How many are a stream.
    stream_is: u32,
    /// When the last one came.
    last: Option<Instant>,
    /// How many bytes the last one had that was not given time to gather.
    single: u64,
}

impl SmallPieces {
    /// `n` bytes have come at once, at `now`; they `gathered` if they were given time. Returns whether the next ones are to
    /// gather: while there is a stream, and more gathers than comes at once.
    fn came(&mut self, n: u64, gathered: bool, now: Instant) -> bool {
        let last = self.last.replace(now);
        if gathered {
            let is_worth_it = n >= 2 * self.single;
            self.count = 0;
            self.stream_is = if is_worth_it {
                FEWEST_PIECES
            } else {
                // The writer waits for something before it writes on, and so does not gain by being waited for.
                (self.stream_is * 2).min(MOST_PIECES)
            };
            return is_worth_it;
        }
        self.single = n;
        let is_soon = last.is_some_and(|last| now.duration_since(last) < GATHER_TIME);
        self.count = if is_soon { self.count + 1 } else { 0 };
        self.count >= self.stream_is
    }
}

/// So many small pieces, each soon after the one before, are a stream: at first, and at most where waiting for them has brought
/// nothing.
const FEWEST_PIECES: u32 = 16;
const MOST_PIECES: u32 = 1 << 12;

/// What to wait for before the source is asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gather {
    /// Nothing.
    Nothing,
    /// The source, with [`Gathering::time_limit`].
    Source,
    /// The time that the writer of a pipe is given.
    Sleep,
}

impl Gathering {
    /// Lets a chunk gather in a source of this kind, once there is a stream.
    pub(super) fn new(from: Raw, chunk_size: u64) -> Self {
        Self {
            from,
            goal: chunk_size.min(MOST_GATHERED),
            is_on: false,
            waited: false,
            small: SmallPieces {
                count: 0,
                stream_is: FEWEST_PIECES,
                last: None,
                single: 0,
            },
        }
    }

    /// `n` bytes have come at once.
    pub(super) fn came(&mut self, n: u64, source: &mut dyn KernelSource) {
        self.waited = false;
        match self.from {
            Raw::Pipe => {
                // No more gathers than the pipe holds. Half of it is as good as all.
                let most = source.pipe().map_or(self.goal, NeighbourPipe::size);
                let enough = most.min(self.goal) / 2;
                self.is_on = n < enough
                    && (n >= STREAM_START || self.small.came(n, self.is_on, Instant::now()));
            }
            Raw::Socket if self.is_on && n < STREAM_KEEPS.min(self.goal) => self.stop(source),
            Raw::Socket if !self.is_on && n >= STREAM_START && self.goal > STREAM_START => {
                self.is_on = true;
                source.gather(self.goal);
            }
            _ => {}
        }
    }

    /// What to wait for.
    pub(super) fn to_wait_for(&self) -> Gather {
        match self.from {
            _ if !self.is_on => Gather::Nothing,
            Raw::Socket => Gather::Source,
            _ => Gather::Sleep,
        }
    }

    /// How long to wait for the source at most. When nothing comes in that time, the stream has ended, and the next
    /// wait has no limit.
    pub(super) fn time_limit(&mut self, source: &mut dyn KernelSource) -> Option<Duration> {
        let is_stream = self.is_on && self.from == Raw::Socket;
        if is_stream && self.waited {
            self.stop(source);
            return None;
        }
        self.waited = is_stream;
        is_stream.then_some(GATHER_TIME)
    }

    /// From now on the source is readable at the first byte.
    pub(super) fn stop(&mut self, source: &mut dyn KernelSource) {
        if std::mem::take(&mut self.is_on) {
            source.gather(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FEWEST_PIECES, GATHER_TIME, SmallPieces};
    use std::time::Instant;

    fn none_yet() -> SmallPieces {
        SmallPieces {
            count: 0,
            stream_is: FEWEST_PIECES,
            last: None,
            single: 0,
        }
    }

    #[test]
    fn many_small_pieces_gather_as_long_as_that_brings_more_at_once() {
        let (mut pieces, start) = (none_yet(), Instant::now());
        let soon = |n| start + GATHER_TIME / 2 * n;
        let first = (0..1000).find(|n| pieces.came(64, false, soon(*n)));
        assert_eq!(first, Some(FEWEST_PIECES));
        assert!(pieces.came(6400, true, soon(20)) && pieces.came(640, true, soon(21)));
        assert!(!pieces.came(64, true, soon(22)), "the stream has ended");
    }

    #[test]
    fn pieces_that_come_now_and_then_do_not_gather() {
        let (mut pieces, start) = (none_yet(), Instant::now());
        assert!((0..100).all(|n| !pieces.came(64, false, start + GATHER_TIME * n)));
    }

    #[test]
    fn a_writer_that_waits_for_an_answer_to_each_piece_is_given_time_ever_more_seldom() {
        let (mut pieces, now) = (none_yet(), Instant::now());
        let (mut gathers, mut tries) = (false, 0);
        for _ in 0..10_000 {
            gathers = pieces.came(11, gathers, now);
            tries += u32::from(gathers);
        }
        assert!((5..15).contains(&tries), "{tries}");
    }
}
