//! The kinds of records, and the line of JSON for each.

use super::numbers::{AdviceNumbers, Numbers, SinkEnding};
use crate::account::replay::Advice;
use crate::endpoint::Delivered;
use crate::error::TransferError;
use crate::show::{Direction, Sample};
use crate::text::visible;
use crate::transform::Digest;
use serde::Serialize;

/// The version of the records. Within a version fields may be added, but none changes its meaning.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Record<'a> {
    Message {
        version: u32,
        level: &'a str,
        text: &'a str,
    },
    Listening {
        version: u32,
        end: &'static str,
        address: &'a str,
    },
    Start {
        version: u32,
        #[serde(flatten)]
        start: Start<'a>,
    },
    Sample(Numbers),
    End {
        #[serde(flatten)]
        numbers: Numbers,
        outcome: &'static str,
        road: Option<&'static str>,
        delivered: Option<&'static str>,
        buffer: Option<AdviceNumbers>,
        digests: &'a [Digest],
        error: Option<Failure<'a>>,
        exit_code: i32,
    },
}

/// What the first record says: what is known once both ends are open.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Start<'a> {
    /// Which of both directions it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What the user calls this transfer.
    pub name: Option<&'a str>,
    /// The source, as typed.
    pub source: &'a str,
    /// All sources, as typed, where there are several; they are read in this order.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub sources: &'a [&'a str],
    /// The sink, as typed.
    pub sink: &'a str,
    /// All sinks, as typed, where there are several; in this order they are in the other records.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub sinks: &'a [&'a str],
    /// How the bytes travel: `kernel` or `buffered`.
    pub road: &'a str,
    /// The system calls by which the kernel moves them.
    pub calls: Option<&'a str>,
    /// The expected size in bytes.
    pub size: Option<u64>,
    /// Bytes that the sink had of it before, where a copy goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<u64>,
    /// The most that one read takes, in bytes.
    pub chunk_size: u64,
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    pub(super) end: Option<&'static str>,
    pub(super) uri: Option<&'a str>,
    pub(super) message: String,
}

/// How a transfer ended, for its last record.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// How it ended at each of several sinks.
    pub sinks: &'a [SinkEnding],
    /// `complete`, `failed`, `interrupted` or `downstream-closed`.
    pub outcome: &'static str,
    /// How the bytes travelled in the end, if they ever did.
    pub road: Option<&'static str>,
    /// In which sense it was delivered.
    pub delivered: Option<Delivered>,
    /// What other buffers would have done.
    pub advice: Option<Advice>,
    /// The digests of the bytes.
    pub digests: &'a [Digest],
    /// What failed.
    pub error: Option<&'a TransferError>,
    /// The exit status, 128 + N for a signal.
    pub exit_code: i32,
}

/// The line for the end of a transfer.
pub(super) fn end(sample: &Sample, ending: Ending<'_>) -> String {
    let error = ending.error.map(|error| Failure {
        end: error.at.as_ref().map(|(place, _)| place.name()),
        uri: error.at.as_ref().map(|(_, uri)| uri.as_str()),
        message: error.to_string(),
    });
    line(&Record::End {
        numbers: Numbers::at_end(sample, ending.sinks),
        outcome: ending.outcome,
        road: ending.road,
        delivered: ending.delivered.map(Delivered::name),
        buffer: ending.advice.map(Into::into),
        digests: ending.digests,
        error,
        exit_code: ending.exit_code,
    })
}

/// A sample as a record of `--stats`, without the end of its line.
#[must_use]
pub fn record(sample: &Sample) -> String {
    line(&Record::Sample(sample.into())).trim_end().to_owned()
}

/// The line of a record.
pub(super) fn line(record: &Record<'_>) -> String {
    // Writing JSON fails only for maps with keys that are not strings, of which these types have none.
    let text = serde_json::to_string(record).unwrap_or_default();
    // Standard error may be a terminal, which would obey control characters.
    visible::line(&text).into_owned() + "\n"
}
