//! To several sinks, on either road: a reader thread and a thread for each sink, with one link between them.

use super::buffered::{could_not_start, start_reader, start_transforms, write};
use super::flow::FlowOptions;
use super::in_use::RoadInUse;
use super::job::{Job, Shared, SinkStage, Stage};
use super::kernel::{Feed, TeeRoad};
use crate::endpoint::{Sink, Source};
use crate::platform::threads;
use std::io;
use std::sync::Arc;

/// Starts the thread that starts the others and waits until all sinks have what they get: by the kernel's calls where that
/// road is given.
pub(in crate::engine) fn start(job: Job, kernel: Option<TeeRoad>) -> io::Result<()> {
    threads::spawn("sinks", move || run(job, kernel))
}

fn run(job: Job, kernel: Option<TeeRoad>) {
    let Job {
        source,
        transforms,
        sink,
        more_sinks,
        flow,
        writer,
    } = job;
    let shared = &writer.shared;
    let sinks = std::iter::once(sink).chain(more_sinks);
    let started = start_transforms(transforms, shared).and_then(|()| {
        if let Some(road) = kernel {
            shared.chain.first().use_duplicates();
            let feeds: Vec<_> = road.feeds().map(Some).collect();
            start_writers(sinks.zip(feeds), flow, shared)?;
            start_tee(road, source, flow, shared)
        } else {
            start_writers(sinks.map(|it| (it, None)), flow, shared)?;
            start_reader(source, flow, shared)?;
            shared.progress.set_road(RoadInUse::Buffered);
            Ok(())
        }
    });
    if let Err(error) = started {
        // Those that have begun find out, and remove what they have made. What they tell then is not the reason.
        shared.progress.set_writer(0, could_not_start(error));
        shared.progress.cancel_writers();
        shared.chain.cancel();
    }
    shared.progress.await_writers();
}

/// Starts a thread for each sink.
fn start_writers(
    sinks: impl Iterator<Item = (Box<dyn Sink>, Option<Feed>)>,
    flow: FlowOptions,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    for (id, (sink, feed)) in sinks.enumerate() {
        let shared = Arc::clone(shared);
        threads::spawn("writer", move || {
            let stage = SinkStage::new(&shared, id, flow.fail_fast);
            let outcome = write(sink, id, flow, &shared, feed);
            stage.end(outcome);
        })?;
    }
    Ok(())
}

/// Starts the thread that fills the pipes of the sinks.
fn start_tee(
    road: TeeRoad,
    source: Box<dyn Source>,
    flow: FlowOptions,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    let stage = Stage::new(shared);
    threads::spawn("kernel road", move || {
        let outcome = road.run(source, flow, stage.shared());
        stage.end_reader(outcome);
    })
}
