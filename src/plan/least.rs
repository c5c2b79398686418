//! The least that has to come from the source (`#min-size`), in the light of `--skip`, `--take` and `--expect-size`.

use crate::cli::Cli;
use crate::endpoint::{Least, PlannedEnd, SourcePlan};
use crate::error::UsageError;

/// The least that the source asks for. It may be no more than is read; where no byte is asked for, none has to come.
pub(super) fn least(cli: &Cli, source: &PlannedEnd<dyn SourcePlan>) -> Result<Least, UsageError> {
    let least = source.end.least();
    let most = cli.take.map(|take| take.saturating_add(cli.skip));
    match (least, most) {
        (Least::Bytes(least), Some(most)) if most < least => Err(UsageError::new(format!(
            "'{}': with --skip and --take no more than {most} bytes are read, which is less than its min-size of {least}",
            source.uri
        ))),
        (Least::OneByteToReplace, _) if cli.take == Some(0) || cli.expect_size == Some(0) => {
            Ok(Least::Nothing)
        }
        _ => Ok(least),
    }
}
