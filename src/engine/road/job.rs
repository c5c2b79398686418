//! What a road is given to do, and what its stages share.

use super::flow::{FlowOptions, WriterContext};
use super::progress::{Progress, has_panicked};
use super::{ReaderOutcome, TransformOutcome, WriterOutcome};
use crate::account::meter::{Meter, WriterAccount};
use crate::endpoint::{Leftover, Sink, Source};
use crate::engine::gate::ConsumerId;
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
    /// The sinks after the first one.
    pub(in crate::engine) more_sinks: Vec<Box<dyn Sink>>,
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
    pub(in crate::engine) leftovers: Lock<Leftovers>,
}

/// What must not stay behind of the ends.
#[derive(Debug, Default)]
pub(in crate::engine) struct Leftovers {
    pub(in crate::engine) source: Option<Leftover>,
    pub(in crate::engine) sinks: Vec<Leftover>,
}

impl Shared {
    /// What the thread works on that writes to this sink.
    pub(super) fn writer_context<'a>(
        &'a self,
        sink: ConsumerId,
        account: &'a WriterAccount<'a>,
    ) -> WriterContext<'a> {
        WriterContext {
            first: self.chain.first(),
            consumer: self.chain.last().consumer_at(sink),
            account,
            limit: Some(&self.limit).filter(|_| !self.has_several_sinks()),
        }
    }

    /// Whether there are several sinks, so that it is the reader that keeps to the rate limit.
    pub(super) fn has_several_sinks(&self) -> bool {
        self.chain.last().consumers().count() > 1
    }

    /// Writing to this sink has ended, or was given up. If it has failed the others go on without it, or end too, if that was asked
    /// for.
    pub(in crate::engine) fn end_writer(
        &self,
        sink: ConsumerId,
        outcome: WriterOutcome,
        fail_fast: bool,
    ) {
        let (is_delivered, is_failure) = (outcome.is_delivered(), outcome.is_failure_of_sink());
        if !self.progress.set_writer(sink, outcome) || is_delivered {
            return;
        }
        self.meter.leave(sink);
        if fail_fast && is_failure {
            self.chain.cancel();
        } else {
            self.chain.last().consumer_at(sink).leave();
        }
    }
}

/// The thread of a pipeline that is the last one to end, which writes, or waits for those that do: when this is dropped, in a
/// panic too, the pipeline comes to its end.
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

    /// Writing to the only sink has ended.
    pub(super) fn end(self, outcome: WriterOutcome) {
        self.shared.progress.set_writer(0, outcome);
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

/// The thread that writes to one of several sinks; when this is dropped, in a panic too, writing to it has ended.
#[derive(Debug)]
pub(super) struct SinkStage {
    stage: Stage,
    sink: ConsumerId,
    fail_fast: bool,
}

impl SinkStage {
    /// A stage that begins, and ends when what is returned is dropped.
    pub(super) fn new(shared: &Arc<Shared>, sink: ConsumerId, fail_fast: bool) -> Self {
        Self {
            stage: Stage::new(shared),
            sink,
            fail_fast,
        }
    }

    /// Writing has ended.
    pub(super) fn end(self, outcome: WriterOutcome) {
        let shared = self.stage.shared();
        shared.end_writer(self.sink, outcome, self.fail_fast);
    }
}

impl Drop for SinkStage {
    fn drop(&mut self) {
        // Nothing is changed if it has told how it ended.
        let shared = self.stage.shared();
        shared.end_writer(self.sink, has_panicked(), self.fail_fast);
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
