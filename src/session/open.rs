//! Opens all ends: first whatever waits for no peer, then, once they are known to be different files, the rest.

use super::Outcome;
use super::announce::{Announcer, terminals};
use super::control::{self, Steering};
use super::resume;
use super::side_files::SideFiles;
use super::transfer::{GRACE, Transfer};
use crate::endpoint::{
    Halves, Kept, OpenError, PlannedEnd, PreparedPeer, PreparedSink, PreparedSource, Sink,
    Skipping, Source, SourcePlan, Unreadable,
};
use crate::error::{Side, TransferError};
use crate::plan::refusal::{self, EndFiles};
use crate::plan::{Back, Plan};
use crate::session::signal::{self, Event, Signals};
use crate::session::stderr::StderrWriter;
use crate::show::{Route, Waiting};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// Both ends, open.
pub(super) struct OpenEnds {
    pub(super) source: Box<dyn Source>,
    /// In their order; there is at least one.
    pub(super) sinks: Vec<Box<dyn Sink>>,
    /// Those of the way back, where bytes go both ways.
    pub(super) back: Option<Halves>,
    /// Bytes that the source has, as it was opened, if that is known.
    pub(super) size: Option<u64>,
}

impl std::fmt::Debug for OpenEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenEnds").finish_non_exhaustive()
    }
}

impl Transfer {
    /// Opens both ends, unless a signal comes first.
    pub(super) async fn open(&mut self) -> Result<OpenEnds, Outcome> {
        let announcer = Announcer::new(
            &self.plan,
            &self.stderr,
            &self.program_stderr,
            self.steering.awaited(),
        );
        let mut wait = Wait {
            plan: &self.plan,
            steering: &self.steering,
            signals: &mut self.signals,
            stderr: &self.stderr,
        };
        let prepared = match resume::check_source(&self.plan) {
            Ok(()) => wait.for_work(prepare(&self.plan, &announcer)).await,
            Err(refusal) => Err(refusal),
        };
        let prepared = prepared.and_then(|done| done);
        let addresses = announcer.addresses();
        if !addresses.is_empty() {
            // The address is on standard error before it is in the records. Nobody may read that log, hence the limit.
            let _ = timeout(GRACE, self.stderr.flushed()).await;
        }
        let checked = prepared.and_then(|ends| {
            different_files(&self.plan, &ends, &mut self.side_files)?;
            resume::check_length(&self.plan, ends.kept())?;
            Ok(ends)
        });
        self.side_files.start_streams(addresses, &self.stderr);
        let mut prepared = checked?;
        let kept = prepared.take_kept();
        announcer.leave_out(kept.as_ref().map_or(0, Kept::compared_from));
        self.side_files
            .listen(&self.steering)
            .map_err(Outcome::Failed)?;
        if self.plan.listens_as_process {
            control::listen_as_process(&self.steering);
        }
        let opening = async {
            let ends = establish(&self.plan, prepared, &announcer).await?;
            resumed(&self.plan, ends, kept, &self.unreadable, &announcer).await
        };
        let opened = wait.for_work(opening).await;
        announcer.stop();
        self.awaited = self.steering.awaited().in_words();
        let (ends, resumed_at) = opened.and_then(|done| done)?;
        self.resumed_at = resumed_at;
        Ok(ends)
    }
}

/// A time that no transfer outlasts.
const NEVER: Duration = Duration::from_secs(86_400 * 365);

/// How long nothing is drawn: most ends are open by then.
const FIRST_DRAWING: Duration = Duration::from_millis(300);

/// What goes on while ends are being opened: signals are heard, and the user is shown what is waited for.
struct Wait<'a> {
    plan: &'a Plan,
    steering: &'a Steering,
    signals: &'a mut Signals,
    stderr: &'a StderrWriter,
}

impl Wait<'_> {
    /// What `work` comes to, unless a signal comes first.
    async fn for_work<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Outcome> {
        tokio::pin!(work);
        let mut display = None;
        let mut next = Instant::now() + FIRST_DRAWING;
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                event = self.signals.next() => {
                    drop(display.take());
                    match event {
                        Event::End(number) => return Err(Outcome::Interrupted(number)),
                        Event::Status => self.stderr.note(&self.steering.status()),
                        Event::Stop => signal::stop(),
                        Event::Continued => {}
                    }
                }
                () = sleep_until(next) => next += self.draw(&mut display),
            }
        }
    }

    /// Draws what is waited for. Returns the time until it is to be drawn again.
    fn draw(&self, display: &mut Option<Waiting>) -> Duration {
        let waits = self.steering.awaited().with_times();
        if waits.is_empty() {
            *display = None;
            return FIRST_DRAWING;
        }
        let (source, sink) = (&self.plan.source, &self.plan.sink);
        let terminals = terminals(self.plan);
        if !self.plan.show.draws_rows(terminals) {
            return NEVER;
        }
        let display = display.get_or_insert_with(|| {
            let names = self.plan.transform_names();
            let more = self.plan.more_sinks.len();
            let route = Route::new((&source.uri, None), &names, (&sink.uri, None));
            let route = route.and_more_sinks(more);
            let route = route.of_part(0, 1 + self.plan.more_sources.len());
            self.plan.show.waiting(route, self.stderr)
        });
        display.draw(&waits);
        self.plan.show.draw_interval(terminals)
    }
}

