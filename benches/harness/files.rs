//! The files of a benchmark: in a directory of their own, which goes away with them.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::console::say;
use super::{stats, stop};

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// A directory of files, removed with this value.
#[derive(Debug)]
pub(crate) struct Files {
    /// The directory's path, as it goes into command lines.
    path: String,
    _dir: TempDir,
}

impl Files {
    /// A new directory in `parent`.
    pub(crate) fn create(parent: &Path) -> Result<Self> {
        let parent = parent
            .canonicalize()
            .with_context(|| format!("no directory {}", parent.display()))?;
        let dir = TempDir::with_prefix_in(concat!(env!("CARGO_CRATE_NAME"), "-"), &parent)
            .with_context(|| format!("cannot make a directory in {}", parent.display()))?;
        let path = dir.path().to_str().map(str::to_owned);
        let path = path.context("the path of the data directory is not UTF-8")?;
        Ok(Self { path, _dir: dir })
    }

    /// The path of a file as it goes into command lines, whether there is such a file or not.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Makes a file of `size` bytes, which `write` writes.
    pub(crate) fn make(
        &self,
        name: &str,
        size: u64,
        write: impl FnOnce(&File, u64) -> Result<()>,
    ) -> Result<()> {
        let path = self.path(name);
        say(&format!(
            "making {} of data in {}",
            stats::bytes(size),
            self.path
        ));
        let file = File::create_new(&path).with_context(|| format!("cannot make {path}"))?;
        write(&file, size).with_context(|| format!("cannot write {path}"))?;
        // Written back now, the pages do not occupy the disk while a run is timed.
        file.sync_all()
            .with_context(|| format!("cannot sync {path}"))
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, name: &str) -> Result<File> {
        let path = self.path(name);
        File::open(&path).with_context(|| format!("cannot open {path}"))
    }

    /// Reads a file once, so that all of it is in the page cache: kernels that reclaim memory ahead of need may have dropped
    /// pages since it was read last.
    pub(crate) fn warm(&self, name: &str) -> Result<()> {
        let (mut file, mut block) = (self.open(name)?, vec![0; BLOCK]);
        while file.read(&mut block).context("cannot read the data")? > 0 {
            stop::check_signals()?;
        }
        Ok(())
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {path}"))
            }
            _ => Ok(()),
        }
    }
}
