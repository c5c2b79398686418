//! Time as a transfer sees it: it stands while the process is stopped (^Z), so that no time is booked in which
//! nothing could have moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Stands where no moment is held. Nobody runs for 584 years.
const RUNNING: u64 = u64::MAX;

/// A clock that can be held. Whoever reads it gets the time since it was made, less what was left out.
#[derive(Debug)]
pub struct Clock {
    made: Instant,
    /// Nanoseconds that do not count.
    left_out: AtomicU64,
    /// The moment it stands at, in nanoseconds, or `RUNNING`.
    held_at: AtomicU64,
}

impl Clock {
    /// A clock that runs from now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            made: Instant::now(),
            left_out: AtomicU64::new(0),
            held_at: AtomicU64::new(RUNNING),
        }
    }

    /// The time that counts, since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        match self.held_at.load(Ordering::Acquire) {
            RUNNING => Duration::from_nanos(self.running()),
            held_at => Duration::from_nanos(held_at),
        }
    }

    /// The clock stands from now on.
    pub fn hold(&self) {
        self.held_at.store(self.running(), Ordering::Release);
    }

    /// The clock runs again from where it stood.
    pub fn release(&self) {
        let held_at = self.held_at.load(Ordering::Acquire);
        if held_at != RUNNING {
            self.left_out
                .fetch_add(self.running().saturating_sub(held_at), Ordering::AcqRel);
            self.held_at.store(RUNNING, Ordering::Release);
        }
    }

    /// So much of the time that has passed does not count, as was found out afterwards.
    pub fn leave_out(&self, time: Duration) {
        self.left_out.fetch_add(nanos(time), Ordering::AcqRel);
    }

    fn running(&self) -> u64 {
        nanos(self.made.elapsed()).saturating_sub(self.left_out.load(Ordering::Acquire))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::{Duration, Instant};

    fn left_out(clock: &Clock) -> Duration {
        let counted = clock.now();
        clock.made.elapsed().saturating_sub(counted)
    }

    #[test]
    fn held_it_stands_and_released_it_goes_on_from_there() {
        let clock = Clock::new();
        clock.hold();
        let then = clock.now();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(5) {}
        assert_eq!(clock.now(), then);
        clock.release();
        let now = clock.now();
        assert!(now >= then);
        assert!(left_out(&clock) >= Duration::from_millis(5));
    }

    #[test]
    fn time_left_out_afterwards_does_not_count() {
        let clock = Clock::new();
        while clock.now() < Duration::from_millis(3) {}
        clock.leave_out(Duration::from_millis(2));
        assert!(left_out(&clock) >= Duration::from_millis(2));
    }
}
