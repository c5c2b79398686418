//! `bunzip2`: any number of streams of bzip2.
//!
//! It takes 4 MiB.

use super::decoder::{Decoder, Decompressor};
use super::format::{Begins, Format, Garbage, Sign, Zeros, magic};
use crate::platform::resources::ensure_memory;
use crate::transform::compression::since;
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use bzip2::{Decompress, Status};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "bunzip2",
    group: Group::Decompression,
    help: "decompresses bzip2; other data behind it is ignored with a warning",
    keys: &[],
    example: "bzip2 -c notes.txt | tidegate -t bunzip2",
    make: |_| Made::Steps(Box::new(Decoder::new(Bunzip2::new()))),
};

pub(super) const FORMAT: Format = Format {
    name: "bzip2",
    begins: |bytes| match bytes {
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Begins::Yes,
        [b'B', b'Z', b'h', _, ..] => Begins::No,
        [b'B', b'Z', b'h'] => Begins::Perhaps,
        _ => magic(b"BZh", bytes),
    },
    zeros: Zeros::None,
    garbage: Garbage::Ignored(BLOCK),
    may_be_empty: false,
};

/// How every block begins.
const BLOCK: Sign = Sign {
    bits: 0xffff_ffff_ffff,
    value: 0x3141_5926_5359,
};

/// The memory that the library takes, in bytes. It fails without.
const MEMORY: usize = 4 << 20;

pub(super) struct Bunzip2(Decompress);

impl Bunzip2 {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }
}

impl Decompressor for Bunzip2 {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if self.0.total_in() == 0 {
            return ensure_memory(MEMORY).map_err(|error| Failure::system(&error));
        }
        // The memory of the last stream is reused for this one, so that there may be very many.
        *self = Self::new();
        Ok(())
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let before = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input.rest(), output.room());
        input.take(since(before.0, self.0.total_in()));
        output.fill(since(before.1, self.0.total_out()));
        match status {
            Ok(Status::StreamEnd) => Ok(true),
            Ok(Status::MemNeeded) => Err(Failure::other("no memory for bzip2")),
            Ok(_) => Ok(false),
            Err(_) => {
                let why = "a wrong checksum, or its contents make no sense";
                Err(Failure::input(FORMAT.damaged(why)))
            }
        }
    }
}
