//! A kind of transform, as the table of them has it.

use super::settings::{Key, Settings};
use super::traits::Transform;
use crate::error::UsageError;
use std::fmt;

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

    /// What stands before the value of a key: a bare one is that of the first.
    #[must_use]
    pub fn before_value(&self, key: &Key) -> String {
        match self.keys.first() {
            Some(first) if first.name == key.name => "=".to_owned(),
            _ => format!("{}:", key.name),
        }
    }

    /// What help says of a key, in a line.
    pub(super) fn line(&self, key: &Key) -> String {
        let written = self.before_value(key) + &key.value.placeholder();
        match key.default {
            "" => format!("{written}  {}", key.help),
            default => format!("{written}  {} [default: {default}]", key.help),
        }
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

/// A program to be run as a stage of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What the shell is to run.
    pub command: String,
}
