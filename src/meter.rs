//! Counts what has passed and where the time went, as seen from the writer. Whoever shows it samples it.

use crate::link::{Link, LinkSnapshot};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the writer is doing. Every moment of a transfer belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has nothing to write: the source is waited for.
    Source,
    /// It has something to write that the sink does not take.
    Sink,
    /// It holds bytes back for the rate limit.
    Rate,
    /// It has nothing to write while a transform computes.
    Transform,
    /// It moves bytes.
    Moving,
}

impl Phase {
    /// The four kinds of waiting, in the order in which they are asked for.
    pub const WAITS: [Phase; 4] = [Phase::Source, Phase::Sink, Phase::Rate, Phase::Transform];

    /// The word for it in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Source => "source",
            Phase::Sink => "sink",
            Phase::Rate => "rate",
            Phase::Transform => "transform",
            Phase::Moving => "moving",
        }
    }
}

/// How long the writer spent in each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Waits([Duration; 5]);

impl Waits {
    /// The time spent in `phase`.
    #[must_use]
    pub fn of(&self, phase: Phase) -> Duration {
        self.0[phase as usize]
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }

    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Waits) -> Waits {
        let mut difference = *self;
        for (now, before) in difference.0.iter_mut().zip(earlier.0) {
            *now = now.saturating_sub(before);
        }
        difference
    }

    /// What binds the flow: the longest kind of waiting, unless more time was spent moving bytes than waiting at all.
    #[must_use]
    pub fn bound_by(&self) -> Option<Phase> {
        let waiting: Duration = Phase::WAITS.iter().map(|phase| self.of(*phase)).sum();
        let longest = Phase::WAITS
            .into_iter()
            .max_by_key(|phase| self.of(*phase))?;
        (waiting > Duration::ZERO && waiting >= self.of(Phase::Moving)).then_some(longest)
    }

    fn add(&mut self, phase: Phase, time: Duration) {
        self.0[phase as usize] += time;
    }

    /// Moves at most `time` from one phase to another.
    fn shift(&mut self, from: Phase, to: Phase, time: Duration) {
        let time = time.min(self.of(from));
        self.0[from as usize] -= time;
        self.add(to, time);
    }
}

/// The numbers of a transfer at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Since both ends were open.
    pub elapsed: Duration,
    /// Bytes read from the source.
    pub bytes_in: u64,
    /// Bytes the sink took.
    pub bytes_out: u64,
    /// Where the time went.
    pub waits: Waits,
    /// The buffers, in the order in which a byte meets them.
    pub links: Vec<LinkSnapshot>,
}

/// A call into the system that has lasted this long is not moving bytes any more, it waits.
const LONG_CALL: Duration = Duration::from_millis(100);

#[derive(Debug)]
struct Clock {
    started: Option<Instant>,
    stopped: Option<Instant>,
    phase: Phase,
    since: Instant,
    waits: Waits,
    moved: Instant,
    /// Whether the peer is to blame if nothing moves: not while we hold back or wait for a close.
    peer_counts: bool,
}

/// The counters of one transfer.
#[derive(Debug)]
pub struct Meter {
    link: Arc<Link>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    clock: Mutex<Clock>,
}

impl Meter {
    /// Counters at zero, with the clock standing.
    #[must_use]
    pub fn new(link: Arc<Link>) -> Self {
        let now = Instant::now();
        let clock = Clock {
            started: None,
            stopped: None,
            phase: Phase::Source,
            since: now,
            waits: Waits::default(),
            moved: now,
            peer_counts: true,
        };
        Self {
            link,
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            clock: Mutex::new(clock),
        }
    }

    /// Both ends are open: time runs from now.
    pub fn start(&self) {
        let mut clock = self.lock();
        let now = Instant::now();
        clock.started = Some(now);
        (clock.since, clock.moved) = (now, now);
    }

