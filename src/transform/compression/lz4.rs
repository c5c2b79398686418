//! `lz4`: a frame of blocks of 4 MiB, compressed in parallel, with a checksum of the content, as `lz4` writes it.
//!
//! A worker takes 16 MiB for its two blocks and their results.

use super::blocks::{BlockFormat, Blocks};
use super::pool::MakeWork;
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::platform::resources::reserve;
use crate::transform::{Failure, Group, Kind, Made};
use lz4::block::{CompressionMode, compress_bound, compress_to_buffer};
use std::hash::Hasher as _;
use twox_hash::XxHash32;

pub(in crate::transform) const KIND: Kind = Kind {
    name: "lz4",
    group: Group::Compression,
    help: "compresses as lz4 does: the fastest, but not very small",
    keys: &[level(1, 12, "1"), WORKERS],
    example: "tidegate -t lz4 disk.img disk.img.lz4",
    make: |settings| {
        let workers = workers_of(settings).unwrap_or_else(cores);
        let level = level_of(settings, 1);
        Made::Steps(Box::new(Blocks::new(Lz4::new(level), workers)))
    },
};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// Version 1, independent blocks, a checksum of the content; blocks of 4 MiB.
const DESCRIPTOR: [u8; 2] = [0b0110_0100, 0b0111_0000];

const BLOCK: usize = 4 << 20;

/// The bit in the size of a block that is not compressed.
const AS_IT_IS: u32 = 1 << 31;

/// The size of a block that ends the frame.
const END: u32 = 0;

struct Lz4 {
    mode: CompressionMode,
    content: XxHash32,
}

impl Lz4 {
    fn new(level: u32) -> Self {
        Self {
            mode: match i32::try_from(level) {
                Ok(level) if level > 1 => CompressionMode::HIGHCOMPRESSION(level),
                _ => CompressionMode::DEFAULT,
            },
            content: XxHash32::with_seed(0),
        }
    }
}

impl BlockFormat for Lz4 {
    fn block_len(&self) -> usize {
        BLOCK
    }

    fn work(&self) -> MakeWork {
        let mode = self.mode;
        Box::new(move || {
            Ok(Box::new(move |piece, output| {
                compress(mode, piece.bytes, output)
            }))
        })
    }

    fn head(&self) -> Vec<u8> {
        let [_, check, ..] = XxHash32::oneshot(0, &DESCRIPTOR).to_le_bytes();
        [&MAGIC[..], &DESCRIPTOR, &[check]].concat()
    }

    fn took(&mut self, bytes: &[u8]) {
        self.content.write(bytes);
    }

    fn tail(&self) -> Vec<u8> {
        let checksum = self.content.finish_32();
        [END.to_le_bytes(), checksum.to_le_bytes()].concat()
    }

    fn needs_a_block(&self, _is_only: bool) -> bool {
        false
    }
}

/// Compresses a block, and writes its size before it.
fn compress(mode: CompressionMode, input: &[u8], output: &mut Vec<u8>) -> Result<(), Failure> {
    const SIZE: usize = size_of::<u32>();
    let failed = |why: &dyn std::fmt::Display| Failure::other(format!("lz4: {why}"));
    let most = compress_bound(input.len()).map_err(|error| failed(&error))?;
    reserve(output, SIZE + most).map_err(|error| Failure::system(&error))?;
    output.resize(SIZE + most, 0);
    let n = compress_to_buffer(input, Some(mode), false, &mut output[SIZE..]);
    let n = n.map_err(|error| failed(&error))?;
    let size = if n < input.len() {
        output.truncate(SIZE + n);
        u32::try_from(n)
    } else {
        output.truncate(SIZE);
        output.extend_from_slice(input);
        u32::try_from(input.len()).map(|size| size | AS_IT_IS)
    };
    let size = size.map_err(|error| failed(&error))?;
    output[..SIZE].copy_from_slice(&size.to_le_bytes());
    Ok(())
}
