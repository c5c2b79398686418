//! Makes a pipeline of the open ends, watches over it, and sees to it that all of its stages end.

use super::Outcome;
use super::open::OpenEnds;
use super::sinks::SinkFacts;
use super::transfer::Transfer;
use super::watch::{self, Then, WatchEnd};
use crate::endpoint::{NextSource, PerEnd, Sequence, Source};
use crate::engine::pipeline::{End, Event, GRACE, Handle, MoreSink, Options, Pipeline, StartError};
use crate::engine::road::FlowOptions;
use crate::show::{Route, Sampler, Terminals};
use crate::text::visible::named;
use crate::text::words::Size;
use crate::transform::Made;
use std::io;
use std::sync::Arc;
use tokio::time::timeout;

impl Transfer {
    /// Moves the bytes until a stage or a signal ends that.
    pub(super) async fn move_bytes(&mut self, mut ends: OpenEnds) -> Outcome {
        if let Some(back) = ends.back.take() {
            return self.move_both_ways(ends, back).await;
        }
        let sinks = ends.sinks.iter().map(|it| SinkFacts {
            has_peer: it.backchannel().is_some(),
        });
        let sinks: Vec<_> = sinks.collect();
        let mut handle = match self.start(ends) {
            Ok(handle) => handle,
            Err(outcome) => return outcome,
        };
        let mut ended = None;
        let pipelines = std::slice::from_mut(&mut handle);
        let watch_end = watch::watch(self, pipelines, |_, _, end| {
            ended = Some(end);
            Then::Stop
        })
        .await;
        if let Some(road) = handle.controls().road() {
            self.note_road(0, road);
        }
        let (end, given_up) = match watch_end {
            WatchEnd::Ended => (ended, None),
            WatchEnd::GivenUp(outcome) => (self.give_up(&mut handle).await, Some(outcome)),
        };
        let outcomes = self.outcomes(end, given_up);
        let outcome = self.outcome(outcomes, &sinks);
        self.with_unreadable(outcome)
    }

    /// Starts a pipeline from one end to the others. What exists is changed as the last step, or by the pipeline.
    fn start(&mut self, ends: OpenEnds) -> Result<Handle, Outcome> {
        let source = ends.source.facts();
        let sinks: Vec<_> = ends.sinks.iter().map(|it| it.facts()).collect();
        let found = self.plan.size_of_all(ends.size);
        let size = self.plan.expected_size(self.size, found);
        self.source_begins_anywhere = source.begins_anywhere;
        let terminals = Terminals {
            source: source.is_terminal,
            sink: sinks.iter().any(|it| it.is_terminal),
        };
        self.peers = PerEnd {
            source: source.peer,
            sink: sinks.into_iter().next().and_then(|it| it.peer),
        };
        let source = self
            .in_sequence(ends.source)
            .map_err(|error| Outcome::not_started(&error))?;
        let old_sizes: Vec<_> = ends.sinks.iter().map(|it| it.would_lose()).collect();
        let mut options = self.options(size);
        if self.plan.show.draws_rows(terminals) {
            self.pipe_stderr(&mut options);
        }
        let mut marks = self.plan.sink_marks.iter().map(|it| Some(*it));
        let mut sinks = ends.sinks.into_iter();
        let Some(sink) = sinks.next() else {
            let none = io::Error::other("there is no sink");
            return Err(Outcome::not_started(&none));
        };
        options.sink_mark = marks.next().flatten();
        let more_sinks = sinks.zip(marks).map(|(sink, mark)| MoreSink { sink, mark });
        options.more_sinks = more_sinks.collect();
        let mut pipeline =
            Pipeline::new(source, sink, options).map_err(|error| Outcome::not_started(&error))?;
        let road = pipeline.choose(self.plan.road);
        let road = road.map_err(|why| Outcome::no_road(&self.plan, &why))?;
        self.tell_replacing(&old_sizes);
        let controls = pipeline.controls().clone();
        controls.meter().name_sinks(self.plan.sink_names());
        let sink_failed = |sink, act, error| Outcome::sink_failed(&self.plan, sink, act, &error);
        let started = match pipeline.start(road) {
            Ok(handle) => Ok(handle),
            Err(StartError::Memory(error)) => return Err(Outcome::no_buffers(&error)),
            Err(StartError::Sink(sink, error)) => return Err(sink_failed(sink, "opening", error)),
            Err(StartError::Threads(error)) => Err(sink_failed(0, "starting to write to", error)),
        };
        self.is_open = true;
        self.route = self.route_of(0);
        (self.size, self.terminals) = (size, terminals);
        let sampler = Sampler::new(size).behind(self.resumed_at);
        self.lanes[0].sampler = sampler.clone();
        self.steering.attach(vec![controls], &sampler);
        started
    }

