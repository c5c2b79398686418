//! Opens both ends: first whatever waits for no peer, then, once they are known to be different files, the rest.

use super::Outcome;
use super::announce::Announcer;
use super::side_files::SideFiles;
use super::transfer::{GRACE, Transfer};
use crate::endpoint::{self, Identity, OpenError, PreparedSink, PreparedSource, Sink, Source};
use crate::engine::road::{self, Road};
use crate::error::Side;
use crate::plan::Plan;
use crate::plan::refusal::{self, EndFiles};
use crate::session::report::StderrWriter;
use crate::session::signal::{self, Event, Signals};
use crate::show::{self, Sampler};
use tokio::time::timeout;

/// Both ends, open.
pub(super) struct OpenEnds {
    pub(super) source: Box<dyn Source>,
    pub(super) sink: Box<dyn Sink>,
}

impl std::fmt::Debug for OpenEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenEnds").finish_non_exhaustive()
    }
}

impl Transfer {
    /// Opens both ends and chooses a road for them. What exists is changed as the last step, or by the road.
    pub(super) async fn open(&mut self) -> Result<(OpenEnds, Road), Outcome> {
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
        if matches!(road, Road::Buffered(_)) {
            self.chain
                .reserve()
                .map_err(|error| Outcome::no_buffers(&error))?;
        }
        let (source, sink) = (ends.source.facts(), ends.sink.facts());
        let size = self.plan.expected_size(self.size, source.size);
        // A sink that would lose what it holds starts once bytes have come: a connection alone is not enough.
        let starts_later = self.plan.flow.least.bytes(true) > 0 && ends.sink.would_lose();
        let expected = self.plan.size_for_sink(size);
        if !starts_later && let Err(error) = ends.sink.start(expected) {
            return Err(Outcome::sink_failed(&self.plan, "opening", &error));
        }
        self.is_open = true;
        self.size = size;
        (self.record_sampler, self.display_sampler) = (Sampler::new(size), Sampler::new(size));
        self.steering.set_size(size);
        self.terminals = show::Terminals {
            source: source.is_terminal,
            sink: sink.is_terminal,
        };
        self.meter.watch(endpoint::PerEnd {
            source: source.probe,
            sink: sink.probe,
        });
        self.meter.start();
        self.limit.start();
        Ok((ends, road))
    }

    /// Opens both ends, unless a signal comes first.
    pub(super) async fn open_ends(&mut self) -> Result<OpenEnds, Outcome> {
        let announcer = Announcer::new(&self.plan, &self.stderr);
        let prepared = prepare(&self.plan, &announcer);
        let prepared = until_signal(prepared, &mut self.signals, &self.stderr)
            .await
            .and_then(|done| done);
        let addresses = announcer.addresses();
        if !addresses.is_empty() {
            // The address is on standard error before it is in the records. Nobody may read that log, hence the limit.
            let _ = timeout(GRACE, self.stderr.flushed()).await;
        }
        let checked = prepared.and_then(|ends| {
            different_files(&self.plan, &ends, &mut self.side_files)?;
            Ok(ends)
        });
        self.side_files.start_streams(addresses, &self.stderr);
        let prepared = checked?;
        self.side_files
            .listen(&self.steering)
            .map_err(Outcome::Failed)?;
        let established = establish(&self.plan, prepared);
        let established = until_signal(established, &mut self.signals, &self.stderr).await;
        announcer.stop();
        established.and_then(|done| done)
    }
}

/// Both ends, prepared.
struct PreparedEnds<'a> {
    source: PreparedSource<'a>,
    sink: PreparedSink<'a>,
}

/// Refuses a transfer whose ends, or an end and a file beside them, are the same file.
fn different_files(
    plan: &Plan,
    prepared: &PreparedEnds<'_>,
    side_files: &mut SideFiles,
) -> Result<(), Outcome> {
    let ends = EndFiles {
        source: Identity::of_end(prepared.source.file_id, plan.source.end.path()),
        sink: Identity::of_end(prepared.sink.file_id, plan.sink.end.path()),
    };
    let flag_files = side_files.held().files();
    refusal::same_file(plan, &ends, &flag_files).map_err(|refusal| {
        side_files.refuse(&ends);
        Outcome::Failed(refusal)
    })
}

async fn until_signal<T>(
    work: impl Future<Output = T>,
    signals: &mut Signals,
    stderr: &StderrWriter,
) -> Result<T, Outcome> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            event = signals.next() => match event {
                Event::End(number) => return Err(Outcome::Interrupted(number)),
                Event::Status => stderr.note("waiting for both ends to open"),
                Event::Stop => signal::stop(),
                Event::Continued => {}
            },
        }
    }
}

async fn prepare<'a>(
    plan: &'a Plan,
    announcer: &'a Announcer,
) -> Result<PreparedEnds<'a>, Outcome> {
    let source = plan.source.end.prepare(announcer).await;
    let source = source.map_err(|error| failed_to_open(plan, Side::Source, error))?;
    let sink = plan.sink.end.prepare(announcer).await;
    let sink = sink.map_err(|error| failed_to_open(plan, Side::Sink, error))?;
    Ok(PreparedEnds { source, sink })
}

/// Waits for the peers of both ends at once, since one may come only after the other.
async fn establish(plan: &Plan, ends: PreparedEnds<'_>) -> Result<OpenEnds, Outcome> {
    let source = async {
        let opened = ends.source.open().await;
        opened.map_err(|error| failed_to_open(plan, Side::Source, error))
    };
    let sink = async {
        let opened = ends.sink.open().await;
        opened.map_err(|error| failed_to_open(plan, Side::Sink, error))
    };
    let (source, sink) = tokio::try_join!(source, sink)?;
    Ok(OpenEnds { source, sink })
}

fn failed_to_open(plan: &Plan, side: Side, error: OpenError) -> Outcome {
    let uri = match side {
        Side::Source => &plan.source.uri,
        Side::Sink => &plan.sink.uri,
    };
    Outcome::Failed(error.at(side, uri))
}
