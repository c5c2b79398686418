//! What a road is given to do, and where it reports to.

use super::flow::FlowOptions;
use super::in_use::RoadInUse;
use super::{ReaderOutcome, TransformOutcome, WriterOutcome};
use crate::account::meter::Meter;
use crate::endpoint::{Sink, Source};
use crate::engine::limit::Limit;
use crate::engine::link::Chain;
use crate::transform::Made;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// A transfer under way. Each stage sends once how it ended; one that never does has panicked, or could not be started.
#[derive(Debug)]
pub struct RunningRoad {
    /// The road, as soon as it is clear which one it is. It changes when the kernel refuses, even midway.
    pub road: watch::Receiver<Option<RoadInUse>>,
    /// How reading ended.
    pub reader: oneshot::Receiver<ReaderOutcome>,
    /// How each transform ended, in their order.
    pub transforms: Vec<oneshot::Receiver<TransformOutcome>>,
    /// How writing ended.
    pub writer: oneshot::Receiver<WriterOutcome>,
}

/// Where the stages of a road report to. Nothing receives the reports any more when the process is about to exit.
pub(super) struct Reports {
    pub(super) road: watch::Sender<Option<RoadInUse>>,
    pub(super) reader: oneshot::Sender<ReaderOutcome>,
    pub(super) transforms: Vec<oneshot::Sender<TransformOutcome>>,
    pub(super) writer: oneshot::Sender<WriterOutcome>,
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

/// One transfer, as a road is given it.
pub(super) struct Job {
    pub(super) source: Box<dyn Source>,
    pub(super) sink: Box<dyn Sink>,
    pub(super) flow: FlowOptions,
    pub(super) between: Between,
    pub(super) reports: Reports,
}
