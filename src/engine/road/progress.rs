//! How far a pipeline has come: the road it takes, and how each of its stages has ended. Stages note it from their threads;
//! the handle hears of it, as a task or as a thread that sleeps.

use super::in_use::RoadInUse;
use super::{ReaderOutcome, TransformOutcome, WriterOutcome};
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
    /// How writing ended.
    pub writer: WriterOutcome,
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
    /// Stages that have begun and not ended, without the writer.
    stages: usize,
    reader: Option<ReaderOutcome>,
    transforms: Vec<Option<TransformOutcome>>,
    writer: Option<WriterOutcome>,
    /// Whether there is an end that the handle has not heard of yet.
    end_is_new: bool,
    /// The task that waits for an event.
    waker: Option<Waker>,
}

impl Progress {
    /// No stage has begun, of a pipeline with so many transforms.
    pub(in crate::engine) fn new(transforms: usize) -> Self {
        let state = ProgressState {
            road: None,
            road_is_new: false,
            stages: 0,
            reader: None,
            transforms: (0..transforms).map(|_| None).collect(),
            writer: None,
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

    /// A stage other than the writer begins.
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

    /// How writing ended.
    pub(super) fn set_writer(&self, outcome: WriterOutcome) {
        self.lock().writer = Some(outcome);
    }

    /// Whether the writer has delivered everything.
    pub(super) fn is_delivered(&self) -> bool {
        matches!(self.lock().writer, Some(WriterOutcome::Delivered { .. }))
    }

    /// Waits until all stages but the writer have ended, or this moment has come.
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
    fn next_event(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.road_is_new) {
            return self.road.map(Event::Road);
        }
        std::mem::take(&mut self.end_is_new).then(|| {
            Event::End(End {
                reader: self.reader.take(),
                transforms: std::mem::take(&mut self.transforms),
                writer: self.writer.take().unwrap_or_else(has_panicked),
            })
        })
    }
}

/// How a writer ended that told nothing.
fn has_panicked() -> WriterOutcome {
    WriterOutcome::Failed {
        act: "writing to",
        error: io::Error::other("the writer stopped without a word; this is a bug"),
        downstream: false,
    }
}
