//! The kinds that compress, and what they share.
//!
//! A format that its library writes as one stream is an [`encoder::Compressor`]. A format of independent blocks is a
//! [`blocks::BlockFormat`], whose blocks are compressed in parallel.

mod blocks;
mod encoder;
mod pool;

pub(super) mod brotli;
pub(super) mod bzip2;
pub(super) mod gzip;
pub(super) mod lz4;
pub(super) mod xz;
pub(super) mod zstd;

#[cfg(test)]
mod peers;
#[cfg(test)]
mod tests;

use super::{Key, Settings, ValueKind};
use std::num::NonZero;
use std::thread::available_parallelism;

/// The key for the number of workers.
const WORKERS: Key = Key {
    name: "workers",
    value: ValueKind::Number(1, 256),
    default: "all cores",
    help: "how many threads compress at once",
};

/// The key for the level, which is the first of each kind.
const fn level(least: u64, most: u64, default: &'static str) -> Key {
    Key {
        name: "level",
        value: ValueKind::Number(least, most),
        default,
        help: "the level; a higher one is smaller and slower",
    }
}

/// The level that is set, or `default`.
fn level_of(settings: &Settings, default: u32) -> u32 {
    let level = settings.number("level");
    level.map_or(default, |level| u32::try_from(level).unwrap_or(default))
}

/// The number of workers, if it is set.
pub(super) fn workers_of(settings: &Settings) -> Option<u32> {
    let workers = settings.number("workers")?;
    u32::try_from(workers).ok()
}

/// The number of cores that this process may use.
pub(super) fn cores() -> u32 {
    let cores = available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores).unwrap_or(1).min(256)
}

/// How far a library's count of bytes has gone up, as the length of a slice.
pub(super) fn since(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
