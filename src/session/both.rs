//! Moves bytes in both directions at once (`--duplex`): a pipeline for each, which end one by one.
//!
//! The end of what one side says is passed on to the other as a half-close, and the other direction goes on for as long as it
//! takes. Where one direction fails, so does all of it: the other one is given up, and both peers learn of it.

use super::Outcome;
use super::open::OpenEnds;
use super::transfer::Transfer;
use super::watch::{self, Then, WatchEnd};
use crate::endpoint::{Delivered, Halves, OtherHalfFailed, PerEnd, Sink, Source};
use crate::engine::link::LinkState;
use crate::engine::pipeline::{Controls, End, Handle, Pipeline, StartError};
use crate::engine::road::{ReaderOutcome, Road, WriterOutcome};
use crate::show::{Route, Sampler, Terminals};
use std::rc::Rc;

/// What is known of the directions that have ended.
#[derive(Default)]
struct Ended {
    /// How the first one ended that has failed, unless that was only because the other one did.
    failure: Option<Outcome>,
    failed_by_other: bool,
    /// What the others came from, to be closed once both have ended well.
    sources: Vec<Box<dyn Source>>,
}

impl Transfer {
    /// Moves the bytes until both directions have ended, or a failure or a signal ends that.
    pub(super) async fn move_both_ways(&mut self, there: OpenEnds, back: Halves) -> Outcome {
        let mut handles = match self.start_both(there, back) {
            Ok(handles) => handles,
            Err(outcome) => return outcome,
        };
        let controls: Vec<_> = handles.iter().map(|it| it.controls().clone()).collect();
        let mut ended = Ended::default();
        let watch_end = watch::watch(self, &mut handles, |transfer, place, end| {
            ended.note(transfer, &controls, place, end)
        })
        .await;
        for (place, controls) in controls.iter().enumerate() {
            if let Some(road) = controls.road() {
                self.note_road(place, road);
            }
        }
        let outcome = match (watch_end, ended.failure) {
            (WatchEnd::GivenUp(outcome), _) | (WatchEnd::Ended, Some(outcome)) => outcome,
            (WatchEnd::Ended, None) => {
                ended.sources.into_iter().for_each(Source::close);
                return self.both_complete();
            }
        };
        drop(ended.sources);
        for handle in &mut handles {
            self.give_up(handle).await;
        }
        let bytes = controls.iter().map(|it| it.meter().bytes_out()).sum();
        outcome.after(bytes, true, "")
    }

    /// Starts a pipeline for each direction.
    fn start_both(&mut self, there: OpenEnds, back: Halves) -> Result<Vec<Handle>, Outcome> {
        let Some(sink) = there.sinks.into_iter().next() else {
            let none = std::io::Error::other("there is no second end");
            return Err(Outcome::not_started(&none));
        };
        let (a, b) = (there.source.facts(), sink.facts());
        let terminals = Terminals {
            source: a.is_terminal || back.source.facts().is_terminal,
            sink: b.is_terminal || back.sink.facts().is_terminal,
        };
        self.peers = PerEnd {
            source: a.peer,
            sink: b.peer,
        };
        let there = self.pipeline(0, there.source, sink)?;
        let back = self.pipeline(1, back.source, back.sink)?;
        let mut handles: Vec<Handle> = Vec::new();
        for (place, (pipeline, road)) in [there, back].into_iter().enumerate() {
            let plan = &self.lanes[place].plan;
            let started = pipeline.start(road).map_err(|error| match error {
                StartError::Memory(error) => Outcome::no_buffers(&error),
                StartError::Sink(_, error) => Outcome::sink_failed(plan, 0, "opening", &error),
                StartError::Threads(error) => {
                    Outcome::sink_failed(plan, 0, "starting to write to", &error)
                }
            });
            handles.push(started?);
        }
        self.is_open = true;
        self.terminals = terminals;
        self.route = self.route_of_both();
        let controls = handles.iter().map(|it| it.controls().clone());
        self.steering
            .attach(controls.collect(), &Sampler::new(None));
        Ok(handles)
    }

