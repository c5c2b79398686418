//! One run's measurements, and the clock that takes them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;

/// The measurements of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    /// Bytes that arrived at the receiving end.
    pub(crate) bytes: u64,
    /// From before the first process was spawned until all had ended and the receiver had seen the end.
    pub(crate) wall_s: f64,
    /// User and system time of all processes of the run.
    pub(crate) cpu_s: f64,
    /// Peak resident memory, where the route asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_kib: Option<u64>,
    /// Every single message's way through, where the route asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) latencies_us: Vec<f64>,
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

    /// The sample of a run that took `wall` and delivered `bytes`; its processes must have been reaped.
    pub(crate) fn sample(self, wall: Duration, bytes: u64) -> Result<Sample> {
        let cpu = children_cpu()?.saturating_sub(self.cpu_before);
        Ok(Sample {
            bytes,
            wall_s: wall.as_secs_f64(),
            cpu_s: cpu.as_secs_f64(),
            peak_kib: None,
            latencies_us: Vec::new(),
        })
    }
}

/// CPU time of all reaped children. The harness's own threads are not in it.
fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage failed")?;
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}
