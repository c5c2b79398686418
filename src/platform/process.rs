//! A command of the shell as a process, which is a transform or an end: how it is started, watched, signalled and reaped.
//!
//! At a terminal it stays in our process group: it may ask there, and ^C reaches it and its children. Elsewhere it gets a group of
//! its own, so that signals of ours reach its children too.

use super::WakeFd;
use super::sync::Lock;
use super::threads;
use crate::platform;
use crate::sys;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a command may take to exit after SIGTERM before it is killed.
const TERM_GRACE: Duration = Duration::from_millis(200);

/// What a shell adds to the number of a signal that ended a command, for a status (sh(1)).
const SHELL_SIGNAL: i32 = 128;

/// A running command, which is ended when this is dropped: by SIGTERM, and by SIGKILL if it takes too long.
#[derive(Debug)]
pub(crate) struct Process(Arc<Running>);

#[derive(Debug)]
struct Running {
    pid: Pid,
    /// Whether it leads a process group of its own.
    has_group: bool,
    watch: Watch,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    child: Child,
    has_exited: bool,
    /// When it was told to end, if it was.
    told_to_end: Option<Instant>,
}

impl Process {
    /// Starts `sh -c COMMAND`.
    ///
    /// # Errors
    /// When the system refuses a process, or what is needed to watch it.
    pub(crate) fn start(
        command: impl AsRef<OsStr>,
        stdin: Stdio,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Self> {
        Self::start_watched(command.as_ref(), [stdin, stdout, stderr], Watch::new)
    }

    fn start_watched(
        command: &OsStr,
        [stdin, stdout, stderr]: [Stdio; 3],
        watch: impl FnOnce(Pid) -> io::Result<Watch>,
    ) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command);
        shell.stdin(stdin).stdout(stdout).stderr(stderr);
        sys::begin_unblocked(&mut shell);
        let has_group = !is_at_terminal();
        if has_group {
            shell.process_group(0);
        }
        let mut child = shell.spawn().map_err(threads::refused)?;
        let pid = Pid::from_child(&child);
        match watch(pid) {
            Ok(watch) => Ok(Self(Arc::new(Running {
                pid,
                has_group,
                watch,
                state: Lock::new(State {
                    child,
                    has_exited: false,
                    told_to_end: None,
                }),
            }))),
            Err(error) => {
                // It has only just begun. Both fail only if it has ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Our ends of the pipes to its standard input and from its standard output, once, if there are pipes.
    pub(crate) fn take_pipes(&self) -> (Option<ChildStdin>, Option<ChildStdout>) {
        let child = &mut self.0.state.lock().child;
        (child.stdin.take(), child.stdout.take())
    }

    /// What becomes readable once it has exited.
    pub(crate) fn exit_fd(&self) -> BorrowedFd<'_> {
        self.0.watch.as_fd()
    }

    /// How it has exited, if it has.
    ///
    /// # Errors
    /// Those of waitpid(2): the exit status is lost, as where the parent process had us ignore SIGCHLD.
    pub(crate) fn exit_status(&self) -> io::Result<Option<ExitStatus>> {
        self.0.state.lock().exit_status()
    }

    /// Whether it has exited, as [`Process::exit_status`] has told before.
    pub(crate) fn is_known_to_have_exited(&self) -> bool {
        self.0.state.lock().has_exited
    }

    /// Tells it to end, unless it was told before or is known to have exited. Returns when it has had the time to.
    pub(crate) fn tell_to_end(&self) -> Instant {
        self.0.tell_to_end()
    }

    /// Whether it was told to end.
    pub(crate) fn is_told_to_end(&self) -> bool {
        self.0.state.lock().told_to_end.is_some()
    }

    /// Kills it, unless it is known to have exited.
    pub(crate) fn kill(&self) {
        self.0.send(Signal::KILL, &self.0.state.lock());
    }

    /// For whoever may have to end it where its owner cannot.
    pub(crate) fn leash(&self) -> Leash {
        Leash(Arc::clone(&self.0))
    }
}

/// Ends it, if it still runs.
impl Drop for Process {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Ends a command that somebody else owns.
#[derive(Debug, Clone)]
pub(crate) struct Leash(Arc<Running>);

impl Leash {
    /// Ends it, if it still runs.
    pub(crate) fn end(&self) {
        self.0.end();
    }
}

impl Running {
    fn end(&self) {
        if self.has_exited() {
            return;
        }
        let kill_at = self.tell_to_end();
        if !self.exits_before(kill_at) {
            let mut state = self.state.lock();
            self.send(Signal::KILL, &state);
            state.has_exited |= state.child.wait().is_ok();
        }
    }

    fn tell_to_end(&self) -> Instant {
        let mut state = self.state.lock();
        let told = state.told_to_end.unwrap_or_else(|| {
            self.send(Signal::TERM, &state);
            Instant::now()
        });
        state.told_to_end = Some(told);
        told + TERM_GRACE
    }

    fn has_exited(&self) -> bool {
        let mut state = self.state.lock();
        state.has_exited || !matches!(state.exit_status(), Ok(None))
    }

    fn exits_before(&self, until: Instant) -> bool {
        while !self.has_exited() {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap_or_default();
            let mut exit = [PollFd::from_borrowed_fd(self.watch.as_fd(), PollFlags::IN)];
            match poll(&mut exit, Some(&left)) {
                Ok(1..) | Err(Errno::INTR) => {}
                Ok(0) | Err(_) => return self.has_exited(),
            }
        }
        true
    }

