//! `unlz4`: frames of lz4, and those that are to be skipped.
//!
//! It takes two blocks, which are 4 MiB at most.

use super::decoder::{Decoder, Engine};
use super::format::{Format, Garbage, Zeros, magic, skippable};
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::{DecodeV2 as _, Lz4Decoder};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unlz4",
    group: Group::Decompression,
    help: "undoes lz4",
    keys: &[],
    example: "lz4 -c notes.txt | tidegate -t unlz4",
    make: |_| Ok(Made::Steps(Box::new(Decoder::new(Unlz4::new())))),
};

pub(super) const FORMAT: Format = Format {
    name: "lz4",
    begins: |bytes| magic(&MAGIC, bytes).or(skippable(bytes)),
    zeros: Zeros::None,
    garbage: Garbage::Refused,
    may_be_empty: true,
};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// A part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Magic,
    /// The flags and the block size.
    Flags,
    /// The rest of the header.
    Header,
    BlockSize,
    Block,
    /// What follows the last block; or all of a frame to be skipped.
    Rest,
}

/// Says where the parts of a frame end. The library is given one at a time: what it makes of several is lost if the last
/// of them is damaged.
#[derive(Debug)]
struct Parts {
    part: Part,
    /// How many bytes are missing from the part.
    missing: usize,
    /// The last bytes that passed.
    last: [u8; 4],
    block_checksums: bool,
}

impl Parts {
    fn new() -> Self {
        Self {
            part: Part::Magic,
            missing: MAGIC.len(),
            last: [0; 4],
            block_checksums: false,
        }
    }

    /// These bytes of the part have been taken.
    fn took(&mut self, bytes: &[u8]) {
        for byte in &bytes[bytes.len().saturating_sub(4)..] {
            self.last.rotate_left(1);
            self.last[3] = *byte;
        }
        self.missing = self.missing.saturating_sub(bytes.len());
        if self.missing == 0 {
            (self.part, self.missing) = self.next();
        }
    }

    /// What follows the part, and how long it is.
    fn next(&mut self) -> (Part, usize) {
        match self.part {
            Part::Magic if self.last == MAGIC => (Part::Flags, 2),
            Part::Magic | Part::Rest => (Part::Rest, usize::MAX),
            Part::Flags => {
                let flags = self.last[2];
                self.block_checksums = flags & 0x10 != 0;
                let content_size = if flags & 0x08 == 0 { 0 } else { 8 };
                let dictionary = if flags & 0x01 == 0 { 0 } else { 4 };
                (Part::Header, content_size + dictionary + 1)
            }
            Part::Header | Part::Block => (Part::BlockSize, 4),
            Part::BlockSize => match u32::from_le_bytes(self.last) {
                0 => (Part::Rest, usize::MAX),
                size => {
                    let checksum = if self.block_checksums { 4 } else { 0 };
                    (Part::Block, (size & (u32::MAX >> 1)) as usize + checksum)
                }
            },
        }
    }
}

pub(super) struct Unlz4 {
    decoder: Lz4Decoder,
    parts: Parts,
    /// Whether it may hold something of the last block, which has to be out before it is given another part.
    holds: bool,
}

impl Unlz4 {
    pub(super) fn new() -> Self {
        Self {
            decoder: Lz4Decoder::new(),
            parts: Parts::new(),
            holds: false,
        }
    }
}

impl Engine for Unlz4 {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        (self.parts, self.holds) = (Parts::new(), false);
        self.decoder.reinit().map_err(|error| failure(&error))
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        if self.holds {
            self.decode(&mut Input::new(&[]), output)?;
            if self.holds {
                return Ok(false);
            }
        }
        self.decode(input, output)
    }
}

impl Unlz4 {
    /// Takes from one part at most.
    fn decode(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let rest = input.rest();
        let part = &rest[..rest.len().min(self.parts.missing)];
        let mut from = PartialBuffer::new(part);
        let mut to = WriteBuffer::new_initialized(output.room());
        let has_ended = self.decoder.decode(&mut from, &mut to);
        let (taken, filled) = (from.written_len(), to.written_len());
        self.parts.took(input.take(taken));
        output.fill(filled);
        self.holds = output.is_full();
        has_ended.map_err(|error| failure(&error))
    }
}

/// The library says it in words of its own.
fn failure(error: &std::io::Error) -> Failure {
    let text = error.to_string().to_lowercase();
    if text.contains("allocation") {
        return Failure::other("no memory for lz4");
    }
    Failure::input(FORMAT.damaged(if text.contains("checksum") {
        "wrong checksum"
    } else {
        "what it is made of makes no sense"
    }))
}
