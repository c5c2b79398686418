//! The link on the kernel road: the bytes are in pipes, our own between the two ends or those that the ends are, and
//! only their numbers are here. One thread moves them, and counts without a lock.
//!
//! A pipe of our own is the writable side: it is filled up to its mark and no further, and is emptied, or brought down to
//! the low-water mark, before it is filled again, by Node's rule. Where an end is a pipe, bytes go directly from one end to the
//! other. Then the pipes of the ends are shown as the buffers, and between them stands a writable with a mark of 0: the source
//! has bytes that the sink does not take, which is a pause, and the drain is that the sink takes some again.

use super::count::LinkCount;
use super::pipes::Pipes;
use super::shared::Link;
use super::snapshot::Marks;
use crate::engine::gate::ConsumerId;
use std::sync::Arc;

/// The consumer of the kernel road, which has one.
const SINK: ConsumerId = 0;

/// The numbers of a link whose bytes are in pipes, in the hands of the thread that moves them.
#[derive(Debug)]
pub struct PipedLink<'a> {
    link: &'a Link,
    count: LinkCount,
    pipes: Pipes,
    /// Whether something has passed by other pipes before.
    goes_on: bool,
}

/// What has passed a link by pipes that are not used any more.
#[derive(Debug)]
pub struct Passed(LinkCount);

impl Link {
    /// A pipe that is an end was enlarged, or given back what it was enlarged by.
    pub fn pipes_resized(&self) {
        if let Some(pipes) = &*self.pipes.lock() {
            pipes.resize();
        }
    }

    /// From now on the bytes are in pipes, and the caller counts them. Nothing must have passed before.
    #[must_use]
    pub fn use_pipes(&self) -> PipedLink<'_> {
        let fresh = LinkCount::new(
            self.marks,
            Arc::clone(&self.clock),
            Arc::clone(&self.numbers),
        );
        PipedLink {
            link: self,
            count: std::mem::replace(&mut self.lock().count, fresh),
            pipes: Pipes::default(),
            goes_on: false,
        }
    }

    /// From now on the bytes are in other pipes, and are counted with what has passed.
    #[must_use]
    pub fn use_pipes_again(&self, passed: Passed) -> PipedLink<'_> {
        PipedLink {
            link: self,
            count: passed.0,
            pipes: Pipes::default(),
            goes_on: true,
        }
    }
}

impl PipedLink<'_> {
    /// The link itself, which can be cancelled and wakes its stages.
    #[must_use]
    pub fn link(&self) -> &Link {
        self.link
    }

    /// What has passed, to go on with when the next of several sources is open ([`Link::use_pipes_again`]).
    #[must_use]
    pub fn set_aside(self) -> Passed {
        Passed(self.count)
    }

    /// From now on the bytes are in these pipes. Unless the link goes on, nothing has passed yet.
    pub fn begin(&mut self, pipes: Pipes) {
        let no_buffer = Marks {
            readable: 0,
            writable: 0,
            low: 0,
        };
        let marks = if pipes.own {
            self.link.marks
        } else {
            no_buffer
        };
        *self.link.pipes.lock() = Some(pipes.shared());
        self.pipes = pipes;
        if self.goes_on {
            self.count.continue_with(marks);
        } else {
            self.count.restart(marks);
        }
    }

    /// From now on the bytes are in chunks after all. What was counted still counts if something `has_passed`.
    pub fn use_chunks(mut self, has_passed: bool) {
        if has_passed {
            self.count.continue_with(self.link.marks);
        } else {
            self.count.restart(self.link.marks);
        }
        *self.link.pipes.lock() = None;
        self.link.lock().count = self.count;
    }

    /// This method is over: closes our duplicates of the ends' pipes, so that the pipes are closed when the ends are.
    pub fn release_pipes(&mut self) {
        let now = self.count.begin();
        self.pipes.release(now);
    }

    /// How many bytes may enter our own pipe now: none while the flow is paused.
    #[must_use]
    pub fn pipe_room(&self) -> u64 {
        let gates = self.count.gates();
        if gates.readable.is_flowing() {
            gates.writables()[SINK].room()
        } else {
            0
        }
    }

    /// How many bytes our own pipe holds, which nothing else records.
    #[must_use]
    pub fn pipe_len(&self) -> u64 {
        self.count.gates().writables()[SINK].len()
    }

    /// `n` bytes have entered our own pipe. At its mark, that is a pause.
    pub fn entered_pipe(&mut self, n: u64) {
        self.count.begin();
        self.count.pass_through(n);
        self.count.publish();
    }

    /// The source has more, but our own pipe takes no more, below its mark: a pipe may be out of slots before it is out
    /// of bytes. That is a pause.
    pub fn pipe_out_of_slots(&mut self) {
        self.count.begin();
        self.count.declare_full(SINK);
        self.count.publish();
    }

    /// `n` bytes have left our own pipe. Once no more than the low-water mark is left, that is a drain.
    pub fn left_pipe(&mut self, n: u64) {
        self.count.begin();
        self.count.complete(SINK, n);
        self.count.publish();
    }

    /// The source has bytes that the sink does not take. That is a pause, unless the link is paused already.
    pub fn source_held_up(&mut self) {
        let now = self.count.begin();
        if self.pipe_len() == 0 {
            self.count.pass_through(1);
            self.count.publish();
        }
        self.pipes.measure(now);
    }

    /// The sink has taken `n` bytes directly from the source. That is a drain if the link was paused.
    pub fn passed_through(&mut self, n: u64) {
        if let Some(pipe) = &self.pipes.sink {
            pipe.held(n);
        }
        let held_up = self.pipe_len();
        if held_up > 0 {
            self.left_pipe(held_up);
        }
    }

    /// The source has given all it has.
    pub fn input_ended(&mut self) {
        self.count.begin();
        self.count.end();
        self.count.publish();
    }
}