    /// The source, and those after it, which are opened one after the other.
    fn in_sequence(&mut self, first: Box<dyn Source>) -> io::Result<Box<dyn Source>> {
        let more = self.plan.more_sources.len();
        if more == 0 {
            return Ok(first);
        }
        let next = Arc::new(NextSource::new()?);
        self.next_source = Some(Arc::clone(&next));
        Ok(Box::new(Sequence::new(first, more, next)))
    }

    /// Who sends to whom while this source is read, counted from 0.
    pub(super) fn route_of(&self, part: usize) -> Route {
        let (source, sink) = (self.plan.source_at(part), &self.plan.sink);
        let route = Route::new(
            (&source.uri, self.peers.source.as_deref()),
            &self.plan.transform_names(),
            (&sink.uri, self.peers.sink.as_deref()),
        );
        let parts = 1 + self.plan.more_sources.len();
        let route = route.and_more_sinks(self.plan.more_sinks.len());
        route.of_part(part, parts).told_as(self.told_as())
    }

    /// What `--tell` is followed by to reach this transfer.
    pub(super) fn told_as(&self) -> String {
        let told_as = self.plan.control.as_ref().map(named);
        told_as.unwrap_or_else(|| std::process::id().to_string())
    }

    /// Names the files that the sinks empty or replace, and how much was in them, to a person at a terminal.
    fn tell_replacing(&self, old_sizes: &[u64]) {
        if !self.plan.show.tells_replacing() {
            return;
        }
        for (sink, old_size) in self.plan.sinks().zip(old_sizes).filter(|(_, it)| **it > 0) {
            let path = sink.end.path().map_or_else(|| sink.uri.clone(), named);
            let old_size = Size::of(*old_size);
            self.note(&format!("replacing the old {path} ({old_size})"));
        }
    }

    /// What the plan asks for, with the size to expect, and what it was told since over the control socket.
    pub(super) fn options(&self, size: Option<u64>) -> Options {
        let names = self.plan.transform_names();
        let transforms = names.into_iter().zip(self.plan.make_transforms());
        let mut options = Options {
            more_sinks: Vec::new(),
            sink_mark: None,
            marks: self.plan.marks,
            flow: FlowOptions {
                expected: self.plan.size_for_sink(size),
                ..self.plan.flow
            }
            .behind(self.resumed_at),
            transforms: transforms.collect(),
            rate: self.plan.rate,
            burst: self.plan.burst,
            is_held: false,
            is_recorded: self.plan.drawings.iter().any(|it| it.needs_recording),
            clock: Arc::clone(&self.clock),
        };
        self.steering.apply(&mut options);
        options
    }

    /// Has what programs say on standard error stand above the rows that are drawn there.
    fn pipe_stderr(&self, options: &mut Options) {
        for (_, made) in &mut options.transforms {
            if let Made::Program(program) = made {
                program.stderr = self.program_stderr.pipe(self.stderr.clone());
            }
        }
    }

    /// Tells all stages to give up, and waits until they have cleaned up and told how they ended; a second signal ends the wait.
    pub(super) async fn give_up(&mut self, handle: &mut Handle) -> Option<End> {
        handle.controls().cancel();
        let ended = async {
            loop {
                if let Event::End(end) = handle.next().await {
                    return end;
                }
            }
        };
        tokio::select! {
            ended = timeout(GRACE, ended) => ended.ok(),
            _ = self.signals.next_end() => None,
        }
    }
}
