//! The files that limiters read: one that is filled, and for the highest rates one of holes on a tmpfs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::{Builder, NamedTempFile};

use crate::console::say;
use crate::limiters::{Contender, Source};
use crate::options::Options;
use crate::runs;
use crate::stats;

/// The highest rate that is read from the filled file, in bytes a second.
const FILLED_UP_TO: u64 = 200 << 20;

/// The files of a benchmark, which go away with this value.
#[derive(Debug, Default)]
pub(crate) struct Files {
    filled: Option<NamedTempFile>,
    holes: Option<NamedTempFile>,
}

impl Files {
    /// Makes the files that `chosen` will read, each large enough for the highest of its rates.
    pub(crate) fn create(options: &Options, chosen: &[Contender]) -> Result<Self> {
        let reads_file = |it: &Contender| it.source == Source::File && it.is_installed();
        if !chosen.iter().any(reads_file) {
            return Ok(Self::default());
        }
        let (low, high): (Vec<_>, Vec<_>) = options
            .rates()
            .into_iter()
            .partition(|rate| *rate <= FILLED_UP_TO);
        let size = |rates: Vec<u64>| {
            let highest = rates.into_iter().max();
            highest.map(|rate| runs::bytes_needed(rate, options.length()))
        };
        let filled = size(low).map(|size| make(&options.data, size, fill));
        let holes = size(high).map(|size| make(&options.tmpfs, size, File::set_len));
        Ok(Self {
            filled: filled.transpose()?,
            holes: holes.transpose()?,
        })
    }

    /// The file to read at `rate`; empty if no file is read at all.
    pub(crate) fn path(&self, rate: u64) -> Result<&str> {
        let file = if rate <= FILLED_UP_TO {
            &self.filled
        } else {
            &self.holes
        };
        let path = file.as_ref().map_or(Path::new(""), NamedTempFile::path);
        path.to_str().context("the path of a file is not UTF-8")
    }
}

fn make(
    dir: &Path,
    size: u64,
    fill: impl Fn(&File, u64) -> io::Result<()>,
) -> Result<NamedTempFile> {
    say(&format!("making a file of {}", stats::bytes(size)));
    let dir = dir
        .canonicalize()
        .with_context(|| format!("no directory {}", dir.display()))?;
    let made = Builder::new()
        .prefix("rate-")
        .tempfile_in(&dir)
        .with_context(|| format!("cannot make a file in {}", dir.display()))?;
    fill(made.as_file(), size).context("cannot fill a file")?;
    Ok(made)
}

fn fill(mut file: &File, size: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(b'~').take(size), &mut file)?;
    // Written back now, the pages do not occupy the disk during a run.
    file.sync_all()
}