/// Both ends, prepared.
enum PreparedEnds<'a> {
    OneWay(PreparedSource<'a>, Vec<PreparedSink<'a>>),
    BothWays(PreparedPeer<'a>, PreparedPeer<'a>),
}

impl PreparedEnds<'_> {
    /// What the sink has of a copy that is to go on in it.
    fn kept(&self) -> Option<&Kept> {
        match self {
            PreparedEnds::OneWay(_, sinks) => sinks.first()?.kept.as_ref(),
            PreparedEnds::BothWays(..) => None,
        }
    }

    /// The same, to be compared.
    fn take_kept(&mut self) -> Option<Kept> {
        match self {
            PreparedEnds::OneWay(_, sinks) => sinks.first_mut()?.kept.take(),
            PreparedEnds::BothWays(..) => None,
        }
    }
}

/// Refuses a transfer whose ends, or an end and a file beside them, are the same file.
fn different_files(
    plan: &Plan,
    prepared: &PreparedEnds<'_>,
    side_files: &mut SideFiles,
) -> Result<(), Outcome> {
    let (source, sinks) = match prepared {
        PreparedEnds::OneWay(source, sinks) => (source, sinks),
        // None of these is a file.
        PreparedEnds::BothWays(..) => return Ok(()),
    };
    // The others are opened when their turn has come, and are looked at from outside until then. Where another one listens now,
    // which the first may be, there may be room by then.
    let mut sources = vec![source.identity.clone()];
    for later in &plan.more_sources {
        let preview = later.end.preview(Side::Source);
        if let Some(obstacle) = preview.obstacle.filter(|_| !later.end.listens()) {
            return Err(could_not_open_source(later, obstacle));
        }
        sources.push(preview.identity);
    }
    let ends = EndFiles {
        sources,
        sinks: sinks.iter().map(|it| it.identity.clone()).collect(),
    };
    let flag_files = side_files.held().files();
    refusal::same_file(plan, &ends, &flag_files).map_err(|refusal| {
        side_files.refuse(&ends);
        Outcome::Failed(refusal)
    })
}

/// Ends that listen say so when the others are known to be there.
async fn prepare<'a>(
    plan: &'a Plan,
    announcer: &'a Announcer<'a>,
) -> Result<PreparedEnds<'a>, Outcome> {
    if let Some(Back { a, b, .. }) = &plan.back {
        let prepare_a = async {
            let prepared = a.end.prepare(Side::Source, announcer.source()).await;
            prepared.map_err(|error| could_not_open_source(&plan.source, error))
        };
        let prepare_b = async {
            let prepared = b.end.prepare(Side::Sink, &announcer.sinks()[0]).await;
            prepared.map_err(|error| could_not_open_sink(plan, 0, error))
        };
        let (a, b) = if a.end.listens() && !b.end.listens() {
            let b = prepare_b.await?;
            (prepare_a.await?, b)
        } else {
            (prepare_a.await?, prepare_b.await?)
        };
        return Ok(PreparedEnds::BothWays(a, b));
    }
    let source = async {
        let source = plan.source.end.prepare(announcer.source()).await;
        source.map_err(|error| could_not_open_source(&plan.source, error))
    };
    let sinks = async |listens: bool| -> Result<Vec<_>, Outcome> {
        let mut sinks = Vec::new();
        let all = plan.sinks().zip(announcer.sinks()).enumerate();
        for (place, (sink, announcer)) in all.filter(|(_, (it, _))| it.end.listens() == listens) {
            let prepared = sink.end.prepare(announcer).await;
            let prepared = prepared.map_err(|error| could_not_open_sink(plan, place, error))?;
            sinks.push((place, prepared));
        }
        Ok(sinks)
    };
    let (source, mut prepared) = if plan.source.end.listens() {
        let first = sinks(false).await?;
        (source.await?, first)
    } else {
        (source.await?, sinks(false).await?)
    };
    prepared.extend(sinks(true).await?);
    prepared.sort_by_key(|(place, _)| *place);
    let sinks = prepared.into_iter().map(|(_, it)| it).collect();
    Ok(PreparedEnds::OneWay(source, sinks))
}

