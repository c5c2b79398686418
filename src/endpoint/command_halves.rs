//! The two halves of a command that is an end of both directions: its output, and its input.
//!
//! Each may end while the other goes on. How the command exits counts once its output is over, for both halves: what it has said
//! is passed on before, whatever it exits with.

use super::command::{CommandSink, failure};
use super::descriptor::Descriptor;
use super::stdio::PlainSource;
use super::{
    Backchannel, Finish, Halves, KernelSink, KernelSource, Raw, Sink, SinkFacts, Source,
    SourceFacts, Unfit,
};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::platform::FdAt;
use crate::platform::process::Process;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a command that has closed its output, and is still given input, may take to exit before that counts as the end of its
/// output alone: so the end of a command that fails is not taken for a good one.
const EXIT_GRACE: Duration = Duration::from_millis(200);

/// Time between two looks at what no event tells: whether a command exits in that time, and what the other half has come to.
const NEXT_LOOK: Duration = Duration::from_millis(5);

/// The halves of a command that was started with these pipes.
pub(super) fn of(process: Process, input: Descriptor, output: Descriptor) -> Halves {
    let command = Arc::new(SharedCommand {
        process: Arc::new(process),
        input_is_closed: AtomicBool::new(false),
        output_is_over: AtomicBool::new(false),
    });
    Halves {
        source: Box::new(OutputHalf {
            output: PlainSource::new(output),
            command: Arc::clone(&command),
            closed_at: None,
        }),
        sink: Box::new(InputHalf {
            sink: CommandSink::new(input, Arc::clone(&command.process)),
            command,
        }),
    }
}

/// The command, which is ended when both halves are dropped.
#[derive(Debug)]
struct SharedCommand {
    process: Arc<Process>,
    /// Whether the input half has closed the input.
    input_is_closed: AtomicBool,
    /// Whether the output half has found a good end of the output, or is dropped.
    output_is_over: AtomicBool,
}

impl SharedCommand {
    fn input_is_closed(&self) -> bool {
        self.input_is_closed.load(Ordering::Acquire)
    }

    fn output_is_over(&self) -> bool {
        self.output_is_over.load(Ordering::Acquire)
    }

    /// Whether it has exited, and there may be output of it that was not read.
    fn has_last_words(&self) -> bool {
        self.process.is_known_to_have_exited() && !self.output_is_over()
    }
}

/// The output of the command.
#[derive(Debug)]
struct OutputHalf {
    output: PlainSource,
    command: Arc<SharedCommand>,
    /// When the end of the output was read.
    closed_at: Option<Instant>,
}

impl OutputHalf {
    /// After the last byte of the output: whether that was the end, which it is unless the command fails.
    fn check_end(&mut self) -> io::Result<()> {
        let closed_at = *self.closed_at.get_or_insert_with(Instant::now);
        match self.command.process.exit_status()? {
            Some(status) if status.success() => {}
            // What it has said before is still to be delivered: the input half is told when this is dropped.
            Some(status) => return Err(failure(&self.command.process, status)),
            None if !self.command.input_is_closed() && closed_at.elapsed() >= EXIT_GRACE => {}
            None => return Err(ErrorKind::WouldBlock.into()),
        }
        self.command.output_is_over.store(true, Ordering::Release);
        Ok(())
    }
}

impl Drop for OutputHalf {
    fn drop(&mut self) {
        self.command.output_is_over.store(true, Ordering::Release);
    }
}

impl Source for OutputHalf {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.closed_at.is_none() {
            let n = self.output.read(buf)?;
            if n > 0 {
                return Ok(n);
            }
        }
        self.check_end().map(|()| 0)
    }

    fn ready(&self) -> Ready<'_> {
        match self.closed_at {
            None => self.output.ready(),
            Some(_) if self.command.input_is_closed() => {
                Ready::Readable(self.command.process.exit_fd())
            }
            Some(_) => Ready::At(Instant::now() + NEXT_LOOK),
        }
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.output.pipe()
    }

    /// If the transfer is given up, the other half ends the command.
    fn facts(&self) -> SourceFacts {
        let facts = self.output.facts();
        SourceFacts {
            probe: facts.probe.of_command(),
            ..facts
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        let (raw, _) = self.output.kernel()?;
        Ok((raw, self))
    }
}

impl KernelSource for OutputHalf {
    fn at(&self) -> Option<FdAt<'_>> {
        self.output.at()
    }

    fn has_ended(&mut self) -> io::Result<bool> {
        self.check_end().map(|()| true)
    }
}

/// The input of the command, which has got everything once it has exited with status 0. One that does so before ends the input, as
/// the reader of a pipe does that goes away, even while there is nothing to write.
#[derive(Debug)]
struct InputHalf {
    sink: CommandSink,
    command: Arc<SharedCommand>,
}

impl InputHalf {
    /// An error of the input, which is told once the output is over.
    fn told_last(&self, error: io::Error) -> io::Error {
        if error.kind() != ErrorKind::Interrupted && self.command.has_last_words() {
            ErrorKind::WouldBlock.into()
        } else {
            error
        }
    }
}

impl Sink for InputHalf {
    fn facts(&self) -> SinkFacts {
        self.sink.facts()
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.sink.pipe()
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.sink.write(bufs);
        written.map_err(|error| self.told_last(error))
    }

    fn ready(&self) -> Ready<'_> {
        if self.command.has_last_words() {
            Ready::At(Instant::now() + NEXT_LOOK)
        } else {
            Sink::ready(&self.sink)
        }
    }

    fn why_broken(&mut self, broken: io::Error) -> io::Error {
        let why = self.sink.why_broken(broken);
        self.told_last(why)
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        Some(self)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        let (raw, _) = self.sink.kernel()?;
        Ok((raw, self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.command.input_is_closed.store(true, Ordering::Release);
        self.command.process.exit_status()?;
        if self.command.has_last_words() {
            return Ok(Finish::Wait {
                ready: None,
                until: Instant::now() + NEXT_LOOK,
                moved: false,
                peer: false,
            });
        }
        self.sink.finish()
    }
}

impl KernelSink for InputHalf {
    fn at(&self) -> Option<FdAt<'_>> {
        self.sink.at()
    }
}

impl Backchannel for InputHalf {
    fn ready(&self) -> Option<Ready<'_>> {
        Some(if self.command.has_last_words() {
            Ready::At(Instant::now() + NEXT_LOOK)
        } else {
            Ready::Readable(self.command.process.exit_fd())
        })
    }

    fn hear(&self) -> io::Result<()> {
        let status = self.command.process.exit_status()?;
        match status.filter(|_| self.command.output_is_over()) {
            None => Ok(()),
            Some(status) if status.success() => Err(ErrorKind::BrokenPipe.into()),
            Some(status) => Err(failure(&self.command.process, status)),
        }
    }

    fn unacknowledged(&self) -> u64 {
        self.pipe().map_or(0, NeighbourPipe::unread)
    }
}
