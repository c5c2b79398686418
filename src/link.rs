//! Chunks between two stages, guarded by the gates: `SOURCE ─▶ [readable] ─▶ [writable] ─▶ SINK`.
//!
//! The reader fills the readable side, the writer empties the writable side, and neither waits for the other's system
//! calls. Chunks pass from one side to the other under the lock whenever the readable flows. The marks are hard
//! bounds here: a read asks for room first, and an offer is cut at the writable's room.

use crate::chunk::{self, Pool};
use crate::clock::Clock;
use crate::gate::{ReadableGate, SinkId, WritableGate};
use crate::wait::Bell;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The only sink of a link that feeds one.
const SINK: SinkId = 0;

/// What is written at once while the source has more at once, in bytes. Every write wakes whoever reads behind the
/// sink, and every waking of the writer costs two context switches, so a few chunks are worth one. Chosen by
/// measurement.
const BATCH: u64 = 1 << 20;

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

/// How the readable side ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the end of input.
    Whole,
    /// By an error: what was read is still to be delivered, but it is not all there should have been.
    Cut,
}

/// What the writer finds.
#[derive(Debug)]
pub enum Next {
    /// There are chunks in the batch now.
    Chunks,
    /// Nothing yet; the writer's bell will ring.
    Nothing,
    /// Little yet, and the reader is reading more: worth waiting for, for a moment. The bell will ring.
    Little,
    /// Everything has been written, and this is how the input ended.
    End(End),
    /// The transfer was given up.
    Cancelled,
}

/// What the reader finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many bytes fit below the readable's mark.
    Bytes(u64),
    /// None; the reader's bell will ring.
    None,
    /// The transfer was given up.
    Cancelled,
}

/// A link's numbers at one moment, for those who show them.
#[derive(Debug, Clone)]
pub struct LinkSnapshot {
    /// Whether the readable flows, is paused, or has nothing left to give.
    pub state: LinkState,
    /// The readable side.
    pub readable: ReadableGate,
    /// The writable side.
    pub writable: WritableGate,
    /// For how long the readable was paused in all.
    pub paused: Duration,
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
    state: Mutex<State>,
    reader: Bell,
    writer: Bell,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not one state in disguise"
)]
struct State {
    readable: ReadableGate,
    writable: WritableGate,
    /// The readable's chunks.
    ahead: VecDeque<BytesMut>,
    /// The writable's chunks, less those in flight.
    offered: VecDeque<BytesMut>,
    pool: Pool,
    end: End,
    cancelled: bool,
    /// So many bytes are a batch though the reader goes on reading.
    batch_len: u64,
    /// Whether the reader is reading on.
    more_comes: bool,
    reader_waits: bool,
    writer_waits: bool,
    clock: Arc<Clock>,
    paused_since: Option<Duration>,
    paused: Duration,
}

