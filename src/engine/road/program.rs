//! A program as a transform: what was offered is fed into its standard input, and what it puts out is collected, each on
//! a thread of its own, so that it may take and give as it likes.
//!
//! Its exit status is the outcome. One that wants no more input, as `head` does, has it left out; that is no failure.

use super::StageEnd;
use super::stage::{StageContext, StageStop};
use crate::account::stages::Activity;
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::link::{End, Next};
use crate::engine::wait::{self, Ready};
use crate::platform::threads;
use crate::transform::{Failure, Program};
use bytes::BytesMut;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program that is to end may take before it is killed.
const GRACE: Duration = Duration::from_millis(200);

/// Time between two looks whether a program has ended that puts nothing out any more.
const LOOK: Duration = Duration::from_millis(2);

/// Runs it until its end, a failure, or a cancellation.
pub(super) fn run(program: &Program, place: StageContext<'_>) -> StageEnd {
    let _guards = (place.from.cancel_on_panic(), place.to.cancel_on_panic());
    let failure = go_on(program, place).map_or_else(|stop| stop.told(&place), |()| None);
    StageEnd {
        failure,
        ..StageEnd::default()
    }
}

fn go_on(program: &Program, place: StageContext<'_>) -> Result<(), StageStop> {
    let mut running = RunningProgram::start(program)?;
    let (Some(input), Some(output)) = (running.child.stdin.take(), running.child.stdout.take())
    else {
        return Err(io::Error::from(ErrorKind::BrokenPipe).into());
    };
    let input = Ours::new(input, place.from.marks().writable)?;
    let output = Ours::new(output, place.to.marks().readable)?;
    let (fed, collected) = thread::scope(|scope| {
        let feeding = threads::spawn_scoped(scope, "feeder", move || {
            let fed = feed(input, place);
            if fed.is_err() {
                // Nothing that it still puts out is wanted.
                place.cancel();
            }
            fed
        })?;
        let collected = collect(output, place);
        if collected.is_err() {
            place.cancel();
        }
        let lost = || Err(StageStop::Cancelled);
        Ok::<_, StageStop>((feeding.join().unwrap_or_else(|_| lost()), collected))
    })?;
    // One that has failed makes the other give up, which is not the reason.
    let end = match (fed, collected) {
        (_, Err(StageStop::Failed(failure))) => return Err(StageStop::Failed(failure)),
        (fed, collected) => fed.and_then(|end| collected.map(|()| end))?,
    };
    let status = running.ended(&place)?;
    match end {
        // It has no more than that.
        End::Cut => place.to.end(End::Cut),
        End::Whole if status.success() => place.to.end(End::Whole),
        End::Whole => return Err(StageStop::Failed(failed(status))),
    }
    Ok(())
}

/// Our end of a pipe to or from a program.
struct Ours<P> {
    end: P,
    /// The pipe, if we are not out of descriptors.
    pipe: Option<NeighbourPipe>,
}

impl<P: AsFd> Ours<P> {
    /// We do not wait in a call for it, and it may grow to hold `mark` bytes.
    fn new(end: P, mark: u64) -> io::Result<Self> {
        fcntl_setfl(&end, fcntl_getfl(&end)? | OFlags::NONBLOCK)?;
        let pipe = NeighbourPipe::new(&end);
        if let Some(pipe) = &pipe {
            pipe.let_grow(mark);
        }
        Ok(Self { end, pipe })
    }
}

/// Feeds the program until the input ends or it takes no more. Returns how the input ended.
fn feed(mut input: Ours<ChildStdin>, place: StageContext<'_>) -> Result<End, StageStop> {
    let mut batch = VecDeque::new();
    loop {
        match place.from.next(&mut batch, true) {
            Next::Chunks => {
                place.set_doing(Activity::Computes);
                while let Some(chunk) = batch.pop_front() {
                    if !feed_chunk(&mut input, chunk, place)? {
                        // Nothing more needs to be read for it.
                        place.from.cancel();
                        return Ok(End::Whole);
                    }
                }
            }
            Next::Nothing | Next::Little => {
                place.set_doing(Activity::Waits);
                wait::wait(place.from.consumer_wakeup(), &[], None)?;
            }
            Next::End(end) => {
                place.set_doing(Activity::Computes);
                return Ok(end);
            }
            Next::Cancelled => return Err(StageStop::Cancelled),
        }
    }
}

