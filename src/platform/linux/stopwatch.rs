//! Finds out when the process was stopped (SIGSTOP, SIGTSTP).

use super::wake::WakeFd;
use crate::platform::threads;
use crate::sys::{self, Countdown};
use std::os::fd::AsFd;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Longer than any transfer: 34 years, in seconds.
const COUNTDOWN_SECONDS: u32 = 1 << 30;

/// Tells when the process was last stopped. No handler can: SIGSTOP cannot be caught (signal(7)).
///
/// A thread of its own sleeps for longer than any transfer takes. When the process is stopped, the kernel interrupts the sleep and
/// writes into the memory of the process how much of it was left; when the process is continued, the sleep goes on with that. The
/// time that has been slept is therefore the time that the process had run before its last stop.
#[derive(Debug)]
pub(crate) struct Stopwatch(Arc<Sleep>);

#[derive(Debug)]
struct Sleep {
    began: OnceLock<Instant>,
    countdown: Countdown,
    end: WakeFd,
}

impl Stopwatch {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the process is out of descriptors or threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        let sleep = Arc::new(Sleep {
            began: OnceLock::new(),
            countdown: Countdown::new(COUNTDOWN_SECONDS),
            end: WakeFd::new()?,
        });
        let sleeper = Arc::clone(&sleep);
        threads::spawn("stopwatch", move || sleeper.sleep())?;
        Ok(Self(sleep))
    }

    /// When the process was last stopped, on a clock that stands still while the process is stopped.
    pub(crate) fn stopped_at(&self) -> Option<Instant> {
        let began = self.0.began.get()?;
        let left = self.0.countdown.left();
        let ran = Duration::from_secs(COUNTDOWN_SECONDS.into()).saturating_sub(left);
        (!ran.is_zero()).then(|| *began + ran)
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        self.0.end.raise();
    }
}

impl Sleep {
    fn sleep(&self) {
        let _ = self.began.set(Instant::now());
        while matches!(
            sys::count_down(self.end.as_fd(), &self.countdown),
            Ok(false)
        ) {}
    }
}
