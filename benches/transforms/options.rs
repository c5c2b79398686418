//! The benchmark's own flags, and what follows from them.

use std::time::Duration;

use clap::Parser;
use tidegate::text::size::parse_positive_size;

use crate::harness::flags::{Common, Repeats};

/// The slowest that a run may be, in bytes a second; bzip2 on a busy machine is several times as fast.
const SLOWEST: u64 = 1 << 20;

/// What a run may take whatever the size, in seconds.
const AT_LEAST: u64 = 60;

/// Measures tidegate's transforms side by side with the tools that do the same.
#[derive(Debug, Parser)]
#[command(name = "transforms")]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) repeats: Repeats,

    /// Size of the data file
    #[arg(long, default_value = "512MiB", value_parser = parse_positive_size)]
    pub(crate) size: u64,

    /// Rows to measure, by name [default: all]
    #[arg(long, value_delimiter = ',')]
    pub(crate) rows: Vec<String>,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Options {
    /// The longest a single run may take.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(AT_LEAST + self.size / SLOWEST)
    }
}
