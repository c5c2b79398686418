//! `gzip`: members of 1 MiB, compressed side by side, as RFC 1952 has it.
//!
//! A worker takes 4 MiB for its two blocks and what they become, and 1 MiB to compress them; from level 10 on, 10 MiB.

use super::blocks::{Blocks, Format};
use super::pool::Make;
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::resources::{allocate, reserve};
use crate::transform::{Failure, Group, Kind, Made, Settings};
use libdeflater::{CompressionLvl, Compressor};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "gzip",
    group: Group::Compression,
    help: "compresses for gunzip, in members of 1 MiB",
    keys: &[level(1, 12, "6"), WORKERS],
    example: "tidegate -t gzip disk.img disk.img.gz",
    make: |settings| {
        let workers = workers_of(settings).unwrap_or_else(cores);
        Ok(Made::Steps(Box::new(Blocks::new(
            Gzip::new(settings),
            workers,
        ))))
    },
};

/// The window of 32 KiB that each member begins without is then three hundredths of it.
const MEMBER: usize = 1 << 20;

/// The most that the library takes at the highest levels, in bytes.
const COMPRESSOR: usize = 10 << 20;

struct Gzip {
    level: CompressionLvl,
}

impl Gzip {
    fn new(settings: &Settings) -> Self {
        let level = i32::try_from(level_of(settings, 6)).map(CompressionLvl::new);
        Self {
            level: level.ok().and_then(Result::ok).unwrap_or_default(),
        }
    }
}

impl Format for Gzip {
    fn block_len(&self) -> usize {
        MEMBER
    }

    fn work(&self) -> Make {
        let level = self.level;
        Box::new(move || {
            // The library panics without it.
            let mut compressor = allocate(COMPRESSOR, || Compressor::new(level))?;
            Ok(Box::new(move |input, output| {
                compress(&mut compressor, input, output)
            }))
        })
    }
}

fn compress(
    compressor: &mut Compressor,
    input: &[u8],
    output: &mut Vec<u8>,
) -> Result<(), Failure> {
    let most = compressor.gzip_compress_bound(input.len());
    reserve(output, most).map_err(|error| Failure::system(&error))?;
    output.resize(most, 0);
    let n = compressor.gzip_compress(input, output);
    output.truncate(n.map_err(|error| Failure::other(format!("gzip: {error}")))?);
    Ok(())
}
