//! What a transform does, and how it gives up.

use super::cursor::{Input, Output};
use crate::error::{Class, reason};
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
    fn flush(&mut self, _output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::Nothing)
    }

    /// Puts out the rest, after the last input.
    ///
    /// # Errors
    /// When the input should have gone on, or is not what was expected of it as a whole.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::Nothing)
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
pub enum Pending {
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
    pub(super) has_place: bool,
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