/// Returns whether the program takes more.
fn feed_chunk(
    input: &mut Ours<ChildStdin>,
    mut chunk: BytesMut,
    place: StageContext<'_>,
) -> Result<bool, StageStop> {
    while !chunk.is_empty() {
        match input.end.write(&chunk) {
            Ok(n) => {
                place.count(n as u64, 0);
                place.from.complete([chunk.split_to(n)], !chunk.is_empty());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if input.pipe.as_ref().is_some_and(NeighbourPipe::grow) {
                    continue;
                }
                let ready = Ready::Writable(input.end.as_fd());
                wait::wait(place.from.consumer_wakeup(), &[ready], None)?;
                if place.from.is_cancelled() {
                    return Err(StageStop::Cancelled);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Collects what the program puts out, until it puts out no more.
fn collect(mut output: Ours<ChildStdout>, place: StageContext<'_>) -> Result<(), StageStop> {
    let mut buffer = BytesMut::new();
    loop {
        let room = place.wait_for_room(&mut buffer)?;
        match output.end.read(&mut buffer[..room]) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                if let Some(pipe) = &output.pipe {
                    pipe.held(n as u64);
                }
                place.count(0, n as u64);
                place.to.push(buffer.split_to(n));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                place.to.flush();
                let ready = Ready::Readable(output.end.as_fd());
                wait::wait(place.to.producer_wakeup(), &[ready], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn failed(status: ExitStatus) -> Failure {
    match (status.code(), status.signal()) {
        (Some(127), _) => Failure::other("the shell finds no such command (status 127)"),
        (Some(code), _) => Failure::other(format!("the command ended with status {code}")),
        (None, Some(signal)) => Failure::other(format!("the command was ended by signal {signal}")),
        (None, None) => Failure::other("the command did not end by itself"),
    }
}

/// A program that is ended when nobody wants it any more.
struct RunningProgram {
    child: Child,
    /// Whether those that it starts are in a group with it.
    has_group: bool,
    is_over: bool,
}

impl RunningProgram {
    fn start(program: &Program) -> Result<Self, StageStop> {
        let mut command = Command::new("sh");
        command
            .args(["-c", &program.command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // At a terminal it stays in our group: it may ask there, and ^C reaches all of it. Elsewhere it gets one of its own,
        // so that we reach all of it.
        let has_group = !is_at_terminal();
        if has_group {
            command.process_group(0);
        }
        let child = command.spawn().map_err(|error| {
            let why = crate::error::reason(&threads::refused(error));
            StageStop::Failed(Failure::other(format!("sh cannot be run: {why}")))
        })?;
        Ok(Self {
            child,
            has_group,
            is_over: false,
        })
    }

    /// Waits until it has ended.
    fn ended(&mut self, place: &StageContext<'_>) -> Result<ExitStatus, StageStop> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.is_over = true;
                return Ok(status);
            }
            if place.to.is_cancelled() {
                return Err(StageStop::Cancelled);
            }
            wait::wait(place.to.producer_wakeup(), &[], Some(Instant::now() + LOOK))?;
        }
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else { return };
        // One that has ended already is what is wanted.
        let _ = if self.has_group {
            kill_process_group(pid, signal)
        } else {
            kill_process(pid, signal)
        };
    }

    fn is_over(&mut self) -> bool {
        self.is_over = self.is_over || !matches!(self.child.try_wait(), Ok(None));
        self.is_over
    }
}

/// Nothing of it is left behind.
impl Drop for RunningProgram {
    fn drop(&mut self) {
        if self.is_over() {
            return;
        }
        self.send(Signal::TERM);
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if self.is_over() {
                return;
            }
            thread::sleep(LOOK);
        }
        self.send(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn is_at_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}
