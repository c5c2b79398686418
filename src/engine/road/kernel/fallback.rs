//! Tries the methods in their order until the kernel accepts one. If it refuses them all, or refuses midway, what is left is
//! for the buffered road; or the transfer ends, where the kernel road is insisted on.

use super::copy::FileCopy;
use super::direct::Direct;
use super::ending::{Outcomes, Stop, Undelivered};
use super::ends::{Ends, Rest};
use super::last_bytes;
use super::methods::Method;
use super::through_pipe::ThroughPipe;
use crate::engine::link::{Pipes, WatchedPipe};
use crate::engine::road::outlet::WriterOutcome;
use crate::error::{Side, reason};
use std::io;
use std::os::fd::BorrowedFd;

/// What has been moved.
pub(super) enum Moved {
    /// One of several sources, and not the last.
    Part(Rest),
    /// Everything, or as much as there will be.
    Everything(Outcomes),
}

/// Skips the first bytes and moves the rest, by the first of the methods that can be used and that the kernel accepts.
///
/// # Errors
/// The kernel has refused the last method, and the kernel road is not insisted on: what was not delivered.
pub(super) fn run(
    mut ends: Ends<'_>,
    skip: u64,
    methods: Vec<Method>,
    insists: bool,
) -> Result<Moved, Undelivered> {
    let (moved, undelivered) = match skip_first(&mut ends, skip, &methods) {
        Ok(()) => try_in_order(&mut ends, methods),
        Err(stop) => (Err(stop), Undelivered::default()),
    };
    if moved.is_ok() && ends.go_on() {
        ends.gathering.stop(&mut *ends.inlet.source);
        return Ok(Moved::Part(ends.into_rest()));
    }
    let left = moved.and_then(|()| ends.leave_source());
    let end = left.and_then(|()| Ok(ends.outlet.finish()?));
    ends.gathering.stop(&mut *ends.inlet.source);
    let failure = |error: Option<io::Error>| error.map_or(Ok(()), Err);
    let outcomes = match end {
        Ok(writer) | Err(Stop::Sink(writer)) => (failure(undelivered.source_error), writer),
        Err(Stop::Source(error)) => (Err(error), WriterOutcome::SourceCut),
        Err(Stop::Refused(side, error)) if insists => {
            refused_to_one_who_insists(&mut ends, side, error, undelivered)
        }
        Err(Stop::Refused(..)) => {
            let has_passed = ends.has_ever_delivered();
            ends.link.use_chunks(has_passed);
            return Err(undelivered);
        }
    };
    Ok(Moved::Everything(outcomes))
}

/// Skips the first `n` bytes. That may take long if they have to be read, so the method is announced before.
fn skip_first(ends: &mut Ends<'_>, n: u64, methods: &[Method]) -> Result<(), Stop> {
    let mut left = ends.inlet.seek_ahead(n).map_err(Stop::Source)?;
    if left > 0 {
        if let Some(method) = methods.iter().find(|method| can_be_used(method, ends)) {
            ends.announcement.prepare(method.calls());
        }
        ends.announcement.make();
    }
    while left > 0 {
        ends.check_cancelled()?;
        match ends.inlet.drop_some(left) {
            Ok(less) => left = less,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ends.wait_for_source(None)?;
            }
            Err(error) => return Err(Stop::Source(error)),
        }
    }
    Ok(())
}

fn try_in_order(ends: &mut Ends<'_>, methods: Vec<Method>) -> (Result<(), Stop>, Undelivered) {
    let none = io::Error::other("none of its calls can do what was asked for");
    let mut end = (Err(Stop::Refused(Side::Sink, none)), Undelivered::default());
    for method in methods {
        if !can_be_used(&method, ends) {
            continue;
        }
        end = move_by(method, ends);
        // Only the last method fills a pipe of our own, so that the next one begins with empty buffers.
        if !matches!(end.0, Err(Stop::Refused(..))) || ends.has_delivered() {
            break;
        }
    }
    end
}

/// Whether the method can keep to the rate limit, and leave a sink alone that is put off until bytes have come.
fn can_be_used(method: &Method, ends: &Ends<'_>) -> bool {
    (method.can_be_limited() || !ends.outlet.is_limited())
        && (method.takes_first() || !ends.outlet.is_put_off())
}

/// Moves everything by one method.
fn move_by(method: Method, ends: &mut Ends<'_>) -> (Result<(), Stop>, Undelivered) {
    let pipes = pipes(&method, ends);
    ends.link.begin(pipes);
    ends.announcement.prepare(method.calls());
    ends.begin_moving();
    let (end, undelivered) = match method {
        Method::Direct => (Direct::new(ends).run(), Undelivered::default()),
        Method::ThroughPipe(pipe) => ThroughPipe::new(ends, pipe).run(),
        Method::Copy => (FileCopy::new(ends).run(), Undelivered::default()),
    };
    if end.is_ok() {
        ends.input_ended();
    }
    // The method is announced even if there was nothing to move.
    if !matches!(end, Err(Stop::Refused(..))) {
        ends.announcement.make();
    }
    ends.link.release_pipes();
    (end, undelivered)
}

/// The pipes that the bytes will be in.
fn pipes(method: &Method, ends: &Ends<'_>) -> Pipes {
    let are_buffers = matches!(method, Method::Direct);
    let watched =
        |fd: Option<BorrowedFd<'_>>| fd.filter(|_| are_buffers).and_then(WatchedPipe::new);
    Pipes {
        own: matches!(method, Method::ThroughPipe(_)),
        source: watched(ends.source_fd()),
        sink: watched(ends.sink_fd()),
    }
}

/// How a transfer ends that insists on the kernel road, which the kernel refuses at this `side`.
fn refused_to_one_who_insists(
    ends: &mut Ends<'_>,
    side: Side,
    error: io::Error,
    undelivered: Undelivered,
) -> Outcomes {
    let source = undelivered.source_error.map_or(Ok(()), Err);
    if !ends.has_ever_delivered() {
        return (source, WriterOutcome::NoRoad { error });
    }
    for (pipe, len) in undelivered.in_pipes {
        if let Err(writer) = last_bytes::write(ends, &pipe, len) {
            return (source, writer);
        }
    }
    let why = reason(&error);
    let why = io::Error::other(format!("{why}; --road auto goes on by the buffered road"));
    match side {
        Side::Source => (Err(why), WriterOutcome::SourceCut),
        Side::Sink => (source, ends.outlet.failure("writing to", why)),
    }
}
