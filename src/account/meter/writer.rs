//! What a writer counts while it moves bytes. The books are its own; only where transforms or a recording need them too are
//! they behind a lock, which no display ever takes.

use super::accounting::Accounting;
use super::{Meter, WriterBooks};
use crate::account::clock::nanos;
use crate::account::phase::Phase;
use crate::engine::gate::ConsumerId;
use crate::error::Side;
use crate::platform::sync::Lock;
use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The account of the writer that empties one consumer of the last link.
#[derive(Debug)]
pub struct WriterAccount<'a> {
    meter: &'a Meter,
    books: &'a WriterBooks,
    accounting: Held<'a>,
}

/// The books, as a writer has them.
#[derive(Debug)]
enum Held<'a> {
    /// Taken out of the meter while the writer is at work.
    Own(Box<RefCell<Accounting>>),
    /// With transforms, whose activities decide what a writer without bytes waits for, as the reader of a flow to several sinks
    /// does, which keeps to the rate limit; and while it is recorded, which a writer that hangs must not keep to itself.
    Shared(&'a Lock<Accounting>),
}

impl Meter {
    /// The account of the writer of this consumer. A writer that takes over from another one goes on with its books.
    #[must_use]
    pub fn writer(&self, consumer: ConsumerId) -> WriterAccount<'_> {
        let books = &self.writers[consumer];
        let is_told = !self.stages.is_empty() || self.writers.len() > 1;
        let is_shared = is_told || self.is_recorded();
        let accounting = if is_shared {
            Held::Shared(&books.accounting)
        } else {
            let none = Accounting::new(Duration::ZERO, 0);
            let own = std::mem::replace(&mut *books.accounting.lock(), none);
            Held::Own(Box::new(RefCell::new(own)))
        };
        WriterAccount {
            meter: self,
            books,
            accounting,
        }
    }
}

impl WriterAccount<'_> {
    /// The counters of the transfer.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        self.meter
    }

    /// `n` bytes went to the sink, which takes them.
    pub fn count_out(&self, n: u64) {
        let now = self.meter.now();
        self.with(|it| it.settle(now));
        self.books.count_out(n, now);
        self.meter.sample_if_due(now);
    }

    /// Bytes the sink took.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.books.bytes_out()
    }

    /// Something has moved, if only in the kernel's buffers.
    pub fn moved(&self) {
        let now = nanos(self.meter.now());
        self.books.wrote_at.store(now, Ordering::Relaxed);
    }

    /// The writer does something else from now on.
    pub fn enter(&self, phase: Phase) {
        let now = self.meter.now();
        self.change(now, |it| it.work(phase, now));
    }

    /// The writer has nothing to write from now on: it waits for a transform that computes, or for the source.
    pub fn starve(&self) {
        let now = self.meter.now();
        self.change(now, |it| it.starve(now));
    }

    /// Of the time just spent moving, `time` was slept in the kernel, on account of the sink or the source.
    pub fn slept(&self, side: Side, time: Duration) {
        let phase = match side {
            Side::Source => Phase::Source,
            Side::Sink => Phase::Sink,
        };
        let now = self.meter.now();
        self.change(now, |it| {
            it.slept(phase, time, now);
            false
        });
    }

    /// Sets whether waiting is the fault of a peer from now on.
    pub fn set_peer_counts(&self, counts: bool) {
        self.books.set_peer_counts(counts);
    }

    /// Makes a change that displays are to see, and that tells whether it was our own doing that nothing has moved.
    fn change(&self, now: Duration, change: impl FnOnce(&mut Accounting) -> bool) {
        let was_ours = self.with(|it| {
            let was_ours = change(it);
            it.publish(&self.books.published);
            was_ours
        });
        if was_ours {
            self.meter.moved_at(now);
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Accounting) -> T) -> T {
        match &self.accounting {
            Held::Own(own) => work(&mut own.borrow_mut()),
            Held::Shared(shared) => work(&mut shared.lock()),
        }
    }
}

/// Gives the books back.
impl Drop for WriterAccount<'_> {
    fn drop(&mut self) {
        if let Held::Own(own) = &self.accounting {
            let none = Accounting::new(Duration::ZERO, 0);
            *self.books.accounting.lock() = own.replace(none);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::account::clock::Clock;
    use crate::account::meter::Meter;
    use crate::account::phase::Phase;
    use crate::engine::link::{Link, Marks};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_recording_has_the_phases_of_each_writer_and_the_fill_of_each_of_their_buffers() {
        let clock = Arc::new(Clock::new());
        let link = Link::new(Marks::DEFAULT, 2, 1 << 10, Arc::clone(&clock)).unwrap();
        let meter = Meter::new(Arc::new(link).into(), clock);
        meter.record();
        meter.start();
        for (consumer, phase) in [(0, Phase::Sink), (1, Phase::Rate)] {
            meter.writer(consumer).enter(phase);
        }
        let wait = meter.snapshot().elapsed + Duration::from_millis(1);
        while meter.snapshot().elapsed < wait {
            std::thread::yield_now();
        }
        meter.stop();
        let recording = meter.recording().unwrap();
        let waited = |writer: usize, phase| -> Duration {
            let spans = recording.phases[writer].iter();
            spans.map(|span| span.what.of(phase)).sum()
        };
        let waited = [0, 1].map(|it| [Phase::Sink, Phase::Rate].map(|phase| waited(it, phase)));
        let has_waited = waited.map(|it| it.map(|time| !time.is_zero()));
        assert_eq!(has_waited, [[true, false], [false, true]]);
        for sample in &recording.samples {
            assert_eq!(sample.what.writables.len(), 2);
        }
        assert!(!recording.samples.is_empty());
    }
}
