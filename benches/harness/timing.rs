//! Wall and CPU time of a run, and the clock that takes them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;

/// What one run took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Timing {
    /// From before the first process was spawned until all had ended and what received their output had seen its end.
    pub(crate) wall_s: f64,
    /// User and system time of all processes of the run.
    pub(crate) cpu_s: f64,
}

/// Wall and CPU time since the start of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    cpu_before: Duration,
}

impl Clock {
    /// Starts a run.
    pub(crate) fn start() -> Result<Self> {
        let cpu_before = children_cpu()?;
        let start = Instant::now();
        Ok(Self { start, cpu_before })
    }

    /// Wall time so far.
    pub(crate) fn wall(self) -> Duration {
        self.start.elapsed()
    }

    /// What a run took whose wall time was `wall`; its processes must have been reaped.
    pub(crate) fn timing(self, wall: Duration) -> Result<Timing> {
        let cpu = children_cpu()?.saturating_sub(self.cpu_before);
        Ok(Timing {
            wall_s: wall.as_secs_f64(),
            cpu_s: cpu.as_secs_f64(),
        })
    }
}

/// CPU time of all reaped children. The benchmark's own threads are not in it.
pub(crate) fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage failed")?;
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}
