//! One transfer: opens its ends, sets the road to work, watches over it, and says how it ended.
//!
//! Everything about it is a value owned here; two of them can run in one process.

mod announce;
mod beside;
mod conclude;
pub mod control;
mod draw;
pub mod exit;
mod open;
mod outcome;
pub mod report;
pub mod signal;
mod watch;

pub use outcome::Outcome;

use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::endpoint::{self, Leftover};
use crate::engine::limit::Limit;
use crate::engine::link::Chain;
use crate::engine::road::{self, Between, ReaderEnd, Road, Running, StageEnd, Taken, WriterEnd};
use crate::plan::{Held, Plan};
use crate::session::control::Steering;
use crate::session::exit::Exit;
use crate::session::report::Voice;
use crate::session::signal::Signals;
use crate::show::{self, Sample, Sampler};
use beside::SideFiles;
use open::Ends;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::time::timeout;

/// How long a stage that was told to give up may take; beyond it sits in a system call that does not return.
const GRACE: Duration = Duration::from_millis(500);

/// A transfer whose parts exist, before its ends are open.
#[derive(Debug)]
struct Transfer {
    plan: Plan,
    chain: Chain,
    meter: Arc<Meter>,
    limit: Arc<Limit>,
    steering: Arc<Steering>,
    signals: Signals,
    /// The expected size in bytes.
    size: Option<u64>,
    /// Looks for the records.
    sampler: Sampler,
    /// Looks for the user.
    shown: Sampler,
    /// The files beside the sink.
    side_files: SideFiles,
    /// Whether both ends are open.
    is_open: bool,
    /// How its transforms ended.
    stages: Vec<StageEnd>,
    /// The road that bytes take, once it is clear which.
    taken: Option<Taken>,
    /// Which ends are terminals.
    terminals: show::Ends,
    clock: Arc<Clock>,
    voice: Voice,
}

/// Runs the planned transfer to its end and tells the user about it.
///
/// # Errors
/// When the process is out of descriptors or threads before it has begun.
pub async fn run(plan: Plan, held: Held) -> io::Result<Exit> {
    let clock = Arc::new(Clock::new());
    let names = plan.transform_names();
    let chain = Chain::new(&names, plan.marks, plan.flow.chunk_size, &clock)?;
    let meter = Arc::new(Meter::new(chain.clone(), Arc::clone(&clock)));
    let limit = Arc::new(Limit::new(plan.rate, plan.burst));
    let steering = Steering::new(Arc::clone(&limit), chain.clone(), Arc::clone(&meter));
    let steering = Arc::new(steering);
    let signals = Signals::listen()?;
    if plan.drawings.iter().any(|it| it.needs_recording) {
        meter.record();
    }
    let mut transfer = Transfer {
        voice: Voice::start(plan.form)?,
        size: plan.told(),
        sampler: Sampler::new(plan.told()),
        shown: Sampler::new(plan.told()),
        limit,
        steering,
        plan,
        chain,
        meter,
        signals,
        side_files: SideFiles::new(held),
        is_open: false,
        stages: Vec::new(),
        taken: None,
        terminals: show::Ends::default(),
        clock,
    };
    for warning in &transfer.plan.warnings {
        transfer.voice.warn(warning);
    }
    let outcome = match transfer.open().await {
        Ok((ends, road)) => transfer.move_bytes(ends, road).await,
        Err(outcome) => outcome,
    };
    transfer.meter.stop();
    Ok(transfer.conclude(outcome).await)
}

impl Transfer {
    /// Opens both ends and chooses a road for them. What exists is changed as the last step, or by the road.
    async fn open(&mut self) -> Result<(Ends, Road), Outcome> {
        let mut ends = self.open_ends().await?;
        if let Some(pipe) = ends.source.pipe() {
            pipe.let_grow(self.plan.marks.readable);
        }
        if let Some(pipe) = ends.sink.pipe() {
            pipe.let_grow(self.plan.marks.writable);
        }
        let is_transformed = !self.plan.transforms.is_empty();
        let road = road::choose(
            &*ends.source,
            &*ends.sink,
            self.plan.road,
            self.plan.marks,
            is_transformed,
        )
        .map_err(|why| Outcome::no_road(&self.plan, &why))?;
        if matches!(road, Road::Buffered) {
            self.chain
                .reserve()
                .map_err(|error| Outcome::no_buffers(&error))?;
        }
        // What the sink holds is lost for something that has come, not for a connection alone.
        let waits = self.plan.flow.least.bytes(true) > 0 && ends.sink.would_lose();
        if !waits && let Err(error) = ends.sink.start() {
            return Err(Outcome::sink_failed(&self.plan, "opening", &error));
        }
        self.is_open = true;
        let size = self.plan.expected(ends.source.size());
        self.size = size;
        (self.sampler, self.shown) = (Sampler::new(size), Sampler::new(size));
        self.steering.set_size(size);
        self.terminals = show::Ends {
            source: ends.source.is_terminal(),
            sink: ends.sink.is_terminal(),
        };
        self.meter.watch(endpoint::Ends {
            source: ends.source.sight(),
            sink: ends.sink.sight(),
        });
        self.meter.start();
        self.limit.start();
        Ok((ends, road))
    }

