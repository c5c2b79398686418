//! `unbrotli`: one stream (RFC 7932), which has no magic and no checksum.
//!
//! It takes the memory of the window, which is 16 MiB at most.

use super::decoder::{Decoder, Decompressor};
use super::format::{Begins, Format, Garbage, Zeros};
use crate::platform::resources::ensure_memory;
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::{BrotliDecoder, DecodeV2 as _};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unbrotli",
    group: Group::Decompression,
    help: "decompresses brotli",
    keys: &[],
    example: "brotli -c notes.txt | tidegate -t unbrotli",
    make: |_| Made::Steps(Box::new(Decoder::new(Unbrotli::new()))),
};

const FORMAT: Format = Format {
    name: "brotli",
    begins: |_| Begins::Yes,
    zeros: Zeros::None,
    garbage: Garbage::Refused,
    may_be_empty: false,
};

/// The most that the library is given at a time, in bytes: their output is lost if one of them is wrong.
const PIECE: usize = 4096;

/// The memory that the library takes for the largest window, in bytes. It aborts without.
const MEMORY: usize = 17 << 20;

struct Unbrotli {
    decoder: BrotliDecoder,
    has_ended: bool,
}

impl Unbrotli {
    fn new() -> Self {
        Self {
            decoder: BrotliDecoder::new(),
            has_ended: false,
        }
    }
}

impl Decompressor for Unbrotli {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    /// There is only one stream.
    fn begin(&mut self) -> Result<(), Failure> {
        if self.has_ended {
            return Err(Failure::input("other data follows the brotli data"));
        }
        ensure_memory(MEMORY).map_err(|error| Failure::system(&error))?;
        Ok(())
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let rest = input.rest();
        let mut from = PartialBuffer::new(&rest[..rest.len().min(PIECE)]);
        let mut to = WriteBuffer::new_initialized(output.room());
        let has_ended = self.decoder.decode(&mut from, &mut to);
        let filled = to.written_len();
        input.take(from.written_len());
        output.fill(filled);
        let damaged = |_| Failure::input(FORMAT.damaged("its contents make no sense"));
        self.has_ended = has_ended.map_err(damaged)?;
        Ok(self.has_ended)
    }
}
