//! The roads a byte can take from the source to the sink: through our own buffers, or through the kernel's alone.
//!
//! `choice` picks one by what the ends can do, never by what they are. Where the kernel refuses its very first call, the
//! kernel road hands over to the buffered one, and nothing is lost on the way.

mod choice;

// The two ends, as either road uses them.
mod inlet;
mod outlet;

// Through our own buffers.
mod buffered;
mod program;
mod reader;
mod stage;
mod writer;

// Through the kernel's.
mod kernel;

pub use choice::{
    Decision, Detour, Facing, Impossible, Pipe, Road, Wish, choose, decide, own_pipe,
};
pub use inlet::ReaderEnd;
pub use kernel::{Buffers, Door, Ways};
pub use outlet::WriterEnd;
pub use stage::StageEnd;

use crate::account::meter::Meter;
use crate::endpoint::{Least, Sink, Source};
use crate::engine::limit::Limit;
use crate::engine::link::{Chain, Link};
use crate::transform::Made;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What a road has to know about the flow.
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
    /// The least that has to come from the source, left out or not, for its end to be one.
    pub least: Least,
    /// How long a peer may let nothing move; the watch over it is somebody else's, the road only looks often enough.
    pub idle_timeout: Option<Duration>,
}

/// The road that bytes have taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// `kernel` or `buffered`.
    pub road: &'static str,
    /// By which calls the kernel moves them, if it does.
    pub calls: Option<&'static str>,
}

/// A transfer under way. Each side sends its end once; one that never does has panicked.
#[derive(Debug)]
pub struct Running {
    /// The road, as soon as it is clear which one it is. It may still change, as long as nothing was delivered.
    pub taken: watch::Receiver<Option<Taken>>,
    /// How reading ended.
    pub reader: oneshot::Receiver<ReaderEnd>,
    /// How each transform ended, in their order.
    pub stages: Vec<oneshot::Receiver<StageEnd>>,
    /// How writing ended.
    pub writer: oneshot::Receiver<WriterEnd>,
}

/// Where the stages of a road report to. Nobody listens any more when the process is about to end.
struct Reports {
    taken: watch::Sender<Option<Taken>>,
    reader: oneshot::Sender<ReaderEnd>,
    stages: Vec<oneshot::Sender<StageEnd>>,
    writer: oneshot::Sender<WriterEnd>,
}

/// What lies between the ends.
#[derive(Debug)]
pub struct Between {
    /// The buffers.
    pub chain: Chain,
    /// The transforms between them. There are none on the kernel road.
    pub transforms: Vec<Made>,
    /// Where everything is counted.
    pub meter: Arc<Meter>,
    /// The rate limit.
    pub limit: Arc<Limit>,
}

/// Everything that goes along a road.
struct Journey {
    source: Box<dyn Source>,
    sink: Box<dyn Sink>,
    flow: Flow,
    between: Between,
    reports: Reports,
}

/// Where the writing end of a road counts.
#[derive(Debug, Clone, Copy)]
struct Account<'a> {
    /// What the source fills.
    first: &'a Link,
    /// What the sink empties.
    link: &'a Link,
    meter: &'a Meter,
    limit: &'a Limit,
}

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
) -> io::Result<Running> {
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
        Road::Buffered => buffered::start(journey)?,
        Road::Kernel(ways) => kernel::start(ways, journey)?,
    }
    Ok(Running {
        taken,
        reader,
        stages,
        writer,
    })
}
