//! Opens both ends: first whatever waits for no peer, then, once they are known to be different files, the rest.

use super::Outcome;
use super::announce::Announcer;
use super::side_files::SideFiles;
use super::transfer::{GRACE, Transfer};
use crate::endpoint::{Identity, OpenError, PreparedSink, PreparedSource, Sink, Source};
use crate::error::{Side, TransferError};
use crate::plan::Plan;
use crate::plan::refusal::{self, EndFiles};
use crate::session::report::StderrWriter;
use crate::session::signal::{self, Event, Signals};
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
    /// Opens both ends, unless a signal comes first.
    pub(super) async fn open(&mut self) -> Result<OpenEnds, Outcome> {
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
                Event::Status => stderr.note("waiting for both SOURCE and SINK to open"),
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
    // A SINK that is not what was meant has been warned of.
    let (uri, hint) = match side {
        Side::Source => (&plan.source.uri, plan.source.hint.as_deref()),
        Side::Sink => (&plan.sink.uri, None),
    };
    let failure = error.at(side, uri);
    Outcome::Failed(match hint {
        Some(hint) => TransferError {
            why: anyhow::Error::msg(format!("{:#}; {hint}", failure.why)),
            ..failure
        },
        None => failure,
    })
}
