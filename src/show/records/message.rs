//! What is said among the records of `--progress json`, where standard error holds nothing but objects.

use super::record::{Failure, Record, VERSION, line};
use crate::account::meter::Snapshot;
use crate::error::UsageError;
use crate::session::exit::Exit;
use crate::show::Sampler;

/// The line for something that is said.
#[must_use]
pub fn message(level: &str, text: &str) -> String {
    line(&Record::Message {
        version: VERSION,
        level,
        text,
    })
}

/// The last record of a transfer that never was, since its command line is refused.
#[must_use]
pub fn refused(error: &UsageError) -> String {
    let nothing = Sampler::new(None).last_sample(Snapshot::default());
    line(&Record::End {
        numbers: (&nothing).into(),
        outcome: "failed",
        road: None,
        delivered: None,
        buffer: None,
        digests: Vec::new(),
        error: Some(Failure {
            end: None,
            uri: None,
            message: error.to_string(),
        }),
        exit_code: Exit::Usage.code(),
    })
}
