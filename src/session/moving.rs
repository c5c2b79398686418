//! Sets a road to work, watches over it, and sees that all of its stages end.

use super::Outcome;
use super::open::OpenEnds;
use super::transfer::{GRACE, Transfer};
use super::watch;
use crate::endpoint::Leftover;
use crate::engine::road::{
    self, Between, FlowOptions, ReaderOutcome, Road, RunningRoad, TransformOutcome, WriterOutcome,
};
use std::sync::Arc;
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::time::timeout;

impl Transfer {
    /// Moves the bytes until a stage or a signal ends that.
    pub(super) async fn move_bytes(&mut self, ends: OpenEnds, road: Road) -> Outcome {
        // However this function is left, the temporary file of the sink is removed.
        let _leftover = ends.sink.facts().leftover.map(RemoveOnDrop);
        let is_socket = ends.sink.backchannel().is_some();
        let between = Between {
            chain: self.chain.clone(),
            transforms: self.plan.make_transforms(),
            meter: Arc::clone(&self.meter),
            limit: Arc::clone(&self.limit),
        };
        let flow = FlowOptions {
            expected: self.plan.size_for_sink(self.size),
            ..self.plan.flow
        };
        let started = road::start(road, ends.source, ends.sink, flow, between);
        let mut running = match started {
            Ok(running) => running,
            Err(error) => return Outcome::sink_failed(&self.plan, "starting to write to", &error),
        };
        let mut reader_outcome = None;
        let watch_end = watch::watch(self, &mut running, &mut reader_outcome).await;
        let road = *running.road.borrow();
        self.note_road(road);
        let writer_outcome = match watch_end {
            watch::WatchEnd::Written(end) => {
                if !matches!(end, WriterOutcome::Delivered { .. }) {
                    // A stage may sleep until its input comes, which nobody wants any more.
                    self.chain.cancel();
                }
                end
            }
            watch::WatchEnd::GivenUp(outcome) => {
                self.chain.cancel();
                self.settle(&mut running, &mut reader_outcome).await;
                return outcome.after(self.meter.bytes_out(), is_socket);
            }
        };
        if reader_outcome.is_none() {
            reader_outcome = timeout(GRACE, &mut running.reader).await.ok();
        }
        let reader_outcome = reader_outcome.and_then(Result::ok);
        let transform_outcomes = transform_outcomes(&mut running.transforms).await;
        let outcome = Outcome::of(
            &self.plan,
            reader_outcome,
            &transform_outcomes,
            writer_outcome,
        );
        self.transform_outcomes = transform_outcomes.into_iter().flatten().collect();
        outcome.after(self.meter.bytes_out(), is_socket)
    }

    /// Waits until stages that were told to give up have cleaned up; a second signal ends the wait.
    async fn settle(
        &mut self,
        running: &mut RunningRoad,
        reader_outcome: &mut Option<Result<ReaderOutcome, RecvError>>,
    ) {
        let all = async {
            let _ = (&mut running.writer).await;
            for transform in &mut running.transforms {
                let _ = transform.await;
            }
            if reader_outcome.is_none() {
                let _ = (&mut running.reader).await;
            }
        };
        tokio::select! {
            _ = timeout(GRACE, all) => {}
            _ = self.signals.next_end() => {}
        }
    }
}

/// A leftover that is removed when this is dropped, in a panic too.
struct RemoveOnDrop(Leftover);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// How the transforms ended, now that the writer has; `None` for one that panicked.
async fn transform_outcomes(
    transforms: &mut Vec<oneshot::Receiver<TransformOutcome>>,
) -> Vec<Option<TransformOutcome>> {
    let mut outcomes = Vec::new();
    for transform in transforms.drain(..) {
        outcomes.push(timeout(GRACE, transform).await.ok().and_then(Result::ok));
    }
    outcomes
}