    /// Nothing moves any more: time stands from now.
    pub fn stop(&self) {
        let mut clock = self.lock();
        let now = Instant::now();
        clock.settle(now);
        clock.stopped.get_or_insert(now);
    }

    /// `n` bytes came from the source.
    pub fn count_in(&self, n: u64) {
        self.bytes_in.fetch_add(n, Ordering::Relaxed);
        self.moved();
    }

    /// `n` bytes went to the sink, which takes them.
    pub fn count_out(&self, n: u64) {
        self.bytes_out.fetch_add(n, Ordering::Relaxed);
        let mut clock = self.lock();
        let now = Instant::now();
        clock.settle(now);
        clock.moved = now;
    }

    /// Bytes the sink took.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// Something has moved, if only in the system's own buffers.
    pub fn moved(&self) {
        self.lock().moved = Instant::now();
    }

    /// The writer does something else from now on.
    pub fn enter(&self, phase: Phase) {
        let mut clock = self.lock();
        clock.settle(Instant::now());
        clock.phase = phase;
    }

    /// Of the time just spent moving, `time` was slept in the system: that is the sink.
    pub fn slept_in_sink(&self, time: Duration) {
        let mut clock = self.lock();
        clock.settle(Instant::now());
        clock.waits.shift(Phase::Moving, Phase::Sink, time);
    }

    /// Whether waiting from now on is on account of a peer.
    pub fn set_peer_counts(&self, counts: bool) {
        let mut clock = self.lock();
        clock.peer_counts = counts;
    }

    /// Since when nothing has moved on account of a peer, and which side it is.
    #[must_use]
    pub fn idle_since(&self) -> Option<(Instant, Phase)> {
        let clock = self.lock();
        let phase = if clock.phase == Phase::Moving {
            Phase::Sink
        } else {
            clock.phase
        };
        let is_peer = clock.peer_counts && matches!(phase, Phase::Source | Phase::Sink);
        is_peer.then_some((clock.moved, phase))
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let clock = self.lock();
        let now = clock.stopped.unwrap_or_else(Instant::now);
        let mut waits = clock.waits;
        let mut elapsed = Duration::ZERO;
        if let Some(started) = clock.started {
            let current = now.saturating_duration_since(clock.since);
            let stuck = clock.phase == Phase::Moving && current > LONG_CALL;
            waits.add(if stuck { Phase::Sink } else { clock.phase }, current);
            elapsed = now.saturating_duration_since(started);
        }
        drop(clock);
        Snapshot {
            elapsed,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out(),
            waits,
            links: vec![self.link.snapshot()],
        }
    }

    fn lock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// Books the time since the last change.
    fn settle(&mut self, now: Instant) {
        if self.started.is_some() && self.stopped.is_none() {
            let spent = now.saturating_duration_since(self.since);
            self.waits.add(self.phase, spent);
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Waits};
    use std::time::Duration;

    fn waits(millis: [u64; 5]) -> Waits {
        Waits(millis.map(Duration::from_millis))
    }

    #[test]
    fn the_longest_wait_binds_unless_moving_is_most_of_it() {
        let table = [
            ([0, 0, 0, 0, 0], None),
            ([10, 90, 0, 0, 5], Some(Phase::Sink)),
            ([90, 10, 0, 0, 100], Some(Phase::Source)),
            ([1, 2, 3, 0, 100], None),
            ([0, 0, 5, 9, 0], Some(Phase::Transform)),
        ];
        for (millis, bound) in table {
            assert_eq!(waits(millis).bound_by(), bound, "{millis:?}");
        }
    }

    #[test]
    fn shifting_keeps_the_total() {
        let mut it = waits([1, 2, 3, 4, 5]);
        it.shift(Phase::Moving, Phase::Sink, Duration::from_millis(9));
        assert_eq!(it, waits([1, 7, 3, 4, 0]));
        assert_eq!(it.since(&waits([1, 1, 1, 1, 0])), waits([0, 6, 2, 3, 0]));
    }
}
