//! A limiter under way: spawned with its output in a pipe, and killed at the end of its run.

use std::io::{self, PipeReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::harness::peer::Stage;
use crate::harness::process::Process;
use crate::harness::timing::children_cpu;

/// One reaps at a time: what the children's CPU time grows by is that child's.
static REAPING: Mutex<()> = Mutex::new(());

/// A running limiter.
#[derive(Debug)]
pub(crate) struct Limiting {
    process: Process,
    /// The moment just before it was spawned.
    pub(crate) spawned: Instant,
}

/// What a limiter has used from its spawning to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Wall time.
    pub(crate) wall: Duration,
}

impl Limiting {
    /// Spawns `stage` with this standard input, and returns our end of its standard output too.
    pub(crate) fn spawn(stage: &Stage, stdin: Stdio) -> Result<(Self, PipeReader)> {
        let (ours, theirs) = io::pipe().context("cannot make a pipe")?;
        let spawned = Instant::now();
        let process = Process::spawn(stage, stdin, theirs.into())?;
        Ok((Self { process, spawned }, ours))
    }

    /// Sends `signal`.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// Kills the limiter, and fails if it has ended before that.
    pub(crate) fn end(mut self) -> Result<Usage> {
        let (status, cpu) = {
            let _alone = REAPING.lock().unwrap_or_else(PoisonError::into_inner);
            let before = children_cpu()?;
            let status = self.process.kill()?;
            (status, children_cpu()?.saturating_sub(before))
        };
        let wall = self.spawned.elapsed();
        if status.signal() != Some(Signal::KILL.as_raw()) {
            let complaint = self.process.complaint();
            bail!("it ended by itself ({status}): {complaint:?}");
        }
        Ok(Usage { cpu, wall })
    }
}
