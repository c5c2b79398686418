//! The link of the kernel road: the bytes are in pipes, one of our own between the two ends or those of our neighbours
//! at the ends, and only their numbers are here.
//!
//! A pipe of our own is the writable side: it is filled up to its mark and no further, and is emptied before it is
//! filled again, as Node's rule has it. Where an end is a pipe, bytes go straight from one end to the other. The
//! neighbours' pipes are shown then, and between them there is a writable with a mark of 0: bytes that were there and
//! that the sink did not take are a pause, and the drain is that it took some again.

use super::pipes::{Pipes, WatchedPipe};
use super::shared::Link;
use super::snapshot::Marks;

impl Link {
    /// From now on the bytes are in `pipes`. Nothing must have passed before.
    pub fn hand_over(&self, pipes: Pipes) {
        let mut state = self.lock();
        let straight = Marks {
            readable: 0,
            writable: 0,
            low: 0,
        };
        let marks = if pipes.own { self.marks } else { straight };
        state.gates.restart(marks);
        state.pipes = Some(pipes);
        state.note();
    }

    /// The pipes of our neighbours were enlarged.
    pub fn pipes_changed(&self) {
        let mut state = self.lock();
        if let Some(pipes) = &mut state.pipes {
            let both = [&mut pipes.before, &mut pipes.behind];
            both.into_iter().flatten().for_each(WatchedPipe::resize);
        }
    }

    /// From now on the bytes are in chunks after all. What was counted still counts if something `has_passed`.
    pub fn take_back(&self, has_passed: bool) {
        let mut state = self.lock();
        if has_passed {
            state.gates.go_on(self.marks);
        } else {
            state.gates.restart(self.marks);
        }
        state.pipes = None;
    }

    /// The transfer is at its end: our neighbours' pipes are let go, so that they are closed when their ends are.
    pub fn let_go(&self) {
        let mut state = self.lock();
        let now = state.gates.now();
        if let Some(pipes) = &mut state.pipes {
            pipes.let_go(now);
        }
    }

    /// How much may enter the pipe of our own now: nothing while the flow is paused.
    #[must_use]
    pub fn pipe_room(&self) -> u64 {
        let state = self.lock();
        if state.gates.readable.is_flowing() {
            state.gates.writable.room()
        } else {
            0
        }
    }

    /// How much the pipe of our own holds.
    #[must_use]
    pub fn pipe_len(&self) -> u64 {
        self.lock().gates.writable.len()
    }

    /// `n` bytes have entered the pipe of our own. At its mark, that is a pause.
    pub fn entered(&self, n: u64) {
        let mut state = self.lock();
        state.gates.offer(n);
        state.note();
    }

    /// The source has more, but the pipe of our own takes no more, below its mark: a pipe may be out of slots before
    /// it is out of bytes. That is a pause.
    pub fn refused(&self) {
        self.lock().gates.refuse();
    }

    /// `n` bytes have left the pipe of our own. Once it has emptied, that is a drain.
    pub fn left(&self, n: u64) {
        let mut state = self.lock();
        state.gates.writable.complete(n);
        state.gates.drain();
        state.note();
    }

    /// The sink does not take what the source has ready. That is a pause, unless it is one already.
    pub fn held_up(&self) {
        let mut state = self.lock();
        if state.gates.writable.is_empty() {
            state.gates.offer(1);
        }
        state.look();
    }

    /// The sink has taken `n` bytes at once. That is a drain if it had held the source up.
    pub fn passed(&self, n: u64) {
        let mut state = self.lock();
        if let Some(pipe) = state.pipes.as_mut().and_then(|pipes| pipes.behind.as_mut()) {
            pipe.max_len = pipe.max_len.max(n);
        }
        let held_up = state.gates.writable.len();
        if held_up > 0 {
            state.gates.writable.complete(held_up);
            state.gates.drain();
        }
    }

    /// The source has given all it has.
    pub fn input_ended(&self) {
        self.lock().gates.end();
    }
}