    /// A pipeline for this direction, and the road that it is to take.
    fn pipeline(
        &self,
        place: usize,
        source: Box<dyn Source>,
        sink: Box<dyn Sink>,
    ) -> Result<(Pipeline, Road), Outcome> {
        let plan = &self.lanes[place].plan;
        let pipeline = Pipeline::new(source, sink, self.options(None));
        let mut pipeline = pipeline.map_err(|error| Outcome::not_started(&error))?;
        let road = pipeline.choose(plan.road);
        let road = road.map_err(|why| Outcome::no_road(plan, &why))?;
        Ok((pipeline, road))
    }

    /// Who is connected with whom.
    fn route_of_both(&self) -> Route {
        let a = (&*self.plan.source.uri, self.peers.source.as_deref());
        let b = (&*self.plan.sink.uri, self.peers.sink.as_deref());
        Route::both_ways(a, b, &self.plan.show.theme).told_as(self.told_as())
    }

    /// Both directions have delivered everything. What is told of the whole is what is told of the way there.
    fn both_complete(&self) -> Outcome {
        let how = self.lanes[0].delivered.unwrap_or(Delivered::Written);
        Outcome::Complete { how, warning: None }
    }
}

impl Ended {
    /// The direction at this place has ended.
    fn note(
        &mut self,
        transfer: &mut Transfer,
        controls: &[Controls],
        place: usize,
        mut end: End,
    ) -> Then {
        let plan = Rc::clone(&transfer.lanes[place].plan);
        let writer = match end.writers.pop() {
            Some(WriterOutcome::Failed {
                downstream: true, ..
            }) if writes_to_a_command(transfer, place) => {
                // A command that has ended well has all that it wanted. The rest of what the other side says is dropped.
                if let Some(reader) = end.reader.take() {
                    reader.source.close();
                }
                WriterOutcome::Delivered {
                    how: Delivered::Exited,
                    warning: None,
                }
            }
            Some(writer) => writer,
            None => WriterOutcome::Cancelled,
        };
        let by_other = has_failed_by_other(end.reader.as_ref(), &writer);
        let outcome = Outcome::of(&plan, 0, end.reader.as_ref(), &end.transforms, writer);
        let Outcome::Complete { how, .. } = outcome else {
            // The source is dropped, so that its peer learns of it; what the others came from is kept until they have ended.
            drop(end.reader);
            if self.failure.is_none() || (self.failed_by_other && !by_other) {
                (self.failure, self.failed_by_other) = (Some(outcome), by_other);
            }
            controls.iter().for_each(Controls::cancel);
            return Then::GoOnBriefly;
        };
        transfer.lanes[place].delivered = Some(how);
        self.sources.extend(end.reader.map(|it| it.source));
        let other = &controls[1 - place.min(1)];
        if plan.sink.end.is_descriptor(1) && is_open(other) {
            tell_that_the_peer_has_closed(transfer);
        }
        Then::GoOn
    }
}

/// Whether a direction has failed only because the other one did.
fn has_failed_by_other(reader: Option<&ReaderOutcome>, writer: &WriterOutcome) -> bool {
    let of_reader = reader.and_then(|it| it.result.as_ref().err());
    match writer {
        WriterOutcome::Cancelled => true,
        WriterOutcome::Failed { error, .. } => OtherHalfFailed::is(error),
        WriterOutcome::SourceCut => of_reader.is_some_and(OtherHalfFailed::is),
        _ => false,
    }
}

/// Whether the sink of this direction is a command that we run.
fn writes_to_a_command(transfer: &Transfer, place: usize) -> bool {
    let back = transfer.plan.back.as_ref();
    back.is_some_and(|it| match place {
        0 => it.b.end.is_command(),
        _ => it.a.end.is_command(),
    })
}

/// Whether the input of this direction goes on.
fn is_open(direction: &Controls) -> bool {
    let links = direction.meter().snapshot().links;
    links.first().is_some_and(|it| it.state != LinkState::Ended)
}

/// Tells a person who types that only their own end of input is waited for.
fn tell_that_the_peer_has_closed(transfer: &Transfer) {
    if transfer.terminals.source && !transfer.plan.show.is_quiet {
        transfer.note("the peer has closed; ^D ends");
    }
}
