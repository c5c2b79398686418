//! The flags that the benchmarks have in common, and how the entries of a table are chosen by name.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::console::say;
use super::{program, stop};

/// The flags of every benchmark.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The tidegate to measure [default: the release binary of this crate]
    #[arg(long)]
    program: Option<PathBuf>,

    /// Directory for the report, as JSON and as Markdown
    #[arg(long, default_value = concat!("target/", env!("CARGO_CRATE_NAME")))]
    pub(crate) out: PathBuf,

    /// Directory for the files that are read, which are removed at the end
    #[arg(long, default_value_os_t = env::temp_dir())]
    pub(crate) data: PathBuf,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// How often a benchmark of times is repeated.
#[derive(Debug, Clone, Copy, Args, Serialize)]
pub(crate) struct Repeats {
    /// Recorded rounds; one more is run first and not recorded
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,

    /// Times to measure everything, one whole time after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: u32,
}

impl Common {
    /// Absolute path of the tidegate to measure.
    pub(crate) fn program(&self) -> Result<String> {
        program::to_measure(self.program.as_deref())
    }

    /// Whether `cargo bench` asks for a measurement; signals interrupt it from here on.
    pub(crate) fn starts(&self) -> Result<bool> {
        if self.bench {
            stop::watch_signals()?;
        } else {
            // `cargo test --all-targets` starts bench targets too, without `--bench`; a test run must not take minutes.
            let name = env!("CARGO_CRATE_NAME");
            say(&format!(
                "nothing measured: run me with `cargo bench --bench {name}`"
            ));
        }
        Ok(self.bench)
    }
}

/// The entries of `table` that `words` ask for, in its order; all of them if there are no words.
///
/// An entry answers to each of its `names`. An unknown word is refused with the first name of every `what` there is.
pub(crate) fn choose<T>(
    what: &str,
    table: &'static [T],
    words: &[String],
    names: fn(&T) -> Vec<&'static str>,
) -> Result<Vec<&'static T>> {
    let answers = |entry: &T, word: &String| names(entry).contains(&word.as_str());
    for word in words {
        if !table.iter().any(|entry| answers(entry, word)) {
            let known: Vec<_> = table.iter().map(|entry| names(entry)[0]).collect();
            bail!("no {what} `{word}`: there are {}", known.join(", "));
        }
    }
    let is_wanted = |entry: &&T| words.is_empty() || words.iter().any(|word| answers(entry, word));
    Ok(table.iter().filter(is_wanted).collect())
}
