//! Starts a road on its threads.

use super::flow::FlowOptions;
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
    flow: FlowOptions,
    between: Between,
) -> io::Result<RunningRoad> {
    let (road_report, road_in_use) = watch::channel(None);
    let (reader_report, reader) = oneshot::channel();
    let (writer_report, writer) = oneshot::channel();
    let made = between.transforms.iter();
    let (transform_reports, transforms) = made.map(|_| oneshot::channel()).unzip();
    let job = Job {
        source,
        sink,
        flow,
        between,
        reports: Reports {
            road: road_report,
            reader: reader_report,
            transforms: transform_reports,
            writer: writer_report,
        },
    };
    match road {
        Road::Buffered(_) => buffered::start(job)?,
        Road::Kernel(methods) => kernel::start(methods, job)?,
    }
    Ok(RunningRoad {
        road: road_in_use,
        reader,
        transforms,
        writer,
    })
}
