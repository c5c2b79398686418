//! Time as a transfer sees it: it stands while the process is stopped (^Z, SIGSTOP), so that no time is booked in which
//! nothing could have moved. Whoever reads the clock first after a stop sets it right, so that nobody sees it jump.

use crate::platform::Stopwatch;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The time since it was made, less the time in which the process was stopped.
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
    /// When the process was last stopped, as far as that is left out.
    stopped_at: Option<Instant>,
    /// What it last showed.
    shown: Duration,
}

impl Clock {
    /// A clock that runs from now, whatever becomes of the process.
    #[must_use]
    pub fn new() -> Self {
        Self {
            made: Instant::now(),
            stopwatch: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// From now on it stands while the process is stopped; if the process is out of descriptors or threads, it runs on then
    /// as before.
    pub fn heed_stops(&self) {
        self.stopwatch.get_or_init(|| Stopwatch::start().ok());
    }

    /// The time that counts, since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        loop {
            let stopped_at = self.stopped_at();
            let now = Instant::now();
            // Stopped in between, we would have read a time that nobody has left out yet.
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
    /// What it shows so long after it was `made`, when the last stop began at `stopped_at`: at a moment from which the
    /// stops before it are left out already.
    fn show(&mut self, passed: Duration, stopped_at: Option<Instant>, made: Instant) -> Duration {
        if let Some(moment) = stopped_at.filter(|it| self.stopped_at < Some(*it)) {
            let stood_at = moment.saturating_duration_since(made).max(self.shown);
            self.left_out = passed.saturating_sub(stood_at);
            self.stopped_at = stopped_at;
        }
        // Another thread may have read the time before us, and be later here.
        self.shown = passed.saturating_sub(self.left_out).max(self.shown);
        self.shown
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
        // Whoever has read the time before that comes too late.
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
