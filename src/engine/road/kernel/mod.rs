//! The kernel road: the kernel moves the bytes, which never enter our memory (splice(2), sendfile(2),
//! `copy_file_range(2)`).
//!
//! One thread does it all, since two threads on one pipe are slower than one. If an end is a pipe, bytes go from one
//! end to the other (`direct`), but not from a pipe to a file; else through a pipe of our own (`through_pipe`); and where the file system can copy by
//! itself, it is asked to (`copy`). Each is a loop that asks the ends what may move, makes a call, and counts what has moved;
//! `ends` has what they share.
//!
//! Several sinks get the same bytes by duplicates of them (`tee`): one thread fills the pipes, and each sink has one that empties its own.
//!
//! A call is refused when this kernel, or a security module, does not do it between these ends, or not any more: a
//! descriptor that other processes share gets other flags when they set them. If nothing was delivered and a
//! method is left, that one is tried; otherwise the buffered road takes over, and reads the bytes that are still in our
//! pipe before the rest of the source (`fallback`, `remainder`). Where the kernel road is insisted on, the transfer fails instead,
//! after these bytes (`last_bytes`). Any error but a refusal is a failure of an end.

// What is tried, in which order.
mod fallback;
mod last_bytes;
mod methods;
mod own_pipe;
mod parts;
mod remainder;

// The methods.
mod copy;
mod direct;
mod through_pipe;

// To several sinks.
mod feed;
mod tee;
mod tee_pipes;
mod tee_road;

// What they share.
mod announcement;
mod ending;
mod ends;
mod faults;
mod gathering;
mod syscalls;

pub(super) use feed::Feed;
pub(super) use methods::Method;
pub use methods::{Buffers, Methods};
pub use own_pipe::OwnPipe;
pub(super) use syscalls::Kernel;
pub use syscalls::Syscalls;
pub use tee_pipes::TeePipes;
pub(in crate::engine) use tee_road::TeeRoad;

use super::buffered;
use super::flow::FlowOptions;
use super::inlet::ReaderOutcome;
use super::job::Job;
use crate::platform::threads;
use remainder::Remainder;
use std::io;
use std::sync::Arc;

/// Starts the thread of the kernel road.
pub(in crate::engine) fn start(methods: Methods, job: Job) -> io::Result<()> {
    threads::spawn("kernel road", move || run(methods, job))
}

fn run(methods: Methods, job: Job) {
    let Job {
        mut source,
        mut sink,
        flow,
        writer,
        ..
    } = job;
    let shared = Arc::clone(&writer.shared);
    let moved = parts::move_all(methods, &mut *source, &mut *sink, flow, &shared);
    match moved {
        Ok((result, outcome)) => {
            // A sink that has not finished removes what it has begun before the end is told.
            drop(sink);
            let reader = ReaderOutcome {
                source,
                result,
                is_left_well: true,
            };
            shared.progress.set_reader(reader);
            writer.end(outcome);
        }
        Err(undelivered) => {
            let delivered = shared.meter.bytes_out();
            // The bytes in our pipe are read again.
            shared.meter.recount_in();
            let skip = undelivered.skip;
            let rest = Job {
                source: Box::new(Remainder::new(undelivered, source)),
                transforms: Vec::new(),
                sink,
                more_sinks: Vec::new(),
                flow: FlowOptions {
                    skip,
                    take: flow.take.map(|take| take.saturating_sub(delivered)),
                    ..flow
                },
                writer,
            };
            buffered::run(rest);
        }
    }
}
