//! Both directions (`--duplex`): two ends, each of which is the source of one direction and the sink of the other.

use crate::cli::Cli;
use crate::endpoint::{self, Context, PlannedPeer};
use crate::error::UsageError;
use std::ffi::OsStr;
use std::rc::Rc;

/// A and B.
///
/// # Errors
/// When one of them cannot be such an end, or both are standard input or output.
pub(super) fn planned(
    cli: &Cli,
    context: &Context<'_>,
) -> Result<(PlannedPeer, PlannedPeer), UsageError> {
    let a = endpoint::plan_peer(&cli.source, context).map(Rc::new)?;
    let b = cli.sink.as_deref().unwrap_or(OsStr::new("-"));
    let b = endpoint::plan_peer(b, context).map(Rc::new)?;
    let are_one = |number| a.end.is_descriptor(number) && b.end.is_descriptor(number);
    if are_one(0) || are_one(1) {
        return Err(UsageError::new(format!(
            "--duplex '{}' and '{}': these are one and the same end",
            a.uri, b.uri
        )));
    }
    Ok((a, b))
}
