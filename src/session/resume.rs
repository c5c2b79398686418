//! Goes on with a copy that was begun before (`--resume`): the last bytes that SINK has are compared with those of SOURCE, which is
//! behind them then, and nothing is changed before that.

use super::Outcome;
use super::announce::Announcer;
use crate::endpoint::{Announce, Kept, NotResumed, Source};
use crate::error::{Class, Side, TransferError};
use crate::plan::{Plan, resume};
use crate::platform::threads;

/// Refuses a SOURCE that cannot begin where SINK ends, before it is waited for.
pub(super) fn check_source(plan: &Plan) -> Result<(), Outcome> {
    if !plan.resumes {
        return Ok(());
    }
    let source = plan.source.end.preview(Side::Source);
    resume::check_source(plan, &source).map_err(Outcome::Failed)
}

/// Refuses a SINK that has more than it may have in the end.
pub(super) fn check_length(plan: &Plan, kept: Option<&Kept>) -> Result<(), Outcome> {
    let length = kept.map_or(0, |kept| kept.length);
    resume::check_length(plan, length).map_err(Outcome::Failed)
}

/// Compares what SINK has `kept` with SOURCE, which is behind that then.
pub(super) async fn compare(
    plan: &Plan,
    mut source: Box<dyn Source>,
    kept: Kept,
    announcer: &Announcer<'_>,
) -> Result<Box<dyn Source>, Outcome> {
    let (from, to) = (&plan.source.uri, &plan.sink.uri);
    let doing = format!("comparing the end of {to} with {from}");
    announcer.source().waiting(Side::Source, doing);
    let (skip, patience) = (plan.flow.skip, plan.flow.idle_timeout);
    // A file may sleep in the system; if a signal comes the thread is left behind.
    let comparing = threads::apart("comparison", move || {
        let compared = kept.compare(&mut *source, skip, patience);
        Ok((source, compared))
    });
    let compared = match comparing {
        Ok(comparing) => comparing.await,
        Err(error) => Err(error),
    };
    let (source, compared) = compared.map_err(|error| Outcome::not_started(&error))?;
    announcer.source().is_open();
    compared.map_err(|why| not_resumed(plan, &why))?;
    Ok(source)
}

/// The end of a transfer that cannot go on in SINK.
fn not_resumed(plan: &Plan, why: &NotResumed) -> Outcome {
    let (from, to) = (&plan.source.uri, &plan.sink.uri);
    Outcome::Failed(match why {
        NotResumed::Different(at) => resume::not_resumed(
            plan,
            &format!("it has other bytes than {from} at byte {at}"),
        ),
        NotResumed::Longer(end) => resume::longer(plan, *end),
        NotResumed::FromTheBeginning => {
            let why = "the server does not send parts; without --resume it sends all of it";
            let why = anyhow::Error::msg(why);
            TransferError::at_end(Class::Io, Side::Source, "resuming from", from, why)
        }
        NotResumed::Idle => return Outcome::idle(plan, Side::Source, from),
        NotResumed::Source(error) => return Outcome::unread(from, error),
        NotResumed::Sink(error) => TransferError::io(Side::Sink, "reading", to, error),
    })
}