    /// Once the road is clear: announces the start, unless that was done.
    fn set_out(&mut self, taken: Option<Taken>) {
        let Some(taken) = taken else { return };
        self.steering.set_road(taken);
        if self.taken.replace(taken).is_some() {
            return;
        }
        self.side_files.begin(&self.steering, &self.voice);
        let start = show::Start {
            name: self.plan.show.look.name.as_deref(),
            source: &self.plan.source.uri,
            sink: &self.plan.sink.uri,
            road: taken.road,
            calls: taken.calls,
            size: self.size,
            chunk_size: self.plan.flow.chunk_size,
        };
        for stats in &self.side_files.stats {
            stats.started(start);
        }
    }

    /// Lets the road work and watches over it.
    async fn move_bytes(&mut self, ends: Ends, road: Road) -> Outcome {
        // Whichever way this is left, nothing of the sink stays under a temporary name.
        let _leftover = ends.sink.leftover().map(RemovedAtLast);
        let is_socket = ends.sink.backchannel().is_some();
        let between = Between {
            chain: self.chain.clone(),
            transforms: self.plan.take_transforms(),
            meter: Arc::clone(&self.meter),
            limit: Arc::clone(&self.limit),
        };
        let started = road::start(road, ends.source, ends.sink, self.plan.flow, between);
        let mut running = match started {
            Ok(running) => running,
            Err(error) => return Outcome::sink_failed(&self.plan, "starting to write to", &error),
        };
        let mut reader_end = None;
        let stopped = watch::watch(self, &mut running, &mut reader_end).await;
        let taken = *running.taken.borrow();
        self.set_out(taken);
        let writer_end = match stopped {
            watch::Stopped::Written(end) => end,
            watch::Stopped::GivenUp(outcome) => {
                self.chain.cancel();
                self.settle(&mut running, &mut reader_end).await;
                return outcome.after(self.meter.bytes_out(), is_socket);
            }
        };
        if reader_end.is_none() {
            reader_end = timeout(GRACE, &mut running.reader).await.ok();
        }
        let reader_end = reader_end.and_then(Result::ok);
        let stage_ends = stage_ends(&mut running.stages).await;
        let outcome = Outcome::of(&self.plan, reader_end, &stage_ends, writer_end);
        self.stages = stage_ends.into_iter().flatten().collect();
        outcome.after(self.meter.bytes_out(), is_socket)
    }

    /// Waits for stages that were told to give up, so that they clean up; a second signal ends the wait.
    async fn settle(
        &mut self,
        running: &mut Running,
        read: &mut Option<Result<ReaderEnd, RecvError>>,
    ) {
        let both = async {
            let _ = (&mut running.writer).await;
            for stage in &mut running.stages {
                let _ = stage.await;
            }
            if read.is_none() {
                let _ = (&mut running.reader).await;
            }
        };
        tokio::select! {
            _ = timeout(GRACE, both) => {}
            _ = self.signals.next_end() => {}
        }
    }

    /// A look for the user, who compares it with what was last shown.
    fn glance(&mut self) -> Sample {
        self.shown.look(self.meter.snapshot())
    }

    /// A look for the records.
    fn look(&mut self) -> Sample {
        self.sampler.look(self.meter.snapshot())
    }

    /// Says something about this transfer, by its name.
    fn note(&self, text: &str) {
        self.voice.note(&self.plan.show.look.named(text));
    }
}

/// A leftover that is removed when this is dropped, in a panic too.
struct RemovedAtLast(Leftover);

impl Drop for RemovedAtLast {
    fn drop(&mut self) {
        self.0.remove();
    }
}

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ends").finish_non_exhaustive()
    }
}

/// How the transforms ended, now that the writer has; `None` for one that panicked.
async fn stage_ends(stages: &mut Vec<oneshot::Receiver<StageEnd>>) -> Vec<Option<StageEnd>> {
    let mut ends = Vec::new();
    for stage in stages.drain(..) {
        ends.push(timeout(GRACE, stage).await.ok().and_then(Result::ok));
    }
    ends
}

/// What the writer left when it panicked, which it reports by not reporting.
fn lost(end: Result<WriterEnd, oneshot::error::RecvError>) -> WriterEnd {
    end.unwrap_or_else(|_| WriterEnd::Failed {
        act: "writing to",
        error: io::Error::other("the writer stopped without a word; this is a bug"),
        downstream: false,
    })
}
