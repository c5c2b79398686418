//! The link on the buffered road: chunks in our own memory.
//!
//! The producer fills the readable, the consumers empty their writables, and none waits for the system calls of
//! another. Bytes pass from the readable to the writables, under the lock, whenever the readable flows; they stay where they
//! are, and only the numbers of the gates change. The marks are hard bounds: the producer asks for room before it reads, and no
//! more passes to the writables than every one of them has room for.

use super::chunk::Batch;
use super::shared::{BATCH, ConsumerState, InputEnd, Link, State};
use crate::engine::gate::{ConsumerId, WritableGate};
use crate::engine::wakeup::Wakeup;
use crate::platform::sync::MutexGuard;
use bytes::BytesMut;
use std::io;
use std::sync::atomic::Ordering;

/// In place of how far a consumer has come: it has left.
pub(super) const LEFT: u64 = u64::MAX;

/// What a consumer finds in its writable.
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

/// The producer's side.
impl Link {
    /// How much the producer may add now. If nothing, the consumers are to take whatever there is, and the producer will be
    /// woken when there is room; if something, it is the producer's time from now on in the history.
    pub fn ask_for_room(&self) -> Room {
        let mut state = self.lock();
        state.count.begin();
        let room = self.room(&mut state);
        self.wake_those_that_wait(state);
        room
    }

    pub(super) fn room(&self, state: &mut State) -> Room {
        if self.is_cancelled() {
            return Room::Cancelled;
        }
        match state.count.gates().readable.room() {
            0 => {
                (state.producer_waits, state.more_comes) = (true, false);
                Room::None
            }
            bytes => {
                state.history.given.begin(state.count.now());
                Room::Bytes(bytes)
            }
        }
    }

    /// The most memory that the buffers may take, in bytes: what the marks allow, and two buffers more of which only a
    /// part is held.
    pub(super) fn most_memory(&self) -> usize {
        let state = self.lock();
        // What several consumers hold, they hold together.
        let writables = state
            .count
            .gates()
            .writables()
            .iter()
            .map(WritableGate::mark);
        let sides = [self.marks.readable, writables.max().unwrap_or(0)];
        let sides = sides.map(|mark| usize::try_from(mark).unwrap_or(usize::MAX));
        let buffer_len = state.store.pool.buffer_len();
        let partly_held = buffer_len.saturating_mul(2);
        sides.into_iter().fold(partly_held, usize::saturating_add)
    }

