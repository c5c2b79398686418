//! The link on the kernel road to several sinks: the bytes are in pipes of our own, one for the readable and one for each writable. The
//! producer passes them on by duplicating them, which it can only do where all pipes behind it are empty (tee(2) begins
//! at the beginning of a pipe, and a duplicate takes up as many slots as what it is of).
//!
//! Gates, pauses and the consumers' side are those of the buffered road; only the store is another one.

use super::chunks::{LEFT, Room};
use super::shared::{Link, State};
use crate::engine::gate::ConsumerId;

/// What the producer can duplicate now.
#[derive(Debug, PartialEq, Eq)]
pub enum Passable {
    /// So many bytes, the first of the readable, for each of these consumers.
    Bytes(u64, Vec<ConsumerId>),
    /// Nothing yet: a consumer has not completed what it has. The producer will be woken.
    NotYet,
    /// Nothing: the readable is empty.
    Nothing,
}

impl Link {
    /// From now on the bytes are in pipes. Nothing must have been pushed before.
    pub fn use_duplicates(&self) {
        self.lock().count.set_duplicated(true);
    }

    /// From now on the bytes are in chunks. Every consumer must have completed what it had; what is in the readable will be pushed
    /// once more.
    pub fn use_chunks_instead(&self) {
        let mut state = self.lock();
        state.count.begin();
        state.count.set_duplicated(false);
        let readable = &mut state.count.gates_mut().readable;
        readable.take(readable.len());
        let place = state.completed_by_all();
        if place != LEFT {
            state.store.begin_at(place);
        }
        state.count.publish();
    }

    /// `n` bytes have entered the pipe that is the readable. Returns how much may be added next, as [`Link::ask_for_room`] does.
    pub fn entered(&self, n: u64) -> Room {
        let mut state = self.lock();
        state.count.begin();
        state.count.gates_mut().readable.push(n);
        state.count.pass_on();
        state.count.publish();
        self.room(&mut state)
    }

    /// How many bytes the pipe that is the readable holds.
    #[must_use]
    pub fn readable_len(&self) -> u64 {
        self.lock().count.gates().readable.len()
    }

    /// What can be duplicated now: no more than the mark of each consumer allows.
    pub fn passable(&self) -> Passable {
        let mut state = self.lock();
        if state.count.gates().readable.is_empty() {
            return Passable::Nothing;
        }
        match state.emptied() {
            Some(consumers) => Passable::Bytes(state.count.gates().passable(), consumers),
            None => Passable::NotYet,
        }
    }

    /// The consumers that have not left, if each has completed what it had. Otherwise the producer will be woken.
    #[must_use]
    pub fn emptied(&self) -> Option<Vec<ConsumerId>> {
        self.lock().emptied()
    }

    /// The first `n` bytes of the readable have been duplicated for every consumer, which takes them.
    pub fn duplicated(&self, n: u64) {
        let mut state = self.lock();
        state.count.begin();
        state.count.duplicated(n);
        state.count.publish();
        self.wake_those_that_wait(state);
    }
}

impl State {
    fn emptied(&mut self) -> Option<Vec<ConsumerId>> {
        let is_empty = self.count.is_passed_on_empty();
        self.producer_waits |= !is_empty;
        let consumers = self.consumers.iter().enumerate();
        let there = consumers.filter(|(_, it)| it.completed != LEFT);
        is_empty.then(|| there.map(|(id, _)| id).collect())
    }
}
