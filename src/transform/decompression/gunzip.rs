//! `gunzip`: any number of members (RFC 1952), with zeros between them.
//!
//! It takes less than 1 MiB.

use super::decoder::{Decoder, Decompressor};
use super::format::{Format, Garbage, Sign, Zeros, magic};
use crate::transform::compression::since;
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use flate2::{Decompress, FlushDecompress, Status};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "gunzip",
    group: Group::Decompression,
    help: "decompresses gzip; other data behind it is ignored with a warning",
    keys: &[],
    example: "gzip -c notes.txt | tidegate -t gunzip",
    make: |_| Made::Steps(Box::new(Decoder::new(Gunzip::new()))),
};

pub(super) const FORMAT: Format = Format {
    name: "gzip",
    begins: |bytes| magic(&[0x1f, 0x8b], bytes),
    zeros: Zeros::Padding,
    garbage: Garbage::Ignored(MEMBER),
    may_be_empty: false,
};

/// The magic, deflate, and flags, of which three bits are never set.
const MEMBER: Sign = Sign {
    bits: 0xffff_ffe0,
    value: 0x1f8b_0800,
};

/// The logarithm of the window of 32 KiB, the largest there is.
const WINDOW_LOG: u8 = 15;

pub(super) struct Gunzip(Decompress);

impl Gunzip {
    pub(super) fn new() -> Self {
        Self(Decompress::new_gzip(WINDOW_LOG))
    }
}

impl Decompressor for Gunzip {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        self.0.reset(true);
        Ok(())
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let before = (self.0.total_in(), self.0.total_out());
        let flush = FlushDecompress::None;
        let status = self.0.decompress(input.rest(), output.room(), flush);
        input.take(since(before.0, self.0.total_in()));
        output.fill(since(before.1, self.0.total_out()));
        let status = status.map_err(|error| {
            Failure::input(FORMAT.damaged(match error.message() {
                Some("incorrect data check") => "wrong checksum",
                Some("incorrect length check") => "wrong length",
                Some("header crc mismatch") => "wrong checksum of a header",
                Some("unknown compression method") => "unknown method of compression",
                Some(why) => why,
                None => "its contents make no sense",
            }))
        })?;
        Ok(status == Status::StreamEnd)
    }
}
