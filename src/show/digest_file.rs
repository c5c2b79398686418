//! `--digest-file`: the digests of what has passed, as lines that the `…sum` tools check.

use super::finished::{Finished, Sum};
use crate::transform::sum_line;

/// A line for each digest; nothing unless all of it has been delivered.
pub(super) fn draw(it: &Finished<'_>) -> Option<Vec<u8>> {
    let line = |sum: &Sum| sum_line(&sum.digest, sum.file.as_deref());
    let lines = it.sums.iter().flat_map(line);
    it.ending.delivered.map(|_| lines.collect())
}