/// Waits for the peers of all ends at once, since one may come only after another; but an end that acts when it is opened comes
/// after those that may fail to open.
async fn establish(
    plan: &Plan,
    ends: PreparedEnds<'_>,
    announcer: &Announcer<'_>,
) -> Result<OpenEnds, Outcome> {
    let (source, sinks) = match ends {
        PreparedEnds::OneWay(source, sinks) => (source, sinks),
        PreparedEnds::BothWays(a, b) => return establish_both(plan, a, b, announcer).await,
    };
    let source = async {
        let opened = source.open().await;
        announcer.source().is_open();
        opened.map_err(|error| could_not_open_source(&plan.source, error))
    };
    let sinks = plan.sinks().zip(announcer.sinks()).zip(sinks);
    let sinks = sinks
        .enumerate()
        .map(|(place, ((planned, announcer), sink))| {
            let opening = async move {
                let opened = sink.open().await;
                announcer.is_open();
                let opened = opened.map_err(|error| could_not_open_sink(plan, place, error))?;
                Ok((place, opened))
            };
            (planned.end.acts_when_opened(), Box::pin(opening))
        });
    let (acting, waiting): (Vec<_>, Vec<_>) = sinks.partition(|(acts, _)| *acts);
    let waiting = all_at_once(waiting.into_iter().map(|(_, opening)| opening).collect());
    let mut sinks = Vec::new();
    let source = if plan.source.end.acts_when_opened() {
        sinks.extend(waiting.await?);
        for (_, opening) in acting {
            sinks.push(opening.await?);
        }
        source.await?
    } else {
        let (source, waited) = tokio::try_join!(source, waiting)?;
        sinks.extend(waited);
        for (_, opening) in acting {
            sinks.push(opening.await?);
        }
        source
    };
    sinks.sort_by_key(|(place, _)| *place);
    let sinks = sinks.into_iter().map(|(_, it)| it).collect();
    Ok(OpenEnds {
        size: source.facts().size,
        source,
        sinks,
        back: None,
    })
}

/// The same for two ends of both directions.
async fn establish_both(
    plan: &Plan,
    a: PreparedPeer<'_>,
    b: PreparedPeer<'_>,
    announcer: &Announcer<'_>,
) -> Result<OpenEnds, Outcome> {
    let open_a = async {
        let opened = a.open().await;
        announcer.source().is_open();
        opened.map_err(|error| could_not_open_source(&plan.source, error))
    };
    let open_b = async {
        let opened = b.open().await;
        announcer.sinks()[0].is_open();
        opened.map_err(|error| could_not_open_sink(plan, 0, error))
    };
    let acts = (
        plan.source.end.acts_when_opened(),
        plan.sink.end.acts_when_opened(),
    );
    let (a, b) = match acts {
        (true, _) => {
            let b = open_b.await?;
            (open_a.await?, b)
        }
        (false, true) => (open_a.await?, open_b.await?),
        (false, false) => tokio::try_join!(open_a, open_b)?,
    };
    Ok(OpenEnds {
        source: a.source,
        sinks: vec![b.sink],
        back: Some(Halves {
            source: b.source,
            sink: a.sink,
        }),
        size: None,
    })
}

/// The ends, with SOURCE behind what SINK has `kept` of a copy that goes on, and how many bytes that are.
async fn resumed(
    plan: &Plan,
    mut ends: OpenEnds,
    kept: Option<Kept>,
    unreadable: &Arc<Unreadable>,
    announcer: &Announcer<'_>,
) -> Result<(OpenEnds, u64), Outcome> {
    if ends.back.is_none() {
        ends.source = Skipping::over(ends.source, 0, plan.skip_errors, unreadable);
    }
    let Some(kept) = kept else {
        return Ok((ends, 0));
    };
    let at = kept.length;
    ends.source = resume::compare(plan, ends.source, kept, announcer).await?;
    Ok((ends, at))
}

/// What all of the work comes to, which is done at once; the first failure ends it.
async fn all_at_once<T, F>(mut work: Vec<Pin<Box<F>>>) -> Result<Vec<T>, Outcome>
where
    F: Future<Output = Result<T, Outcome>>,
{
    let mut results = Vec::new();
    poll_fn(|context| {
        let mut failure = None;
        work.retain_mut(|it| match it.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(result)) => {
                results.push(result);
                false
            }
            Poll::Ready(Err(error)) => {
                failure = Some(error);
                false
            }
        });
        match failure {
            Some(error) => Poll::Ready(Err(error)),
            None if work.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await?;
    Ok(results)
}

/// The end of a transfer this sink of which cannot be opened. One that is not what was meant has been warned of.
fn could_not_open_sink(plan: &Plan, place: usize, error: OpenError) -> Outcome {
    Outcome::Failed(error.at(Side::Sink, &plan.sink_at(place).uri))
}

/// The end of a transfer one of whose sources cannot be opened.
fn could_not_open_source(source: &PlannedEnd<dyn SourcePlan>, error: OpenError) -> Outcome {
    Outcome::Failed(source_failure(source, error))
}

/// Why a source cannot be opened, with what was probably meant.
pub(super) fn source_failure(
    source: &PlannedEnd<dyn SourcePlan>,
    error: OpenError,
) -> TransferError {
    let failure = error.at(Side::Source, &source.uri);
    match source.hint.as_deref() {
        Some(hint) => TransferError {
            why: anyhow::Error::msg(format!("{:#}; {hint}", failure.why)),
            ..failure
        },
        None => failure,
    }
}
