//! What may stand between the source and the sink, and changes or examines what passes: `-t SPEC`.
//!
//! A transform does no I/O and waits for nobody: it works between two cursors, and a full output is the backpressure.
//! `road/stage.rs` runs it, on a thread of its own. A new one is a file and its line in [`KINDS`].

mod cursor;
mod exec;
mod spec;

#[cfg(test)]
mod driven;
#[cfg(test)]
mod peers;

// The kinds.
mod compression;
mod decompression;
mod digest;
mod text;

use cursor::since;
pub use cursor::{Input, Output, pass};
pub use digest::{sum_line, unreadable};
pub use exec::Program;
pub use spec::{Key, Planned, Setting, Settings, ValueKind, help, plan};

use crate::error::{Class, UsageError, reason};
use std::fmt;
use std::io;

/// What changes or examines the bytes that pass.
pub trait Transform: Send {
    /// Takes from `input` and puts into `output`, as far as both allow. Neither is empty. It takes something, or fills the
    /// room there is; what was taken and not put out yet is held.
    ///
    /// # Errors
    /// When the input is not what it should be. What was put out before is good.
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure>;

    /// Puts out all that can be made of what was taken so far: nothing more may come for a while.
    ///
    /// # Errors
    /// As [`Transform::step`].
    fn flush(&mut self, _output: &mut Output<'_>) -> Result<Held, Failure> {
        Ok(Held::Nothing)
    }

    /// Puts out the rest, after the last input.
    ///
    /// # Errors
    /// When the input should have gone on, or is not what was expected of it as a whole.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<Held, Failure> {
        Ok(Held::Nothing)
    }

    /// How many lines have passed, if it counts them.
    fn lines(&self) -> Option<u64> {
        None
    }

    /// The digest of all that has passed, once it is finished, if it makes one.
    fn digest(&self) -> Option<Digest> {
        None
    }

    /// What the user should know although nothing failed: input that was left out, say.
    fn warning(&self) -> Option<String> {
        None
    }
}

/// What a transform has not put out yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing that it could.
    Nothing,
    /// More than fitted: it is to be called again.
    More,
}

/// The digest of what has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// `sha256`, …
    pub algorithm: &'static str,
    /// In lowercase hexadecimal digits.
    pub hex: String,
}

/// Why a transform gave up. At which byte of its input, whoever runs it adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the exit code depends on.
    pub class: Class,
    /// In words a user knows.
    pub why: String,
    /// Whether it is to be told where in the input.
    has_place: bool,
}

impl Failure {
    /// The input is not what it should be, from where it was taken to.
    pub fn input(why: impl fmt::Display) -> Self {
        Self {
            class: Class::Io,
            why: why.to_string(),
            has_place: true,
        }
    }

    /// It is not the input that is to blame.
    pub fn other(why: impl fmt::Display) -> Self {
        Self {
            class: Class::Io,
            why: why.to_string(),
            has_place: false,
        }
    }

    /// The input as a whole is not what was expected.
    pub fn integrity(why: impl fmt::Display) -> Self {
        Self {
            class: Class::Integrity,
            why: why.to_string(),
            has_place: false,
        }
    }

    /// The system refuses something that is needed.
    #[must_use]
    pub fn system(error: &io::Error) -> Self {
        Self {
            class: Class::Io,
            why: reason(error),
            has_place: false,
        }
    }

    /// Names the place, if there is one to be named, after `taken` bytes of the input.
    #[must_use]
    pub fn at(self, taken: u64) -> Self {
        if self.has_place {
            let why = format!("{}, at byte {taken} of what it got", self.why);
            Self { why, ..self }
        } else {
            self
        }
    }
}

/// A kind of transform.
#[derive(Debug)]
pub struct Kind {
    /// As written in a SPEC.
    pub name: &'static str,
    /// What it is grouped with in help.
    pub group: Group,
    /// One line of help.
    pub help: &'static str,
    /// What may be set; a bare value is that of the first.
    pub keys: &'static [Key],
    /// A command that uses it, as the man page shows it.
    pub example: &'static str,
    /// Makes one.
    pub make: Make,
}

impl Kind {
    /// Whether bytes pass as they are.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self.group, Group::Digest | Group::Count)
    }
}

/// Makes a transform that is set so.
pub type Make = fn(&Settings) -> Result<Made, UsageError>;

/// What runs as a stage of the pipeline.
pub enum Made {
    /// A transform of our own.
    Steps(Box<dyn Transform>),
    /// A program of somebody else's.
    Program(Program),
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Made::Steps(_) => "Steps",
            Made::Program(_) => "Program",
        })
    }
}

/// What kinds are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Makes it smaller.
    Compression,
    /// Undoes that.
    Decompression,
    /// Examines it, and passes it on as it is.
    Digest,
    /// Counts it, and passes it on as it is.
    Count,
    /// Works on text.
    Text,
    /// Runs a program.
    Program,
}

impl Group {
    /// All of them, in the order of help.
    pub const ALL: [Group; 6] = [
        Group::Compression,
        Group::Decompression,
        Group::Digest,
        Group::Count,
        Group::Text,
        Group::Program,
    ];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Group::Compression => "compression",
            Group::Decompression => "decompression",
            Group::Digest => "digests, which pass bytes on",
            Group::Count => "counts, which pass bytes on",
            Group::Text => "text",
            Group::Program => "programs",
        }
    }
}

/// Every kind, in the order of help.
pub const KINDS: &[&Kind] = &[
    &compression::gzip::KIND,
    &compression::zstd::KIND,
    &compression::xz::KIND,
    &compression::lz4::KIND,
    &compression::brotli::KIND,
    &compression::bzip2::KIND,
    &decompression::gunzip::KIND,
    &decompression::unzstd::KIND,
    &decompression::unxz::KIND,
    &decompression::unlz4::KIND,
    &decompression::unbrotli::KIND,
    &decompression::bunzip2::KIND,
    &decompression::decompress::KIND,
    &digest::sha256::KIND,
    &digest::sha512::KIND,
    &digest::blake3::KIND,
    &digest::md5::KIND,
    &digest::crc32::KIND,
    &digest::xxh3::KIND,
    &text::lines::KIND,
    &text::crlf::KIND,
    &text::lf::KIND,
    &text::base64::KIND,
    &text::unbase64::KIND,
    &text::hex::KIND,
    &text::unhex::KIND,
    &exec::KIND,
];
