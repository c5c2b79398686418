//! The buffered road: a reader thread and a writer thread with a link between them.

use super::reader::{self, ReaderEnd};
use super::writer::{self, WriterEnd};
use crate::endpoint::{Sink, Source};
use crate::link::Link;
use crate::meter::Meter;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the road has to know about the flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// The most one read takes, in bytes.
    pub chunk_size: u64,
    /// Bytes to leave out at the beginning.
    pub skip: u64,
    /// Bytes to stop after.
    pub take: Option<u64>,
    /// The only number of delivered bytes that is a success.
    pub expect_size: Option<u64>,
    /// How long a peer may let nothing move; the watch over it is somebody else's, the road only looks often enough.
    pub idle_timeout: Option<Duration>,
}

/// A transfer under way. Each side sends its end once; one that never does has panicked.
#[derive(Debug)]
pub struct Running {
    /// How reading ended.
    pub reader: oneshot::Receiver<ReaderEnd>,
    /// How writing ended.
    pub writer: oneshot::Receiver<WriterEnd>,
}

/// Sets the two ends to work. They stop by themselves, or when the link is cancelled.
///
/// # Errors
/// When the system has no threads left.
pub fn start(
    source: Box<dyn Source>,
    sink: Box<dyn Sink>,
    flow: Flow,
    link: &Arc<Link>,
    meter: &Arc<Meter>,
) -> io::Result<Running> {
    let (reader_ends, reader) = oneshot::channel();
    let (writer_ends, writer) = oneshot::channel();
    let (its_link, its_meter) = (Arc::clone(link), Arc::clone(meter));
    thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || {
            // Nobody listens any more when the process is about to end.
            let _ = writer_ends.send(writer::run(sink, flow, &its_link, &its_meter));
        })?;
    let (its_link, its_meter) = (Arc::clone(link), Arc::clone(meter));
    let spawned = thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || {
            let _ = reader_ends.send(reader::run(source, flow, &its_link, &its_meter));
        });
    if let Err(error) = spawned {
        link.cancel();
        return Err(error);
    }
    Ok(Running { reader, writer })
}
