//! The files that limiters read: one that is filled, and for the highest rates one of holes on a tmpfs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Result;

use crate::harness::files::Files;
use crate::limiters::{Contender, Source};
use crate::options::Options;
use crate::runs;

/// The highest rate that is read from the filled file, in bytes a second.
const FILLED_UP_TO: u64 = 200 << 20;

/// The name of each file in its directory.
const DATA: &str = "data";

/// The files of a benchmark, which go away with this value.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    filled: Option<Files>,
    holes: Option<Files>,
}

impl Sources {
    /// Makes the files that `chosen` will read, each large enough for the highest of its rates.
    pub(crate) fn create(options: &Options, chosen: &[Contender]) -> Result<Self> {
        let reads_file = |it: &Contender| it.source == Source::File && it.absent().is_none();
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
        let filled = size(low).map(|size| make(&options.common.data, size, fill));
        let holes = size(high).map(|size| make(&options.tmpfs, size, File::set_len));
        Ok(Self {
            filled: filled.transpose()?,
            holes: holes.transpose()?,
        })
    }

    /// The file to read at `rate`; empty if no file is read at all.
    pub(crate) fn path(&self, rate: u64) -> String {
        let files = if rate <= FILLED_UP_TO {
            &self.filled
        } else {
            &self.holes
        };
        files.as_ref().map_or_else(String::new, |it| it.path(DATA))
    }
}

fn make(dir: &Path, size: u64, fill: fn(&File, u64) -> io::Result<()>) -> Result<Files> {
    let files = Files::create(dir)?;
    files.make(DATA, size, |file, size| Ok(fill(file, size)?))?;
    Ok(files)
}

fn fill(mut file: &File, size: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(b'~').take(size), &mut file)?;
    Ok(())
}
