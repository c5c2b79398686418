//! The buffered road: a reader thread and a writer thread with a link between them; with transforms, a thread for each
//! and a link between every two threads. What is read in no time needs no reader thread.

use super::flow::FlowOptions;
use super::in_use::RoadInUse;
use super::job::{Job, Shared, Stage};
use super::kernel::Feed;
use super::outlet::WriterOutcome;
use super::reader::{Ahead, Reader};
use super::transform::{self, TransformContext};
use super::{TransformOutcome, program, writer};
use crate::endpoint::{Sink, Source};
use crate::engine::gate::ConsumerId;
use crate::engine::link::Link;
use crate::platform::threads;
use crate::transform::Made;
use std::io;
use std::sync::Arc;

/// Starts the writer thread, which starts the others.
pub(in crate::engine) fn start(job: Job) -> io::Result<()> {
    threads::spawn("writer", move || run(job))
}

/// Starts the other threads, and becomes the writer thread.
pub(super) fn run(job: Job) {
    let Job {
        source,
        transforms,
        sink,
        flow,
        writer,
        ..
    } = job;
    let shared = Arc::clone(&writer.shared);
    // The reader starts last: when a transform gets something to do, all threads of the road are there.
    let started =
        start_transforms(transforms, &shared).and_then(|()| start_reader(source, flow, &shared));
    writer.end(match started {
        Ok(()) => {
            shared.progress.set_road(RoadInUse::Buffered);
            write(sink, 0, flow, &shared, None)
        }
        // The sink removes what it has begun before the end is told.
        Err(error) => {
            drop(sink);
            could_not_start(error)
        }
    });
}

/// Writes to this sink until the end, an error, or a cancellation: what comes in chunks, or in the pipe that it is fed from.
pub(super) fn write(
    sink: Box<dyn Sink>,
    id: ConsumerId,
    flow: FlowOptions,
    shared: &Shared,
    feed: Option<Feed>,
) -> WriterOutcome {
    let account = shared.meter.writer(id);
    let context = shared.writer_context(id, &account);
    writer::run(sink, flow, context, &shared.progress, feed)
}

pub(super) fn could_not_start(error: io::Error) -> WriterOutcome {
    WriterOutcome::Failed {
        act: "starting to write to",
        error,
        downstream: false,
    }
}

pub(super) fn start_reader(
    source: Box<dyn Source>,
    flow: FlowOptions,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    let stage = Stage::new(shared);
    let (chain, meter) = (&shared.chain, &shared.meter);
    let is_transformed = chain.transforms().next().is_some();
    let is_paced = shared.has_several_sinks();
    let mut reader = Reader::new(source, flow);
    if !is_transformed && !is_paced {
        reader = match reader.run_ahead(chain.first(), meter) {
            Ahead::Ended(outcome) => {
                stage.end_reader(outcome);
                return Ok(());
            }
            Ahead::More(reader) => reader,
        };
    }
    threads::spawn("reader", move || {
        let shared = stage.shared();
        let Shared { chain, meter, .. } = shared;
        // Without transforms it is the same link, and its consumers are woken anyway.
        let last = is_transformed.then(|| &**chain.last());
        let limit = is_paced.then_some(&shared.limit);
        let outcome = reader.run(chain.first(), last, limit, meter);
        stage.end_reader(outcome);
    })
}

/// Starts a thread for each transform, between two neighbouring links.
pub(super) fn start_transforms(transforms: Vec<Made>, shared: &Arc<Shared>) -> io::Result<()> {
    let links: Vec<_> = shared.chain.links().cloned().collect();
    for (index, (made, between)) in transforms.into_iter().zip(links.windows(2)).enumerate() {
        let [from, to] = between else { continue };
        let (from, to, stage) = (Arc::clone(from), Arc::clone(to), Stage::new(shared));
        threads::spawn("transform", move || {
            let outcome = run_transform(made, &from, &to, stage.shared(), index);
            stage.end_transform(index, outcome);
        })?;
    }
    Ok(())
}

fn run_transform(
    made: Made,
    from: &Link,
    to: &Link,
    shared: &Shared,
    index: usize,
) -> TransformOutcome {
    let context = TransformContext {
        from,
        to,
        meter: &shared.meter,
        index,
    };
    match made {
        Made::Steps(it) => transform::run(it, context),
        Made::Program(it) => program::run(it, context),
    }
}
