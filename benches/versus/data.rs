//! The files of the routes: a data file of noise, and the names of the files that a peer writes.

use std::fs::File;
use std::io::Write;

use anyhow::Result;

use crate::harness::noise::Noise;
use crate::harness::stop;

/// The data file, made once and held in the page cache.
pub(crate) const DATA: &str = "data";

/// The file that a peer writes.
pub(crate) const OUT: &str = "out";

/// The same, where a peer draws a picture.
pub(crate) const PICTURE: &str = "out.svg";

/// Bytes written at a time.
const BLOCK: usize = 1 << 20;

/// Fills `file` with `size` bytes.
pub(crate) fn fill(mut file: &File, size: u64) -> Result<()> {
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
    Ok(())
}
