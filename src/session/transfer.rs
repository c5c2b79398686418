//! A transfer, as its user sees it: what was asked for, who is told of it, and what it can be told. What moves the bytes is a
//! pipeline, which there is once both ends are open.

use super::control::{Steering, ToCome};
use super::lane::Lane;
use super::program_stderr::ProgramStderr;
use super::side_files::SideFiles;
use super::signal::Signals;
use super::stderr::StderrWriter;
use crate::account::clock::Clock;
use crate::endpoint::{NextSource, PerEnd, Unreadable};
use crate::engine::road::{Calls, RoadInUse, TransformOutcome};
use crate::error::TransferError;
use crate::plan::{HeldFiles, Plan};
use crate::show::{self, Route, Sample, SinkEnding};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How long what was said last may take to be written, where nobody may read it any more, or the terminal is held (^S).
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// A transfer: its parts from before its ends are open until it is told how it ended.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) plan: Rc<Plan>,
    pub(super) steering: Arc<Steering>,
    pub(super) signals: Signals,
    /// The expected size in bytes.
    pub(super) size: Option<u64>,
    /// Where in the sink the copy goes on that was begun before; 0: it has just begun.
    pub(super) resumed_at: u64,
    /// Whether the source could begin behind what the sink has, another time.
    pub(super) source_begins_anywhere: bool,
    /// Its directions; there is at least one.
    pub(super) lanes: Vec<Lane>,
    /// The files beside the sink.
    pub(super) side_files: SideFiles,
    /// What was waited for last while ends were being opened.
    pub(super) awaited: String,
    /// Whether both ends are open.
    pub(super) is_open: bool,
    /// What hands over the sources after the first one, if there are any.
    pub(super) next_source: Option<Arc<NextSource>>,
    /// Which source is read now, counted from 0.
    pub(super) part: usize,
    /// Why one of these could not be opened.
    pub(super) source_failure: Option<TransferError>,
    /// Where sources could not be read, with `--skip-errors`.
    pub(super) unreadable: Arc<Unreadable>,
    /// Whom the ends are connected with.
    pub(super) peers: PerEnd<Option<String>>,
    /// What programs among its ends and transforms say on standard error, where that does not go there by itself.
    pub(super) program_stderr: Rc<ProgramStderr>,
    /// How its transforms ended.
    pub(super) transform_outcomes: Vec<TransformOutcome>,
    /// How it ended at each of several sinks.
    pub(super) sink_endings: Vec<SinkEnding>,
    /// What the user should know of those that have everything all the same.
    pub(super) sink_warnings: Vec<String>,
    /// What failed at these, beside what the outcome tells.
    pub(super) other_failures: Vec<String>,
    /// Who sends to whom, once both ends are open.
    pub(super) route: Route,
    /// Which ends are terminals.
    pub(super) terminals: show::Terminals,
    pub(super) clock: Arc<Clock>,
    pub(super) stderr: StderrWriter,
}

impl Transfer {
    /// Its parts, of which none has begun yet.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(super) fn new(plan: Plan, held: HeldFiles) -> io::Result<Self> {
        let (plan, clock) = (Rc::new(plan), Arc::new(Clock::new()));
        let to_come = ToCome::new(plan.marks, plan.transform_names(), plan.rate);
        let theme = plan.show.theme.clone();
        let steering = Arc::new(Steering::new(to_come, Arc::clone(&clock), theme));
        let signals = Signals::listen()?;
        let size = plan.stated_size(held.device_size);
        let stderr = StderrWriter::new(plan.form).called(plan.show.theme.name.as_deref());
        let stderr = if plan.show.is_quiet {
            stderr.without_warnings()
        } else {
            stderr
        };
        Ok(Self {
            stderr,
            size,
            resumed_at: 0,
            source_begins_anywhere: false,
            lanes: Lane::all(&plan),
            steering,
            plan,
            signals,
            next_source: None,
            part: 0,
            source_failure: None,
            unreadable: Arc::default(),
            peers: PerEnd::default(),
            side_files: SideFiles::new(held),
            awaited: String::new(),
            is_open: false,
            program_stderr: Rc::default(),
            transform_outcomes: Vec::new(),
            sink_endings: Vec::new(),
            sink_warnings: Vec::new(),
            other_failures: Vec::new(),
            route: Route::default(),
            terminals: show::Terminals::default(),
            clock,
        })
    }

    /// Notes the road that bytes take in this direction. The first time, this begins the files beside the sink.
    pub(super) fn note_road(&mut self, place: usize, road: RoadInUse) {
        if self.lanes[place].road.replace(road).is_some() {
            return;
        }
        if self.lanes.iter().filter(|it| it.road.is_some()).count() == 1 {
            self.side_files.begin(&self.steering, &self.stderr);
        }
        let Lane {
            plan, direction, ..
        } = &self.lanes[place];
        let sources: Vec<_> = plan.sources().map(|it| &*it.uri).collect();
        let sinks: Vec<_> = plan.sinks().map(|it| &*it.uri).collect();
        let start = show::Start {
            direction: *direction,
            name: plan.show.theme.name.as_deref(),
            source: &plan.source.uri,
            sources: if sources.len() > 1 { &sources } else { &[] },
            sink: &plan.sink.uri,
            sinks: if sinks.len() > 1 { &sinks } else { &[] },
            road: road.name(),
            calls: road.calls().map(Calls::name),
            size: self.size,
            resumed_at: Some(self.resumed_at).filter(|it| *it > 0),
            chunk_size: plan.flow.chunk_size,
        };
        for stats in &self.side_files.stats {
            stats.started(start);
        }
    }

    /// A sample of each direction for the records.
    pub(super) fn samples_for_records(&mut self) -> Vec<Sample> {
        let lanes = self.lanes.iter_mut().enumerate();
        let samples = lanes.map(|(place, lane)| {
            let now = self.steering.snapshot_of(place);
            lane.sampler.sample(now)
        });
        samples.collect()
    }

    /// Whether it is clear in some direction which road bytes take.
    pub(super) fn has_a_road(&self) -> bool {
        self.lanes.iter().any(|it| it.road.is_some())
    }

    /// How many bytes the sink has taken.
    pub(super) fn bytes_out(&self) -> u64 {
        let pipeline = self.steering.pipeline();
        pipeline.map_or(0, |it| it.meter().bytes_out())
    }

    /// Whether the copy could go on with `--resume`, as far as the sink has come.
    pub(super) fn can_be_resumed(&self) -> bool {
        let plan = &self.plan;
        let is_copy = plan.transforms.is_empty()
            && plan.more_sources.is_empty()
            && plan.more_sinks.is_empty();
        is_copy && self.source_begins_anywhere && plan.sink.end.can_be_resumed()
    }

    /// Prints a note, with the name of the transfer if it has one.
    pub(super) fn note(&self, text: &str) {
        self.stderr.note(&self.plan.show.theme.named(text));
    }
}
