//! How far a pipeline has come: the road it takes, and how each of its stages has ended. Stages note it from their threads;
//! the handle hears of it, as a task or as a thread that sleeps.

use super::in_use::RoadInUse;
use super::{ReaderOutcome, TransformOutcome, WriterOutcome};
use crate::engine::gate::ConsumerId;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// What a running pipeline tells.
#[derive(Debug)]
pub enum Event {
    /// Bytes take this road. It changes when the kernel refuses, even midway.
    Road(RoadInUse),
    /// The pipeline has ended; nothing comes after this.
    End(End),
}

/// How a pipeline ended. A stage that has told nothing has panicked, could not be started, or is still in a system call that
/// does not return.
#[derive(Debug)]
pub struct End {
    /// How reading ended, and the source, which is to be closed once everything is delivered.
    pub reader: Option<ReaderOutcome>,
    /// How each transform ended, in their order.
    pub transforms: Vec<Option<TransformOutcome>>,
    /// How writing to each sink ended, in their order.
    pub writers: Vec<WriterOutcome>,
}

impl End {
    /// Whether every sink has everything.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.writers.iter().all(WriterOutcome::is_delivered)
    }
}

/// How far a pipeline has come.
#[derive(Debug)]
pub(in crate::engine) struct Progress {
    state: Mutex<ProgressState>,
    changed: Condvar,
}

#[derive(Debug)]
struct ProgressState {
    road: Option<RoadInUse>,
    /// Whether the handle has not heard of the road yet.
    road_is_new: bool,
    /// Stages that have begun and not ended, without the one that ends the pipeline.
    stages: usize,
    reader: Option<ReaderOutcome>,
    transforms: Vec<Option<TransformOutcome>>,
    writers: Vec<Option<WriterOutcome>>,
    /// Whether there is an end that the handle has not heard of yet.
    end_is_new: bool,
    /// The task that waits for an event.
    waker: Option<Waker>,
}

impl Progress {
    /// No stage has begun, of a pipeline with so many transforms and sinks.
    pub(in crate::engine) fn new(transforms: usize, sinks: usize) -> Self {
        let state = ProgressState {
            road: None,
            road_is_new: false,
            stages: 0,
            reader: None,
            transforms: (0..transforms).map(|_| None).collect(),
            writers: (0..sinks).map(|_| None).collect(),
            end_is_new: false,
            waker: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// The road that bytes take, as soon as it is clear.
    pub(in crate::engine) fn road(&self) -> Option<RoadInUse> {
        self.lock().road
    }

    /// Bytes take this road from now on.
    pub(super) fn set_road(&self, road: RoadInUse) {
        self.tell(|state| {
            state.road = Some(road);
            state.road_is_new = true;
        });
    }

    /// A stage begins, which is not the one that ends the pipeline.
    pub(super) fn stage_begins(&self) {
        self.lock().stages += 1;
    }

    /// Such a stage has ended.
    pub(super) fn stage_ended(&self) {
        self.lock().stages -= 1;
        self.changed.notify_all();
    }

    /// How reading ended.
    pub(super) fn set_reader(&self, outcome: ReaderOutcome) {
        self.lock().reader = Some(outcome);
    }

    /// Whether the source is left, and says that what it gave is no success.
    pub(super) fn is_left_badly(&self) -> bool {
        let state = self.lock();
        state.reader.as_ref().is_some_and(|it| !it.is_left_well)
    }

    /// How the transform at this place, counted from the source, ended.
    pub(super) fn set_transform(&self, index: usize, outcome: TransformOutcome) {
        if let Some(place) = self.lock().transforms.get_mut(index) {
            *place = Some(outcome);
        }
    }

    /// How writing to this sink ended. Nothing is changed, and the answer is no, if that is known already.
    pub(in crate::engine) fn set_writer(&self, sink: ConsumerId, outcome: WriterOutcome) -> bool {
        let mut state = self.lock();
        let place = state.writers.get_mut(sink).filter(|it| it.is_none());
        let is_new = place.is_some();
        if let Some(place) = place {
            *place = Some(outcome);
        }
        drop(state);
        self.changed.notify_all();
        is_new
    }

    /// Nothing is waited for any more of those that have not told how writing ended.
    pub(super) fn cancel_writers(&self) {
        let mut state = self.lock();
        for place in &mut state.writers {
            place.get_or_insert(WriterOutcome::Cancelled);
        }
    }

    /// Waits until it is known of every sink how writing to it ended.
    pub(super) fn await_writers(&self) {
        let mut state = self.lock();
        while state.writers.iter().any(Option::is_none) {
            let awake = self.changed.wait(state);
            state = awake.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether a sink has everything.
    pub(super) fn is_delivered(&self) -> bool {
        let state = self.lock();
        state
            .writers
            .iter()
            .flatten()
            .any(WriterOutcome::is_delivered)
    }

    /// Waits until all stages but the one that ends the pipeline have ended, or this moment has come.
    pub(super) fn await_stages(&self, until: Instant) {
        let mut state = self.lock();
        while state.stages > 0 {
            match self.sleep(state, Some(until)) {
                Some(awake) => state = awake,
                None => return,
            }
        }
    }

    /// The pipeline has ended.
    pub(super) fn set_ended(&self) {
        self.tell(|state| state.end_is_new = true);
    }

    /// The next event, for a task.
    pub(in crate::engine) fn poll_event(&self, context: &mut Context<'_>) -> Poll<Event> {
        let mut state = self.lock();
        if let Some(event) = state.next_event() {
            return Poll::Ready(event);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// The next event, for a thread that sleeps until then. `None`: there was none until this moment.
    pub(in crate::engine) fn await_event(&self, until: Option<Instant>) -> Option<Event> {
        let mut state = self.lock();
        loop {
            if let Some(event) = state.next_event() {
                return Some(event);
            }
            state = self.sleep(state, until)?;
        }
    }

    /// Changes the state, and wakes whoever waits for an event.
    fn tell(&self, change: impl FnOnce(&mut ProgressState)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Sleeps until something has changed. `None`: the moment has come.
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, ProgressState>,
        until: Option<Instant>,
    ) -> Option<MutexGuard<'a, ProgressState>> {
        let Some(until) = until else {
            let awake = self.changed.wait(state);
            return Some(awake.unwrap_or_else(PoisonError::into_inner));
        };
        let left = until.checked_duration_since(Instant::now())?;
        let awake = self.changed.wait_timeout(state, left);
        Some(awake.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// The state is valid between any two statements: a panic in another thread does not spoil it.
    fn lock(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProgressState {
    fn take_writers(&mut self) -> Vec<WriterOutcome> {
        let writers = std::mem::take(&mut self.writers).into_iter();
        writers.map(|it| it.unwrap_or_else(has_panicked)).collect()
    }

    fn next_event(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.road_is_new) {
            return self.road.map(Event::Road);
        }
        std::mem::take(&mut self.end_is_new).then(|| {
            Event::End(End {
                reader: self.reader.take(),
                transforms: std::mem::take(&mut self.transforms),
                writers: self.take_writers(),
            })
        })
    }
}

/// How a writer ended that told nothing.
pub(super) fn has_panicked() -> WriterOutcome {
    WriterOutcome::Failed {
        act: "writing to",
        error: io::Error::other("the writer stopped without a word; this is a bug"),
        downstream: false,
    }
}
