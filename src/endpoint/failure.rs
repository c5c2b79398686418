//! Why an end could not be opened.

use crate::error::{Side, TransferError};
use std::io;

/// Why an end could not be opened: the act, for `ACT URI: WHY`, and the reason.
#[derive(Debug)]
pub struct OpenError {
    /// `connecting to`, `opening`.
    pub act: &'static str,
    /// The reason.
    pub why: OpenFailure,
}

/// The reason why an end could not be opened.
#[derive(Debug)]
pub enum OpenFailure {
    /// The system's.
    Io(io::Error),
    /// A connection's, with the addresses that were tried.
    Told(String),
    /// `connect-timeout` or `accept-timeout` has passed.
    Timeout(String),
    /// The request cannot mean this file.
    Usage(String),
}

impl OpenError {
    /// The system refused.
    #[must_use]
    pub fn io(act: &'static str, error: io::Error) -> Self {
        Self {
            act,
            why: OpenFailure::Io(error),
        }
    }
}

impl OpenError {
    /// As a failure of the end `uri`.
    #[must_use]
    pub fn at(self, side: Side, uri: &str) -> TransferError {
        use crate::error::{Class, reason};
        let (class, why) = match self.why {
            OpenFailure::Io(error) => (Class::Io, reason(&error)),
            OpenFailure::Told(why) => (Class::Io, why),
            OpenFailure::Timeout(why) => (Class::Timeout, why),
            OpenFailure::Usage(why) => (Class::Usage, why),
        };
        TransferError::at_end(class, side, self.act, uri, anyhow::Error::msg(why))
    }
}
