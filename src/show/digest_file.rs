//! `--digest-file`: the digests of the bytes, as lines that `sha256sum -c` and its like check.

use super::finished::{FileDigest, Finished};
use crate::transform::sum_line;

/// A line for each digest; nothing unless everything has been delivered.
pub(super) fn draw(it: &Finished<'_>) -> Option<Vec<u8>> {
    let line = |sum: &FileDigest| sum_line(&sum.digest, sum.file.as_deref());
    let lines = it.file_digests.iter().flat_map(line);
    it.ending.delivered.map(|_| lines.collect())
}
