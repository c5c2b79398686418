//! `--digest-file`: the digests of what has passed, as lines that the `…sum` tools check.

use super::Finished;
use crate::transform::{Digest, sum_line};
use std::path::PathBuf;

/// A digest, and the file that has it; `None` is standard input or output, or something else without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The digest.
    pub digest: Digest,
    /// The file.
    pub file: Option<PathBuf>,
    /// Whether it was compared with the one that it has to be.
    pub is_compared: bool,
}

/// A line for each digest; nothing unless all of it has been delivered.
pub(super) fn draw(it: &Finished<'_>) -> Option<Vec<u8>> {
    let line = |sum: &Sum| sum_line(&sum.digest, sum.file.as_deref());
    let lines = it.sums.iter().flat_map(line);
    it.ending.delivered.map(|_| lines.collect())
}
