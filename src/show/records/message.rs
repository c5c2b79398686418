//! Messages as records: with `--progress json` everything on standard error is a JSON object.

use super::record::{Failure, Record, VERSION, line};
use crate::account::meter::Snapshot;
use crate::error::UsageError;
use crate::session::exit::Exit;
use crate::show::Sampler;

/// The line for a message.
#[must_use]
pub fn message(level: &str, text: &str) -> String {
    line(&Record::Message {
        version: VERSION,
        level,
        text,
    })
}

/// The last record where the command line is refused, so that no transfer begins.
#[must_use]
pub fn refused(error: &UsageError) -> String {
    let nothing = Sampler::new(None).last_sample(Snapshot::default());
    line(&Record::End {
        numbers: (&nothing).into(),
        outcome: "failed",
        road: None,
        delivered: None,
        buffer: None,
        digests: &[],
        error: Some(Failure {
            end: None,
            uri: None,
            message: error.to_string(),
        }),
        exit_code: Exit::Usage.code(),
    })
}
