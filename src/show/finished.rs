//! A direction of a transfer that has ended, as it is handed to plots, traces and digest files.

use super::{Completion, Direction, Ending, Sample, Summary};
use crate::account::recording::Recording;
use crate::engine::road::RoadInUse;
use crate::transform::Digest;
use std::path::PathBuf;

/// A digest, and the file that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// The digest.
    pub digest: Digest,
    /// The file. `None`: standard input or output, or another end without a name.
    pub file: Option<PathBuf>,
    /// Whether it was compared with an expected digest.
    pub is_compared: bool,
}

/// A transfer that has ended, or one of its directions.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'a> {
    /// What the user calls it.
    pub name: Option<&'a str>,
    /// Which of both directions it is; `None`: there is but one.
    pub direction: Option<Direction>,
    /// The source, as typed.
    pub source: &'a str,
    /// The sink, as typed.
    pub sink: &'a str,
    /// How the bytes travelled, if they ever did.
    pub road: Option<RoadInUse>,
    /// The rate limit at the end, in bytes a second.
    pub limit: Option<u64>,
    /// Its last sample.
    pub sample: &'a Sample,
    /// How it ended, for its summary, unless it failed.
    pub completion: Option<Completion>,
    /// How it ended.
    pub ending: Ending<'a>,
    /// The digests of the bytes, with the files that they are of.
    pub file_digests: &'a [FileDigest],
    /// What happened when.
    pub recording: &'a Recording,
}

impl Finished<'_> {
    /// Its name, if it has one, and its ends.
    pub(super) fn title(&self) -> String {
        self.titled("→")
    }

    /// The same with this arrow.
    pub(super) fn titled(&self, arrow: &str) -> String {
        let name = self.name.map(|name| format!("{name}: "));
        let name = name.unwrap_or_default();
        format!("{name}{} {arrow} {}", self.source, self.sink)
    }

    /// The summary, line by line; of a failed transfer, what failed.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let (advice, digests) = (self.ending.advice.as_ref(), self.ending.digests);
        let told = self.completion;
        let told = told.map(|how| {
            let summary = Summary {
                sample: self.sample,
                how,
                sinks: self.ending.sinks,
                sink: None,
                advice,
                digests,
                details: self.road,
            };
            summary.lines(usize::MAX)
        });
        let failure = self.ending.error.map(|error| vec![error.to_string()]);
        told.or(failure).unwrap_or_default()
    }
}
