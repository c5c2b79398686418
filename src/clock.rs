//! Time as a transfer sees it: it stands while the process is stopped (^Z), so that no time is booked in which
//! nothing could have moved.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A clock that can be held. Whoever reads it gets the time since it was made, less what was left out.
#[derive(Debug)]
pub struct Clock {
    made: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Time that does not count.
    left_out: Duration,
    /// The time it stands at.
    held_at: Option<Duration>,
}

impl Clock {
    /// A clock that runs from now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            made: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// The time that counts, since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        let state = self.lock();
        state.held_at.unwrap_or_else(|| self.running(&state))
    }

    /// The clock stands from now on.
    pub fn hold(&self) {
        let mut state = self.lock();
        state.held_at = Some(self.running(&state));
    }

    /// The clock runs again from where it stood.
    pub fn release(&self) {
        let mut state = self.lock();
        if let Some(held_at) = state.held_at.take() {
            state.left_out = self.made.elapsed().saturating_sub(held_at);
        }
    }

    /// So much of the time that has passed does not count, as was found out afterwards.
    pub fn leave_out(&self, time: Duration) {
        self.lock().left_out += time;
    }

    /// The time is read under the lock: whoever is stopped in between would see it jump.
    fn running(&self, state: &State) -> Duration {
        self.made.elapsed().saturating_sub(state.left_out)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// A time in nanoseconds, which is quickly added up; what is longer than five hundred years is as long as that.
pub(crate) fn nanos(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(time.subsec_nanos()))
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
