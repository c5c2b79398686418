//! The link itself: what both of its sides share, under one lock.

use super::gates::Gates;
use super::history::History;
use super::pauses::PauseTotals;
use super::pipes::Pipes;
use super::queue::Queue;
use super::snapshot::{LinkSnapshot, Marks, ReadableFill, WritableFill};
use crate::account::clock::Clock;
use crate::account::span::Span;
use crate::engine::wait::Wakeup;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The buffer between two stages.
#[derive(Debug)]
pub struct Link {
    pub(super) marks: Marks,
    state: Mutex<State>,
    producer_wakeup: Wakeup,
    consumer_wakeup: Wakeup,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) gates: Gates,
    pub(super) queue: Queue,
    pub(super) history: History,
    /// The pipes that hold the bytes instead of the queue, on the kernel road.
    pub(super) pipes: Option<Pipes>,
    pub(super) cancelled: bool,
}

impl Link {
    /// An empty link whose producer adds at most `chunk_size` bytes at a time.
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
            producer_wakeup: Wakeup::new()?,
            consumer_wakeup: Wakeup::new()?,
        })
    }

    /// Wakes the producer when there is room again.
    #[must_use]
    pub fn producer_wakeup(&self) -> &Wakeup {
        &self.producer_wakeup
    }

    /// Wakes the consumer when there is something to take, or the end.
    #[must_use]
    pub fn consumer_wakeup(&self) -> &Wakeup {
        &self.consumer_wakeup
    }

    /// Nobody wants more from this link, which is not in itself a failure: both stages find out at their next call, and
    /// are woken to make it.
    pub fn cancel(&self) {
        self.lock().cancelled = true;
        self.producer_wakeup.wake();
        self.consumer_wakeup.wake();
    }

    /// Cancels if the stage that holds the guard panics, so that the stage on the other side does not wait for it.
    pub(crate) fn cancel_on_panic(&self) -> impl Drop + '_ {
        CancelOnPanic(self)
    }

    /// The marks that the link was made with.
    pub(crate) fn marks(&self) -> Marks {
        self.marks
    }

    /// Whether the link was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> LinkSnapshot {
        let mut state = self.lock();
        state.measure_pipes();
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

    /// From now on the link remembers when it was paused.
    pub(crate) fn record(&self) {
        self.lock().gates.record();
    }

    /// When the link was paused, on its clock. Ends the recording, and a pause that goes on; empty unless there was one.
    pub(crate) fn finish_recording(&self) -> Vec<Span<PauseTotals>> {
        self.lock().gates.finish_recording()
    }

    /// What has passed, and the marks between which it has passed. `None`: the bytes were in pipes.
    #[must_use]
    pub fn history(&self) -> Option<(History, Marks)> {
        let state = self.lock();
        let is_ours = state.pipes.is_none();
        is_ours.then(|| (state.history.clone(), state.gates.marks()))
    }

    /// The state is numbers and buffers, valid between any two statements: a panic in another thread does not spoil it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
    /// Asks the kernel how full the pipes are that are ends.
    pub(super) fn measure_pipes(&mut self) {
        let now = self.gates.now();
        if let Some(pipes) = &mut self.pipes {
            pipes.measure(now);
        }
    }

    /// Whether the buffers are ours, and not the pipes that the ends are.
    pub(super) fn is_ours(&self) -> bool {
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
