//! Starts a road on its threads.

use super::flow::Flow;
use super::job::{Between, Job, Reports, RunningRoad};
use super::{Road, buffered, kernel};
use crate::endpoint::{Sink, Source};
use std::io;
use tokio::sync::{oneshot, watch};

/// Starts the road. Its stages stop by themselves, or when the links are cancelled.
///
/// # Errors
/// When the system has no threads left.
pub fn start(
    road: Road,
    source: Box<dyn Source>,
    sink: Box<dyn Sink>,
    flow: Flow,
    between: Between,
) -> io::Result<RunningRoad> {
    let (take, taken) = watch::channel(None);
    let (reader_ends, reader) = oneshot::channel();
    let (writer_ends, writer) = oneshot::channel();
    let transforms = between.transforms.iter();
    let (stage_ends, stages) = transforms.map(|_| oneshot::channel()).unzip();
    let job = Job {
        source,
        sink,
        flow,
        between,
        reports: Reports {
            taken: take,
            reader: reader_ends,
            stages: stage_ends,
            writer: writer_ends,
        },
    };
    match road {
        Road::Buffered(_) => buffered::start(job)?,
        Road::Kernel(methods) => kernel::start(methods, job)?,
    }
    Ok(RunningRoad {
        taken,
        reader,
        stages,
        writer,
    })
}
