//! The link itself: what its producer and its consumers share.

use super::count::LinkCount;
use super::history::History;
use super::numbers::{LinkNumbers, Numbers};
use super::pauses::PauseTotals;
use super::pipes::SharedPipes;
use super::snapshot::{LinkSnapshot, Marks};
use super::store::Store;
use crate::account::clock::Clock;
use crate::account::span::Span;
use crate::engine::gate::ConsumerId;
use crate::engine::wakeup::Wakeup;
use crate::platform::sync::{AtomicBool, Lock, MutexGuard};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How many bytes a consumer waits for, up to [`GATHER_TIME`](crate::engine::wait::GATHER_TIME), while the producer is
/// making more. Every write wakes the process that reads from the sink, and every wake-up of the consumer costs two
/// context switches, so that a few chunks are worth one. Chosen by measurement.
pub(super) const BATCH: u64 = 1 << 20;

/// The buffer between a stage that fills it and those that empty it.
#[derive(Debug)]
pub struct Link {
    pub(super) marks: Marks,
    state: Lock<State>,
    /// What displays read, instead of the state.
    pub(super) numbers: Arc<LinkNumbers>,
    /// The pipes that hold the bytes instead of the store, on the kernel road.
    pub(super) pipes: Lock<Option<SharedPipes>>,
    pub(super) clock: Arc<Clock>,
    cancelled: AtomicBool,
    producer_wakeup: Wakeup,
    pub(super) consumer_places: Vec<ConsumerPlace>,
}

/// What is asked of a consumer without the lock.
#[derive(Debug)]
pub(super) struct ConsumerPlace {
    wakeup: Wakeup,
    pub(super) has_left: AtomicBool,
}

/// How the input of a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEnd {
    /// At the end of input.
    Whole,
    /// By an error: what was read is still to be delivered, but it is not all there should have been.
    Cut,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) count: LinkCount,
    pub(super) store: Store,
    pub(super) history: History,
    /// How the input has ended; `None` while it goes on, and if the link was cancelled before.
    pub(super) input_end: Option<InputEnd>,
    /// How many bytes are a batch while the producer is making more.
    pub(super) batch_len: u64,
    /// Whether the producer is making more.
    pub(super) more_comes: bool,
    /// Whether the producer is to be woken when there is room.
    pub(super) producer_waits: bool,
    pub(super) consumers: Vec<ConsumerState>,
}

/// What a link keeps of one of its consumers beside its gate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ConsumerState {
    /// The places in the stream up to which it has taken and completed.
    pub(super) taken: u64,
    pub(super) completed: u64,
    /// Whether it is to be woken when there is a batch, or the end.
    pub(super) waits: bool,
}

impl Link {
    /// An empty link for so many consumers, at least one, whose producer adds at most `chunk_size` bytes at a time.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new(
        marks: Marks,
        consumers: usize,
        chunk_size: u64,
        clock: Arc<Clock>,
    ) -> io::Result<Self> {
        let consumers = consumers.max(1);
        let numbers = Arc::new(LinkNumbers::new(consumers));
        let state = State {
            count: LinkCount::new(marks, Arc::clone(&clock), Arc::clone(&numbers)),
            store: Store::new(chunk_size.min(marks.readable)),
            history: History::new(marks.readable.min(marks.writable)),
            input_end: None,
            batch_len: BATCH.min(marks.writable),
            more_comes: false,
            producer_waits: false,
            consumers: vec![ConsumerState::default(); consumers],
        };
        let places = (0..consumers).map(|_| {
            Ok(ConsumerPlace {
                wakeup: Wakeup::new()?,
                has_left: AtomicBool::new(false),
            })
        });
        Ok(Self {
            marks,
            state: Lock::new(state),
            numbers,
            pipes: Lock::new(None),
            clock,
            cancelled: AtomicBool::new(false),
            producer_wakeup: Wakeup::new()?,
            consumer_places: places.collect::<io::Result<_>>()?,
        })
    }

    /// Wakes the producer when there is room again.
    #[must_use]
    pub fn producer_wakeup(&self) -> &Wakeup {
        &self.producer_wakeup
    }

    /// Wakes a consumer when there is something to take, or the end.
    #[must_use]
    pub(super) fn wakeup_of(&self, consumer: ConsumerId) -> &Wakeup {
        &self.consumer_places[consumer].wakeup
    }

    /// Wakes all consumers, to ask again for whatever they wait for.
    pub fn wake_consumers(&self) {
        self.consumer_places.iter().for_each(|it| it.wakeup.wake());
    }

    /// Nobody wants more from this link, which is not in itself a failure: the stages on both sides find out at their next
    /// call, and are woken to make it.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.producer_wakeup.wake();
        self.wake_consumers();
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
        self.cancelled.load(Ordering::Acquire)
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> LinkSnapshot {
        self.snapshot_at(self.clock.now())
    }

    /// The numbers now, when it is `now` for the transfer: its time stands once it has ended.
    pub(crate) fn snapshot_at(&self, now: Duration) -> LinkSnapshot {
        let pipes = self.pipes.lock();
        let numbers = self.numbers.read(now);
        let pauses = numbers.pauses();
        let snapshot = LinkSnapshot {
            state: numbers.state(),
            is_ours: true,
            readable: Some(numbers.readable()),
            consumers: numbers.consumers(),
            pauses: pauses.count,
            drains: pauses.drains,
            paused: numbers.paused(),
        };
        match &*pipes {
            Some(pipes) => pipes.show(snapshot, now),
            None => snapshot,
        }
    }

    /// What is published of the link now.
    pub(super) fn read_numbers(&self) -> Numbers<'_> {
        self.numbers.read(self.clock.now())
    }

    /// From now on the link remembers when it was paused.
    pub(crate) fn record(&self) {
        self.lock().count.record();
    }

    /// When the link was paused, on its clock. Ends the recording, and a pause that goes on; empty unless there was one.
    pub(crate) fn finish_recording(&self) -> Vec<Span<PauseTotals>> {
        self.numbers.finish_recording(self.clock.now())
    }

    /// What has passed, and the marks between which it has passed. `None`: the bytes were in pipes, or there are several
    /// consumers.
    #[must_use]
    pub fn history(&self) -> Option<(History, Marks)> {
        let has_pipes = self.pipes.lock().is_some();
        let state = self.lock();
        let is_told = !has_pipes && state.consumers.len() == 1;
        is_told.then(|| (state.history.clone(), state.count.marks()))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
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
