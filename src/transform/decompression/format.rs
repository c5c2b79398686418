//! How the streams of a format begin, and what may follow them.

use crate::transform::Input;
use std::fmt::Display;

/// What the decoder has to know of a format.
#[derive(Debug)]
pub(super) struct Format {
    /// Its name in messages.
    pub(super) name: &'static str,
    /// Whether these bytes, of which there is at least one, can begin a stream.
    pub(super) begins: fn(&[u8]) -> Begins,
    /// Which zeros may follow a stream.
    pub(super) zeros: Zeros,
    /// What happens to anything else that follows.
    pub(super) garbage: Garbage,
    /// Whether an empty input is an empty stream.
    pub(super) may_be_empty: bool,
}

/// Whether bytes begin a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Yes,
    No,
    /// So far yes, but it takes more bytes to tell.
    Perhaps,
}

/// Zeros behind a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    /// None: zeros are garbage like anything else.
    None,
    /// Any number, and then perhaps another stream: the blocks of a tape are padded with zeros.
    Padding,
    /// A multiple of four, and then perhaps another stream.
    InFours,
}

/// What happens to something behind a stream that is no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Garbage {
    /// It is ignored with a warning; but if the sign of another stream is in it, that is an error, since data would be lost.
    Ignored(Sign),
    /// It is an error.
    Refused,
}

/// A sign by which a stream is recognized in the midst of other bytes, at its beginning or soon after: a number of up to eight
/// bytes, and which bits of it count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) bits: u64,
    pub(super) value: u64,
}

impl Sign {
    /// Whether it ends in `bytes`; `last` keeps the bytes before them.
    pub(super) fn is_in(self, bytes: &[u8], last: &mut u64) -> bool {
        bytes.iter().any(|byte| {
            *last = *last << 8 | u64::from(*byte);
            *last & self.bits == self.value
        })
    }
}

/// A skippable frame, which zstd and lz4 have in common, behind its magic.
#[derive(Debug, Default)]
pub(super) struct SkippableFrame {
    size: Vec<u8>,
    passed: u64,
}

impl SkippableFrame {
    /// Takes its bytes. Returns whether it has ended.
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
    /// The message for damaged data, with the reason.
    pub(super) fn damaged(&self, why: impl Display) -> String {
        format!("the {} data is damaged: {why}", self.name)
    }

    /// The message for something behind a stream that is no stream.
    pub(super) fn no_more_streams(&self) -> String {
        let name = self.name;
        format!("other data follows the {name} data")
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

/// Whether `bytes` begin a skippable frame, of zstd or of lz4.
pub(super) fn skippable(bytes: &[u8]) -> Begins {
    match bytes {
        [first, rest @ ..] if first & 0xf0 == 0x50 => magic(&[0x2a, 0x4d, 0x18], rest),
        _ => Begins::No,
    }
}

impl Begins {
    /// Whether either of two kinds of stream begins.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Begins::Yes, _) | (_, Begins::Yes) => Begins::Yes,
            (Begins::Perhaps, _) | (_, Begins::Perhaps) => Begins::Perhaps,
            (Begins::No, Begins::No) => Begins::No,
        }
    }
}
