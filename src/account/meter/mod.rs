//! Counts what has passed and where the time went, as the writers see it. Whoever moves the bytes counts, without a lock;
//! displays take snapshots of what is published.

mod accounting;
mod ends;
mod idle;
mod samples;
mod snapshot;
mod writer;

pub use snapshot::{SinkSnapshot, Snapshot};
pub use writer::WriterAccount;

use crate::account::clock::{Clock, nanos};
use crate::account::published::Published;
use crate::account::recording::Recorder;
use crate::account::stages::{Activities, Activity, StageCount};
use crate::endpoint::Probe;
use crate::engine::gate::ConsumerId;
use crate::engine::link::Chain;
use crate::platform::sync::Lock;
use accounting::{Accounting, Times};
use ends::Ends;
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
    ends: Ends,
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
    /// Whether the peer is to blame if nothing moves: at the end not, unless it is the peer that the sink waits for.
    peer_counts: AtomicBool,
    /// Whether the sink takes nothing more, though the others may.
    has_left: AtomicBool,
    /// The books, unless the writer has them.
    accounting: Lock<Accounting>,
    published: Published,
}

impl WriterBooks {
    fn new(now: Duration, transforms: usize) -> Self {
        Self {
            bytes_out: AtomicU64::new(0),
            wrote_at: AtomicU64::new(nanos(now)),
            peer_counts: AtomicBool::new(true),
            has_left: AtomicBool::new(false),
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

    fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
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
            ends: Ends::default(),
            recorder: Lock::default(),
            next_sample: AtomicU64::new(NEVER),
        }
    }

    /// From now on these ends are shown too.
    pub fn watch(&self, source: Probe, sinks: Vec<Probe>) {
        self.ends.watch(source, sinks);
    }

    /// From now on this source is shown instead of the one before.
    pub fn watch_source(&self, probe: Probe) {
        self.ends.watch_source(probe);
    }

    /// From now on the sinks are shown by these names.
    pub fn name_sinks(&self, names: impl IntoIterator<Item = String>) {
        self.ends.name_sinks(names);
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

    /// `n` bytes that came from the source will come again, on the buffered road.
    pub(crate) fn come_again(&self, n: u64) {
        self.bytes_in.fetch_sub(n, Ordering::Relaxed);
    }

    /// Bytes that every sink took, but for those that have left before the others.
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
        self.change_stages(|stages| stages.set(stage, activity));
    }

    /// What writers without bytes wait for has changed.
    fn change_stages(&self, change: impl Fn(&mut Activities)) {
        let now = self.now();
        for writer in &self.writers {
            let mut accounting = writer.accounting.lock();
            let was_ours = accounting.stages_change(now, &change);
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

    /// The reader lets nothing come for the rate limit from now on, or lets it come again.
    pub(crate) fn set_throttled(&self, is_throttled: bool) {
        self.change_stages(|stages| stages.set_throttled(is_throttled));
    }

    /// The sink of this consumer takes nothing more, and is not waited for any more.
    pub(crate) fn leave(&self, consumer: ConsumerId) {
        self.writers[consumer]
            .has_left
            .store(true, Ordering::Relaxed);
        self.moved();
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
        let ((ends, of_sinks), names) = (self.ends.look(Probe::status), self.ends.names());
        let stages = self.stages.iter().zip(times.blamed);
        let sinks = self.writers.iter().enumerate().map(|(sink, writer)| {
            let times = writer.times(now);
            SinkSnapshot {
                name: names.get(sink).cloned(),
                bytes_out: writer.bytes_out(),
                waits: times.waits,
                phase: times.phase,
                has_left: writer.has_left(),
                end: of_sinks.get(sink).copied().unwrap_or_default(),
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

    /// The writer whose sink has taken least: the only one, or the one that the others wait for. Once all have left, the last one
    /// that did.
    fn slowest(&self) -> &WriterBooks {
        let there = self.writers.iter().filter(|it| !it.has_left());
        let slowest = there.min_by_key(|it| it.bytes_out());
        let last = || self.writers.iter().max_by_key(|it| it.bytes_out());
        slowest.or_else(last).unwrap_or(&self.writers[0])
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
}
