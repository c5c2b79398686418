//! What a road is given to do, and what its stages share.

use super::flow::{FlowOptions, WriterContext};
use super::progress::Progress;
use super::{ReaderOutcome, TransformOutcome, WriterOutcome};
use crate::account::meter::{Meter, WriterAccount};
use crate::endpoint::{Leftover, PerEnd, Sink, Source};
use crate::engine::limit::Limit;
use crate::engine::link::Chain;
use crate::platform::sync::Lock;
use crate::transform::Made;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a stage that was told to give up may take; one that takes longer sits in a system call that does not return.
pub const GRACE: Duration = Duration::from_millis(500);

/// What a road is given to do.
pub(in crate::engine) struct Job {
    pub(in crate::engine) source: Box<dyn Source>,
    /// There are none on the kernel road.
    pub(in crate::engine) transforms: Vec<Made>,
    pub(in crate::engine) sink: Box<dyn Sink>,
    pub(in crate::engine) flow: FlowOptions,
    pub(in crate::engine) writer: WriterStage,
}

/// What the stages of a pipeline share with each other, and with whoever steers it.
#[derive(Debug)]
pub(in crate::engine) struct Shared {
    pub(in crate::engine) chain: Chain,
    pub(in crate::engine) meter: Arc<Meter>,
    pub(in crate::engine) limit: Limit,
    pub(in crate::engine) progress: Progress,
    /// What must not stay behind of the ends.
    pub(in crate::engine) leftovers: Lock<PerEnd<Option<Leftover>>>,
}

impl Shared {
    /// What the writing thread works on.
    pub(super) fn writer_context<'a>(
        &'a self,
        account: &'a WriterAccount<'a>,
    ) -> WriterContext<'a> {
        WriterContext {
            first: self.chain.first(),
            consumer: self.chain.last().consumer(),
            account,
            limit: &self.limit,
        }
    }
}

/// The writing thread of a pipeline, which is the last one to end: when this is dropped, in a panic too, the pipeline comes
/// to its end.
#[derive(Debug)]
pub(in crate::engine) struct WriterStage {
    pub(super) shared: Arc<Shared>,
}

impl WriterStage {
    /// The pipeline ends when what is returned is dropped.
    pub(in crate::engine) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
        }
    }

    /// Writing has ended.
    pub(super) fn end(self, outcome: WriterOutcome) {
        self.shared.progress.set_writer(outcome);
    }
}

impl Drop for WriterStage {
    fn drop(&mut self) {
        let Shared {
            chain,
            meter,
            progress,
            ..
        } = &*self.shared;
        if !progress.is_delivered() {
            // A stage may sleep until its input comes, which nobody wants any more.
            chain.cancel();
        }
        // Nor does a peer hold anything up.
        meter.set_peer_counts(false);
        progress.await_stages(Instant::now() + GRACE);
        progress.set_ended();
    }
}

/// Another stage of a pipeline; when this is dropped, the stage has ended.
#[derive(Debug)]
pub(super) struct Stage {
    shared: Arc<Shared>,
}

impl Stage {
    /// A stage that begins, and ends when what is returned is dropped.
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        shared.progress.stage_begins();
        Self {
            shared: Arc::clone(shared),
        }
    }

    /// What it shares with the others.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// It was the reader, and has ended.
    pub(super) fn end_reader(self, outcome: ReaderOutcome) {
        self.shared.progress.set_reader(outcome);
    }

    /// It was the transform at this place, counted from the source, and has ended.
    pub(super) fn end_transform(self, index: usize, outcome: TransformOutcome) {
        self.shared.progress.set_transform(index, outcome);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shared.progress.stage_ended();
    }
}
