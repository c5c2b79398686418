//! A program as a transform: one thread feeds it from the link before, another collects its output into the link after,
//! so that it may read and write in any order.
//!
//! Its exit status is the outcome. A program that closes its input early, as `head` does, has not failed: the rest of
//! the input is left out.

use super::TransformOutcome;
use super::transform::{TransformContext, TransformStop};
use crate::account::stages::Activity;
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::link::{Batch, InputEnd, Next};
use crate::engine::wait::{self, Ready};
use crate::platform::process::{Process, why_failed};
use crate::platform::threads;
use crate::transform::{Failure, Program};
use bytes::BytesMut;
use rustix::event::PollFlags;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::process::{ExitStatus, Stdio};
use std::thread;

/// Runs the program until its end, a failure, or a cancellation.
pub(super) fn run(program: Program, context: TransformContext<'_>) -> TransformOutcome {
    let _guards = (context.from.cancel_on_panic(), context.to.cancel_on_panic());
    let ended = run_program(program, context);
    TransformOutcome {
        failure: ended.err().and_then(|stop| stop.into_failure(&context)),
        ..TransformOutcome::default()
    }
}

fn run_program(program: Program, context: TransformContext<'_>) -> Result<(), TransformStop> {
    let stderr = program.stderr.map_or_else(Stdio::inherit, Stdio::from);
    let process = Process::start(&program.command, Stdio::piped(), Stdio::piped(), stderr);
    let process = process.map_err(|error| {
        let why = crate::error::reason(&error);
        TransformStop::Failed(Failure::other(format!("sh cannot be run: {why}")))
    })?;
    let (Some(input), Some(output)) = process.take_pipes() else {
        return Err(io::Error::from(ErrorKind::BrokenPipe).into());
    };
    let input = PipeEnd::new(input, context.from.marks().writable)?;
    let output = PipeEnd::new(output, context.to.marks().readable)?;
    let end = pass_through(input, output, context)?;
    let status = exit_status(&process, context)?;
    match end {
        // The program was fed only part of the input, so its output is a part too.
        InputEnd::Cut => context.to.end(InputEnd::Cut),
        InputEnd::Whole if status.success() => context.to.end(InputEnd::Whole),
        InputEnd::Whole => {
            let failure = Failure::other(why_failed(status));
            return Err(TransformStop::Failed(failure));
        }
    }
    Ok(())
}

/// Feeds the program and collects its output until both have ended. Returns how the input ended.
fn pass_through(
    input: PipeEnd<impl Write + AsFd + Send>,
    output: PipeEnd<impl Read + AsFd>,
    context: TransformContext<'_>,
) -> Result<InputEnd, TransformStop> {
    let (fed, collected) = thread::scope(|scope| {
        let feeding = threads::spawn_scoped(scope, "feeder", move || {
            let fed = feed(input, context);
            match fed {
                // The output may have ended before, at a failure: what was collected until then is delivered.
                Err(TransformStop::Cancelled) if context.to.input_end().is_none() => {
                    context.to.cancel();
                }
                // What the program makes of a part of the input is delivered as a part.
                Err(TransformStop::Failed(_)) => context.from.cancel(),
                _ => {}
            }
            fed
        })?;
        let collected = collect(output, context);
        if let Err(stop) = &collected {
            stop.end_links(&context);
        }
        let panicked = || Err(TransformStop::Cancelled);
        Ok::<_, TransformStop>((feeding.join().unwrap_or_else(|_| panicked()), collected))
    })?;
    // When one of the threads fails it stops the other, so "cancelled" is not the reason if the other says why.
    match (fed, collected) {
        (_, Err(TransformStop::Failed(failure))) => Err(TransformStop::Failed(failure)),
        (fed, collected) => fed.and_then(|end| collected.map(|()| end)),
    }
}

/// Our end of a pipe to or from the program.
struct PipeEnd<P> {
    end: P,
    /// The pipe; `None` if the process is out of descriptors.
    pipe: Option<NeighbourPipe>,
}

