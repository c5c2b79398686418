//! Counts what has passed and where the time went, as seen from the writer. Whoever shows it samples it.

mod notes;
mod snapshot;

pub use snapshot::Snapshot;

use crate::account::clock::Clock;
use crate::account::phase::{Phase, Phases, Waits};
use crate::account::recording::{Glimpse, Recorder, Recording};
use crate::account::span::Span;
use crate::account::stages::{Activity, StageCount};
use crate::endpoint::{EndStatus, PerEnd, Probe};
use crate::engine::link::Chain;
use crate::error::Side;
use notes::Accounting;
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
    notes: Mutex<Accounting>,
    probes: OnceLock<PerEnd<Probe>>,
    recorder: Mutex<Option<Recorder>>,
}

impl Meter {
    /// Counters at zero; no time is booked yet.
    #[must_use]
    pub fn new(chain: Chain, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        let stages: Vec<_> = chain.transforms().map(StageCount::new).collect();
        let notes = Accounting::new(now, stages.len());
        Self {
            chain,
            stages,
            bytes_in: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            clock,
            notes: Mutex::new(notes),
            probes: OnceLock::new(),
            recorder: Mutex::default(),
        }
    }

    /// From now on these ends are looked at too.
    pub fn watch(&self, probes: PerEnd<Probe>) {
        // They are opened once.
        let _ = self.probes.set(probes);
    }

    /// From now on it is remembered what happened when.
    pub fn record(&self) {
        let mut notes = self.lock();
        notes.phases = Some(Phases::new(notes.since, notes.waits));
        notes.next_look = Some(Duration::ZERO);
        self.chain.first().record();
        *self.recorder() = Some(Recorder::new());
    }

    /// Takes note of how things stand: of everything if that is to be remembered, and else of the connections, which are
    /// judged from one look to the next. While bytes move the former is done anyhow.
    pub fn note(&self) {
        let mut recorder = self.recorder();
        if let Some(recorder) = recorder.as_mut() {
            let now = self.glimpse();
            recorder.look(&now);
            let mut notes = self.lock();
            let at = notes.started.unwrap_or_default() + now.elapsed;
            notes.next_look = Some(at + recorder.interval());
        } else {
            self.ends(Probe::status_without_fill);
        }
    }

