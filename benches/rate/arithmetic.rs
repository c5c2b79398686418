//! What a recording of reads says about a rate: pure arithmetic, without a clock and without I/O.
//!
//! Rates are in bytes a second; a recording is in the order of time. `examples.rs` checks it all.

use std::time::Duration;

/// Reads less than this apart may belong to one piece that was let go at once.
const BETWEEN_PIECES: Duration = Duration::from_millis(1);

/// One read at the receiving end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Read {
    /// When it returned, counted from when the limiter was spawned.
    pub(crate) at: Duration,
    /// The bytes it brought.
    pub(crate) bytes: u64,
}

/// The bytes of all `reads`.
pub(crate) fn total(reads: &[Read]) -> u64 {
    reads.iter().map(|read| read.bytes).sum()
}

/// From the first read to the last; zero for fewer than two.
pub(crate) fn length(reads: &[Read]) -> Duration {
    match reads {
        [first, .., last] => last.at.saturating_sub(first.at),
        _ => Duration::ZERO,
    }
}

/// The reads less than `length` after the first one.
pub(crate) fn beginning(reads: &[Read], length: Duration) -> &[Read] {
    let end = reads.first().map_or(Duration::ZERO, |read| read.at) + length;
    &reads[..reads.partition_point(|read| read.at < end)]
}

/// How far the average is off `rate`, as a fraction of it: 0.01 is 1 % too fast.
///
/// It is taken from the first read to the beginning of the last piece, which does not count: a limiter that lets a
/// tenth of a second go at once is not taken to be too fast by that. None for a recording of no length.
pub(crate) fn average_error(reads: &[Read], rate: u64) -> Option<f64> {
    let (counted, last) = reads.split_at(last_piece(reads));
    let time = last.first()?.at.saturating_sub(reads.first()?.at);
    (!time.is_zero()).then(|| multiple(total(counted), rate, time) - 1.0)
}

/// Where the last piece begins: at a read that nothing came just before, or else at the last read.
fn last_piece(reads: &[Read]) -> usize {
    let last = reads.len().saturating_sub(1);
    let gap = |index: usize| length(&reads[index - 1..=index]);
    let near_the_end = (1..=last)
        .rev()
        .take_while(|&index| length(&reads[index..]) <= length(reads) / 10);
    let mut beginnings = near_the_end.filter(|&index| gap(index) >= BETWEEN_PIECES);
    beginnings.next().unwrap_or(last)
}

/// The bytes in the fullest window of `width` that begins at a read, as a multiple of `rate` × `width`.
///
/// No other window can be fuller. A window has its begin in it, and not its end.
pub(crate) fn worst_window(reads: &[Read], rate: u64, width: Duration) -> f64 {
    let (mut end, mut inside, mut most) = (0, 0, 0);
    for first in reads {
        while let Some(read) = reads.get(end).filter(|read| read.at < first.at + width) {
            inside += read.bytes;
            end += 1;
        }
        most = most.max(inside);
        inside -= first.bytes;
    }
    multiple(most, rate, width)
}

/// The bytes within `width` from `begin`, as a multiple of `rate` × `width`.
pub(crate) fn window_at(reads: &[Read], rate: u64, begin: Duration, width: Duration) -> f64 {
    let start = reads.partition_point(|read| read.at < begin);
    let end = reads.partition_point(|read| read.at < begin + width);
    multiple(total(&reads[start..end]), rate, width)
}

/// The same from the first read that is not before `moment`; none without such a read.
pub(crate) fn window_after(
    reads: &[Read],
    rate: u64,
    moment: Duration,
    width: Duration,
) -> Option<f64> {
    let first = reads.iter().find(|read| read.at >= moment)?;
    Some(window_at(reads, rate, first.at, width))
}

/// The longest time from a read to the next.
pub(crate) fn longest_gap(reads: &[Read]) -> Duration {
    let gaps = reads.windows(2).map(length);
    gaps.max().unwrap_or(Duration::ZERO)
}

#[expect(clippy::cast_precision_loss, reason = "bytes are far below 2^53")]
fn multiple(bytes: u64, rate: u64, time: Duration) -> f64 {
    bytes as f64 / (rate as f64 * time.as_secs_f64())
}
