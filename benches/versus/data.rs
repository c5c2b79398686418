//! The files of the routes: a data file, made once and held in the page cache, and the file that a peer writes.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};

use crate::noise::Noise;
use crate::stop;

/// Bytes written at a time.
const BLOCK: usize = 1 << 20;

/// A file of noise in the page cache, and beside it the name of a file to write. Both go away with this value.
#[derive(Debug)]
pub(crate) struct DataFile {
    path: PathBuf,
    out: PathBuf,
    /// `out` as the name of a picture.
    picture: PathBuf,
}

impl DataFile {
    /// Fills a new file in `dir` with `size` bytes.
    pub(crate) fn create(dir: &Path, size: u64) -> Result<Self> {
        let dir = dir
            .canonicalize()
            .with_context(|| format!("no data directory {}", dir.display()))?;
        let name = |what| dir.join(format!("versus-{}.{what}", process::id()));
        let (path, out, picture) = (name("data"), name("out"), name("out.svg"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        // From here on the file is removed whatever happens.
        let data = Self { path, out, picture };
        fill(&mut file, size).with_context(|| format!("cannot fill {}", data.path.display()))?;
        Ok(data)
    }

    /// Reads the file once, so that all of it is in the page cache.
    pub(crate) fn warm(&self) -> Result<()> {
        let (mut file, mut block) = (self.open()?, vec![0; BLOCK]);
        while file.read(&mut block).context("cannot read the data file")? > 0 {
            stop::check_signals()?;
        }
        Ok(())
    }

    /// Opens the file for reading.
    pub(crate) fn open(&self) -> Result<File> {
        File::open(&self.path).with_context(|| format!("cannot open {}", self.path.display()))
    }

    /// The path as it goes into command lines.
    pub(crate) fn path(&self) -> Result<&str> {
        text(&self.path)
    }

    /// The path of the file to write.
    pub(crate) fn out(&self) -> Result<&str> {
        text(&self.out)
    }

    /// The same, where a peer draws a picture.
    pub(crate) fn picture(&self) -> Result<&str> {
        text(&self.picture)
    }

    /// Removes what was written, so that the next peer makes a new one.
    pub(crate) fn remove_out(&self) -> Result<()> {
        for path in [&self.out, &self.picture] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for DataFile {
    fn drop(&mut self) {
        // Nothing better can be done about a failure here than the temporary directory's own cleaning.
        let _ = fs::remove_file(&self.path);
        let _ = self.remove_out();
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .context("the path of the data directory is not UTF-8")
}

fn fill(file: &mut File, size: u64) -> Result<()> {
    let mut noise = Noise::default();
    let mut block = vec![0; BLOCK];
    let mut left = size;
    while left > 0 {
        stop::check_signals()?;
        noise.fill(&mut block);
        let len = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        file.write_all(&block[..len])?;
        left -= len as u64;
    }
    // Written back now, the pages do not occupy the disk while a run is timed.
    file.sync_all()?;
    Ok(())
}
