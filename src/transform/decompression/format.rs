//! How the streams of a format begin, and what may follow them.

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
    /// Any number, up to the end of the input: blocks of tapes are filled up so.
    ToTheEnd,
    /// A multiple of four, and then perhaps another stream.
    InFours,
}

/// What is no stream, behind one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Garbage {
    /// It is ignored, and the user told.
    Ignored,
    /// It is an error.
    Refused,
}

impl Format {
    /// `the gzip data is damaged`, and why it is thought to be.
    pub(super) fn damaged(&self, why: impl Display) -> String {
        format!("the {} data is damaged: {why}", self.name)
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
