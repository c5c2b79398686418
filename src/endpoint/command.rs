//! The open ends of a command: its output as a source, its input as a sink; and how it exits is part of how the transfer ends.

use super::descriptor::Descriptor;
use super::effects::Effects;
use super::output::FileSink;
use super::stdio::PlainSource;
use super::{
    Backchannel, Delivered, Finish, KernelSink, KernelSource, Leftover, OtherHalfFailed, Raw, Sink,
    SinkFacts, Source, SourceFacts, Unfit,
};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::platform::process::{Process, ended_by_broken_pipe, why_failed};
use crate::platform::{self, FdAt};
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a command whose output nobody reads any more may take to find that out, before it is told to end.
const SIGPIPE_GRACE: Duration = Duration::from_millis(200);

/// Time between two looks at what a command still reads that takes its time to exit.
const NEXT_LOOK: Duration = Duration::from_millis(100);

/// The failure of a command that exited with a status other than 0. One that was told to end did so since something else has failed.
pub(super) fn failure(process: &Process, status: ExitStatus) -> io::Error {
    if process.is_told_to_end() {
        OtherHalfFailed.into()
    } else {
        io::Error::other(why_failed(status))
    }
}

/// The output of a command. If it is dropped before its end the pipe is closed, and the command ended.
#[derive(Debug)]
pub(super) struct CommandSource {
    /// Its output, until it is left.
    output: Option<PlainSource>,
    process: Process,
    /// Whether the command has closed its output, and all of it is read.
    is_at_end: bool,
    /// When it was left before its end.
    left: Option<Instant>,
}

impl CommandSource {
    pub(super) fn new(output: Descriptor, process: Process) -> Self {
        Self {
            output: Some(PlainSource::new(output)),
            process,
            is_at_end: false,
            left: None,
        }
    }

    /// After the end of its output: how it exits tells whether that was all.
    fn check_exit(&self) -> io::Result<()> {
        match self.process.exit_status()? {
            None => Err(ErrorKind::WouldBlock.into()),
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(failure(&self.process, status)),
        }
    }

    /// Sees to it that a command that was left at this moment ends. Returns when to look after it again.
    fn have_it_end(&mut self, left: Instant) -> Instant {
        let now = Instant::now();
        if now < left + SIGPIPE_GRACE {
            return left + SIGPIPE_GRACE;
        }
        let kill_at = self.process.tell_to_end();
        if now < kill_at {
            return kill_at;
        }
        self.process.kill();
        now + SIGPIPE_GRACE
    }

    fn output(&mut self) -> io::Result<&mut PlainSource> {
        let output = self.output.as_mut();
        output.ok_or_else(|| ErrorKind::NotConnected.into())
    }
}

impl Source for CommandSource {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.is_at_end {
            let n = self.output()?.read(buf)?;
            if n > 0 {
                return Ok(n);
            }
            self.is_at_end = true;
        }
        self.check_exit().map(|()| 0)
    }

    fn ready(&self) -> Ready<'_> {
        match &self.output {
            Some(output) if !self.is_at_end => output.ready(),
            _ => Ready::Readable(self.process.exit_fd()),
        }
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.output.as_ref()?.pipe()
    }

    fn facts(&self) -> SourceFacts {
        let facts = self.output.as_ref().map(Source::facts);
        let facts = facts.unwrap_or_default();
        SourceFacts {
            probe: facts.probe.of_command(),
            leftover: Some(Leftover::command(self.process.leash())),
            ..facts
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        let output = self.output.as_mut().ok_or("it is closed")?;
        let (raw, _) = output.kernel()?;
        Ok((raw, self))
    }

    /// Its pipe is closed first, so that a command that goes on writing gets a SIGPIPE. Then that is no failure, and nothing is
    /// that it does once it was told to end.
    fn leave(&mut self) -> io::Result<Option<Instant>> {
        let left = *self.left.get_or_insert_with(Instant::now);
        self.output = None;
        match self.process.exit_status()? {
            None => Ok(Some(self.have_it_end(left))),
            Some(status) if status.success() || self.process.is_told_to_end() => Ok(None),
            Some(status) if !self.is_at_end && ended_by_broken_pipe(status) => Ok(None),
            Some(status) => Err(failure(&self.process, status)),
        }
    }
}

