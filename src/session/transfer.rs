//! A transfer: everything about it is a value owned here, so that two of them can run in one process.

use super::control::Steering;
use super::report::StderrWriter;
use super::side_files::SideFiles;
use super::signal::Signals;
use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::engine::limit::Limit;
use crate::engine::link::Chain;
use crate::engine::road::{Calls, RoadInUse, TransformOutcome};
use crate::plan::{HeldFiles, Plan};
use crate::show::{self, Sample, Sampler};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a stage that was told to give up may take; one that takes longer sits in a system call that does not return.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// A transfer: its parts from before its ends are open until it is told how it ended.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) plan: Plan,
    pub(super) chain: Chain,
    pub(super) meter: Arc<Meter>,
    pub(super) limit: Arc<Limit>,
    pub(super) steering: Arc<Steering>,
    pub(super) signals: Signals,
    /// The expected size in bytes.
    pub(super) size: Option<u64>,
    pub(super) record_sampler: Sampler,
    pub(super) display_sampler: Sampler,
    /// The files beside the sink.
    pub(super) side_files: SideFiles,
    /// Whether both ends are open.
    pub(super) is_open: bool,
    /// How its transforms ended.
    pub(super) transform_outcomes: Vec<TransformOutcome>,
    /// The road that bytes take, once it is clear which.
    pub(super) road: Option<RoadInUse>,
    /// Which ends are terminals.
    pub(super) terminals: show::Terminals,
    pub(super) clock: Arc<Clock>,
    pub(super) stderr: StderrWriter,
}

impl Transfer {
    /// Its parts, of which none has begun yet.
    ///
    /// # Errors
    /// When the process is out of descriptors or threads.
    pub(super) fn new(plan: Plan, held: HeldFiles) -> io::Result<Self> {
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
        let size = plan.stated_size(held.device_size);
        Ok(Self {
            stderr: StderrWriter::start(plan.form)?,
            size,
            record_sampler: Sampler::new(size),
            display_sampler: Sampler::new(size),
            limit,
            steering,
            plan,
            chain,
            meter,
            signals,
            side_files: SideFiles::new(held),
            is_open: false,
            transform_outcomes: Vec::new(),
            road: None,
            terminals: show::Terminals::default(),
            clock,
        })
    }

    /// Notes the road that bytes take, once there is one. The first time, this begins the files beside the sink.
    pub(super) fn note_road(&mut self, road: Option<RoadInUse>) {
        let Some(road) = road else { return };
        self.steering.set_road(road);
        if self.road.replace(road).is_some() {
            return;
        }
        self.side_files.begin(&self.steering, &self.stderr);
        let start = show::Start {
            name: self.plan.show.theme.name.as_deref(),
            source: &self.plan.source.uri,
            sink: &self.plan.sink.uri,
            road: road.name(),
            calls: road.calls().map(Calls::name),
            size: self.size,
            chunk_size: self.plan.flow.chunk_size,
        };
        for stats in &self.side_files.stats {
            stats.started(start);
        }
    }

    /// A sample for the display. Its rates are since the last such sample.
    pub(super) fn sample_for_display(&mut self) -> Sample {
        self.display_sampler.sample(self.meter.snapshot())
    }

    /// A sample for the records.
    pub(super) fn sample_for_records(&mut self) -> Sample {
        self.record_sampler.sample(self.meter.snapshot())
    }

    /// Prints a note, with the name of the transfer if it has one.
    pub(super) fn note(&self, text: &str) {
        self.stderr.note(&self.plan.show.theme.named(text));
    }
}
