//! The buffered road: a reader thread and a writer thread with a link between them; with transforms, a thread for each
//! and a link between every two threads.

use super::flow::WriterContext;
use super::in_use::RoadInUse;
use super::job::{Between, Job, Reports};
use super::outlet::WriterOutcome;
use super::transform::{self, TransformContext};
use super::{TransformOutcome, program, reader, writer};
use crate::account::meter::Meter;
use crate::engine::link::{Chain, Link};
use crate::platform::threads;
use crate::transform::Made;
use std::io;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Starts the writer thread, which starts the others.
pub(super) fn start(job: Job) -> io::Result<()> {
    threads::spawn("writer", move || run(job))
}

/// Starts the other threads, and becomes the writer thread.
pub(super) fn run(job: Job) {
    let Job {
        source,
        sink,
        flow,
        between,
        reports,
    } = job;
    let Between {
        chain,
        transforms,
        meter,
        limit,
    } = between;
    let Reports {
        road,
        reader: reader_report,
        transforms: transform_reports,
        writer: writer_report,
    } = reports;
    let (link, its_meter) = (Arc::clone(chain.first()), Arc::clone(&meter));
    // Without transforms it is the same link, and its consumer is woken anyway.
    let last = (!transforms.is_empty()).then(|| Arc::clone(chain.last()));
    let transforms = transforms.into_iter().zip(transform_reports);
    // The reader starts last: when a transform gets something to do, all threads of the road are there.
    let started = start_transforms(&chain, transforms, &meter).and_then(|()| {
        threads::spawn("reader", move || {
            let _ = reader_report.send(reader::run(
                source,
                flow,
                &link,
                last.as_deref(),
                &its_meter,
            ));
        })
    });
    let end = match started {
        Ok(()) => {
            road.send_replace(Some(RoadInUse::Buffered));
            let account = meter.writer(0);
            let context = WriterContext {
                first: chain.first(),
                consumer: chain.last().consumer(),
                account: &account,
                limit: &limit,
            };
            writer::run(sink, flow, context)
        }
        Err(error) => {
            chain.cancel();
            // The sink removes what it has begun before the end is reported.
            drop(sink);
            WriterOutcome::Failed {
                act: "starting to write to",
                error,
                downstream: false,
            }
        }
    };
    let _ = writer_report.send(end);
}

/// Starts a thread for each transform, between two neighbouring links.
fn start_transforms(
    chain: &Chain,
    transforms: impl Iterator<Item = (Made, oneshot::Sender<TransformOutcome>)>,
    meter: &Arc<Meter>,
) -> io::Result<()> {
    let links: Vec<_> = chain.links().cloned().collect();
    for (index, ((made, report), between)) in transforms.zip(links.windows(2)).enumerate() {
        let [from, to] = between else { continue };
        let (from, to, meter) = (Arc::clone(from), Arc::clone(to), Arc::clone(meter));
        threads::spawn("transform", move || {
            let _ = report.send(run_transform(made, &from, &to, &meter, index));
        })?;
    }
    Ok(())
}

fn run_transform(
    made: Made,
    from: &Link,
    to: &Link,
    meter: &Meter,
    index: usize,
) -> TransformOutcome {
    let context = TransformContext {
        from,
        to,
        meter,
        index,
    };
    match made {
        Made::Steps(it) => transform::run(it, context),
        Made::Program(it) => program::run(&it, context),
    }
}
