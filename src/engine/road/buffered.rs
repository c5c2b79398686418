//! The buffered road: a reader thread and a writer thread with a link between them, or several with a thread for each
//! transform between two.

use super::flow::Account;
use super::journey::{Between, Journey, Reports};
use super::outlet::WriterEnd;
use super::stage::{self, StageContext};
use super::taken::Taken;
use super::{StageEnd, program, reader, writer};
use crate::account::meter::Meter;
use crate::engine::link::{Chain, Link};
use crate::platform::threads;
use crate::transform::Made;
use std::io;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Sets the two ends and what is between them to work, each on a thread of its own.
pub(super) fn start(journey: Journey) -> io::Result<()> {
    threads::spawn("writer", move || go_on(journey))
}

/// The same from a thread that becomes the writer's.
pub(super) fn go_on(journey: Journey) {
    let Journey {
        source,
        sink,
        flow,
        between,
        reports,
    } = journey;
    let Between {
        chain,
        transforms,
        meter,
        limit,
    } = between;
    let Reports {
        taken,
        reader: read,
        stages: transformed,
        writer: written,
    } = reports;
    let (link, its_meter) = (Arc::clone(chain.first()), Arc::clone(&meter));
    // Without transforms it is the same link, which wakes its writer anyway.
    let last = (!transforms.is_empty()).then(|| Arc::clone(chain.last()));
    let stages = transforms.into_iter().zip(transformed);
    // The reader comes last: by the time a transform has something to do, all threads of the road are there.
    let started = start_stages(&chain, stages, &meter).and_then(|()| {
        threads::spawn("reader", move || {
            let _ = read.send(reader::run(
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
            taken.send_replace(Some(Taken::Buffered));
            let account = Account {
                first: chain.first(),
                link: chain.last(),
                meter: &meter,
                limit: &limit,
            };
            writer::run(sink, flow, account)
        }
        Err(error) => {
            chain.cancel();
            // Nothing of it is left behind when the end is known.
            drop(sink);
            WriterEnd::Failed {
                act: "starting to write to",
                error,
                downstream: false,
            }
        }
    };
    let _ = written.send(end);
}

/// Sets the transforms to work, each between two neighbouring links.
fn start_stages(
    chain: &Chain,
    stages: impl Iterator<Item = (Made, oneshot::Sender<StageEnd>)>,
    meter: &Arc<Meter>,
) -> io::Result<()> {
    let links: Vec<_> = chain.links().cloned().collect();
    for (index, ((made, told), between)) in stages.zip(links.windows(2)).enumerate() {
        let [from, to] = between else { continue };
        let (from, to, meter) = (Arc::clone(from), Arc::clone(to), Arc::clone(meter));
        threads::spawn("transform", move || {
            let _ = told.send(run(made, &from, &to, &meter, index));
        })?;
    }
    Ok(())
}

fn run(made: Made, from: &Link, to: &Link, meter: &Meter, index: usize) -> StageEnd {
    let place = StageContext {
        from,
        to,
        meter,
        index,
    };
    match made {
        Made::Steps(transform) => stage::run(transform, place),
        Made::Program(it) => program::run(&it, place),
    }
}
