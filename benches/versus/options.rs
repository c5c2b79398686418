//! The benchmark's own flags, and what follows from them.

use std::path::PathBuf;

use clap::Parser;
use tidegate::text::size::parse_positive_size;

use crate::harness::flags::{Common, Repeats};

const GIB: u64 = 1 << 30;

/// Measures tidegate side by side with its peers.
#[derive(Debug, Parser)]
#[command(name = "versus")]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) repeats: Repeats,

    /// Bytes through the routes that start at a costless pipe
    #[arg(long, default_value = "2GiB", value_parser = parse_positive_size)]
    pub(crate) size: u64,

    /// Size of the data file [default: 1GiB, or --size if that is less]
    #[arg(long, value_parser = parse_positive_size)]
    file_size: Option<u64>,

    /// Routes to measure, by name [default: all]
    #[arg(long, value_delimiter = ',')]
    pub(crate) routes: Vec<String>,

    /// Recorded rounds of `empty`
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) empty_runs: u32,

    /// Messages per peer in `latency`, spread over the rounds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) latency_reps: u32,

    /// Transfers whose peak memory `memory` compares
    #[arg(long, value_delimiter = ',', default_value = "100MiB,10GiB", value_parser = parse_positive_size)]
    pub(crate) memory_sizes: Vec<u64>,

    #[command(flatten)]
    pub(crate) common: Common,

    /// Another tidegate, to be compared with in the place of its peers: twice, so that noise is seen
    #[arg(long)]
    pub(crate) before: Option<PathBuf>,

    /// Directory for the files of the routes on a tmpfs, removed too
    #[arg(long, default_value = "/dev/shm")]
    pub(crate) tmpfs: PathBuf,

    /// Be a contender: send FILE to PORT by calling `sendfile`
    #[arg(long, hide = true, num_args = 2, value_names = ["FILE", "PORT"])]
    pub(crate) pump: Vec<String>,
}

impl Options {
    /// Size of the data file in bytes.
    pub(crate) fn file_size(&self) -> u64 {
        self.file_size.unwrap_or_else(|| self.size.min(GIB))
    }
}