    /// What there was over time, of a transfer that has ended. `None`: it was not to be remembered.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.note();
        let (recorder, elapsed) = (self.recorder().take()?, self.snapshot().elapsed);
        let mut notes = self.lock();
        let (at, waits) = (notes.since, notes.waits);
        let phases = notes.phases.take().map(|it| it.finish(at, &waits));
        let phases = phases.unwrap_or_default();
        let zero = notes.started.unwrap_or_default();
        Some(Recording {
            elapsed,
            phases: since(zero, elapsed, phases),
            pauses: since(zero, elapsed, self.chain.first().pauses()),
            ..recorder.finish()
        })
    }

    /// Both ends are open: time runs from now.
    pub fn start(&self) {
        let mut notes = self.lock();
        let now = self.clock.now();
        notes.started = Some(now);
        (notes.since, notes.moved) = (now, now);
        if let Some(phases) = &mut notes.phases {
            *phases = Phases::new(now, Waits::default());
        }
    }

    /// Nothing moves any more: time stands from now.
    pub fn stop(&self) {
        let mut notes = self.lock();
        let now = self.clock.now();
        notes.settle(now);
        notes.stopped.get_or_insert(now);
    }

    /// `n` bytes came from the source.
    pub fn count_in(&self, n: u64) {
        self.bytes_in.fetch_add(n, Ordering::Relaxed);
        self.moved();
    }

    /// `n` bytes came from the source and are left out.
    pub(crate) fn leave_out(&self, n: u64) {
        self.left_out.fetch_add(n, Ordering::Relaxed);
        self.moved();
    }

    /// Bytes that came from the source, those that were left out included.
    pub(crate) fn given(&self) -> u64 {
        let left_out = self.left_out.load(Ordering::Relaxed);
        left_out + self.bytes_in.load(Ordering::Relaxed)
    }

    /// What came from the source and did not go to the sink is going to come once more, by another road.
    pub(crate) fn recount_in(&self) {
        self.bytes_in.store(self.bytes_out(), Ordering::Relaxed);
    }

    /// `n` bytes went to the sink, which takes them.
    pub fn count_out(&self, n: u64) {
        self.bytes_out.fetch_add(n, Ordering::Relaxed);
        let mut notes = self.lock();
        let now = self.clock.now();
        notes.settle(now);
        notes.moved = now;
        let is_due = notes.next_look.is_some_and(|due| now >= due);
        drop(notes);
        if is_due {
            // By the writer, who is awake anyhow: to wake somebody else would cost more than all of it.
            self.note();
        }
    }

    /// Bytes the sink took.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// Something has moved, if only in the system's own buffers.
    pub fn moved(&self) {
        let mut notes = self.lock();
        notes.moved = self.clock.now();
    }

    /// The writer does something else from now on.
    pub fn enter(&self, phase: Phase) {
        let mut notes = self.lock();
        notes.starves = false;
        notes.enter(phase, self.clock.now());
    }

    /// The writer has nothing to write from now on: it waits for a transform that computes, or for the source.
    pub(crate) fn starve(&self) {
        let mut notes = self.lock();
        notes.starves = true;
        let phase = notes.stages.phase();
        notes.enter(phase, self.clock.now());
    }

    /// What a transform does from now on, counted from the source.
    pub(crate) fn set_doing(&self, stage: usize, doing: Activity) {
        let mut notes = self.lock();
        let now = self.clock.now();
        if notes.starves {
            notes.settle(now);
        }
        notes.stages.set(stage, doing);
        if notes.starves {
            let phase = notes.stages.phase();
            notes.enter(phase, now);
        }
    }

    /// The counters of a transform, counted from the source.
    pub(crate) fn stage(&self, stage: usize) -> Option<&StageCount> {
        self.stages.get(stage)
    }

    /// Of the time just spent moving, `time` was slept in the system, on account of the sink or the source.
    pub fn slept(&self, side: Side, time: Duration) {
        let phase = match side {
            Side::Source => Phase::Source,
            Side::Sink => Phase::Sink,
        };
        let mut notes = self.lock();
        // Of what was booked just now: while we were stopped nobody slept in the system.
        let time = time.min(notes.settle(self.clock.now()));
        notes.waits.shift(Phase::Moving, phase, time);
        let now = notes.since;
        if let Some(phases) = &mut notes.phases {
            phases.shift(now, Phase::Moving, phase, time);
        }
    }

    /// Whether waiting from now on is on account of a peer.
    pub fn set_peer_counts(&self, counts: bool) {
        self.lock().peer_counts = counts;
    }

    /// How long nothing has moved on account of a peer, and which side it is.
    #[must_use]
    pub fn idle(&self) -> Option<(Duration, Phase)> {
        let notes = self.lock();
        let phase = if notes.phase == Phase::Moving {
            Phase::Sink
        } else {
            notes.phase
        };
        let is_peer = notes.peer_counts && matches!(phase, Phase::Source | Phase::Sink);
        is_peer.then(|| (self.clock.now().saturating_sub(notes.moved), phase))
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = self.lock().times(&self.clock);
        let mut links: Vec<_> = self.chain.links().map(|link| link.snapshot()).collect();
        for link in &mut links {
            // Looked at a moment later, when a pause has gone on.
            link.paused = link.paused.min(now.elapsed);
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

    /// What there is to be remembered of now.
    fn glimpse(&self) -> Glimpse {
        let now = self.lock().times(&self.clock);
        let levels = self.chain.levels();
        // The pipes of our neighbours are looked at once, as our ends or as the buffers between which they stand.
        let look = if levels.is_ours {
            Probe::status
        } else {
            Probe::status_without_fill
        };
        Glimpse {
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
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans of a clock that showed `zero` when the transfer started, none of them beyond its end.
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
