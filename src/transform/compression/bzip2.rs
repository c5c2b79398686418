//! `bzip2`: streams of one block each, which are compressed in parallel.
//!
//! A worker takes 11 MiB at level 9: 8 MiB to compress, and two blocks with their results.

use super::blocks::{BlockFormat, Blocks};
use super::pool::MakeWork;
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::platform::resources::{allocate, reserve};
use crate::transform::{Failure, Group, Kind, Made};
use bzip2::{Action, Compress, Compression, Status};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "bzip2",
    group: Group::Compression,
    help: "compresses as bzip2 does",
    keys: &[level(1, 9, "9"), WORKERS],
    example: "tidegate -t bzip2 disk.img disk.img.bz2",
    make: |settings| {
        let workers = workers_of(settings).unwrap_or_else(cores);
        let level = level_of(settings, 9);
        Made::Steps(Box::new(Blocks::new(Bzip2 { level }, workers)))
    },
};

/// A block holds so many bytes less than its nominal size.
const MARGIN: usize = 19;

/// The memory that the library takes for each level, in bytes (bzip2(1)).
const MEMORY_OF_LEVEL: usize = 800_000;

/// The memory that it takes at any level besides.
const MEMORY: usize = 500_000;

struct Bzip2 {
    level: u32,
}

impl BlockFormat for Bzip2 {
    fn block_len(&self) -> usize {
        self.level as usize * 100_000 - MARGIN
    }

    fn work(&self) -> MakeWork {
        let level = self.level;
        Box::new(move || {
            Ok(Box::new(move |piece, output| {
                compress(level, piece.bytes, output)
            }))
        })
    }

    fn needs_a_block(&self, is_only: bool) -> bool {
        is_only
    }
}

/// Compresses a block to a stream of its own.
fn compress(level: u32, mut input: &[u8], output: &mut Vec<u8>) -> Result<(), Failure> {
    // The library panics where it gets no memory.
    let memory = level as usize * MEMORY_OF_LEVEL + MEMORY;
    let stream = allocate(memory, || Compress::new(Compression::new(level), 0));
    let mut stream = stream.map_err(|error| Failure::system(&error))?;
    loop {
        // A block that does not get smaller grows by a hundredth at most.
        let most = output.len() + input.len() + input.len() / 64 + 1024;
        reserve(output, most).map_err(|error| Failure::system(&error))?;
        let before = stream.total_in();
        let status = stream.compress_vec(input, output, Action::Finish);
        let status = status.map_err(|error| Failure::other(format!("bzip2: {error}")))?;
        if status == Status::StreamEnd {
            return Ok(());
        }
        let taken = usize::try_from(stream.total_in() - before);
        input = &input[taken.unwrap_or(input.len()).min(input.len())..];
    }
}
