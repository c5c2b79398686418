//! Sets a road to work.

use super::flow::Flow;
use super::journey::{Between, Journey, Reports, RunningRoad};
use super::{Road, buffered, kernel};
use crate::endpoint::{Sink, Source};
use std::io;
use tokio::sync::{oneshot, watch};

/// Sets the road to work. Its stages stop by themselves, or when the link is cancelled.
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
    let journey = Journey {
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
        Road::Buffered(_) => buffered::start(journey)?,
        Road::Kernel(methods) => kernel::start(methods, journey)?,
    }
    Ok(RunningRoad {
        taken,
        reader,
        stages,
        writer,
    })
}
