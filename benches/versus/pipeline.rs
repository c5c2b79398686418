//! The processes of one run: spawned together, waited for with a deadline, and killed when dropped.

use std::fs::{self, File};
use std::io::{self, PipeReader, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::command::Stage;
use crate::stop::{self, Deadline};
use crate::terminal::Terminal;

/// Running processes, each one's output being the next one's input.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    running: Vec<Running>,
}

impl Pipeline {
    /// Spawns `stages` between `stdin` and `stdout`.
    pub(crate) fn spawn(stages: &[Stage], stdin: Stdio, stdout: Stdio) -> Result<Self> {
        let mut pipeline = Self::default();
        let (mut input, mut output) = (Some(stdin), Some(stdout));
        for (index, stage) in stages.iter().enumerate() {
            let (out, next) = if index + 1 == stages.len() {
                (output.take(), None)
            } else {
                let (reader, writer) = io::pipe().context("cannot make a pipe")?;
                (Some(Stdio::from(writer)), Some(reader))
            };
            let ends = (input.take(), out);
            pipeline.running.push(Running::spawn(stage, ends)?);
            input = next.map(|reader: PipeReader| Stdio::from(reader));
        }
        Ok(pipeline)
    }

    /// Waits until every process has ended. They stay zombies, so that `/proc` can still be asked.
    pub(crate) fn wait(&self, deadline: Deadline) -> Result<()> {
        for running in &self.running {
            deadline
                .wait_readable(&running.pidfd)
                .with_context(|| running.name.clone())?;
        }
        Ok(())
    }

    /// Whether a process has ended, or does so within `patience`.
    pub(crate) fn has_ended_within(&self, patience: Duration) -> Result<bool> {
        match self.running.first() {
            Some(running) => stop::is_readable_within(&running.pidfd, patience),
            None => Ok(true),
        }
    }

    /// Reaps all processes, which adds their CPU time to the harness's children, and fails if one of them did.
    pub(crate) fn reap(&mut self) -> Result<()> {
        let complaints: Vec<String> = self
            .running
            .drain(..)
            .filter_map(|mut running| running.reap().transpose())
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
            .map(|mut running| {
                running.kill();
                format!("{} said: {:?}", running.name, running.complaint())
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

/// One process, in a process group of its own so that its children can be killed with it.
#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
    pidfd: OwnedFd,
    stderr: File,
    terminal: Option<Terminal>,
    reaped: bool,
}

impl Running {
    fn spawn(stage: &Stage, (stdin, stdout): (Option<Stdio>, Option<Stdio>)) -> Result<Self> {
        let (program, args) = stage.argv.split_first().context("empty command line")?;
        // Stderr goes to a file in memory: peers see that it is no terminal, and none can block on it.
        let stderr = File::from(memfd_create("stderr", MemfdFlags::CLOEXEC)?);
        let (terminal, stderr_of_child) = if stage.is_watched {
            let (terminal, theirs) = Terminal::open()?;
            (Some(terminal), theirs)
        } else {
            (None, stderr.try_clone()?.into())
        };
        let stdin = match &stage.stdin {
            Some(path) => Some(Stdio::from(File::open(path)?)),
            None => stdin,
        };
        let stdout = match &stage.stdout {
            Some(path) => Some(Stdio::from(File::create(path)?)),
            None => stdout,
        };
        let mut child = Command::new(program)
            .args(args)
            .stdin(stdin.unwrap_or_else(Stdio::null))
            .stdout(stdout.unwrap_or_else(Stdio::null))
            .stderr(stderr_of_child)
            .env("TERM", "xterm-256color")
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let pidfd = match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(error) => {
                child.kill()?;
                return Err(error).context("cannot watch a child");
            }
        };
        let name = format!("`{}`", stage.argv.join(" "));
        Ok(Self {
            name,
            child,
            pidfd,
            stderr,
            terminal,
            reaped: false,
        })
    }

    /// Waits, and returns a sentence if the process failed.
    fn reap(&mut self) -> Result<Option<String>> {
        let status = self.child.wait().context("cannot reap a child")?;
        self.reaped = true;
        if status.success() {
            self.terminal.take().map_or(Ok(()), Terminal::check)?;
            return Ok(None);
        }
        Ok(Some(format!(
            "{} failed ({status}): {}",
            self.name,
            self.complaint()
        )))
    }

    /// The number behind `key` in a file of the process's `/proc` directory.
    fn account(&self, file: &str, key: &str) -> Result<u64> {
        let path = format!("/proc/{}/{file}", self.child.id());
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        text.lines()
            .find_map(|line| line.strip_prefix(key))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| anyhow!("{path} of {} has no {key}", self.name))
    }

    /// What the process wrote to stderr.
    fn complaint(&self) -> String {
        let (mut stderr, mut text) = (&self.stderr, Vec::new());
        // An unreadable stderr only makes a message shorter.
        let _ = stderr.rewind();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    }

    fn kill(&mut self) {
        if !self.reaped {
            // The group may be gone already; the zombie is still ours to reap.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
            self.reaped = true;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
