//! What a copy cannot go on with behind what SINK has (`--resume`), before a byte has been compared.

use crate::endpoint::Preview;
use crate::error::{Class, Side, TransferError};
use crate::plan::Plan;
use crate::text::words::bytes_exactly;

/// Refuses a SOURCE that cannot begin behind its first bytes.
///
/// # Errors
/// When that is clear of the end that looks like this.
pub fn check_source(plan: &Plan, source: &Preview) -> Result<(), TransferError> {
    if !plan.resumes || source.skips.is_some() || source.obstacle.is_some() {
        return Ok(());
    }
    let why = "it cannot begin where SINK ends, as files and http:// can; leave --resume out";
    Err(TransferError::at_end(
        Class::Usage,
        Side::Source,
        "resuming from",
        &plan.source.uri,
        anyhow::Error::msg(why),
    ))
}

/// Refuses a SINK that has more bytes than it may have in the end.
///
/// # Errors
/// When it has.
pub fn check_length(plan: &Plan, length: u64) -> Result<(), TransferError> {
    let flow = &plan.flow;
    let limits = [(flow.take, "--take"), (flow.expect_size, "--expect-size")];
    let mut limits = limits
        .into_iter()
        .filter_map(|(most, flag)| Some((most?, flag)));
    match limits.find(|(most, _)| *most < length) {
        None => Ok(()),
        Some((most, flag)) => {
            let (length, most) = (bytes_exactly(length), bytes_exactly(most));
            Err(not_resumed(
                plan,
                &format!("it has {length}, which is more than the {most} of {flag}"),
            ))
        }
    }
}

/// The same, and refuses a SINK that has more bytes than SOURCE, as far as that is known of ends that look like this.
///
/// # Errors
/// When the transfer could not go on between them.
pub fn check_previews(plan: &Plan, source: &Preview, sink: &Preview) -> Result<(), TransferError> {
    check_source(plan, source)?;
    check_length(plan, sink.keeps)?;
    let end = source.size.ok();
    let end = end.map(|size| size.saturating_sub(plan.flow.skip));
    match end.filter(|end| *end < sink.keeps) {
        None => Ok(()),
        Some(end) => Err(longer(plan, end)),
    }
}

/// SINK goes on behind the end of SOURCE.
#[must_use]
pub fn longer(plan: &Plan, end: u64) -> TransferError {
    let source = &plan.source.uri;
    not_resumed(
        plan,
        &format!("it is longer than {source}, which ends at {end}"),
    )
}

/// SINK holds something else than the beginning of what is to be copied.
#[must_use]
pub fn not_resumed(plan: &Plan, why: &str) -> TransferError {
    let why = format!("{why}; it is left as it is, and without --resume it is copied anew");
    TransferError::at_end(
        Class::Integrity,
        Side::Sink,
        "resuming",
        &plan.sink.uri,
        anyhow::Error::msg(why),
    )
}