    /// Allocates the first buffer to fill.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn reserve(&self) -> io::Result<()> {
        self.lock().store.pool.reserve()
    }

    /// A buffer to read into.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn buffer(&self) -> io::Result<BytesMut> {
        self.lock().store.pool.get()
    }

    /// Puts a chunk, of at most the room there was, into the readable, and passes it on if the readable flows. The
    /// producer is expected to go on, so a consumer that waits is woken only when there is a batch, or at
    /// [`Link::nothing_more_for_now`]. Returns how much may be added next, as [`Link::ask_for_room`] does.
    pub fn push(&self, chunk: BytesMut) -> Room {
        let mut state = self.lock();
        state.push(chunk);
        let room = self.room(&mut state);
        self.wake_those_that_wait(state);
        room
    }

    /// The same for a transform that made the chunk. Returns whether it may complete the input it was made of, or has to
    /// withhold that until there is room again.
    pub fn push_made(&self, chunk: BytesMut) -> bool {
        let mut state = self.lock();
        let before = state.count.gates().readable.len();
        state.push(chunk);
        let releases = state.count.gates().readable.releases(before);
        self.wake_those_that_wait(state);
        releases
    }

    /// The producer may add nothing for a while: the consumers are to take whatever there is.
    pub fn nothing_more_for_now(&self) {
        let mut state = self.lock();
        state.more_comes = false;
        self.wake_those_that_wait(state);
    }

    /// Notes how the input ended. The input of a cancelled link has no end.
    pub fn end(&self, end: InputEnd) {
        let mut state = self.lock();
        if !self.is_cancelled() {
            state.input_end = Some(end);
        }
        state.more_comes = false;
        state.count.begin();
        state.count.gates_mut().readable.end();
        state.count.pass_on();
        state.count.publish();
        self.wake_those_that_wait(state);
    }

    /// How the input has ended; `None` while it goes on, and if the link was cancelled before.
    #[must_use]
    pub fn input_end(&self) -> Option<InputEnd> {
        self.lock().input_end
    }

    /// From now on all sides have this mark. Bytes beyond it stay until they have left. Only on the buffered road: the
    /// buffers of the kernel road are the kernel's, and the caller refuses before it is clear which road it is.
    pub fn set_marks(&self, mark: u64) {
        let mut state = self.lock();
        state.count.begin();
        state.count.set_marks(mark);
        state.count.publish();
        state.batch_len = BATCH.min(mark);
        self.wake_those_that_wait(state);
        // The producer asks for the room itself.
        self.producer_wakeup().wake();
    }

    /// After a consumer was done with something: what has passed on may be what other consumers wait for, and the producer for
    /// the room.
    fn wake_all_that_may_go_on(&self, mut state: MutexGuard<'_, State>) {
        let wakes_producer = state.producer_waits && state.count.producer_may_go_on();
        state.producer_waits &= !wakes_producer;
        self.wake_those_that_wait(state);
        if wakes_producer {
            self.producer_wakeup().wake();
        }
    }

    /// Wakes the consumers that wait and have something worth it.
    pub(super) fn wake_those_that_wait(&self, mut state: MutexGuard<'_, State>) {
        // One consumer is the rule, and its wake-up waits until the lock is free.
        let mut first = None;
        for consumer in 0..state.consumers.len() {
            if state.is_worth_waking(consumer) {
                state.consumers[consumer].waits = false;
                match first {
                    None => first = Some(consumer),
                    Some(_) => self.wakeup_of(consumer).wake(),
                }
            }
        }
        drop(state);
        if let Some(consumer) = first {
            self.wakeup_of(consumer).wake();
        }
    }
}

/// One of the consumers of a link, at the buffer's other side.
#[derive(Debug, Clone, Copy)]
pub struct Consumer<'a> {
    link: &'a Link,
    id: ConsumerId,
}

impl Link {
    /// The only consumer, or the first.
    #[must_use]
    pub fn consumer(&self) -> Consumer<'_> {
        self.consumer_at(0)
    }

    /// The consumer at this place, where there is one.
    pub(crate) fn consumer_at(&self, id: ConsumerId) -> Consumer<'_> {
        Consumer { link: self, id }
    }

    /// All consumers, in their order.
    pub fn consumers(&self) -> impl Iterator<Item = Consumer<'_>> {
        let count = self.numbers.consumers();
        (0..count).map(|id| Consumer { link: self, id })
    }
}

