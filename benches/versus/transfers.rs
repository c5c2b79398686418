//! The runs that move bytes from a start to an end and time the whole.

use std::io::{self, PipeReader, PipeWriter};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, ensure};
use rustix::pipe::fcntl_setpipe_size;

use crate::data::DATA;
use crate::ends::{Feed, Goal, Origin, Ports, Take};
use crate::harness::pipeline::Pipeline;
use crate::harness::stats;
use crate::harness::stop::Deadline;
use crate::harness::timing::Clock;
use crate::pumps::{drain, feed, joined};
use crate::sample::Sample;
use crate::schedule::Run;
use crate::sockets::Family;

/// What the dynamic loader and the locale may add to the bytes a program reads.
const LOADER_ALLOWANCE: u64 = 1 << 20;

/// The largest pipe that an unprivileged user may ask for by default.
const WIDE: usize = 1 << 20;

/// Through the peer, from a costless writer to a costless reader.
pub(crate) fn pipe_to_pipe(run: &Run<'_>) -> Result<Sample> {
    through(run, Pipes::AsMade)
}

/// The same with pipes that are wide already.
pub(crate) fn wide_pipe_to_pipe(run: &Run<'_>) -> Result<Sample> {
    through(run, Pipes::Wide)
}

fn through(run: &Run<'_>, pipes: Pipes) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let clock = Clock::start()?;
    let (flow, stdin) = Flow::start(run, pipes)?;
    drop(stdin);
    flow.finish(run, clock, deadline)
}

/// From the file to `/dev/null`. The last process is a plain `cat`: how much arrived is what it has read.
pub(crate) fn to_null(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let clock = Clock::start()?;
    let mut pipeline =
        Pipeline::spawn(&run.stages(&Ports::default()), Stdio::null(), Stdio::null())?;
    pipeline.wait(deadline)?;
    let wall = clock.wall();
    let read = pipeline.read_by_last()?;
    pipeline.reap()?;
    let extra = read.checked_sub(run.bytes);
    ensure!(
        extra.is_some_and(|extra| extra <= LOADER_ALLOWANCE),
        "the last cat read {read} bytes instead of {}",
        run.bytes
    );
    Ok(Sample::new(run.bytes, clock.timing(wall)?))
}

/// From the file to the costless reader of a pipe.
pub(crate) fn file_to_pipe(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::File, Goal::Pipe)
}

/// From the file to a TCP receiver on the loopback.
pub(crate) fn file_to_tcp(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::File, Goal::Socket(Family::Tcp))
}

/// From the file to two TCP receivers on the loopback, all of it to each.
pub(crate) fn file_to_two_tcp(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let goal = || Take::start(Goal::Socket(Family::Tcp), run, deadline);
    let ((one, stdout), (other, _)) = (goal()?, goal()?);
    let stages = run.stages(&Ports {
        to: one.place(),
        other: other.place(),
        ..Ports::default()
    });
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, Stdio::null(), stdout)?;
    pipeline.wait(deadline)?;
    pipeline.reap()?;
    let bytes = [one.finish()?, other.finish()?];
    let wall = clock.wall();
    for bytes in bytes {
        check_count(bytes, run.bytes)?;
    }
    Ok(Sample::new(run.bytes, clock.timing(wall)?))
}

/// From the costless writer of a pipe to a TCP receiver.
pub(crate) fn pipe_to_tcp(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::Pipe, Goal::Socket(Family::Tcp))
}

/// From a TCP sender to the costless reader of a pipe.
pub(crate) fn tcp_to_pipe(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::Socket(Family::Tcp), Goal::Pipe)
}

/// From a TCP sender to a new file.
pub(crate) fn tcp_to_file(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::Socket(Family::Tcp), Goal::File)
}

/// From a TCP sender to a TCP receiver.
pub(crate) fn tcp_to_tcp(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::Socket(Family::Tcp), Goal::Socket(Family::Tcp))
}

/// From the file to a receiver on a Unix socket.
pub(crate) fn file_to_unix(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::File, Goal::Socket(Family::Unix))
}

/// From a sender on a Unix socket to a receiver on another.
pub(crate) fn unix_to_unix(run: &Run<'_>) -> Result<Sample> {
    let unix = Family::Unix;
    transfer(run, Origin::Socket(unix), Goal::Socket(unix))
}

