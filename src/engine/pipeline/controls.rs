//! What can be asked and changed of a pipeline from outside, while its stages are at work.

use crate::account::meter::Meter;
use crate::endpoint::Source;
use crate::engine::gate::ConsumerId;
use crate::engine::limit::Limit;
use crate::engine::link::{History, Marks};
use crate::engine::road::{GivenUp, RoadInUse, Shared, WriterOutcome};
use std::fmt;
use std::sync::Arc;

/// The controls of a pipeline: they may be shared, and outlive it.
#[derive(Debug, Clone)]
pub struct Controls {
    shared: Arc<Shared>,
}

/// Why marks cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedMarks {
    /// It is not clear yet which buffers there are.
    NotClear,
    /// The buffers are the kernel's.
    Kernel,
}

impl fmt::Display for FixedMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FixedMarks::NotClear => {
                "no byte has moved yet, so that it is not clear which buffers there are"
            }
            FixedMarks::Kernel => {
                "the buffers of the kernel road are the kernel's; see --road buffered"
            }
        })
    }
}

impl Controls {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Where everything is counted.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.shared.meter
    }

    /// The rate limit.
    #[must_use]
    pub fn limit(&self) -> &Limit {
        &self.shared.limit
    }

    /// The road that bytes take, as soon as it is clear.
    #[must_use]
    pub fn road(&self) -> Option<RoadInUse> {
        self.shared.progress.road()
    }

    /// From now on at most `rate` bytes a second leave for the sink; `None`: as fast as it goes.
    pub fn set_rate(&self, rate: Option<u64>) {
        self.shared.limit.set_rate(rate);
        self.wake_limited();
    }

    /// The limit as it is now, in bytes a second.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        self.shared.limit.rate()
    }

    /// Whether nothing leaves for the sink.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.shared.limit.is_held()
    }

    /// From now on nothing leaves for the sink, or it leaves again.
    pub fn hold(&self, is_held: bool) {
        self.shared.limit.hold_all(is_held);
        self.wake_limited();
    }

    /// From now on both sides of every link have this high-water mark, in bytes. What they hold beyond it stays until it has
    /// left.
    ///
    /// # Errors
    /// When the buffers are not ours, or it is not clear whether they are.
    pub fn set_marks(&self, mark: u64) -> Result<(), FixedMarks> {
        match self.road() {
            Some(RoadInUse::Buffered) => {
                self.shared.chain.links().for_each(|it| it.set_marks(mark));
                Ok(())
            }
            Some(RoadInUse::Kernel(_)) => Err(FixedMarks::Kernel),
            None => Err(FixedMarks::NotClear),
        }
    }

    /// Another source is to be read after the present one: it is shown from now on, and if it is a pipe it may grow to the mark.
    pub fn admit(&self, source: &dyn Source) {
        if let Some(pipe) = source.pipe() {
            pipe.let_grow(self.shared.chain.first().marks().readable);
        }
        let facts = source.facts();
        self.shared.meter.watch_source(facts.probe);
        self.shared.leftovers.lock().source = facts.leftover;
    }

    /// Gives the pipeline up: every stage is woken, and stops.
    pub fn cancel(&self) {
        self.shared.chain.cancel();
    }

    /// What has passed the buffer, and the marks between which it has passed. `None`: there are several buffers, or the
    /// bytes were in pipes.
    #[must_use]
    pub fn history(&self) -> Option<(History, Marks)> {
        let chain = &self.shared.chain;
        let is_one = chain.transforms().next().is_none();
        chain.first().history().filter(|_| is_one)
    }

    /// The others go on without this sink, if it has not ended.
    pub fn give_up_sink(&self, sink: ConsumerId, why: GivenUp) {
        let outcome = WriterOutcome::GivenUp(why);
        self.shared.end_writer(sink, outcome, false);
    }

    /// The stage in front of the sink may be waiting by the old limit: it asks again. The thread of the kernel road sleeps by
    /// the same wakeup; of several sinks, it is the reader that waits.
    fn wake_limited(&self) {
        self.shared.chain.last().wake_consumers();
        self.shared.chain.first().producer_wakeup().wake();
    }
}
