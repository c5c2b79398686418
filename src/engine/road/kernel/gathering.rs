//! Lets the bytes of a fast source gather in the socket or pipe that we read from, so that they are moved in few large
//! pieces: every piece wakes the process that reads from our sink, and on two processors most of the time goes into
//! waking.
//!
//! On a fast connection every wake-up finds what has come since the last one, which is little: on loopback 90 KiB of
//! the 1 MiB that a call can move. So while much comes, a socket is told to be readable only once a whole piece is
//! there (`SO_RCVLOWAT`), and is waited for [`GATHER_TIME`] at most; as soon as little comes, it is readable at the first
//! byte again. A pipe has no such option, and its writer is given [`PIPE_GATHER_TIME`](crate::engine::road::small_pieces::PIPE_GATHER_TIME) instead; also while it writes many
//! small pieces, but not where it waits for an answer to each.

use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{KernelSource, Raw};
use crate::engine::road::small_pieces::SmallPieces;
use crate::engine::wait::GATHER_TIME;
use std::time::{Duration, Instant};

/// The most bytes that are worth waiting for: as many as one call moves.
pub(super) const MOST_GATHERED: u64 = 1 << 20;

/// So many bytes at once are a stream.
const STREAM_START: u64 = 64 << 10;

/// A stream from a socket goes on while it brings so many bytes within [`GATHER_TIME`].
const STREAM_KEEPS: u64 = 128 << 10;

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
            small: SmallPieces::default(),
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
                let gathers_small = n < enough && self.small.came(n, Instant::now());
                self.is_on = gathers_small || (STREAM_START..enough).contains(&n);
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
