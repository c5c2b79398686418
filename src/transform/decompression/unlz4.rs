//! `unlz4`: frames of lz4, legacy and skippable ones among them.
//!
//! It takes the memory of two blocks, each of at most 4 MiB, or 8 in a legacy frame.

use super::decoder::{Decoder, Decompressor};
use super::format::{Begins, Format, Garbage, Zeros, magic, skippable};
use super::legacy_lz4::{self, Legacy};
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::{DecodeV2 as _, Lz4Decoder};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unlz4",
    group: Group::Decompression,
    help: "decompresses lz4, legacy frames too",
    keys: &[],
    example: "lz4 -c notes.txt | tidegate -t unlz4",
    make: |_| Made::Steps(Box::new(Decoder::new(Unlz4::new()))),
};

pub(super) const FORMAT: Format = Format {
    name: "lz4",
    begins: |bytes| {
        let legacy = magic(&legacy_lz4::MAGIC, bytes);
        magic(&MAGIC, bytes).or(legacy).or(skippable(bytes))
    },
    zeros: Zeros::None,
    garbage: Garbage::Refused,
    may_be_empty: true,
};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// A part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FramePart {
    /// The flags and the block size.
    Flags,
    /// The rest of the header.
    Header,
    BlockSize,
    Block,
    /// What follows the last block; or all of a skippable frame.
    Rest,
}

/// Finds where the parts of a frame end. The library is given one part at a time: it loses the output of earlier parts in a
/// call if a later one is damaged.
#[derive(Debug)]
struct Parts {
    part: FramePart,
    /// How many bytes of the part are still to come.
    missing: usize,
    /// The last bytes that passed.
    last: [u8; 4],
    block_checksums: bool,
}

impl Parts {
    /// The parts behind this magic.
    fn new(magic: [u8; 4]) -> Self {
        let (part, missing) = match magic {
            MAGIC => (FramePart::Flags, 2),
            _ => (FramePart::Rest, usize::MAX),
        };
        Self {
            part,
            missing,
            last: magic,
            block_checksums: false,
        }
    }

    /// Counts bytes of the part that have been taken.
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
    fn next(&mut self) -> (FramePart, usize) {
        match self.part {
            FramePart::Rest => (FramePart::Rest, usize::MAX),
            FramePart::Flags => {
                let flags = self.last[2];
                self.block_checksums = flags & 0x10 != 0;
                let content_size = if flags & 0x08 == 0 { 0 } else { 8 };
                let dictionary = if flags & 0x01 == 0 { 0 } else { 4 };
                (FramePart::Header, content_size + dictionary + 1)
            }
            FramePart::Header | FramePart::Block => (FramePart::BlockSize, 4),
            FramePart::BlockSize => match u32::from_le_bytes(self.last) {
                0 => (FramePart::Rest, usize::MAX),
                size => {
                    let checksum = if self.block_checksums { 4 } else { 0 };
                    (
                        FramePart::Block,
                        (size & (u32::MAX >> 1)) as usize + checksum,
                    )
                }
            },
        }
    }
}

pub(super) struct Unlz4 {
    decoder: Lz4Decoder,
    frame: Frame,
    /// Whether the decoder may hold output of the last block, which has to be out before it is given another part.
    holds: bool,
}

/// The frame that is being read.
enum Frame {
    /// The bytes of its magic so far.
    Begins(Vec<u8>),
    Parts(Parts),
    Legacy(Legacy),
}

impl Unlz4 {
    pub(super) fn new() -> Self {
        Self {
            decoder: Lz4Decoder::new(),
            frame: Frame::Begins(Vec::new()),
            holds: false,
        }
    }
}

impl Decompressor for Unlz4 {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        (self.frame, self.holds) = (Frame::Begins(Vec::new()), false);
        self.decoder.reinit().map_err(|error| failure(&error))
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        match &mut self.frame {
            Frame::Begins(magic) => {
                magic.extend(input.take(MAGIC.len() - magic.len()));
                match magic[..].try_into() {
                    Ok(magic) => self.frame(magic, output).map(|()| false),
                    Err(_) => Ok(false),
                }
            }
            Frame::Legacy(frame) => {
                let behind = frame.run(input, output)?;
                behind.map_or(Ok(()), |magic| self.frame(magic, output))?;
                Ok(false)
            }
            Frame::Parts(_) => self.parts(input, output),
        }
    }

    fn may_end(&self) -> bool {
        matches!(&self.frame, Frame::Legacy(frame) if frame.may_end())
    }
}

impl Unlz4 {
    /// Begins a frame with this magic, or fails if it is none.
    fn frame(&mut self, magic: [u8; 4], output: &mut Output<'_>) -> Result<(), Failure> {
        if magic == legacy_lz4::MAGIC {
            self.frame = Frame::Legacy(Legacy::default());
            return Ok(());
        }
        if (FORMAT.begins)(&magic) != Begins::Yes {
            return Err(Failure::input(FORMAT.no_more_streams()));
        }
        self.frame = Frame::Parts(Parts::new(magic));
        self.decode(&magic, output).map(|_| ())
    }

    fn parts(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        if self.holds {
            self.decode(&[], output)?;
            if self.holds {
                return Ok(false);
            }
        }
        let Frame::Parts(parts) = &self.frame else {
            return Ok(false);
        };
        let rest = input.rest();
        let (taken, has_ended) = self.decode(&rest[..rest.len().min(parts.missing)], output)?;
        let taken = input.take(taken);
        if let Frame::Parts(parts) = &mut self.frame {
            parts.took(taken);
        }
        Ok(has_ended)
    }

    /// Gives the decoder bytes of one part. Returns how many were taken, and whether the frame has ended.
    fn decode(&mut self, part: &[u8], output: &mut Output<'_>) -> Result<(usize, bool), Failure> {
        let mut from = PartialBuffer::new(part);
        let mut to = WriteBuffer::new_initialized(output.room());
        let has_ended = self.decoder.decode(&mut from, &mut to);
        let (taken, filled) = (from.written_len(), to.written_len());
        output.fill(filled);
        self.holds = output.is_full();
        let has_ended = has_ended.map_err(|error| failure(&error))?;
        Ok((taken, has_ended))
    }
}

/// The library's error in our words. It is known by its text alone.
fn failure(error: &std::io::Error) -> Failure {
    let text = error.to_string().to_lowercase();
    if text.contains("allocation") {
        return Failure::other("no memory for lz4");
    }
    Failure::input(FORMAT.damaged(if text.contains("checksum") {
        "wrong checksum"
    } else {
        "its contents make no sense"
    }))
}
