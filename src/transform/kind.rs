//! A kind of transform: a row of the table.

use super::program::Program;
use super::settings::{Key, Settings};
use super::traits::Transform;
use std::fmt;

/// A kind of transform.
#[derive(Debug)]
pub struct Kind {
    /// As written in a SPEC.
    pub name: &'static str,
    /// Its group in help.
    pub group: Group,
    /// One line of help.
    pub help: &'static str,
    /// What may be set; a bare value is that of the first.
    pub keys: &'static [Key],
    /// A command that uses it, as the man page shows it.
    pub example: &'static str,
    /// Makes one. Never called of a kind that is left out.
    pub make: Make,
}

impl Kind {
    /// Whether this build has it, and not its name alone.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.feature_it_lacks().is_none()
    }

    /// The feature of Cargo's without which this build does not have it.
    #[must_use]
    pub fn feature_it_lacks(&self) -> Option<&'static str> {
        match self.group {
            Group::LeftOut { feature } => Some(feature),
            _ => None,
        }
    }

    /// Whether bytes pass unchanged.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self.group, Group::Digest | Group::Count)
    }

    /// How a key is written before its value. The value of the first key may be bare.
    #[must_use]
    pub fn before_value(&self, key: &Key) -> String {
        match self.keys.first() {
            Some(first) if first.name == key.name => "=".to_owned(),
            _ => format!("{}:", key.name),
        }
    }

    /// The line of help for a key.
    pub(super) fn line(&self, key: &Key) -> String {
        let written = self.before_value(key) + &key.value.placeholder();
        match key.default {
            "" => format!("{written}  {}", key.help),
            default => format!("{written}  {} [default: {default}]", key.help),
        }
    }
}

/// Makes a transform with these settings, which have been checked. What may fail, for want of memory for example, fails when the
/// transform gets its first bytes.
pub type Make = fn(&Settings) -> Made;

/// What runs as a stage of the pipeline.
pub enum Made {
    /// A transform of our own.
    Steps(Box<dyn Transform>),
    /// A program to be run.
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

/// The groups of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Makes the bytes fewer.
    Compression,
    /// Undoes compression.
    Decompression,
    /// Computes a digest, and passes the bytes on unchanged.
    Digest,
    /// Counts, and passes the bytes on unchanged.
    Count,
    /// Works on text.
    Text,
    /// Runs a program.
    Program,
    /// Is not in this build, which lacks a feature of Cargo's.
    LeftOut {
        /// The feature.
        feature: &'static str,
    },
}

impl Group {
    /// Its heading in help.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Group::Compression => "compression",
            Group::Decompression => "decompression",
            Group::Digest => "digests (checksums); the bytes pass unchanged",
            Group::Count => "counts; the bytes pass unchanged",
            Group::Text => "text",
            Group::Program => "other programs",
            Group::LeftOut { .. } => "not in this build",
        }
    }
}
