//! The kinds of measurement, and what follows from each.

use serde::Serialize;

use crate::options::Options;
use crate::probes::MESSAGE;

/// Rounds of the memory route: a peak hardly varies, and its transfers are long.
const MEMORY_ROUNDS: u32 = 3;

/// The kinds of measurement; each has its sizes, its number of rounds and its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The time for `--size` bytes.
    Stream,
    /// The time for the data file.
    File,
    /// The time for the data file three times over.
    Files,
    /// The time for the beginning of the data file, written in 64-byte pieces.
    Small,
    /// The time for nothing at all.
    Startup,
    /// Peak memory for each of `--memory-sizes`.
    Memory,
    /// The time for one short message.
    Latency,
    /// The time for so many short messages there and back, one after the other.
    RoundTrips,
}

/// The length of a message of [`Kind::RoundTrips`], in bytes, and how many there are.
pub(crate) const ROUND_TRIP: usize = 64;
const ROUND_TRIPS: u64 = 20_000;

/// How many pieces [`Kind::Small`] writes; the data file has to hold them.
const SMALL_WRITES: u64 = 1_500_000;

impl Kind {
    /// The transfers to make, in bytes.
    pub(crate) fn sizes(self, options: &Options) -> Vec<u64> {
        match self {
            Self::Stream => vec![options.size],
            Self::File => vec![options.file_size()],
            Self::Files => vec![3 * options.file_size()],
            Self::Small => vec![SMALL_WRITES * 64],
            Self::Startup => vec![0],
            Self::Memory => options.memory_sizes.clone(),
            Self::Latency => vec![MESSAGE.len() as u64],
            Self::RoundTrips => vec![ROUND_TRIPS * ROUND_TRIP as u64],
        }
    }

    /// Whether the data file is read.
    pub(crate) fn uses_data(self) -> bool {
        !matches!(self, Self::Startup | Self::Latency | Self::RoundTrips)
    }

    /// Whether its best runs are what is compared.
    pub(crate) fn compares_best(self) -> bool {
        matches!(
            self,
            Self::Stream
                | Self::File
                | Self::Files
                | Self::Small
                | Self::Startup
                | Self::RoundTrips
        )
    }

    /// How many times tidegate's CPU time the most frugal rival is wanted to need, where that is said.
    pub(crate) fn wanted_cpu(self) -> Option<f64> {
        matches!(self, Self::Stream | Self::File | Self::Files | Self::Small).then_some(1.0)
    }

    /// The rounds to record.
    pub(crate) fn rounds(self, options: &Options) -> u32 {
        match self {
            Self::Stream | Self::File | Self::Files | Self::Small | Self::RoundTrips => {
                options.repeats.runs
            }
            Self::Latency => options.repeats.runs.min(options.latency_reps),
            Self::Startup => options.empty_runs,
            Self::Memory => options.repeats.runs.min(MEMORY_ROUNDS),
        }
    }
}
