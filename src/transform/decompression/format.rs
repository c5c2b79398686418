//! How the streams of a format begin, and what may follow them.

use crate::transform::Input;
use std::fmt::Display;

/// What a format is to a decoder.
#[derive(Debug)]
pub(super) struct Format {
    /// The word for it in messages.
    pub(super) name: &'static str,
    /// Whether these bytes, of which there is at least one, can begin a stream.
    pub(super) begins: fn(&[u8]) -> Begins,
    /// The zeros that may follow a stream.
    pub(super) zeros: Zeros,
    /// What becomes of anything else that follows.
    pub(super) garbage: Garbage,
    /// Whether nothing at all is a stream of nothing.
    pub(super) may_be_empty: bool,
}

/// Whether a stream begins so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Yes,
    No,
    /// As far as one sees; more bytes tell.
    Perhaps,
}

/// Zeros behind a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    /// As anything else that is no stream.
    None,
    /// Any number, and then perhaps another stream: blocks of tapes are filled up so.
    Padding,
    /// A multiple of four, and then perhaps another stream.
    InFours,
}

/// What is no stream, behind one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Garbage {
    /// It is ignored, and the user told; unless there is another stream in it, which would be lost.
    Ignored(Sign),
    /// It is an error.
    Refused,
}

/// By what a stream is known within something else, in its first bytes or soon after: a number of up to eight bytes, and which
/// bits of it count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) bits: u64,
    pub(super) value: u64,
}

impl Sign {
    /// Whether it is in `bytes`, or begins in those before, which `last` keeps.
    pub(super) fn is_in(self, bytes: &[u8], last: &mut u64) -> bool {
        bytes.iter().any(|byte| {
            *last = *last << 8 | u64::from(*byte);
            *last & self.bits == self.value
        })
    }
}

/// A frame that is to be skipped, as zstd and lz4 have them in common, behind its magic.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    size: Vec<u8>,
    passed: u64,
}

impl Skipped {
    /// Takes from it. Returns whether it has ended.
    pub(super) fn pass(&mut self, input: &mut Input<'_>) -> bool {
        self.size.extend(input.take(4 - self.size.len()));
        let Ok(size) = self.size[..].try_into().map(u32::from_le_bytes) else {
            return false;
        };
        let missing = u64::from(size) - self.passed;
        let taken = input.take(usize::try_from(missing).unwrap_or(usize::MAX));
        self.passed += taken.len() as u64;
        self.passed == u64::from(size)
    }
}

impl Format {
    /// `the gzip data is damaged`, and why it is thought to be.
    pub(super) fn damaged(&self, why: impl Display) -> String {
        format!("the {} data is damaged: {why}", self.name)
    }

    /// What follows a stream and is none is refused so.
    pub(super) fn nothing_of_it(&self) -> String {
        let name = self.name;
        format!("what follows the {name} data is no {name} data")
    }
}

/// Whether `bytes` begin with `magic`.
pub(super) fn magic(magic: &[u8], bytes: &[u8]) -> Begins {
    let n = magic.len().min(bytes.len());
    match magic[..n] == bytes[..n] {
        true if n == magic.len() => Begins::Yes,
        true => Begins::Perhaps,
        false => Begins::No,
    }
}

/// Whether a frame to be skipped begins so; those of zstd and of lz4 are the same.
pub(super) fn skippable(bytes: &[u8]) -> Begins {
    match bytes {
        [first, rest @ ..] if first & 0xf0 == 0x50 => magic(&[0x2a, 0x4d, 0x18], rest),
        _ => Begins::No,
    }
}

impl Begins {
    /// One or the other begins so.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Begins::Yes, _) | (_, Begins::Yes) => Begins::Yes,
            (Begins::Perhaps, _) | (_, Begins::Perhaps) => Begins::Perhaps,
            (Begins::No, Begins::No) => Begins::No,
        }
    }
}