impl<'a> Consumer<'a> {
    /// The link that it empties.
    #[must_use]
    pub fn link(&self) -> &'a Link {
        self.link
    }

    /// Wakes this consumer when there is something to take, or the end.
    #[must_use]
    pub fn wakeup(&self) -> &'a Wakeup {
        self.link.wakeup_of(self.id)
    }

    /// From now on its writable has this mark, in bytes.
    pub(super) fn set_mark(&self, mark: u64) {
        let mut state = self.link.lock();
        state.count.begin();
        state.count.set_mark(self.id, mark);
        state.count.publish();
    }

    /// Takes nothing more: the others go on without it, and if there are none, the link is cancelled. May be called for a consumer
    /// that is at work elsewhere, which is woken to find that out.
    pub fn leave(&self) {
        let mut state = self.link.lock();
        state.count.begin();
        let from = state.consumers[self.id].completed;
        if from == LEFT {
            return;
        }
        let none = ConsumerState {
            taken: LEFT,
            completed: LEFT,
            waits: false,
        };
        state.consumers[self.id] = none;
        let place = &self.link.consumer_places[self.id];
        place.has_left.store(true, Ordering::Release);
        let completed = state.completed_by_all();
        if completed == LEFT {
            drop(state);
            return self.link.cancel();
        }
        if !state.count.is_duplicated() {
            state.store.let_go(from, completed);
        }
        state.count.leave(self.id);
        state.count.pass_on();
        state.count.publish();
        self.link.wake_all_that_may_go_on(state);
        self.wakeup().wake();
    }

    /// Whether it is to take nothing more, since it has left or the link was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let place = &self.link.consumer_places[self.id];
        place.has_left.load(Ordering::Acquire) || self.link.is_cancelled()
    }

    /// Takes everything that the writable holds, in its order. The consumer, whose batch is empty, completes it when it is
    /// done. One that `accepts_little` takes less than a batch although more is being made.
    pub fn next(&self, batch: &mut Batch, accepts_little: bool) -> Next {
        let mut state = self.link.lock();
        state.count.begin();
        self.take(&mut state, batch, accepts_little)
    }

    /// The consumer is done with the first `n` bytes of its batch. Buffers that no consumer needs any more are used again. A
    /// drain resumes the readable. If this was all of the batch, returns what is next, as [`Consumer::next`] does for one
    /// that does not accept little.
    pub fn complete(&self, batch: &mut Batch, n: u64) -> Option<Next> {
        batch.advance(n);
        let mut state = self.link.lock();
        let now = state.count.begin();
        if state.consumers[self.id].completed == LEFT {
            return Some(Next::Cancelled);
        }
        state.let_go(self.id, n);
        if state.count.complete(self.id, n) {
            state.count.pass_on();
        }
        state.count.publish();
        if self.id == 0 {
            state.history.taken.end(now, n, !batch.is_empty());
        }
        let is_all = batch.is_empty();
        let next = is_all.then(|| self.take(&mut state, batch, false));
        self.link.wake_all_that_may_go_on(state);
        next
    }

    fn take(&self, state: &mut State, batch: &mut Batch, accepts_little: bool) -> Next {
        if self.is_cancelled() {
            return Next::Cancelled;
        }
        let available = state.available(self.id);
        if available > 0 {
            if !accepts_little && !state.has_batch(self.id) {
                state.consumers[self.id].waits = true;
                return Next::Little;
            }
            let consumer = &mut state.consumers[self.id];
            let to = consumer.taken + available;
            if state.count.is_duplicated() {
                batch.push_in_pipe(available);
            } else {
                state.store.take(consumer.taken, to, batch);
            }
            (consumer.taken, consumer.waits) = (to, false);
            if self.id == 0 {
                state.history.taken.begin(state.count.now());
            }
            return Next::Chunks;
        }
        match state.input_end {
            Some(end) if state.count.gates().writables()[self.id].is_finished() => Next::End(end),
            _ => {
                state.consumers[self.id].waits = true;
                Next::Nothing
            }
        }
    }
}

impl State {
    fn push(&mut self, chunk: BytesMut) {
        let (now, n) = (self.count.begin(), chunk.len() as u64);
        self.store.push(chunk);
        self.count.gates_mut().readable.push(n);
        self.count.pass_on();
        self.count.publish();
        self.history.given.end(now, n, false);
        self.more_comes = true;
    }

    /// How many bytes of its writable the consumer has not taken.
    fn available(&self, consumer: ConsumerId) -> u64 {
        let it = &self.consumers[consumer];
        let in_flight = it.taken - it.completed;
        self.count.gates().writables()[consumer].len() - in_flight
    }

    /// Whether there is enough for the consumer to take, or as much as there will be for a while.
    fn has_batch(&self, consumer: ConsumerId) -> bool {
        let more_comes = self.more_comes && self.count.gates().readable.is_flowing();
        let is_much = self.count.gates().writables()[consumer].len() >= self.batch_len;
        self.available(consumer) > 0 && (!more_comes || is_much)
    }

    fn is_worth_waking(&self, consumer: ConsumerId) -> bool {
        self.consumers[consumer].waits
            && (self.has_batch(consumer) || self.count.gates().writables()[consumer].is_ending())
    }

    /// The consumer has let go of the next `n` bytes.
    fn let_go(&mut self, consumer: ConsumerId, n: u64) {
        let from = self.consumers[consumer].completed;
        self.consumers[consumer].completed += n;
        if !self.count.is_duplicated() {
            self.store.let_go(from, self.completed_by_all());
        }
    }

    /// The place up to which all consumers are done; [`LEFT`] if all have left.
    pub(super) fn completed_by_all(&self) -> u64 {
        let completed = self.consumers.iter().map(|it| it.completed);
        completed.min().unwrap_or(0)
    }
}
