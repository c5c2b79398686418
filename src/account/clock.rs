//! Time as a transfer sees it: it stands still while the process is stopped (^Z, SIGSTOP), so that no time is booked in
//! which nothing could have moved. The first reader after a stop corrects the clock, so that no reader sees it jump.

use crate::platform::Stopwatch;
use crate::platform::sync::Lock;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time since the clock was made, less the time in which the process was stopped.
#[derive(Debug)]
pub struct Clock {
    made: Instant,
    stopwatch: OnceLock<Option<Stopwatch>>,
    hand: Hand,
}

/// What a clock shows. It is read without a lock; only the first look after a stop takes one.
#[derive(Debug, Default)]
struct Hand {
    /// Time that does not count, in nanoseconds.
    left_out: AtomicU64,
    /// When the last stop that is left out already began, in nanoseconds; 0: there was none.
    stopped_at: AtomicU64,
    /// The latest time that the clock has shown, in nanoseconds.
    shown: AtomicU64,
    correcting: Lock<()>,
}

impl Clock {
    /// A clock that runs from now on, even while the process is stopped.
    #[must_use]
    pub fn new() -> Self {
        Self {
            made: Instant::now(),
            stopwatch: OnceLock::new(),
            hand: Hand::default(),
        }
    }

    /// From now on the clock stands still while the process is stopped. If the process is out of descriptors or
    /// threads, it runs on.
    pub fn heed_stops(&self) {
        self.stopwatch.get_or_init(|| Stopwatch::start().ok());
    }

    /// The time that counts, since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        loop {
            let stopped_at = self.stopped_at();
            let now = Instant::now();
            // If the process was stopped in between, `now` includes a stop that is not left out yet.
            if self.stopped_at() == stopped_at {
                let stopped_at = stopped_at.map(|it| self.since_made(it));
                let shown = self.hand.show(self.since_made(now), stopped_at);
                return Duration::from_nanos(shown);
            }
        }
    }

    fn stopped_at(&self) -> Option<Instant> {
        self.stopwatch.get()?.as_ref()?.stopped_at()
    }

    /// A moment as nanoseconds since the clock was made.
    fn since_made(&self, moment: Instant) -> u64 {
        nanos(moment.saturating_duration_since(self.made))
    }
}

impl Hand {
    /// What the clock shows when so many nanoseconds have `passed`, and the last stop began at `stopped_at`, a moment from
    /// which earlier stops are left out already.
    fn show(&self, passed: u64, stopped_at: Option<u64>) -> u64 {
        if let Some(moment) = stopped_at
            && moment > self.stopped_at.load(Ordering::Acquire)
        {
            self.leave_out_stop(passed, moment);
        }
        let time = passed.saturating_sub(self.left_out.load(Ordering::Relaxed));
        // Another thread may have read a later time, and have got here earlier.
        time.max(self.shown.fetch_max(time, Ordering::Relaxed))
    }

    /// Leaves out the time since the stop that began at `moment`, unless another thread has done so.
    fn leave_out_stop(&self, passed: u64, moment: u64) {
        let _one_at_a_time = self.correcting.lock();
        if moment > self.stopped_at.load(Ordering::Relaxed) {
            let stood_at = moment.max(self.shown.load(Ordering::Relaxed));
            let left_out = passed.saturating_sub(stood_at);
            self.left_out.store(left_out, Ordering::Relaxed);
            self.stopped_at.store(moment, Ordering::Release);
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// A time in nanoseconds, which add up quickly; more than five hundred years count as that.
pub(crate) fn nanos(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(time.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::Hand;

    #[test]
    fn it_goes_on_from_where_it_was_stopped_as_often_as_it_is() {
        let hand = Hand::default();
        assert_eq!(hand.show(100, None), 100);
        // Stopped at 150, and first looked at when that was over, at 400.
        assert_eq!(hand.show(400, Some(150)), 150);
        assert_eq!(hand.show(420, Some(150)), 170);
        // A thread that has read the time before that gets here later.
        assert_eq!(hand.show(410, Some(150)), 170);
        // Stopped after 200 of running.
        assert_eq!(hand.show(1000, Some(200)), 200);
        assert_eq!(hand.show(1001, Some(200)), 201);
    }

    #[test]
    fn it_never_goes_back() {
        let hand = Hand::default();
        assert_eq!(hand.show(100, None), 100);
        // The stop is said to have begun before what was read last.
        assert_eq!(hand.show(300, Some(99)), 100);
        assert_eq!(hand.show(301, Some(99)), 101);
    }
}
