//! A limiter's process: spawned with its output in a pipe, signalled, and killed at the end of its run.

use std::fs::File;
use std::io::{self, PipeReader, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};

/// One reaps at a time: what the children's CPU time grows by is that child's.
static REAPING: Mutex<()> = Mutex::new(());

/// A running limiter, in a process group of its own.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stderr: File,
    /// The moment just before it was spawned.
    pub(crate) spawned: Instant,
    is_reaped: bool,
}

/// What a process has used from its spawning to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Wall time.
    pub(crate) wall: Duration,
}

impl Process {
    /// Spawns `words` with this standard input, and returns our end of its standard output too.
    pub(crate) fn spawn(words: &[String], stdin: Stdio) -> Result<(Self, PipeReader)> {
        let (program, args) = words.split_first().context("empty command line")?;
        let (ours, theirs) = io::pipe().context("cannot make a pipe")?;
        // Stderr goes to a file in memory: peers see that it is no terminal, and none can block on it.
        let stderr = File::from(memfd_create("stderr", MemfdFlags::CLOEXEC)?);
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(stdin)
            .stdout(theirs)
            .stderr(stderr.try_clone()?)
            .process_group(0);
        let spawned = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let process = Self {
            child,
            stderr,
            spawned,
            is_reaped: false,
        };
        Ok((process, ours))
    }

    /// Sends `signal`.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill_process_group(Pid::from_child(&self.child), signal).context("cannot send a signal")
    }

    /// Kills the limiter, and fails if it has ended before that.
    pub(crate) fn end(mut self) -> Result<Usage> {
        let (status, cpu) = self.kill()?;
        let wall = self.spawned.elapsed();
        if status.signal() != Some(Signal::KILL.as_raw()) {
            bail!("it ended by itself ({status}): {:?}", self.complaint());
        }
        Ok(Usage { cpu, wall })
    }

    fn kill(&mut self) -> Result<(ExitStatus, Duration)> {
        self.is_reaped = true;
        let _alone = REAPING.lock().unwrap_or_else(PoisonError::into_inner);
        let before = children_cpu()?;
        // The group may be gone already; the zombie is still ours to reap.
        let _ = self.signal(Signal::KILL);
        let status = self.child.wait().context("cannot reap a child")?;
        Ok((status, children_cpu()?.saturating_sub(before)))
    }

    /// What the process wrote to stderr.
    fn complaint(&self) -> String {
        let (mut stderr, mut text) = (&self.stderr, Vec::new());
        // An unreadable stderr only makes a message shorter.
        let _ = stderr.rewind();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_reaped {
            let _ = self.kill();
        }
    }
}

/// CPU time of all reaped children.
fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage failed")?;
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}
