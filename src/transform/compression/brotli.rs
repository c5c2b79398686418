//! `brotli`: a stream (RFC 7932) with a window of 16 MiB.
//!
//! It takes 40 MiB at level 5, and 150 at 11.

use super::encoder::{Act, Compressor, Encoder};
use super::{level, level_of};
use crate::platform::resources::ensure_memory;
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use compression_codecs::brotli::params::EncoderParams;
use compression_codecs::core::Level;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::{BrotliEncoder, EncodeV2 as _};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "brotli",
    group: Group::Compression,
    help: "compresses as brotli does; good for text",
    // The command's default of 11 is for files that are compressed once and read often; it is too slow for a stream.
    keys: &[level(0, 11, "5")],
    example: "tidegate -t brotli disk.img disk.img.br",
    make: |settings| {
        let level = i32::try_from(level_of(settings, 5)).unwrap_or(5);
        let memory = if level < 10 { MEMORY } else { MEMORY_AT_10 };
        let make = move || {
            ensure_memory(memory).map_err(|error| Failure::system(&error))?;
            let params = EncoderParams::default()
                .quality(Level::Precise(level))
                .window_size(WINDOW_LOG)
                .size_hint(SIZE_HINT);
            Ok(Brotli(BrotliEncoder::new(params)))
        };
        Made::Steps(Box::new(Encoder::new(make)))
    },
};

/// 16 MiB, as in the command.
const WINDOW_LOG: i32 = 24;

/// The size of the input in bytes is not known; as in the command, a large one is assumed.
const SIZE_HINT: usize = 1 << 30;

/// The most memory that the library takes below level 10, in bytes. It aborts where it gets none.
const MEMORY: usize = 48 << 20;

/// The most memory that it takes from level 10 on.
const MEMORY_AT_10: usize = 160 << 20;

struct Brotli(BrotliEncoder);

impl Compressor for Brotli {
    fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
        act: Act,
    ) -> Result<bool, Failure> {
        let mut from = PartialBuffer::new(input.rest());
        let mut to = WriteBuffer::new_initialized(output.room());
        let done = match act {
            Act::Go => self.0.encode(&mut from, &mut to).map(|()| false),
            Act::Flush => self.0.flush(&mut to),
            Act::End => self.0.finish(&mut to),
        };
        let filled = to.written_len();
        input.take(from.written_len());
        output.fill(filled);
        done.map_err(|error| Failure::other(format!("brotli: {error}")))
    }
}
