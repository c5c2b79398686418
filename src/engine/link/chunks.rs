//! The link on the buffered road: chunks in our own memory.
//!
//! The producer fills the readable, the consumer empties the writable, and neither waits for the system calls of the
//! other. Chunks pass from the readable to the writable, under the lock, whenever the readable flows. The marks are
//! hard bounds: the producer asks for room before it reads, and what passes to the writable is cut at the writable's
//! room.

use super::chunk;
use super::queue::{BATCH, InputEnd};
use super::shared::{Link, State};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::sync::MutexGuard;
use std::time::Duration;

/// What the consumer finds in the writable.
#[derive(Debug)]
pub enum Next {
    /// There are chunks in the batch now.
    Chunks,
    /// Nothing yet; the consumer will be woken.
    Nothing,
    /// Less than a batch, while the producer is making more: worth waiting for, up to
    /// [`GATHER_TIME`](crate::engine::wait::GATHER_TIME). The consumer will be woken when there is a batch.
    Little,
    /// Everything was taken and completed, and this is how the input ended.
    End(InputEnd),
    /// The link was cancelled.
    Cancelled,
}

/// How much room the producer finds in the readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many bytes fit below the mark.
    Bytes(u64),
    /// None; the producer will be woken.
    None,
    /// The link was cancelled.
    Cancelled,
}

impl Link {
    /// How much the producer may add now. If nothing, the producer will be woken when there is room; if something, it is
    /// the producer's time from now on in the history.
    pub fn ask_for_room(&self) -> Room {
        let mut state = self.lock();
        if state.cancelled {
            return Room::Cancelled;
        }
        match state.gates.readable.room() {
            0 => {
                state.queue.producer_waits = true;
                Room::None
            }
            bytes => {
                let now = state.note();
                state.history.given.begin(now);
                Room::Bytes(bytes)
            }
        }
    }

    /// The most memory that the buffers may take, in bytes: what the marks allow, and two buffers more of which only a
    /// part is held.
    pub(super) fn most_memory(&self) -> usize {
        let sides = [self.marks.readable, self.marks.writable];
        let sides = sides.map(|mark| usize::try_from(mark).unwrap_or(usize::MAX));
        let buffer_len = self.lock().queue.pool.buffer_len();
        let partly_held = buffer_len.saturating_mul(2);
        sides.into_iter().fold(partly_held, usize::saturating_add)
    }

    /// Allocates the first buffer to fill.
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

    /// Puts a chunk, of at most the room there was, into the readable, and passes it on if the readable flows. The
    /// producer is expected to go on, so a consumer that waits is woken only when there is a batch, or at
    /// [`Link::nothing_more_for_now`]. Returns whether a transform that made the chunk may complete the input it was
    /// made of, or has to withhold that until there is room again.
    pub fn push(&self, chunk: BytesMut) -> bool {
        let mut state = self.lock();
        let n = chunk.len() as u64;
        let before = state.gates.readable.len();
        state.gates.readable.push(n);
        chunk::append(&mut state.queue.readable, chunk);
        state.pass_to_writable();
        let now = state.note();
        state.history.given.end(now, n, false);
        state.queue.more_comes = true;
        let releases = state.gates.readable.releases(before);
        self.wake_consumer(state);
        releases
    }

    /// The producer may add nothing for a while: the consumer is to take whatever there is.
    pub fn nothing_more_for_now(&self) {
        let mut state = self.lock();
        state.queue.more_comes = false;
        self.wake_consumer(state);
    }

    /// Notes how the input ended. The input of a cancelled link has no end.
    pub fn end(&self, end: InputEnd) {
        let mut state = self.lock();
        if !state.cancelled {
            state.queue.input_end = Some(end);
        }
        state.queue.more_comes = false;
        state.gates.readable.end();
        state.pass_to_writable();
        self.wake_consumer(state);
    }

    /// How the input has ended; `None` while it goes on, and if the link was cancelled before.
    pub(crate) fn input_end(&self) -> Option<InputEnd> {
        self.lock().queue.input_end
    }

