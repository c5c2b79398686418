//! When a run must end early: its deadline has passed, or a signal asked for it.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The longest a single run may take.
const LIMIT: Duration = Duration::from_secs(120);

/// How often a wait looks up to see whether it should go on.
const GLANCE: Duration = Duration::from_millis(100);

static SIGNALLED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Turns the terminating signals into a flag, so that children and the data file are always cleaned up.
pub(crate) fn watch_signals() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&SIGNALLED))
            .context("cannot watch signals")?;
    }
    Ok(())
}

/// Fails once a signal has come in.
pub(crate) fn check_signals() -> Result<()> {
    if SIGNALLED.load(Ordering::Relaxed) {
        bail!("interrupted");
    }
    Ok(())
}

/// The moment after which a run counts as hung.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    moment: Instant,
    limit: Duration,
}

impl Deadline {
    /// The deadline of a run that starts now.
    pub(crate) fn of_run() -> Self {
        Self::after(LIMIT)
    }

    /// That of one which may take `limit`.
    pub(crate) fn after(limit: Duration) -> Self {
        let moment = Instant::now() + limit;
        Self { moment, limit }
    }

    /// Fails when the run has to end.
    pub(crate) fn check(self) -> Result<()> {
        check_signals()?;
        if Instant::now() >= self.moment {
            bail!("still running after {} s: killed", self.limit.as_secs());
        }
        Ok(())
    }

    /// The time that is left, as a limit that a socket accepts: never none.
    pub(crate) fn left(self) -> Duration {
        self.moment
            .saturating_duration_since(Instant::now())
            .max(GLANCE)
    }

    /// Waits until `fd` is readable (a pidfd is when its process has ended), failing when the run has to end.
    pub(crate) fn wait_readable(self, fd: impl AsFd) -> Result<()> {
        while !is_readable_within(&fd, GLANCE)? {
            self.check()?;
        }
        Ok(())
    }
}

/// Whether `fd` becomes readable within `patience`.
pub(crate) fn is_readable_within(fd: impl AsFd, patience: Duration) -> Result<bool> {
    let timeout = Timespec::try_from(patience).context("patience too long")?;
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    match poll(&mut fds, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error).context("poll failed"),
    }
}
