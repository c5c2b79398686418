//! What stands between two stages, guarded by the gates: `SOURCE ─▶ [readable] ─▶ [writable] ─▶ SINK`.
//!
//! On the buffered road the bytes are here, in `chunks`; on the kernel road they are in pipes and only counted, in
//! `piped`. Gates, pauses and what is shown of them are the same.

mod chain;
mod chunk;
mod chunks;
mod fill;
mod gates;
mod history;
mod levels;
mod pauses;
mod piped;

pub use chain::Chain;
pub(crate) use chunk::take_front;
pub use chunks::{End, Next, Room};
pub use history::{History, Piece, Pieces};
pub use levels::Levels;
#[cfg(test)]
pub(crate) use pauses::MOST_PAUSES;
pub use pauses::Pauses;
pub use piped::{Pipes, Watched};

use crate::account::clock::Clock;
use crate::account::span::Span;
use crate::engine::wait::Bell;
use chunks::Queue;
use gates::Gates;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The marks of one link, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// High-water mark of the readable side, at least 1.
    pub readable: u64,
    /// High-water mark of the writable side, at least 1.
    pub writable: u64,
    /// A paused readable resumes once the writable has fallen to this; below its high-water mark.
    pub low: u64,
}

/// A link's numbers at one moment, for those who show them.
#[derive(Debug, Clone)]
pub struct LinkSnapshot {
    /// Whether the readable flows, is paused, or has nothing left to give.
    pub state: LinkState,
    /// Whether the buffers are ours, and not the pipes of our neighbours.
    pub is_ours: bool,
    /// The buffer in front, if there is one.
    pub readable: Option<ReadableFill>,
    /// The buffer behind, if there is one.
    pub writable: Option<WritableFill>,
    /// How often a "stop" has paused the readable.
    pub pauses: u64,
    /// How often the writable has let it go on.
    pub drains: u64,
    /// For how long the readable was paused in all.
    pub paused: Duration,
}

/// How full a readable side is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadableFill {
    /// What it holds.
    pub len: u64,
    /// Its high-water mark.
    pub mark: u64,
    /// The most it has held.
    pub max_len: u64,
    /// What it held for half of the time, or less.
    pub median_len: u64,
}

/// How full a writable side is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WritableFill {
    /// What it holds.
    pub len: u64,
    /// Its high-water mark.
    pub mark: u64,
    /// Its low-water mark.
    pub low: u64,
    /// The most it has held.
    pub max_len: u64,
    /// What it held for half of the time, or less.
    pub median_len: u64,
}

/// The readable side in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Chunks are delivered as they come.
    Flowing,
    /// A sink's "stop" is in force.
    Paused,
    /// The input ended and was handed on.
    Ended,
}

/// The buffer between two stages.
#[derive(Debug)]
pub struct Link {
    marks: Marks,
    state: Mutex<State>,
    reader: Bell,
    writer: Bell,
}

#[derive(Debug)]
struct State {
    gates: Gates,
    queue: Queue,
    history: History,
    /// What holds the bytes instead of the queue.
    pipes: Option<Pipes>,
    cancelled: bool,
}

impl Link {
    /// An empty link whose reader takes at most `chunk_size` bytes at a time.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new(marks: Marks, chunk_size: u64, clock: Arc<Clock>) -> io::Result<Self> {
        let state = State {
            gates: Gates::new(marks, clock),
            queue: Queue::new(chunk_size.min(marks.readable), marks.writable),
            history: History::new(marks.readable.min(marks.writable)),
            pipes: None,
            cancelled: false,
        };
        Ok(Self {
            marks,
            state: Mutex::new(state),
            reader: Bell::new()?,
            writer: Bell::new()?,
        })
    }

    /// Wakes the reader when there is room again.
    #[must_use]
    pub fn reader_bell(&self) -> &Bell {
        &self.reader
    }

    /// Wakes the writer when there is something to write, or the end.
    #[must_use]
    pub fn writer_bell(&self) -> &Bell {
        &self.writer
    }

    /// Gives the transfer up: both stages find out when they next ask, and are woken to ask.
    pub fn cancel(&self) {
        self.lock().cancelled = true;
        self.reader.ring();
        self.writer.ring();
    }

    /// Cancels if the stage that holds it panics, so that the other one does not wait for it.
    pub(crate) fn cancel_on_panic(&self) -> impl Drop + '_ {
        CancelOnPanic(self)
    }

    /// The marks it was made with.
    pub(crate) fn marks(&self) -> Marks {
        self.marks
    }

    /// Whether the transfer was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> LinkSnapshot {
        let mut state = self.lock();
        state.look();
        LinkSnapshot {
            state: state.gates.state(),
            is_ours: state.is_ours(),
            readable: state.readable(),
            writable: state.writable(),
            pauses: state.gates.pauses(),
            drains: state.gates.drains(),
            paused: state.gates.paused(),
        }
    }

    /// From now on it is remembered when the source was paused.
    pub(crate) fn record(&self) {
        self.lock().gates.record();
    }

    /// When the source was paused, on the clock of the link, for good; nothing unless it was to be recorded.
    pub(crate) fn pauses(&self) -> Vec<Span<Pauses>> {
        self.lock().gates.recorded()
    }

    /// What has passed, and the marks it has passed between. `None`: no bytes were held here.
    #[must_use]
    pub fn history(&self) -> Option<(History, Marks)> {
        let state = self.lock();
        let is_ours = state.pipes.is_none();
        is_ours.then(|| (state.history.clone(), state.gates.marks()))
    }

    /// The state is numbers and buffers, valid between any two statements: a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CancelOnPanic<'a>(&'a Link);

impl Drop for CancelOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}

impl State {
    /// Asks the kernel how full our neighbours' pipes are.
    fn look(&mut self) {
        let now = self.gates.now();
        if let Some(pipes) = &mut self.pipes {
            pipes.look(now);
        }
    }

    /// Whether the buffers are ours, and not the pipes of our neighbours.
    fn is_ours(&self) -> bool {
        self.pipes.as_ref().is_none_or(|pipes| pipes.own)
    }

    fn readable(&self) -> Option<ReadableFill> {
        match &self.pipes {
            Some(pipes) => pipes.readable(self.gates.now()),
            None => Some(self.gates.readable_fill()),
        }
    }

    fn writable(&self) -> Option<WritableFill> {
        match &self.pipes {
            Some(pipes) if !pipes.own => pipes.writable(self.gates.now()),
            _ => Some(self.gates.writable_fill()),
        }
    }
}
