//! The benchmark's own flags, and what follows from them.

use std::env;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use crate::program;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Measures tidegate side by side with its peers.
#[derive(Debug, Parser)]
#[command(name = "versus")]
pub(crate) struct Options {
    /// Recorded rounds of the transfer routes; one more is run first and thrown away
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,

    /// Times to measure everything, one whole time after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: u32,

    /// Bytes through the routes that start at a costless pipe
    #[arg(long, default_value = "2GiB", value_parser = parse_size)]
    pub(crate) size: u64,

    /// Size of the data file [default: 1GiB, or --size if that is less]
    #[arg(long, value_parser = parse_size)]
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
    #[arg(long, value_delimiter = ',', default_value = "100MiB,10GiB", value_parser = parse_size)]
    pub(crate) memory_sizes: Vec<u64>,

    /// The tidegate to measure [default: the release binary of this crate]
    #[arg(long)]
    program: Option<PathBuf>,

    /// Directory for versus.json and versus.md
    #[arg(long, default_value = "target/versus")]
    pub(crate) out: PathBuf,

    /// Directory for the data file, which is removed at the end
    #[arg(long, default_value_os_t = env::temp_dir())]
    pub(crate) data: PathBuf,

    /// Directory for the files of the routes on a tmpfs, removed too
    #[arg(long, default_value = "/dev/shm")]
    pub(crate) tmpfs: PathBuf,

    /// Be a contender: send FILE to PORT by calling `sendfile`
    #[arg(long, hide = true, num_args = 2, value_names = ["FILE", "PORT"])]
    pub(crate) pump: Vec<String>,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

impl Options {
    /// Size of the data file in bytes.
    pub(crate) fn file_size(&self) -> u64 {
        self.file_size.unwrap_or_else(|| self.size.min(GIB))
    }

    /// Absolute path of the tidegate to measure.
    pub(crate) fn program(&self) -> Result<String> {
        program::to_measure(self.program.as_deref())
    }
}

/// Reads `2GiB`, `512M`, `4096`: binary units, as dd and pv mean them.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "K" | "KiB" => KIB,
        "M" | "MiB" => MIB,
        "G" | "GiB" => GIB,
        other => return Err(format!("unknown unit `{other}`: use KiB, MiB or GiB")),
    };
    let number: u64 = digits.parse().map_err(|e| format!("`{digits}`: {e}"))?;
    match number.checked_mul(unit) {
        None => Err("too large".to_owned()),
        Some(0) => Err("must not be zero".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}
