//! Time as a transfer sees it: it stands still while the process is stopped (^Z, SIGSTOP), so that no time is booked in
//! which nothing could have moved. The first reader after a stop corrects the clock, so that no reader sees it jump.

use crate::platform::Stopwatch;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The time since the clock was made, less the time in which the process was stopped.
#[derive(Debug)]
pub struct Clock {
    made: Instant,
    stopwatch: OnceLock<Option<Stopwatch>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Time that does not count.
    left_out: Duration,
    /// When the last stop that is left out already began.
    stopped_at: Option<Instant>,
    /// What the clock last showed.
    shown: Duration,
}

impl Clock {
    /// A clock that runs from now on, even while the process is stopped.
    #[must_use]
    pub fn new() -> Self {
        Self {
            made: Instant::now(),
            stopwatch: OnceLock::new(),
            state: Mutex::default(),
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
                return self.show(now, stopped_at);
            }
        }
    }

    fn stopped_at(&self) -> Option<Instant> {
        self.stopwatch.get()?.as_ref()?.stopped_at()
    }

    fn show(&self, now: Instant, stopped_at: Option<Instant>) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.show(
            now.saturating_duration_since(self.made),
            stopped_at,
            self.made,
        )
    }
}

impl State {
    /// What the clock shows `passed` after it was `made`, when the last stop began at `stopped_at`, a moment from which
    /// earlier stops are left out already.
    fn show(&mut self, passed: Duration, stopped_at: Option<Instant>, made: Instant) -> Duration {
        if let Some(moment) = stopped_at.filter(|it| self.stopped_at < Some(*it)) {
            let stood_at = moment.saturating_duration_since(made).max(self.shown);
            self.left_out = passed.saturating_sub(stood_at);
            self.stopped_at = stopped_at;
        }
        // Another thread may have read a later time, and have got here earlier.
        self.shown = passed.saturating_sub(self.left_out).max(self.shown);
        self.shown
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
    use super::State;
    use std::time::{Duration, Instant};

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn it_goes_on_from_where_it_was_stopped_as_often_as_it_is() {
        let made = Instant::now();
        let mut state = State::default();
        let mut show = |passed, ran: Option<u64>| {
            let stopped_at = ran.map(|ran| made + millis(ran));
            state.show(millis(passed), stopped_at, made)
        };
        assert_eq!(show(100, None), millis(100));
        // Stopped at 150, and first looked at when that was over, at 400.
        assert_eq!(show(400, Some(150)), millis(150));
        assert_eq!(show(420, Some(150)), millis(170));
        // A thread that has read the time before that gets here later.
        assert_eq!(show(410, Some(150)), millis(170));
        // Stopped after 200 ms of running.
        assert_eq!(show(1000, Some(200)), millis(200));
        assert_eq!(show(1001, Some(200)), millis(201));
    }

    #[test]
    fn it_never_goes_back() {
        let made = Instant::now();
        let mut state = State::default();
        assert_eq!(state.show(millis(100), None, made), millis(100));
        // The stop is said to have begun before what was read last.
        let stopped_at = Some(made + millis(99));
        assert_eq!(state.show(millis(300), stopped_at, made), millis(100));
        assert_eq!(state.show(millis(301), stopped_at, made), millis(101));
    }
}
