//! Which road it is to be: by what was asked for, what the ends can do, and how wide the buffers are to be.

use super::Door;
use super::kernel::{Kernel, Way, Ways};
use crate::endpoint::{Raw, Sink, Source, Unfit};
use crate::error::reason;
use crate::link::Marks;
use crate::platform::{self, WIDEST_PIPE};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The kernel road where it can be had.
    Auto,
    /// Our own buffers.
    Buffered,
    /// The kernel road or none.
    Kernel,
}

/// The road to take.
#[derive(Debug)]
pub enum Road {
    /// Through our own buffers.
    Buffered,
    /// Through the kernel's, in one of these ways.
    Kernel(Ways),
}

impl Road {
    /// The same road, with another door to the kernel.
    #[must_use]
    pub fn by(self, door: Box<dyn Door>) -> Self {
        match self {
            Road::Buffered => Road::Buffered,
            Road::Kernel(ways) => Road::Kernel(Ways { door, ..ways }),
        }
    }
}

/// Why the kernel road cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impossible {
    /// The kernel cannot move bytes from this source.
    Source(Unfit),
    /// The kernel cannot move bytes to this sink.
    Sink(Unfit),
    /// Something else that was asked for.
    Flow(&'static str),
    /// The system gives no pipe as wide as the mark, for this reason.
    NoPipe(String),
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Impossible::Source(why) => write!(f, "the SOURCE does not allow it: {why}"),
            Impossible::Sink(why) => write!(f, "the SINK does not allow it: {why}"),
            Impossible::Flow(why) => f.write_str(why),
            Impossible::NoPipe(why) => {
                write!(f, "no pipe as wide as the high-water mark: {why} (pipe(7))")
            }
        }
    }
}

/// Chooses a road for these ends, whose pipes have been widened. Nothing is moved yet.
///
/// # Errors
/// When the kernel road was asked for and cannot be had.
pub fn choose(
    source: &dyn Source,
    sink: &dyn Sink,
    wish: Wish,
    marks: Marks,
) -> Result<Road, Impossible> {
    // Where there is nothing to gain, the road with two buffers shows more.
    if wish == Wish::Buffered || (wish == Wish::Auto && sink.is_paced()) {
        return Ok(Road::Buffered);
    }
    match ways(source, sink, marks) {
        // A neighbour's pipe that the system did not let us widen holds less than was asked for.
        Ok(_) if wish == Wish::Auto && is_narrow(source, sink, marks) => Ok(Road::Buffered),
        Ok(ways) => Ok(Road::Kernel(Ways {
            in_order: ways,
            insists: wish == Wish::Kernel,
            door: Box::new(Kernel),
        })),
        Err(why) if wish == Wish::Kernel => Err(why),
        Err(_) => Ok(Road::Buffered),
    }
}

fn is_narrow(source: &dyn Source, sink: &dyn Sink, marks: Marks) -> bool {
    let size = |fd: Option<BorrowedFd<'_>>| fd.and_then(platform::pipe_size);
    size(source.raw_fd()).is_some_and(|size| size < marks.readable)
        || size(sink.raw_fd()).is_some_and(|size| size < marks.writable)
}

/// The ways in which the kernel can move bytes here, in the order in which they are to be tried.
fn ways(source: &dyn Source, sink: &dyn Sink, marks: Marks) -> Result<Vec<Way>, Impossible> {
    let from = source.raw().map_err(Impossible::Source)?;
    let to = sink.raw().map_err(Impossible::Sink)?;
    if marks.readable.max(marks.writable) > WIDEST_PIPE {
        return Err(Impossible::Flow(
            "a high-water mark above 1 MiB is more than a pipe of the kernel holds",
        ));
    }
    if from == Raw::Pipe || to == Raw::Pipe {
        return if marks.low == 0 {
            Ok(vec![Way::Straight])
        } else {
            Err(Impossible::Flow(
                "--low-water-mark is for a buffer of our own, and with a pipe at one end there is none",
            ))
        };
    }
    // Wider than the mark, where that is allowed: pieces of files do not fill the pages they take up.
    let pipe = platform::make_pipe(WIDEST_PIPE.min(marks.writable.saturating_mul(4)))
        .or_else(|_| platform::make_pipe(marks.writable));
    let (reader, writer) = pipe.map_err(|error| Impossible::NoPipe(reason(&error)))?;
    let through = Way::Through { reader, writer };
    let copies = (from, to) == (Raw::File, Raw::File)
        && source
            .raw_fd()
            .is_some_and(|fd| platform::copies_by_itself(fd.as_fd()));
    Ok(if copies {
        vec![Way::Copy, through]
    } else {
        vec![through]
    })
}
