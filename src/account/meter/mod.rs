//! Counts what has passed and where the time went, as the writer sees it. Displays take snapshots of it.

mod accounting;
mod snapshot;

pub use snapshot::Snapshot;

use crate::account::clock::Clock;
use crate::account::phase::{Phase, Phases, Waits};
use crate::account::recording::{Observation, Recorder, Recording};
use crate::account::span::Span;
use crate::account::stages::{Activity, StageCount};
use crate::endpoint::{EndStatus, PerEnd, Probe};
use crate::engine::link::{Chain, LinkState};
use crate::error::Side;
use accounting::Accounting;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The counters of one transfer.
#[derive(Debug)]
pub struct Meter {
    chain: Chain,
    stages: Vec<StageCount>,
    bytes_in: AtomicU64,
    /// Bytes that came from the source and are no part of the flow (`--skip`).
    left_out: AtomicU64,
    bytes_out: AtomicU64,
    clock: Arc<Clock>,
    accounting: Mutex<Accounting>,
    probes: OnceLock<PerEnd<Probe>>,
    recorder: Mutex<Option<Recorder>>,
}

impl Meter {
    /// Counters at zero; no time is booked yet.
    #[must_use]
    pub fn new(chain: Chain, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        let stages: Vec<_> = chain.transforms().map(StageCount::new).collect();
        let accounting = Accounting::new(now, stages.len());
        Self {
            chain,
            stages,
            bytes_in: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            clock,
            accounting: Mutex::new(accounting),
            probes: OnceLock::new(),
            recorder: Mutex::default(),
        }
    }

    /// From now on these ends are shown too.
    pub fn watch(&self, probes: PerEnd<Probe>) {
        // The ends are opened only once.
        let _ = self.probes.set(probes);
    }

    /// From now on it is recorded what happened when.
    pub fn record(&self) {
        let mut accounting = self.lock();
        accounting.phases = Some(Phases::new(accounting.since, accounting.waits));
        accounting.next_sample = Some(Duration::ZERO);
        self.chain.first().record();
        *self.recorder() = Some(Recorder::new());
    }

    /// Takes a sample if there is a recording, and else has the connections judge their progress since the last look.
    /// While bytes move, samples are taken anyway.
    pub fn note(&self) {
        let mut recorder = self.recorder();
        if let Some(recorder) = recorder.as_mut() {
            let now = self.observe();
            recorder.sample(&now);
            let mut accounting = self.lock();
            let at = accounting.started.unwrap_or_default() + now.elapsed;
            accounting.next_sample = Some(at + recorder.interval());
        } else {
            self.ends(Probe::status_without_fill);
        }
    }