/// From the file to a new one.
pub(crate) fn file_to_file(run: &Run<'_>) -> Result<Sample> {
    transfer(run, Origin::File, Goal::File)
}

fn transfer(run: &Run<'_>, from: Origin, to: Goal) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let (feed, stdin) = Feed::start(from, run, deadline)?;
    let (take, stdout) = Take::start(to, run, deadline)?;
    let stages = run.stages(&Ports {
        from: feed.place(),
        to: take.place(),
        ..Ports::default()
    });
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, stdin, stdout)?;
    pipeline.wait(deadline)?;
    // The peer is asked before our ends: one that could not connect has left them waiting.
    pipeline.reap()?;
    feed.finish()?;
    let bytes = take.finish()?;
    let wall = clock.wall();
    check_count(bytes, run.bytes)?;
    Ok(Sample::new(bytes, clock.timing(wall)?))
}

/// From `/dev/null` to `/dev/null`: what is left is starting and ending.
pub(crate) fn nothing(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let stages = run.stages(&Ports::default());
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, Stdio::null(), Stdio::null())?;
    pipeline.wait(deadline)?;
    let wall = clock.wall();
    pipeline.reap()?;
    Ok(Sample::new(0, clock.timing(wall)?))
}

/// How the pipes of a [`Flow`] are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pipes {
    /// As a shell makes them: 64 KiB, unless the peer widens them.
    AsMade,
    /// Widened by the benchmark, the peer need not.
    Wide,
}

impl Pipes {
    fn make(self) -> Result<(PipeReader, PipeWriter)> {
        let ends = io::pipe().context("cannot make a pipe")?;
        if self == Self::Wide {
            fcntl_setpipe_size(&ends.1, WIDE).context("cannot widen a pipe")?;
        }
        Ok(ends)
    }
}

/// A peer between the costless writer and the costless reader.
pub(crate) struct Flow {
    /// The peer.
    pub(crate) pipeline: Pipeline,
    drained: Arc<AtomicU64>,
    writer: JoinHandle<io::Result<()>>,
    reader: JoinHandle<io::Result<()>>,
}

impl Flow {
    /// Spawns the peer and starts both ends. The peer sees its end of input once the returned pipe is dropped too.
    pub(crate) fn start(run: &Run<'_>, pipes: Pipes) -> Result<(Self, PipeWriter)> {
        let stages = run.stages(&Ports::default());
        let file = run.files.open(DATA)?;
        let (their_in, stdin) = pipes.make()?;
        let own_stdin = stdin.try_clone().context("cannot copy a descriptor")?;
        let (pipeline, stdout) = if stages.is_empty() {
            // With nothing between, the reader empties the very pipe that the writer fills.
            (Pipeline::default(), their_in)
        } else {
            let (stdout, their_out) = pipes.make()?;
            let ends = (their_in.into(), their_out.into());
            (Pipeline::spawn(&stages, ends.0, ends.1)?, stdout)
        };
        let bytes = run.bytes;
        let writer = thread::spawn(move || feed(&file, &own_stdin, bytes));
        let drained = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&drained);
        let reader = thread::spawn(move || drain(&stdout, &count));
        let flow = Self {
            pipeline,
            drained,
            writer,
            reader,
        };
        Ok((flow, stdin))
    }

    /// Bytes that have come out so far.
    pub(crate) fn drained(&self) -> u64 {
        self.drained.load(Ordering::Relaxed)
    }

    /// Waits for the end, checks it and takes the times.
    pub(crate) fn finish(
        mut self,
        run: &Run<'_>,
        clock: Clock,
        deadline: Deadline,
    ) -> Result<Sample> {
        self.pipeline.wait(deadline)?;
        let read = joined(self.reader)?;
        let wall = clock.wall();
        // The peer's own complaint explains more than a broken pipe at our ends.
        self.pipeline.reap()?;
        joined(self.writer)?.context("the peer did not take all bytes")?;
        read.context("the reader failed")?;
        let bytes = self.drained.load(Ordering::Relaxed);
        check_count(bytes, run.bytes)?;
        Ok(Sample::new(bytes, clock.timing(wall)?))
    }
}

fn check_count(arrived: u64, sent: u64) -> Result<()> {
    ensure!(
        arrived == sent,
        "{arrived} bytes arrived instead of {sent} ({})",
        stats::bytes(sent)
    );
    Ok(())
}
