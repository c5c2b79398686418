//! The kernel road: the kernel moves the bytes, which never enter our memory (splice(2), sendfile(2),
//! `copy_file_range(2)`).
//!
//! One thread does it all, since two threads on one pipe are slower than one. If an end is a pipe, bytes go from one
//! end to the other (`direct`); else through a pipe of our own (`through_pipe`); and where the file system can copy by
//! itself, it is asked to (`copy`). `pump` is what these have in common.
//!
//! A call is refused when this kernel, or a security module, does not do it between these ends, or not any more: a
//! descriptor that other processes share gets other flags when they set them. If nothing was delivered and a
//! method is left, that one is tried; otherwise the buffered road takes over, and reads the bytes that are still in our
//! pipe before the rest of the source (`remainder`). Any error but a refusal is a failure of an end.

mod copy;
mod direct;
mod ending;
mod faults;
mod gathering;
mod grant;
mod holes;
mod methods;
mod pump;
mod remainder;
mod syscalls;
mod through_pipe;

pub(super) use methods::Method;
pub use methods::{Buffers, Methods};
pub(super) use syscalls::Kernel;
pub use syscalls::Syscalls;

use super::buffered;
use super::flow::FlowOptions;
use super::job::{Job, WriterStage};
use crate::platform::threads;
use ending::RoadOutcome;
use pump::Pump;
use remainder::Remainder;
use std::io;
use std::sync::Arc;

/// Starts the thread of the kernel road.
pub(in crate::engine) fn start(methods: Methods, job: Job) -> io::Result<()> {
    threads::spawn("kernel road", move || run(methods, job))
}

fn run(methods: Methods, job: Job) {
    let Job {
        source,
        sink,
        flow,
        writer,
        ..
    } = job;
    let shared = Arc::clone(&writer.shared);
    let meter = &shared.meter;
    let account = meter.writer(0);
    let context = shared.writer_context(&account);
    let pump = Pump::new(
        source,
        sink,
        flow,
        context,
        &*methods.syscalls,
        &shared.progress,
    );
    match pump.run(methods.in_order) {
        Ok(outcome) => end(writer, outcome),
        Err(refusal) if methods.insists => end(writer, refusal.no_road(meter.bytes_out())),
        Err(refusal) => {
            drop(account);
            // The bytes in our pipe are read again.
            meter.recount_in();
            let sink = refusal.sink;
            let remainder = Remainder::new(refusal.in_pipe, refusal.source, refusal.source_error);
            let rest = Job {
                source: Box::new(remainder),
                transforms: Vec::new(),
                sink,
                flow: FlowOptions {
                    // What was to be skipped has been.
                    skip: 0,
                    take: flow.take.map(|take| take.saturating_sub(meter.bytes_out())),
                    ..flow
                },
                writer,
            };
            buffered::run(rest);
        }
    }
}

/// Both sides have ended.
fn end(writer: WriterStage, outcome: RoadOutcome) {
    writer.shared.progress.set_reader(outcome.reader);
    writer.end(outcome.writer);
}