    /// The recording of a transfer that has ended. `None`: it was not to be recorded.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.note();
        let (recorder, elapsed) = (self.recorder().take()?, self.snapshot().elapsed);
        let mut accounting = self.lock();
        let (at, waits) = (accounting.since, accounting.waits);
        let phases = accounting.phases.take().map(|it| it.finish(at, &waits));
        let phases = phases.unwrap_or_default();
        let zero = accounting.started.unwrap_or_default();
        Some(Recording {
            elapsed,
            phases: since(zero, elapsed, phases),
            pauses: since(zero, elapsed, self.chain.first().finish_recording()),
            ..recorder.finish()
        })
    }

    /// Both ends are open: time runs from now.
    pub fn start(&self) {
        let mut accounting = self.lock();
        let now = self.clock.now();
        accounting.started = Some(now);
        (accounting.since, accounting.moved) = (now, now);
        if let Some(phases) = &mut accounting.phases {
            *phases = Phases::new(now, Waits::default());
        }
    }

    /// Nothing moves any more: time stands from now.
    pub fn stop(&self) {
        let mut accounting = self.lock();
        let now = self.clock.now();
        accounting.settle(now);
        accounting.stopped.get_or_insert(now);
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

    /// `n` bytes went to the sink, which takes them.
    pub fn count_out(&self, n: u64) {
        self.bytes_out.fetch_add(n, Ordering::Relaxed);
        let mut accounting = self.lock();
        let now = self.clock.now();
        accounting.settle(now);
        accounting.moved = now;
        let is_due = accounting.next_sample.is_some_and(|due| now >= due);
        drop(accounting);
        if is_due {
            // The writer thread takes the sample, since it is awake: waking another thread would cost more than the
            // sample.
            self.note();
        }
    }

    /// Bytes the sink took.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// Something has moved, if only in the kernel's buffers.
    pub fn moved(&self) {
        let mut accounting = self.lock();
        accounting.moved = self.clock.now();
    }

    /// The writer does something else from now on.
    pub fn enter(&self, phase: Phase) {
        let mut accounting = self.lock();
        accounting.starves = false;
        accounting.enter(phase, self.clock.now());
    }

    /// The writer has nothing to write from now on: it waits for a transform that computes, or for the source.
    pub(crate) fn starve(&self) {
        let mut accounting = self.lock();
        accounting.starves = true;
        let phase = accounting.stages.phase();
        accounting.enter(phase, self.clock.now());
    }

    /// Sets what a transform does from now on. Transforms are counted from the source.
    pub(crate) fn set_activity(&self, stage: usize, activity: Activity) {
        let mut accounting = self.lock();
        let now = self.clock.now();
        if accounting.starves {
            accounting.settle(now);
        }
        accounting.stages.set(stage, activity);
        if accounting.starves {
            let phase = accounting.stages.phase();
            accounting.enter(phase, now);
        }
    }

    /// The counters of a transform, counted from the source.
    pub(crate) fn stage(&self, stage: usize) -> Option<&StageCount> {
        self.stages.get(stage)
    }

    /// Of the time just spent moving, `time` was slept in the kernel, on account of the sink or the source.
    pub fn slept(&self, side: Side, time: Duration) {
        let phase = match side {
            Side::Source => Phase::Source,
            Side::Sink => Phase::Sink,
        };
        let mut accounting = self.lock();
        // No more than was booked just now: a stop of the process is not time slept in the kernel.
        let time = time.min(accounting.settle(self.clock.now()));
        accounting.waits.shift(Phase::Moving, phase, time);
        let now = accounting.since;
        if let Some(phases) = &mut accounting.phases {
            phases.shift(now, Phase::Moving, phase, time);
        }
    }

    /// Sets whether waiting is the fault of a peer from now on.
    pub fn set_peer_counts(&self, counts: bool) {
        self.lock().peer_counts = counts;
    }

    /// For how long nothing has moved because of a peer, and at which end.
    #[must_use]
    pub fn idle(&self) -> Option<(Duration, Phase)> {
        let accounting = self.lock();
        let phase = if accounting.phase == Phase::Moving {
            Phase::Sink
        } else {
            accounting.phase
        };
        let is_peer = accounting.peer_counts && matches!(phase, Phase::Source | Phase::Sink);
        is_peer.then(|| (self.clock.now().saturating_sub(accounting.moved), phase))
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (now, stopped) = {
            let accounting = self.lock();
            (accounting.times(&self.clock), accounting.stopped)
        };
        let mut links: Vec<_> = self.chain.links().map(|link| link.snapshot()).collect();
        let since_stop = stopped.map(|it| self.clock.now().saturating_sub(it));
        for link in &mut links {
            // For a link that is paused when time stops, it stops too.
            let too_much = since_stop.filter(|_| link.state == LinkState::Paused);
            let paused = link.paused.saturating_sub(too_much.unwrap_or_default());
            // The links were sampled a moment later, in which a pause may have gone on.
            link.paused = paused.min(now.elapsed);
        }
        let stages = self.stages.iter().zip(now.blamed);
        Snapshot {
            elapsed: now.elapsed,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
            waits: now.waits,
            phase: now.phase,
            still: now.still,
            links,
            stages: stages.map(|(it, blamed)| it.snapshot(blamed)).collect(),
            ends: self.ends(Probe::status),
        }
    }

    /// What a sample records.
    fn observe(&self) -> Observation {
        let now = self.lock().times(&self.clock);
        let levels = self.chain.levels();
        // A pipe that is an end is read once: as the end, or as a buffer of the link.
        let look = if levels.is_ours {
            Probe::status
        } else {
            Probe::status_without_fill
        };
        Observation {
            elapsed: now.elapsed,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
            phase: now.phase,
            still: now.still,
            levels,
            ends: self.ends(look),
        }
    }

    fn ends(&self, look: fn(&Probe) -> EndStatus) -> PerEnd<EndStatus> {
        let ends = self.probes.get().map(|probes| PerEnd {
            source: look(&probes.source),
            sink: look(&probes.sink),
        });
        ends.unwrap_or_default()
    }

    fn recorder(&self) -> MutexGuard<'_, Option<Recorder>> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Accounting> {
        self.accounting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