    /// Sends a signal to the command, and to its children where it leads a group. Once it is reaped, its number may be that of
    /// another process.
    fn send(&self, signal: Signal, state: &State) {
        if state.has_exited {
            return;
        }
        // A command that has exited already needs no signal.
        let _ = if self.has_group {
            kill_process_group(self.pid, signal)
        } else {
            kill_process(self.pid, signal)
        };
    }
}

impl State {
    fn exit_status(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        self.has_exited |= !matches!(status, Ok(None));
        status
    }
}

/// A descriptor that becomes readable, and stays so, once a process has exited.
#[derive(Debug)]
enum Watch {
    /// The system's own (`pidfd_open(2)`).
    Pidfd(OwnedFd),
    /// One that a thread makes readable, where the system has none.
    Thread(Arc<WakeFd>),
}

impl Watch {
    fn new(pid: Pid) -> io::Result<Self> {
        platform::pidfd(pid).map_or_else(|_| Self::by_thread(pid), |fd| Ok(Self::Pidfd(fd)))
    }

    /// The thread leaves the process to be reaped by its owner, so that its number stays its own for as long as that may
    /// signal it.
    fn by_thread(pid: Pid) -> io::Result<Self> {
        let fd = Arc::new(WakeFd::new()?);
        let exit = Arc::clone(&fd);
        threads::spawn("waiter", move || {
            let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), exited), Err(Errno::INTR)) {}
            exit.raise();
        })?;
        Ok(Self::Thread(fd))
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pidfd(fd) => fd.as_fd(),
            Self::Thread(fd) => fd.as_fd(),
        }
    }
}

/// Whether a command that exited like this was ended by writing to a pipe that nobody reads, itself or the last one that its shell
/// ran.
pub(crate) fn ended_by_broken_pipe(status: ExitStatus) -> bool {
    let sigpipe = Signal::PIPE.as_raw();
    status.signal() == Some(sigpipe) || status.code() == Some(SHELL_SIGNAL + sigpipe)
}

/// Why a command has failed that exited like this, in words.
pub(crate) fn why_failed(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(127), _) => "the shell did not find the command (status 127)".to_owned(),
        (Some(code), _) => format!("the command ended with status {code}"),
        (None, Some(signal)) => format!("the command was ended by signal {signal}"),
        (None, None) => "the command did not end by itself".to_owned(),
    }
}

fn is_at_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::{Process, TERM_GRACE, Watch, why_failed};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    use std::io::{self, BufRead, BufReader, Read};
    use std::process::{ChildStdout, Stdio};
    use std::time::{Duration, Instant};

    type MakeWatch = fn(Pid) -> io::Result<Watch>;

    /// With what the system has, and with the thread that does for it elsewhere.
    const WATCHES: [MakeWatch; 2] = [Watch::new, Watch::by_thread];

    fn start(command: &str, watch: MakeWatch) -> Process {
        let stdio = [Stdio::null(), Stdio::piped(), Stdio::inherit()];
        Process::start_watched(command.as_ref(), stdio, watch).unwrap()
    }

    fn has_exited(process: &Process, within: Option<Duration>) -> bool {
        let mut exit = [PollFd::from_borrowed_fd(process.exit_fd(), PollFlags::IN)];
        let within = within.map(|time| Timespec::try_from(time).unwrap());
        poll(&mut exit, within.as_ref()).unwrap() > 0
    }

    /// The number that it puts out in its first line, and where the rest comes from.
    fn first_number(process: &Process) -> (Pid, BufReader<ChildStdout>) {
        let (_, stdout) = process.take_pipes();
        let mut stdout = BufReader::new(stdout.unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let number = line.trim_end().parse().unwrap();
        (Pid::from_raw(number).unwrap(), stdout)
    }

    #[test]
    fn the_exit_of_a_command_is_waited_for_and_its_status_told() {
        for watch in WATCHES {
            let (reader, writer) = io::pipe().unwrap();
            let command = "read it; exit 3";
            let process = {
                let stdio = [reader.into(), Stdio::null(), Stdio::inherit()];
                Process::start_watched(command.as_ref(), stdio, watch)
            };
            let process = process.unwrap();
            assert!(!has_exited(&process, Some(Duration::ZERO)));
            assert_eq!(process.exit_status().unwrap(), None);
            drop(writer);
            assert!(has_exited(&process, None));
            let status = process.exit_status().unwrap().unwrap();
            assert_eq!(why_failed(status), "the command ended with status 3");
        }
    }

    #[test]
    fn a_command_that_is_not_needed_any_more_may_end_in_order() {
        for watch in WATCHES {
            let command = "trap 'echo ended; exit' TERM; sleep 10 & echo $$; wait";
            let process = start(command, watch);
            let (pid, mut rest) = first_number(&process);
            drop(process);
            assert_eq!(test_kill_process(pid), Err(Errno::SRCH));
            let mut last = String::new();
            rest.read_line(&mut last).unwrap();
            assert_eq!(last, "ended\n");
        }
    }

    #[test]
    fn a_command_that_does_not_want_to_end_is_killed_with_its_children() {
        for watch in WATCHES {
            let process = start("trap '' TERM; sleep 10 & echo $$; wait", watch);
            let (pid, mut rest) = first_number(&process);
            let (began, has_group) = (Instant::now(), process.0.has_group);
            drop(process);
            assert!(began.elapsed() >= TERM_GRACE);
            assert_eq!(test_kill_process(pid), Err(Errno::SRCH));
            if has_group {
                let rest = rest.read_to_end(&mut Vec::new());
                assert_eq!(rest.unwrap(), 0, "its child has it open no more");
                assert!(began.elapsed() < Duration::from_secs(9));
            }
        }
    }
}
