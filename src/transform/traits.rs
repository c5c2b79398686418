//! The trait of a transform, and how one fails.

use super::cursor::{Input, Output};
use crate::error::{Class, reason};
use serde::Serialize;
use std::fmt;
use std::io;

/// A transform: changes or examines the bytes that pass.
pub trait Transform: Send {
    /// Takes from `input` and puts into `output`, as far as both allow. There is input and there is room. It takes at least a
    /// byte or fills the room, and holds what it has taken and not put out yet.
    ///
    /// # Errors
    /// When the input is not what it should be. What was put out before the failure is valid.
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure>;

    /// Puts out all that can be made of the input so far, since more may not come for a while.
    ///
    /// # Errors
    /// As [`Transform::step`].
    fn flush(&mut self, _output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::Nothing)
    }

    /// Puts out the rest, after the last input.
    ///
    /// # Errors
    /// When the input ends too early, or as a whole is not what was expected.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::Nothing)
    }

    /// How many lines have passed, if it counts them.
    fn lines(&self) -> Option<u64> {
        None
    }

    /// The digest of all bytes, if it computes one and is finished.
    fn digest(&self) -> Option<Digest> {
        None
    }

    /// A warning for the user although nothing failed, of input that was ignored for example.
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

impl Pending {
    /// What is pending unless everything `is_out`.
    pub(super) fn unless(is_out: bool) -> Self {
        if is_out { Self::Nothing } else { Self::More }
    }
}

/// The digest of what has passed. The records have it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// `sha256`, …
    pub algorithm: &'static str,
    /// In lowercase hexadecimal digits.
    pub hex: String,
}

/// Why a transform failed. The stage that runs it adds at which byte of its input: see [`Failure::at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the exit code depends on.
    pub class: Class,
    /// In words a user knows.
    pub why: String,
    /// Whether the message names the byte of the input.
    pub(super) has_place: bool,
}

impl Failure {
    /// The input is invalid behind the bytes that were taken.
    pub fn input(why: impl fmt::Display) -> Self {
        Self {
            class: Class::Io,
            why: why.to_string(),
            has_place: true,
        }
    }

    /// Something else than the input is at fault.
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

    /// Adds that it failed after `taken` bytes of the input, if the message names that.
    #[must_use]
    pub fn at(self, taken: u64) -> Self {
        if self.has_place {
            let why = format!("{}, at byte {taken} of its input", self.why);
            Self { why, ..self }
        } else {
            self
        }
    }
}
