//! The link of the buffered road: chunks in our own memory.
//!
//! The reader fills the readable side, the writer empties the writable side, and neither waits for the other's system
//! calls. Chunks pass from one side to the other under the lock whenever the readable flows. The marks are hard
//! bounds here: a read asks for room first, and an offer is cut at the writable's room.

use super::chunk;
use super::queue::{BATCH, End};
use super::shared::{Link, State};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::sync::MutexGuard;
use std::time::Duration;

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

impl Link {
    /// How much the reader may read now.
    pub fn room(&self) -> Room {
        let mut state = self.lock();
        if state.cancelled {
            return Room::Cancelled;
        }
        match state.gates.readable.room() {
            0 => {
                state.queue.reader_waits = true;
                Room::None
            }
            bytes => {
                let now = state.note();
                state.history.given.begin(now);
                Room::Bytes(bytes)
            }
        }
    }

    /// The most memory that buffers may come to take, in bytes: what the marks allow, and the buffers of which others are
    /// parts of what is held.
    pub(super) fn most_memory(&self) -> usize {
        let sides = [self.marks.readable, self.marks.writable];
        let sides = sides.map(|mark| usize::try_from(mark).unwrap_or(usize::MAX));
        let buffer_len = self.lock().queue.pool.buffer_len();
        let partly_held = buffer_len.saturating_mul(2);
        sides.into_iter().fold(partly_held, usize::saturating_add)
    }

    /// Has a buffer to read into ready.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn reserve(&self) -> io::Result<()> {
        self.lock().queue.pool.reserve()
    }

    /// A buffer to read into.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn buffer(&self) -> io::Result<BytesMut> {
        self.lock().queue.pool.get()
    }

    /// Buffers what was read, at most the room there was, and passes it on if the readable flows. The reader goes on
    /// reading, so a writer that waits is woken only once there is a batch; [`Link::flush`] says that it does not.
    /// Returns whether a transform that made the chunk is done with the input it was made of, or is to withhold that until
    /// there is room again.
    pub fn push(&self, chunk: BytesMut) -> bool {
        let mut state = self.lock();
        let n = chunk.len() as u64;
        let before = state.gates.readable.len();
        state.gates.readable.push(n);
        chunk::append(&mut state.queue.ahead, chunk);
        state.flow();
        let now = state.note();
        state.history.given.end(now, n, false);
        state.queue.more_comes = true;
        let releases = state.gates.readable.releases(before);
        self.wake_writer(state);
        releases
    }

    /// Nothing more may come for a while: the writer is to take whatever there is.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.queue.more_comes = false;
        self.wake_writer(state);
    }

    /// Notes how the input ended.
    pub fn end(&self, end: End) {
        let mut state = self.lock();
        state.queue.end = end;
        if !state.cancelled {
            state.queue.input_end = Some(end);
        }
        state.queue.more_comes = false;
        state.gates.readable.end();
        state.flow();
        self.wake_writer(state);
    }

    /// How the input has ended, if it has, and had not been given up before.
    pub(crate) fn input_end(&self) -> Option<End> {
        self.lock().queue.input_end
    }

    /// Moves everything offered into the empty `batch`. The bytes count until [`Link::complete`] takes them off. An
    /// `impatient` writer takes less than a batch too.
    pub fn next(&self, batch: &mut VecDeque<BytesMut>, impatient: bool) -> Next {
        let mut state = self.lock();
        if state.cancelled {
            return Next::Cancelled;
        }
        if !state.queue.offered.is_empty() {
            if !impatient && !state.has_batch() {
                state.queue.writer_waits = true;
                return Next::Little;
            }
            state.queue.writer_waits = false;
            let now = state.gates.now();
            state.history.taken.begin(now);
            std::mem::swap(&mut state.queue.offered, batch);
            return Next::Chunks;
        }
        if state.gates.writable.is_flushed() {
            return Next::End(state.queue.end);
        }
        state.queue.writer_waits = true;
        Next::Nothing
    }

    /// `done` has left for the sink; its buffers are used again. A drain resumes the readable. The writer `goes_on` if it
    /// has more in flight.
    pub fn complete(&self, done: impl IntoIterator<Item = BytesMut>, goes_on: bool) {
        let mut state = self.lock();
        let mut n = 0;
        for piece in done {
            n += piece.len() as u64;
            state.queue.pool.put(piece);
        }
        state.gates.writable.complete(n);
        if state.gates.drain() {
            state.flow();
        }
        let now = state.note();
        state.history.taken.end(now, n, goes_on);
        if state.queue.reader_waits && state.gates.readable.room() > 0 {
            state.queue.reader_waits = false;
            drop(state);
            self.producer_wakeup().ring();
        }
    }

    /// From now on both sides have this mark. What is there beyond it stays until it has left.
    pub fn set_marks(&self, mark: u64) {
        let mut state = self.lock();
        state.gates.readable.set_mark(mark);
        state.gates.writable.set_mark(mark);
        state.queue.batch_len = BATCH.min(mark);
        state.flow();
        self.wake_writer(state);
        // It finds out by itself whether there is room.
        self.producer_wakeup().ring();
    }

    fn wake_writer(&self, mut state: MutexGuard<'_, State>) {
        let is_worth_it = state.has_batch() || state.gates.writable.is_ending();
        let wake = state.queue.writer_waits && is_worth_it;
        state.queue.writer_waits &= !wake;
        drop(state);
        if wake {
            self.consumer_wakeup().ring();
        }
    }
}

impl State {
    /// Notes how full both sides are now. Returns what that is.
    pub(super) fn note(&mut self) -> Duration {
        let now = self.gates.now();
        self.gates.note(now);
        now
    }

    /// Passes chunks from the readable to the writable until that says "stop" or there are none.
    fn flow(&mut self) {
        let (gates, queue) = (&mut self.gates, &mut self.queue);
        while gates.readable.is_flowing() {
            let Some(chunk) = chunk::take_front(&mut queue.ahead, gates.writable.room()) else {
                break;
            };
            let n = chunk.len() as u64;
            chunk::append(&mut queue.offered, chunk);
            gates.readable.take(n);
            gates.offer(n);
        }
        if gates.readable.is_ended() && gates.readable.is_empty() {
            gates.end();
        }
    }

    /// Whether there is enough to write, or as much as there will be for a while.
    fn has_batch(&self) -> bool {
        let more_comes = self.queue.more_comes && self.gates.readable.is_flowing();
        let is_much = self.gates.writable.len() >= self.queue.batch_len;
        !self.queue.offered.is_empty() && (!more_comes || is_much)
    }
}