impl<P: AsFd> PipeEnd<P> {
    /// Makes it non-blocking; the pipe may grow to hold `mark` bytes.
    fn new(end: P, mark: u64) -> io::Result<Self> {
        fcntl_setfl(&end, fcntl_getfl(&end)? | OFlags::NONBLOCK)?;
        let pipe = NeighbourPipe::new(&end);
        if let Some(pipe) = &pipe {
            pipe.let_grow(mark);
        }
        Ok(Self { end, pipe })
    }
}

/// Feeds the program until the input ends or the program closes it. Returns how the input ended.
fn feed(
    mut input: PipeEnd<impl Write + AsFd>,
    context: TransformContext<'_>,
) -> Result<InputEnd, TransformStop> {
    let (consumer, mut batch) = (context.from.consumer(), Batch::default());
    loop {
        match consumer.next(&mut batch, true) {
            Next::Chunks => {
                context.set_activity(Activity::Computes);
                if !feed_batch(&mut input, &mut batch, context)? {
                    return Ok(need_no_more(context));
                }
            }
            Next::Nothing | Next::Little => {
                context.set_activity(Activity::Waits);
                let closed = Ready::Failed(input.end.as_fd());
                wait::wait(consumer.wakeup(), &[closed], None)?;
                // The program may have ended while the source is silent.
                if wait::is_ready(input.end.as_fd(), PollFlags::empty()) {
                    return Ok(need_no_more(context));
                }
            }
            Next::End(end) => {
                context.set_activity(Activity::Computes);
                return Ok(end);
            }
            Next::Cancelled => return Err(TransformStop::Cancelled),
        }
    }
}

/// The program has closed its input: what the source still has is not wanted.
fn need_no_more(context: TransformContext<'_>) -> InputEnd {
    context.from.cancel();
    InputEnd::Whole
}

/// Feeds a batch. Returns whether the program takes more.
fn feed_batch(
    input: &mut PipeEnd<impl Write + AsFd>,
    batch: &mut Batch,
    context: TransformContext<'_>,
) -> Result<bool, TransformStop> {
    while !batch.is_empty() {
        match input.end.write(batch.front()) {
            Ok(n) => {
                context.count(n as u64, 0);
                // What is next it asks for itself, since it accepts little.
                context.from.consumer().complete(batch, n as u64);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if input.pipe.as_ref().is_some_and(NeighbourPipe::grow) {
                    continue;
                }
                let ready = Ready::Writable(input.end.as_fd());
                wait::wait(context.from.consumer().wakeup(), &[ready], None)?;
                if context.from.is_cancelled() {
                    return Err(TransformStop::Cancelled);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Collects the output of the program until it closes it.
fn collect(
    mut output: PipeEnd<impl Read + AsFd>,
    context: TransformContext<'_>,
) -> Result<(), TransformStop> {
    let mut buffer = BytesMut::new();
    loop {
        let room = context.wait_for_room(&mut buffer)?;
        match output.end.read(&mut buffer[..room]) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                if let Some(pipe) = &output.pipe {
                    pipe.grow_if_filled(n as u64);
                }
                context.count(0, n as u64);
                context.to.push(buffer.split_to(n));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                context.to.nothing_more_for_now();
                let ready = Ready::Readable(output.end.as_fd());
                wait::wait(context.to.producer_wakeup(), &[ready], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until the program has exited.
fn exit_status(
    process: &Process,
    context: TransformContext<'_>,
) -> Result<ExitStatus, TransformStop> {
    loop {
        if let Some(status) = process.exit_status()? {
            return Ok(status);
        }
        if context.to.is_cancelled() {
            return Err(TransformStop::Cancelled);
        }
        let exit = Ready::Readable(process.exit_fd());
        wait::wait(context.to.producer_wakeup(), &[exit], None)?;
    }
}

#[cfg(test)]
mod tests;
