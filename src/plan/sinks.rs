//! Where bytes go: one SINK, or several that get the same bytes.

use crate::cli::Cli;
use crate::endpoint::{self, Context, PlannedEnd, SinkPlan};
use crate::error::UsageError;

type PlannedSink = PlannedEnd<dyn SinkPlan>;

/// The SINK, and those of `--tee`.
///
/// # Errors
/// When one of them cannot be one, when the only one is asked to mind others, and when no copy could go on in
/// it though that is asked for.
pub(super) fn planned(
    cli: &Cli,
    context: &Context<'_>,
) -> Result<(PlannedSink, Vec<PlannedSink>), UsageError> {
    let sink = endpoint::plan_sink(cli.last_sink(), context)?;
    let sink = if cli.resume {
        resumed(cli, sink)?
    } else {
        sink
    };
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

/// The SINK, in which the copy is to go on behind what it has.
///
/// # Errors
/// For a SINK that is no file of its own or has an option by which nothing could be gone on with, and for transforms.
fn resumed(cli: &Cli, sink: PlannedSink) -> Result<PlannedSink, UsageError> {
    let uri = &sink.uri;
    if let Some(spec) = cli.transform.first() {
        return Err(UsageError::new(format!(
            "--resume compares '{uri}' with the bytes of SOURCE, and -t {spec} would not see those that are there; leave one of them out"
        )));
    }
    let is_in_the_way = |option: &&String| ["append", "create", "atomic"].contains(&&***option);
    let in_the_way = sink.options.given.iter().find(is_in_the_way).cloned();
    let refused = match in_the_way {
        Some(option) => UsageError::new(format!(
            "'{uri}': --resume goes on in the file itself, and {option} does not; leave one of them out"
        )),
        None => UsageError::new(format!(
            "'{uri}': --resume goes on in a regular file; give its path as the SINK"
        )),
    };
    let end = sink.end.resumed().ok_or(refused)?;
    Ok(PlannedEnd { end, ..sink })
}
