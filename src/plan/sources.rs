//! Where bytes come from: one SOURCE, or several that are read one after the other.

use crate::cli::Cli;
use crate::endpoint::uri::Spec;
use crate::endpoint::{self, Context, PlannedEnd, SizeAt, SourcePlan, World};
use crate::error::UsageError;
use crate::text::visible::named;
use std::path::Path;

type PlannedSource = PlannedEnd<dyn SourcePlan>;

/// The first SOURCE, and those that follow it.
///
/// # Errors
/// When one of them cannot be one, and when the SINK behind several of them may be one by mistake.
pub(super) fn planned(
    cli: &Cli,
    context: &Context<'_>,
) -> Result<(PlannedSource, Vec<PlannedSource>), UsageError> {
    let source = endpoint::plan_source(&cli.source, context)?;
    let more = cli.sources().into_iter().skip(1);
    let more = more.map(|argument| endpoint::plan_source(argument, context));
    let more: Vec<_> = more.collect::<Result<_, _>>()?;
    if !more.is_empty() {
        check_sink(cli, context.world)?;
    }
    for planned in std::iter::once(&source)
        .chain(&more)
        .filter(|_| !more.is_empty())
    {
        let given = &planned.options.given;
        if given.iter().any(|option| option.starts_with("min-size")) {
            return Err(UsageError::new(format!(
                "'{}': min-size is for a SOURCE that is the only one; of several, --expect-size counts all bytes",
                planned.uri
            )));
        }
    }
    Ok((source, more))
}

/// Refuses a SINK that is a file with something in it, named like the SOURCEs before it: it may be the last of `*.log`.
fn check_sink(cli: &Cli, world: &dyn World) -> Result<(), UsageError> {
    let Some(sink) = cli.last_sink() else {
        return Ok(());
    };
    let is_path = matches!(endpoint::parse(sink), Ok(Spec::Path(_)));
    if is_path && matches!(world.size_at(Path::new(sink)), Ok(SizeAt::File(_))) {
        let name = named(sink);
        return Err(UsageError::new(format!(
            "'{name}' is the SINK, and there is such a file already; write file:{name} to overwrite it, or - behind it for standard output"
        )));
    }
    Ok(())
}
