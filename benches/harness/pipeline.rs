//! The processes of one run: spawned together, waited for with a deadline, and killed when dropped.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};

use super::peer::Stage;
use super::process::Process;
use super::stop::{self, Deadline};

/// Running processes, each one's output being the next one's input.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    running: Vec<Process>,
}

impl Pipeline {
    /// Spawns `stages` between `stdin` and `stdout`.
    pub(crate) fn spawn(stages: &[Stage], stdin: Stdio, stdout: Stdio) -> Result<Self> {
        let mut pipeline = Self::default();
        let Some((last, others)) = stages.split_last() else {
            return Ok(pipeline);
        };
        let mut input = stdin;
        for stage in others {
            let (reader, writer) = io::pipe().context("cannot make a pipe")?;
            pipeline
                .running
                .push(Process::spawn(stage, input, writer.into())?);
            input = reader.into();
        }
        pipeline.running.push(Process::spawn(last, input, stdout)?);
        Ok(pipeline)
    }

    /// Waits until every process has ended. They stay zombies, so that `/proc` can still be asked.
    pub(crate) fn wait(&self, deadline: Deadline) -> Result<()> {
        for process in &self.running {
            deadline
                .wait_readable(process)
                .with_context(|| process.name.clone())?;
        }
        Ok(())
    }

    /// Whether the first process has ended, or does so within `patience`.
    pub(crate) fn has_ended_within(&self, patience: Duration) -> Result<bool> {
        match self.running.first() {
            Some(process) => stop::is_readable_within(process, patience),
            None => Ok(true),
        }
    }

    /// Reaps all processes, which adds their CPU time to the benchmark's children, and fails if one of them did.
    pub(crate) fn reap(&mut self) -> Result<()> {
        let complaints: Vec<String> = self
            .running
            .drain(..)
            .filter_map(|mut process| process.reap().transpose())
            .collect::<Result<_>>()?;
        if complaints.is_empty() {
            return Ok(());
        }
        bail!("{}", complaints.join("; "))
    }

    /// Kills everything and adds to `error` what the processes said.
    pub(crate) fn blame(&mut self, error: Error) -> Error {
        let said: Vec<String> = self
            .running
            .drain(..)
            .map(|mut process| {
                // What it has said by now is all there is, whether or not it can be killed.
                let _ = process.kill();
                format!("{} said: {:?}", process.name, process.complaint())
            })
            .collect();
        error.context(said.join("; "))
    }

    /// What the last process has read so far, as its kernel account says.
    pub(crate) fn read_by_last(&self) -> Result<u64> {
        let last = self.running.last().context("no process")?;
        last.account("io", "rchar:")
    }

    /// Peak resident memory of the first process so far, in KiB.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        let first = self.running.first().context("no process")?;
        first.account("status", "VmHWM:")
    }
}
