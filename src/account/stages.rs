//! What each transform of a pipeline does and has done, and which of them the writer waits for.

use crate::account::phase::Phase;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The numbers of a transform at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StageSnapshot {
    /// Its name.
    pub name: &'static str,
    /// Bytes it took.
    pub bytes_in: u64,
    /// Bytes it made of them.
    pub bytes_out: u64,
    /// How many lines have passed, if it counts them.
    pub lines: Option<u64>,
    /// For how long the writer had nothing to write because of it.
    pub blamed: Duration,
}

/// The counters of a transform.
#[derive(Debug)]
pub(crate) struct StageCount {
    name: &'static str,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// The number of lines plus one; 0 if the transform does not count lines.
    lines: AtomicU64,
}

impl StageCount {
    /// Nothing has passed yet.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            lines: AtomicU64::new(0),
        }
    }

    /// Adds bytes that the transform has taken and made.
    pub(crate) fn count(&self, bytes_in: u64, bytes_out: u64) {
        self.bytes_in.fetch_add(bytes_in, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes_out, Ordering::Relaxed);
    }

    /// Sets how many lines have passed in all.
    pub(crate) fn set_lines(&self, lines: u64) {
        self.lines.store(lines.saturating_add(1), Ordering::Relaxed);
    }

    /// The numbers now.
    pub(crate) fn snapshot(&self, blamed: Duration) -> StageSnapshot {
        StageSnapshot {
            name: self.name,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            lines: self.lines.load(Ordering::Relaxed).checked_sub(1),
            blamed,
        }
    }
}

/// What a transform does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// It waits for input.
    Waits,
    /// It computes, or has output that the next stage is about to take.
    Computes,
}

/// What every transform does now, and for how long the writer has waited for each.
#[derive(Debug)]
pub(crate) struct Activities {
    of_stages: Vec<Activity>,
    /// Whether the reader lets nothing come for the rate limit.
    is_throttled: bool,
    blamed: Vec<Duration>,
}

impl Activities {
    /// The activities of so many transforms, which wait for the source.
    pub(crate) fn new(stages: usize) -> Self {
        Self {
            of_stages: vec![Activity::Waits; stages],
            is_throttled: false,
            blamed: vec![Duration::ZERO; stages],
        }
    }

    /// A transform does something else from now on.
    pub(crate) fn set(&mut self, stage: usize, activity: Activity) {
        if let Some(it) = self.of_stages.get_mut(stage) {
            *it = activity;
        }
    }

    /// The reader lets nothing come for the rate limit from now on, or lets it come again.
    pub(crate) fn set_throttled(&mut self, is_throttled: bool) {
        self.is_throttled = is_throttled;
    }

    /// The phase of a writer that has nothing to write.
    pub(crate) fn phase(&self) -> Phase {
        match self.culprit() {
            Some(_) => Phase::Transform,
            None if self.is_throttled => Phase::Rate,
            None => Phase::Source,
        }
    }

    /// The writer has spent `time` in `phase`.
    pub(crate) fn book(&mut self, phase: Phase, time: Duration) {
        let culprit = self.culprit().filter(|_| phase == Phase::Transform);
        if let Some(blamed) = culprit.and_then(|stage| self.blamed.get_mut(stage)) {
            *blamed += time;
        }
    }

    /// For how long the writer has waited for each.
    pub(crate) fn booked(&self) -> &[Duration] {
        &self.blamed
    }

    /// The transform that the writer waits for: the last one that computes, since those after it have no input.
    pub(crate) fn culprit(&self) -> Option<usize> {
        let mut activities = self.of_stages.iter();
        activities.rposition(|activity| *activity == Activity::Computes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Activities, Activity};
    use crate::account::phase::Phase;
    use std::time::Duration;

    #[test]
    fn the_last_transform_that_computes_is_the_one_that_is_waited_for() {
        let second = Duration::from_secs(1);
        let mut activities = Activities::new(3);
        assert_eq!(activities.phase(), Phase::Source);
        activities.set(0, Activity::Computes);
        activities.set(1, Activity::Computes);
        activities.book(activities.phase(), 2 * second);
        activities.set(1, Activity::Waits);
        assert_eq!(activities.phase(), Phase::Transform);
        activities.book(activities.phase(), second);
        activities.book(Phase::Sink, second);
        assert_eq!(activities.booked(), [second, 2 * second, Duration::ZERO]);
        activities.set(0, Activity::Waits);
        assert_eq!(activities.phase(), Phase::Source);
    }
}
