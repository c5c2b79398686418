//! Counts what has passed and where the time went, as the writers see it. Whoever moves the bytes counts, without a lock;
//! displays take snapshots of what is published.

mod accounting;
mod snapshot;
mod writer;

pub use snapshot::{SinkSnapshot, Snapshot};
pub use writer::WriterAccount;

use crate::account::clock::{Clock, nanos};
use crate::account::phase::Phase;
use crate::account::published::Published;
use crate::account::recording::{Observation, Recorder, Recording, most_phases};
use crate::account::span::Span;
use crate::account::stages::{Activity, StageCount};
use crate::endpoint::{EndStatus, PerEnd, Probe};
use crate::engine::link::Chain;
use crate::platform::sync::Lock;
use accounting::{Accounting, Times};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// In the place of a moment: there is none yet, or will be none.
const NEVER: u64 = u64::MAX;

/// The counters of one transfer.
#[derive(Debug)]
pub struct Meter {
    chain: Chain,
    stages: Vec<StageCount>,
    bytes_in: AtomicU64,
    /// Bytes that came from the source and are no part of the flow (`--skip`).
    left_out: AtomicU64,
    /// One for each consumer of the last link.
    writers: Vec<WriterBooks>,
    clock: Arc<Clock>,
    /// When both ends were open, when the transfer ended, and when something last moved beside the writers, in nanoseconds on
    /// the clock.
    started: AtomicU64,
    stopped: AtomicU64,
    moved: AtomicU64,
    /// Whether the peer is to blame if nothing moves: at the end not, unless it is the peer that the sink waits for.
    peer_counts: AtomicBool,
    probes: Lock<Option<PerEnd<Probe>>>,
    recorder: Lock<Option<Recorder>>,
    /// When the next sample is due, if there are to be any.
    next_sample: AtomicU64,
}

/// The counters of one writer.
#[derive(Debug)]
struct WriterBooks {
    bytes_out: AtomicU64,
    /// When the sink last took something, in nanoseconds on the clock.
    wrote_at: AtomicU64,
    /// The books, unless the writer has them.
    accounting: Lock<Accounting>,
    published: Published,
}

impl WriterBooks {
    fn new(now: Duration, transforms: usize) -> Self {
        Self {
            bytes_out: AtomicU64::new(0),
            wrote_at: AtomicU64::new(nanos(now)),
            accounting: Lock::new(Accounting::new(now, transforms)),
            published: Accounting::published(transforms),
        }
    }

    /// The sink has taken `n` bytes, at `now`. Only its writer calls this.
    fn count_out(&self, n: u64, now: Duration) {
        self.bytes_out
            .store(self.bytes_out() + n, Ordering::Relaxed);
        self.wrote_at.store(nanos(now), Ordering::Relaxed);
    }

    fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    fn times(&self, now: Duration) -> Times {
        let wrote_at = Duration::from_nanos(self.wrote_at.load(Ordering::Relaxed));
        Times::at(now, wrote_at, &self.published)
    }
}

impl Meter {
    /// Counters at zero; no time is booked yet.
    #[must_use]
    pub fn new(chain: Chain, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        let stages: Vec<_> = chain.transforms().map(StageCount::new).collect();
        let writers = chain.last().consumers();
        Self {
            writers: writers
                .map(|_| WriterBooks::new(now, stages.len()))
                .collect(),
            chain,
            stages,
            bytes_in: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            clock,
            started: AtomicU64::new(NEVER),
            stopped: AtomicU64::new(NEVER),
            moved: AtomicU64::new(nanos(now)),
            peer_counts: AtomicBool::new(true),
            probes: Lock::default(),
            recorder: Lock::default(),
            next_sample: AtomicU64::new(NEVER),
        }
    }

    /// From now on these ends are shown too.
    pub fn watch(&self, probes: PerEnd<Probe>) {
        *self.probes.lock() = Some(probes);
    }

