//! Where bytes go: one SINK, or several that get the same bytes.

use crate::cli::Cli;
use crate::endpoint::{self, Context, PlannedEnd, SinkPlan};
use crate::error::UsageError;

type PlannedSink = PlannedEnd<dyn SinkPlan>;

/// The SINK, and those of `--tee`.
///
/// # Errors
/// When one of them cannot be one, and when the only one is asked to mind others.
pub(super) fn planned(
    cli: &Cli,
    context: &Context<'_>,
) -> Result<(PlannedSink, Vec<PlannedSink>), UsageError> {
    let sink = endpoint::plan_sink(cli.last_sink(), context)?;
    let more = cli.tee.iter();
    let more = more.map(|argument| endpoint::plan_sink(Some(argument), context));
    let more: Vec<_> = more.collect::<Result<_, _>>()?;
    if more.is_empty() && sink.policy.minds_others {
        return Err(UsageError::new(format!(
            "'{}': slow is about other SINKs that wait for this one, and there is none; add one with --tee",
            sink.uri
        )));
    }
    Ok((sink, more))
}
