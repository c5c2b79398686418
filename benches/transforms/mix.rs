//! What the data is: text, programs and noise, a third each, in pieces whose order is mixed and always the same.

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::Result;

use crate::gather::Gathered;
use crate::harness::noise::Noise;
use crate::harness::stop;

/// Bytes of one kind in a row.
const PIECE: usize = 256 << 10;

/// What a reader of the report is told about it.
pub(crate) const ABOUT: &str = "text of /usr/share, programs of /usr/bin and /usr/lib, and noise: a third each, in \
    mixed pieces of 256 KiB";

/// Fills `file` with `size` bytes of the mix.
pub(crate) fn fill(file: &File, size: u64) -> Result<()> {
    let (mut texts, mut programs) = (Gathered::texts(), Gathered::programs());
    let mut noise = Noise::default();
    let mut piece = vec![0; PIECE];
    for (index, place) in places(size, &mut noise).into_iter().enumerate() {
        stop::check_signals()?;
        match index % 3 {
            0 => texts.fill(&mut piece)?,
            1 => programs.fill(&mut piece)?,
            _ => noise.fill(&mut piece),
        }
        // The last piece of the file may be a short one.
        let len = usize::try_from(size - place).map_or(PIECE, |rest| rest.min(PIECE));
        file.write_all_at(&piece[..len], place)?;
    }
    Ok(())
}

/// Where the pieces go, one after the other.
fn places(size: u64, noise: &mut Noise) -> Vec<u64> {
    let mut places: Vec<u64> = (0..size).step_by(PIECE).collect();
    let mut left = places.len();
    while left > 1 {
        let other = noise.number() % left as u64;
        left -= 1;
        // It is less than `left` was, and so an index.
        places.swap(left, usize::try_from(other).unwrap_or(left));
    }
    places
}