impl Link {
    /// An empty link whose reader takes at most `chunk_size` bytes at a time.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new(marks: Marks, chunk_size: u64, clock: Arc<Clock>) -> io::Result<Self> {
        let read_len = usize::try_from(chunk_size.min(marks.readable)).unwrap_or(usize::MAX);
        let state = State {
            readable: ReadableGate::new(marks.readable),
            writable: WritableGate::with_low_water_mark(marks.writable, marks.low),
            ahead: VecDeque::new(),
            offered: VecDeque::new(),
            pool: Pool::new(read_len),
            end: End::Whole,
            cancelled: false,
            batch_len: BATCH.min(marks.writable),
            more_comes: false,
            reader_waits: false,
            writer_waits: false,
            clock,
            paused_since: None,
            paused: Duration::ZERO,
        };
        Ok(Self {
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

    /// How much the reader may read now.
    pub fn room(&self) -> Room {
        let mut state = self.lock();
        if state.cancelled {
            return Room::Cancelled;
        }
        match state.readable.room() {
            0 => {
                state.reader_waits = true;
                Room::None
            }
            bytes => Room::Bytes(bytes),
        }
    }

    /// A buffer to read into.
    pub fn buffer(&self) -> BytesMut {
        self.lock().pool.get()
    }

    /// Buffers what was read, at most the room there was, and passes it on if the readable flows. The reader goes on
    /// reading, so a writer that waits is woken only once there is a batch; [`Link::flush`] says that it does not.
    pub fn push(&self, chunk: BytesMut) {
        let mut state = self.lock();
        state.readable.push(chunk.len() as u64);
        chunk::append(&mut state.ahead, chunk);
        state.flow();
        state.more_comes = true;
        self.wake_writer(state);
    }

    /// Nothing more may come for a while: the writer is to take whatever there is.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.more_comes = false;
        self.wake_writer(state);
    }

    /// Notes how the input ended.
    pub fn end(&self, end: End) {
        let mut state = self.lock();
        state.end = end;
        state.more_comes = false;
        state.readable.end();
        state.flow();
        self.wake_writer(state);
    }

    /// Moves everything offered into the empty `batch`. The bytes count until [`Link::complete`] takes them off. An
    /// `impatient` writer takes less than a batch too.
    pub fn next(&self, batch: &mut VecDeque<BytesMut>, impatient: bool) -> Next {
        let mut state = self.lock();
        if state.cancelled {
            return Next::Cancelled;
        }
        if !state.offered.is_empty() {
            if !impatient && !state.has_batch() {
                state.writer_waits = true;
                return Next::Little;
            }
            state.writer_waits = false;
            std::mem::swap(&mut state.offered, batch);
            return Next::Chunks;
        }
        if state.writable.is_flushed() {
            return Next::End(state.end);
        }
        state.writer_waits = true;
        Next::Nothing
    }

    /// `done` has left for the sink; its buffers are used again. A drain resumes the readable.
    pub fn complete(&self, done: impl IntoIterator<Item = BytesMut>) {
        let mut state = self.lock();
        for piece in done {
            state.writable.complete(piece.len() as u64);
            state.pool.put(piece);
        }
        state.drain();
        if state.reader_waits && state.readable.room() > 0 {
            state.reader_waits = false;
            drop(state);
            self.reader.ring();
        }
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

    /// Whether the transfer was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> LinkSnapshot {
        let state = self.lock();
        LinkSnapshot {
            state: state.name(),
            readable: state.readable.clone(),
            writable: state.writable.clone(),
            paused: state.paused + state.current_pause(),
        }
    }

    /// The clock was put back to `now`, since we were stopped: no pause is younger, nor all of them longer than `most`.
    pub(crate) fn leave_out(&self, now: Duration, most: Duration) {
        let mut state = self.lock();
        state.paused_since = state.paused_since.map(|since| since.min(now));
        let current = state.current_pause();
        state.paused = state.paused.min(most.saturating_sub(current));
    }

    fn wake_writer(&self, mut state: MutexGuard<'_, State>) {
        let wake = state.writer_waits && (state.has_batch() || state.writable.is_ending());
        state.writer_waits &= !wake;
        drop(state);
        if wake {
            self.writer.ring();
        }
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
    /// Passes chunks from the readable to the writable until that says "stop" or there are none.
    fn flow(&mut self) {
        while self.readable.is_flowing() {
            let Some(chunk) = chunk::take_front(&mut self.ahead, self.writable.room()) else {
                break;
            };
            self.readable.take(chunk.len() as u64);
            self.writable.offer(chunk.len() as u64);
            chunk::append(&mut self.offered, chunk);
            if !self.writable.answer() && self.readable.await_drain(SINK) {
                self.paused_since = Some(self.clock.now());
            }
        }
        if self.readable.is_ended() && self.readable.is_empty() {
            self.writable.end();
            self.stop_pause_clock();
        }
    }

    /// Whether there is enough to write, or as much as there will be for a while.
    fn has_batch(&self) -> bool {
        let more_comes = self.more_comes && self.readable.is_flowing();
        !self.offered.is_empty() && (!more_comes || self.writable.len() >= self.batch_len)
    }

    /// Gives the drain if one is due, and lets the readable flow again.
    fn drain(&mut self) {
        if self.writable.drain() && self.readable.drained(SINK) {
            self.stop_pause_clock();
            self.flow();
        }
    }

    fn stop_pause_clock(&mut self) {
        self.paused += self.current_pause();
        self.paused_since = None;
    }

    fn current_pause(&self) -> Duration {
        let since = self.paused_since;
        since.map_or(Duration::ZERO, |since| {
            self.clock.now().saturating_sub(since)
        })
    }

    fn name(&self) -> LinkState {
        if self.writable.is_ending() {
            LinkState::Ended
        } else if self.readable.is_flowing() {
            LinkState::Flowing
        } else {
            LinkState::Paused
        }
    }
}
