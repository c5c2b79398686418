//! The benchmark's own flags, and what follows from them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use tidegate::text::size::parse_positive_size;

use crate::harness::flags::Common;
use crate::limiters::Source;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What is measured unless asked otherwise, in bytes a second.
const RATES: &[u64] = &[10 * KIB, 100 * KIB, MIB, 16 * MIB, 200 * MIB, 1000 * MIB];

/// And with `--quick`.
const FEW_RATES: &[u64] = &[100 * KIB, 16 * MIB, 1000 * MIB];

/// Measures how exact a rate limit is.
#[derive(Debug, Parser)]
#[command(name = "rate")]
pub(crate) struct Options {
    /// Bytes a second to limit to, as sizes [default: 10KiB,100KiB,1MiB,16MiB,200MiB,1000MiB]
    #[arg(long, value_delimiter = ',', value_parser = parse_positive_size)]
    rates: Vec<u64>,

    /// Length of a steady run, from the first byte [default: 4]
    #[arg(long, value_parser = RangedU64ValueParser::<u64>::new().range(1..=60))]
    seconds: Option<u64>,

    /// Runs of each kind, the best of which counts for each figure [default: 3]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,

    /// Sources to read from [default: all]
    #[arg(long, value_delimiter = ',')]
    sources: Vec<Source>,

    /// Limiters to measure, by their names or programs [default: all]
    #[arg(long, visible_alias = "peers", value_delimiter = ',')]
    pub(crate) limiters: Vec<String>,

    /// Leave out the runs with a silent source
    #[arg(long)]
    pub(crate) skip_idle: bool,

    /// Three rates, 2 s and one run, unless said otherwise
    #[arg(long)]
    quick: bool,

    #[command(flatten)]
    pub(crate) common: Common,

    /// Directory for the file that rates above 200 MiB/s read, all holes, on a tmpfs and removed too
    #[arg(long, default_value = "/dev/shm")]
    pub(crate) tmpfs: PathBuf,

    /// Be a limiter: copy PATH at RATE by reading and writing
    #[arg(long, hide = true, num_args = 2, value_names = ["RATE", "PATH"], allow_hyphen_values = true)]
    pub(crate) bare: Vec<String>,
}

impl Options {
    /// The rates, in bytes a second.
    pub(crate) fn rates(&self) -> Vec<u64> {
        match self.rates.as_slice() {
            [] if self.quick => FEW_RATES.to_vec(),
            [] => RATES.to_vec(),
            rates => rates.to_vec(),
        }
    }

    /// How long a steady run is, from its first read.
    pub(crate) fn length(&self) -> Duration {
        let default = if self.quick { 2 } else { 4 };
        Duration::from_secs(self.seconds.unwrap_or(default))
    }

    /// Runs of each kind.
    pub(crate) fn runs(&self) -> u32 {
        self.runs.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// Whether `source` is to be read from.
    pub(crate) fn reads(&self, source: Source) -> bool {
        self.sources.is_empty() || self.sources.contains(&source)
    }
}
