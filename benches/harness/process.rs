//! One process of a run: spawned in a group of its own, and killed with its children when dropped.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, anyhow};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::peer::Stage;
use super::terminal::Terminal;

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    /// Its command line.
    pub(crate) name: String,
    child: Child,
    pidfd: OwnedFd,
    stderr: File,
    terminal: Option<Terminal>,
    is_reaped: bool,
}

impl Process {
    /// Spawns `stage` between `stdin` and `stdout`, where it names no files in their place.
    pub(crate) fn spawn(stage: &Stage, stdin: Stdio, stdout: Stdio) -> Result<Self> {
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
            Some(path) => File::open(path)?.into(),
            None => stdin,
        };
        let stdout = match &stage.stdout {
            Some(path) => File::create(path)?.into(),
            None => stdout,
        };
        let mut child = Command::new(program)
            .args(args)
            .stdin(stdin)
            .stdout(stdout)
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
        Ok(Self {
            name: format!("`{}`", stage.argv.join(" ")),
            child,
            pidfd,
            stderr,
            terminal,
            is_reaped: false,
        })
    }

    /// Sends `signal` to the process and its children.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill_process_group(Pid::from_child(&self.child), signal).context("cannot send a signal")
    }

    /// Waits for the end, and returns a sentence if the process failed.
    pub(crate) fn reap(&mut self) -> Result<Option<String>> {
        let status = self.wait().context("cannot reap a child")?;
        if status.success() {
            self.terminal.take().map_or(Ok(()), Terminal::check)?;
            return Ok(None);
        }
        let (name, complaint) = (&self.name, self.complaint());
        Ok(Some(format!("{name} failed ({status}): {complaint}")))
    }

    /// Kills the process with its children, and returns how it ended, which may have been earlier.
    pub(crate) fn kill(&mut self) -> Result<ExitStatus> {
        if !self.is_reaped {
            // The group may be gone already; the zombie is still ours to reap.
            let _ = self.signal(Signal::KILL);
        }
        self.wait().context("cannot reap a child")
    }

    /// The number behind `key` in a file of the process's `/proc` directory.
    pub(crate) fn account(&self, file: &str, key: &str) -> Result<u64> {
        let path = format!("/proc/{}/{file}", self.child.id());
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        text.lines()
            .find_map(|line| line.strip_prefix(key))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| anyhow!("{path} of {} has no {key}", self.name))
    }

    /// What the process wrote to stderr.
    pub(crate) fn complaint(&self) -> String {
        let (mut stderr, mut text) = (&self.stderr, Vec::new());
        // An unreadable stderr only makes a message shorter.
        let _ = stderr.rewind();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        self.is_reaped = true;
        self.child.wait()
    }
}

/// Its pidfd, which is readable once the process has ended.
impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
