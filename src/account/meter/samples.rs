//! Samples of a transfer under way, for its recording.

use super::{Meter, NEVER};
use crate::account::clock::nanos;
use crate::account::recording::{Observation, Recorder, Recording, most_phases};
use crate::account::span::Span;
use crate::endpoint::Probe;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Meter {
    /// From now on it is recorded what happened when. To be called before the writers begin.
    pub fn record(&self) {
        let most = most_phases(self.writers.len());
        for writer in &self.writers {
            writer.accounting.lock().record(most);
        }
        self.chain.first().record();
        *self.recorder.lock() = Some(Recorder::new(self.writers.len()));
        self.next_sample.store(0, Ordering::Relaxed);
    }

    /// Takes a sample if there is a recording, and else has the connections judge their progress since the last look.
    /// While bytes move, samples are taken anyway.
    pub fn note(&self) {
        match &mut *self.recorder.lock() {
            Some(recorder) => self.sample(recorder),
            None => drop(self.ends.look(Probe::status_without_fill)),
        }
    }

    /// Takes the sample that is due at `now`, unless another thread takes one. The writer thread does, since it is awake:
    /// waking another thread would cost more than the sample.
    pub(super) fn sample_if_due(&self, now: Duration) {
        if nanos(now) >= self.next_sample.load(Ordering::Relaxed)
            && let Some(mut recorder) = self.recorder.try_lock()
            && let Some(recorder) = recorder.as_mut()
        {
            self.sample(recorder);
        }
    }

    fn sample(&self, recorder: &mut Recorder) {
        let now = self.observe();
        recorder.sample(&now);
        let due = self.zero() + now.elapsed + recorder.interval();
        self.next_sample.store(nanos(due), Ordering::Relaxed);
    }

    pub(super) fn is_recorded(&self) -> bool {
        self.next_sample.load(Ordering::Relaxed) != NEVER
    }

    /// The recording of a transfer that has ended. `None`: it was not to be recorded.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.note();
        let (recorder, elapsed) = (self.recorder.lock().take()?, self.since_start(self.now()));
        let zero = self.zero();
        let phases = self.writers.iter().map(|writer| {
            let phases = writer.accounting.lock().finish_recording();
            since(zero, elapsed, phases)
        });
        Some(Recording {
            elapsed,
            phases: phases.collect(),
            pauses: since(zero, elapsed, self.chain.first().finish_recording()),
            ..recorder.finish()
        })
    }

    /// What a sample records.
    fn observe(&self) -> Observation {
        let now = self.now();
        let levels = self.chain.levels();
        // A pipe that is an end is read once: as the end, or as a buffer of the link.
        let look = if levels.is_ours {
            Probe::status
        } else {
            Probe::status_without_fill
        };
        Observation {
            elapsed: self.since_start(now),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
            phase: self.slowest().times(now).phase,
            still: self.still(now),
            levels,
            ends: self.ends.look(look).0,
        }
    }
}

/// Spans counted from `zero` on, when the transfer started, and none of them beyond its end.
fn since<T>(
    zero: Duration,
    elapsed: Duration,
    list: impl IntoIterator<Item = Span<T>>,
) -> Vec<Span<T>> {
    let on_ours = |time: Duration| time.saturating_sub(zero).min(elapsed);
    let list = list.into_iter();
    list.map(|span| Span {
        from: on_ours(span.from),
        to: on_ours(span.to),
        what: span.what,
    })
    .collect()
}