    /// From now on this source is shown instead of the one before.
    pub fn watch_source(&self, probe: Probe) {
        if let Some(probes) = &mut *self.probes.lock() {
            probes.source = probe;
        }
    }

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
            None => drop(self.ends(Probe::status_without_fill)),
        }
    }

    /// Takes the sample that is due at `now`, unless another thread takes one. The writer thread does, since it is awake:
    /// waking another thread would cost more than the sample.
    fn sample_if_due(&self, now: Duration) {
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

    fn is_recorded(&self) -> bool {
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

    /// Both ends are open: time runs from now. To be called before the writers begin.
    pub fn start(&self) {
        let now = self.clock.now();
        self.started.store(nanos(now), Ordering::Relaxed);
        self.moved_at(now);
        for writer in &self.writers {
            writer.wrote_at.store(nanos(now), Ordering::Relaxed);
            let mut accounting = writer.accounting.lock();
            accounting.start(now);
            accounting.publish(&writer.published);
        }
    }

    /// Nothing moves any more: time stands from now.
    pub fn stop(&self) {
        let now = self.now();
        self.stopped.store(nanos(now), Ordering::Relaxed);
        for writer in &self.writers {
            // Of a writer that hangs these are no books at all, and what it has published stands.
            let mut accounting = writer.accounting.lock();
            accounting.settle(now);
        }
    }

    /// `n` bytes came from the source.
    pub fn count_in(&self, n: u64) {
        self.bytes_in.fetch_add(n, Ordering::Relaxed);
        self.moved();
    }

    /// `n` bytes came from the source and were skipped.
    pub(crate) fn leave_out(&self, n: u64) {
        self.left_out.fetch_add(n, Ordering::Relaxed);
        self.moved();
    }

    /// Bytes that came from the source, with those that were skipped.
    pub(crate) fn given(&self) -> u64 {
        let left_out = self.left_out.load(Ordering::Relaxed);
        left_out + self.bytes_in.load(Ordering::Relaxed)
    }

    /// Bytes that came from the source and did not go to the sink will come again, on the buffered road.
    pub(crate) fn recount_in(&self) {
        self.bytes_in.store(self.bytes_out(), Ordering::Relaxed);
    }

    /// Bytes that every sink took.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.slowest().bytes_out()
    }

    /// Something has moved, if only in the kernel's buffers.
    pub fn moved(&self) {
        self.moved_at(self.now());
    }

    fn moved_at(&self, now: Duration) {
        self.moved.store(nanos(now), Ordering::Relaxed);
    }

    /// Sets what a transform does from now on. Transforms are counted from the source.
    pub(crate) fn set_activity(&self, stage: usize, activity: Activity) {
        let now = self.now();
        for writer in &self.writers {
            let mut accounting = writer.accounting.lock();
            let was_ours = accounting.stages_change(now, |stages| stages.set(stage, activity));
            accounting.publish(&writer.published);
            if was_ours {
                self.moved_at(now);
            }
        }
    }

    /// The counters of a transform, counted from the source.
    pub(crate) fn stage(&self, stage: usize) -> Option<&StageCount> {
        self.stages.get(stage)
    }

    /// Sets whether waiting is the fault of a peer from now on.
    pub fn set_peer_counts(&self, counts: bool) {
        self.peer_counts.store(counts, Ordering::Relaxed);
    }

    /// For how long nothing has moved because of a peer, and at which end. `None`: no peer is waited for.
    #[must_use]
    pub fn idle(&self) -> Option<(Duration, Phase)> {
        let now = self.now();
        let phase = match self.slowest().times(now).phase {
            Phase::Moving => Phase::Sink,
            phase => phase,
        };
        let counts = self.peer_counts.load(Ordering::Relaxed);
        let is_peer = counts && matches!(phase, Phase::Source | Phase::Sink);
        is_peer.then(|| (self.still(now), phase))
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let times = self.slowest().times(self.now());
        let (now, elapsed) = (times.at, self.since_start(times.at));
        let links = self.chain.links().map(|link| link.snapshot_at(now));
        let mut links: Vec<_> = links.collect();
        for link in &mut links {
            // Both ends may have been opened after the clock was made.
            link.paused = link.paused.min(elapsed);
        }
        let ends = self.ends(Probe::status);
        let stages = self.stages.iter().zip(times.blamed);
        let sinks = self.writers.iter().map(|writer| {
            let times = writer.times(now);
            SinkSnapshot {
                bytes_out: writer.bytes_out(),
                waits: times.waits,
                phase: times.phase,
                end: ends.sink,
            }
        });
        Snapshot {
            elapsed,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
            waits: times.waits,
            phase: times.phase,
            still: self.still(now),
            links,
            stages: stages.map(|(it, blamed)| it.snapshot(blamed)).collect(),
            sinks: sinks.collect(),
            ends,
        }
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
            ends: self.ends(look),
        }
    }

    /// The writer whose sink has taken least: the only one, or the one that the others wait for.
    fn slowest(&self) -> &WriterBooks {
        let slowest = self.writers.iter().min_by_key(|it| it.bytes_out());
        slowest.unwrap_or(&self.writers[0])
    }

    /// The time on the clock; it stands once the transfer has ended.
    fn now(&self) -> Duration {
        let stopped = self.stopped.load(Ordering::Relaxed);
        self.clock.now().min(Duration::from_nanos(stopped))
    }

    /// When both ends were open, on the clock.
    fn zero(&self) -> Duration {
        match self.started.load(Ordering::Relaxed) {
            NEVER => Duration::ZERO,
            started => Duration::from_nanos(started),
        }
    }

    /// The time from that moment to `now`.
    fn since_start(&self, now: Duration) -> Duration {
        match self.started.load(Ordering::Relaxed) {
            NEVER => Duration::ZERO,
            started => now.saturating_sub(Duration::from_nanos(started)),
        }
    }

    /// For how long nothing has moved at `now`.
    fn still(&self, now: Duration) -> Duration {
        let wrote_at = self
            .writers
            .iter()
            .map(|it| it.wrote_at.load(Ordering::Relaxed));
        let moved = wrote_at.fold(self.moved.load(Ordering::Relaxed), u64::max);
        now.saturating_sub(Duration::from_nanos(moved))
    }

    fn ends(&self, look: fn(&Probe) -> EndStatus) -> PerEnd<EndStatus> {
        let ends = self.probes.lock().as_ref().map(|probes| PerEnd {
            source: look(&probes.source),
            sink: look(&probes.sink),
        });
        ends.unwrap_or_default()
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