    /// Moves all chunks of the writable into the empty `batch`. Their bytes still count as the writable's until
    /// [`Link::complete`] takes them off. Less than a batch goes only to a consumer that `accepts_little`, unless the
    /// readable is paused, or the producer said that nothing comes for now.
    pub fn next(&self, batch: &mut VecDeque<BytesMut>, accepts_little: bool) -> Next {
        let mut state = self.lock();
        if state.cancelled {
            return Next::Cancelled;
        }
        if !state.queue.writable.is_empty() {
            if !accepts_little && !state.has_batch() {
                state.queue.consumer_waits = true;
                return Next::Little;
            }
            state.queue.consumer_waits = false;
            let now = state.gates.now();
            state.history.taken.begin(now);
            std::mem::swap(&mut state.queue.writable, batch);
            return Next::Chunks;
        }
        match state.queue.input_end {
            Some(end) if state.gates.writable.is_finished() => Next::End(end),
            _ => {
                state.queue.consumer_waits = true;
                Next::Nothing
            }
        }
    }

    /// The consumer is done with these chunks; their buffers are used again. A drain resumes the readable. The consumer
    /// `goes_on` if it has more in flight.
    pub fn complete(&self, done: impl IntoIterator<Item = BytesMut>, goes_on: bool) {
        let mut state = self.lock();
        let mut n = 0;
        for piece in done {
            n += piece.len() as u64;
            state.queue.pool.put(piece);
        }
        state.gates.writable.complete(n);
        if state.gates.drain() {
            state.pass_to_writable();
        }
        let now = state.note();
        state.history.taken.end(now, n, goes_on);
        if state.queue.producer_waits && state.gates.readable.room() > 0 {
            state.queue.producer_waits = false;
            drop(state);
            self.producer_wakeup().wake();
        }
    }

    /// From now on both sides have this mark. Bytes beyond it stay until they have left. Only on the buffered road: the
    /// buffers of the kernel road are the kernel's, and the caller refuses before it is clear which road it is.
    pub fn set_marks(&self, mark: u64) {
        let mut state = self.lock();
        debug_assert!(state.pipes.is_none(), "pipes keep their marks");
        state.gates.readable.set_mark(mark);
        state.gates.writable.set_mark(mark);
        state.queue.batch_len = BATCH.min(mark);
        self.wake_consumer(state);
        // The producer asks for the room itself.
        self.producer_wakeup().wake();
    }

    fn wake_consumer(&self, mut state: MutexGuard<'_, State>) {
        let is_worth_it = state.has_batch() || state.gates.writable.is_ending();
        let wake = state.queue.consumer_waits && is_worth_it;
        state.queue.consumer_waits &= !wake;
        drop(state);
        if wake {
            self.consumer_wakeup().wake();
        }
    }
}

impl State {
    /// Notes how full both sides are now. Returns the time.
    pub(super) fn note(&mut self) -> Duration {
        let now = self.gates.now();
        self.gates.note(now);
        now
    }

    /// Passes chunks from the readable to the writable until the writable says "stop" or there are none.
    fn pass_to_writable(&mut self) {
        let (gates, queue) = (&mut self.gates, &mut self.queue);
        while gates.readable.is_flowing() && !gates.readable.is_empty() {
            let room = gates.writable.room();
            if room == 0 {
                // The mark was lowered to what the writable holds, or below, since it last said "go on".
                gates.declare_full();
                break;
            }
            let Some(chunk) = chunk::take_front(&mut queue.readable, room) else {
                break;
            };
            let n = chunk.len() as u64;
            chunk::append(&mut queue.writable, chunk);
            gates.readable.take(n);
            gates.offer(n);
        }
        if gates.readable.is_ended() && gates.readable.is_empty() {
            gates.end();
        }
    }

    /// Whether there is enough for the consumer to take, or as much as there will be for a while.
    fn has_batch(&self) -> bool {
        let more_comes = self.queue.more_comes && self.gates.readable.is_flowing();
        let is_much = self.gates.writable.len() >= self.queue.batch_len;
        !self.queue.writable.is_empty() && (!more_comes || is_much)
    }
}
