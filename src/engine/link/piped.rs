//! The link on the kernel road: the bytes are in pipes, our own between the two ends or those that the ends are, and
//! only their numbers are here.
//!
//! A pipe of our own is the writable side: it is filled up to its mark and no further, and is emptied, or brought down to
//! the low-water mark, before it is filled again, by Node's rule. Where an end is a pipe, bytes go directly from one end to the other. Then the pipes of
//! the ends are shown as the buffers, and between them stands a writable with a mark of 0: the source has bytes that
//! the sink does not take, which is a pause, and the drain is that the sink takes some again.

use super::pipes::{Pipes, WatchedPipe};
use super::shared::Link;
use super::snapshot::Marks;

impl Link {
    /// From now on the bytes are in `pipes`. Nothing must have passed before.
    pub fn use_pipes(&self, pipes: Pipes) {
        let mut state = self.lock();
        let no_buffer = Marks {
            readable: 0,
            writable: 0,
            low: 0,
        };
        let marks = if pipes.own { self.marks } else { no_buffer };
        state.gates.restart(marks);
        state.pipes = Some(pipes);
        state.note();
    }

    /// A pipe that is an end was enlarged, or given back what it was enlarged by.
    pub fn pipes_resized(&self) {
        let mut state = self.lock();
        if let Some(pipes) = &mut state.pipes {
            let both = [&mut pipes.source, &mut pipes.sink];
            both.into_iter().flatten().for_each(WatchedPipe::resize);
        }
    }

    /// From now on the bytes are in chunks after all. What was counted still counts if something `has_passed`.
    pub fn use_chunks(&self, has_passed: bool) {
        let mut state = self.lock();
        if has_passed {
            state.gates.continue_with(self.marks);
        } else {
            state.gates.restart(self.marks);
        }
        state.pipes = None;
    }

    /// This method is over: closes our duplicates of the ends' pipes, so that the pipes are closed when the ends are.
    pub fn release_pipes(&self) {
        let mut state = self.lock();
        let now = state.gates.now();
        if let Some(pipes) = &mut state.pipes {
            pipes.release(now);
        }
    }

    /// How many bytes may enter our own pipe now: none while the flow is paused.
    #[must_use]
    pub fn pipe_room(&self) -> u64 {
        let state = self.lock();
        if state.gates.readable.is_flowing() {
            state.gates.writable.room()
        } else {
            0
        }
    }

    /// How many bytes our own pipe holds, which nothing else records.
    #[must_use]
    pub fn pipe_len(&self) -> u64 {
        self.lock().gates.writable.len()
    }

    /// `n` bytes have entered our own pipe. At its mark, that is a pause.
    pub fn entered_pipe(&self, n: u64) {
        let mut state = self.lock();
        state.gates.offer(n);
        state.note();
    }

    /// The source has more, but our own pipe takes no more, below its mark: a pipe may be out of slots before it is out
    /// of bytes. That is a pause.
    pub fn pipe_out_of_slots(&self) {
        self.lock().gates.declare_full();
    }

    /// `n` bytes have left our own pipe. Once no more than the low-water mark is left, that is a drain.
    pub fn left_pipe(&self, n: u64) {
        let mut state = self.lock();
        state.gates.writable.complete(n);
        state.gates.drain();
        state.note();
    }

    /// The source has bytes that the sink does not take. That is a pause, unless the link is paused already.
    pub fn source_held_up(&self) {
        let mut state = self.lock();
        if state.gates.writable.is_empty() {
            state.gates.offer(1);
        }
        state.measure_pipes();
    }

    /// The sink has taken `n` bytes directly from the source. That is a drain if the link was paused.
    pub fn passed_through(&self, n: u64) {
        let mut state = self.lock();
        if let Some(pipe) = state.pipes.as_mut().and_then(|pipes| pipes.sink.as_mut()) {
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
