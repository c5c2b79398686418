//! The benchmark's own flags, and what follows from them.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use tidegate::text::size::parse_positive_size;

use crate::program;

/// The slowest that a run may be, in bytes a second; bzip2 on a busy machine is several times as fast.
const SLOWEST: u64 = 1 << 20;

/// What a run may take in any case, in seconds.
const PATIENCE: u64 = 60;

/// Measures tidegate's transforms side by side with the tools that do the same.
#[derive(Debug, Parser)]
#[command(name = "transforms")]
pub(crate) struct Options {
    /// Recorded rounds of each row; one more is run first and thrown away
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,

    /// Times to measure everything, one whole time after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: u32,

    /// Size of the data file
    #[arg(long, default_value = "512MiB", value_parser = parse_positive_size)]
    pub(crate) size: u64,

    /// Rows to measure, by name [default: all]
    #[arg(long, value_delimiter = ',')]
    pub(crate) rows: Vec<String>,

    /// The tidegate to measure [default: the release binary of this crate]
    #[arg(long)]
    program: Option<PathBuf>,

    /// Directory for transforms.json and transforms.md
    #[arg(long, default_value = "target/transforms")]
    pub(crate) out: PathBuf,

    /// Directory for the data file and its copies, which are removed at the end
    #[arg(long, default_value_os_t = env::temp_dir())]
    pub(crate) data: PathBuf,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

impl Options {
    /// Absolute path of the tidegate to measure.
    pub(crate) fn program(&self) -> Result<String> {
        program::to_measure(self.program.as_deref())
    }

    /// The longest a single run may take.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(PATIENCE + self.size / SLOWEST)
    }
}
