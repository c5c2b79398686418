//! The buffered road: a reader thread and a writer thread with a link between them.

use super::outlet::WriterEnd;
use super::{Account, Journey, Taken, reader, writer};
use std::io;
use std::sync::Arc;
use std::thread;

const TAKEN: Taken = Taken {
    road: "buffered",
    calls: None,
};

/// Sets the two ends to work, each on a thread of its own.
pub(super) fn start(journey: Journey) -> io::Result<()> {
    thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || go_on(journey))?;
    Ok(())
}

/// The same from a thread that becomes the writer's.
pub(super) fn go_on(journey: Journey) {
    let Journey {
        source,
        sink,
        flow,
        link,
        meter,
        limit,
        reports,
    } = journey;
    reports.taken.send_replace(Some(TAKEN));
    let (its_link, its_meter) = (Arc::clone(&link), Arc::clone(&meter));
    let spawned = thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || {
            let end = reader::run(source, flow, &its_link, &its_meter);
            let _ = reports.reader.send(end);
        });
    let end = match spawned {
        Ok(_) => {
            let account = Account {
                link: &link,
                meter: &meter,
                limit: &limit,
            };
            writer::run(sink, flow, account)
        }
        Err(error) => WriterEnd::Failed {
            act: "starting to write to",
            error,
            downstream: false,
        },
    };
    let _ = reports.writer.send(end);
}