impl KernelSource for CommandSource {
    fn at(&self) -> Option<FdAt<'_>> {
        self.output.as_ref()?.at()
    }

    fn has_ended(&mut self) -> io::Result<bool> {
        self.is_at_end = true;
        self.check_exit().map(|()| true)
    }
}

/// The input of a command.
#[derive(Debug)]
pub(super) struct CommandSink {
    input: FileSink,
    process: Arc<Process>,
    /// Whether nothing more can be written, by the command's choice or since that was all: its exit is waited for.
    is_over: bool,
    /// The pipe after our end of it is closed, where the system gives the other one, and how much was left in it to be read.
    rest: Option<(OwnedFd, u64)>,
}

impl CommandSink {
    pub(super) fn new(input: Descriptor, process: Arc<Process>) -> Self {
        Self {
            input: FileSink::at(input, Effects::default()),
            process,
            is_over: false,
            rest: None,
        }
    }

    /// Whether the command has read more of what is left in its pipe.
    fn has_read_on(&mut self) -> bool {
        let Some((pipe, left)) = &mut self.rest else {
            return false;
        };
        let before = std::mem::replace(left, platform::bytes_in(pipe.as_fd()).unwrap_or(0));
        *left < before
    }
}

/// A command that has not got everything must not take the end of its input for a good one, so it is told to end before the pipe
/// is closed.
impl Drop for CommandSink {
    fn drop(&mut self) {
        self.process.tell_to_end();
    }
}

impl Sink for CommandSink {
    fn facts(&self) -> SinkFacts {
        let facts = self.input.facts();
        SinkFacts {
            probe: facts.probe.of_command(),
            leftover: Some(Leftover::command(self.process.leash())),
            ..facts
        }
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.input.pipe()
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.input.write(bufs) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(self.why_broken(error)),
            other => other,
        }
    }

    fn ready(&self) -> Ready<'_> {
        if self.is_over {
            Ready::Readable(self.process.exit_fd())
        } else {
            self.input.ready()
        }
    }

    /// A command that has read enough is like the reader of a pipe that goes away; one that has failed has a reason of its own,
    /// which its exit tells.
    fn why_broken(&mut self, broken: io::Error) -> io::Error {
        self.is_over = true;
        match self.process.exit_status() {
            Ok(None) => ErrorKind::WouldBlock.into(),
            Ok(Some(status)) if status.success() => broken,
            Ok(Some(status)) => failure(&self.process, status),
            Err(error) => error,
        }
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        (!self.process.is_known_to_have_exited()).then_some(self)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        let (raw, _) = self.input.kernel()?;
        Ok((raw, self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        if self.rest.is_none() {
            let rest = self.input.reading_end();
            self.rest = rest.map(|pipe| (pipe, u64::MAX));
        }
        self.input.finish()?;
        self.is_over = true;
        match self.process.exit_status()? {
            None => {
                let moved = self.has_read_on();
                Ok(Finish::Wait {
                    ready: Some(Sink::ready(self)),
                    until: Instant::now() + NEXT_LOOK,
                    moved,
                    peer: true,
                })
            }
            Some(status) if status.success() => Ok(Finish::Done(Delivered::Exited)),
            Some(status) => Err(failure(&self.process, status)),
        }
    }
}

impl KernelSink for CommandSink {
    fn at(&self) -> Option<FdAt<'_>> {
        self.input.at()
    }
}

/// A command that fails is heard of though there is nothing to write to it.
impl Backchannel for CommandSink {
    fn ready(&self) -> Option<Ready<'_>> {
        match self.process.exit_status() {
            // Something that it has started may still read what it left.
            Ok(Some(status)) if status.success() => None,
            _ => Some(Ready::Readable(self.process.exit_fd())),
        }
    }

    fn hear(&self) -> io::Result<()> {
        match self.process.exit_status()? {
            Some(status) if !status.success() => Err(failure(&self.process, status)),
            _ => Ok(()),
        }
    }

    fn unacknowledged(&self) -> u64 {
        self.pipe().map_or(0, NeighbourPipe::unread)
    }
}
