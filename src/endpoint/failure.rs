//! The error of opening an end.

use crate::error::{Side, TransferError};
use std::error::Error;
use std::fmt;
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
    /// The system's error.
    Io(io::Error),
    /// A text: several errors, with the addresses that were tried, or one of a library.
    Text(String),
    /// A timeout of connecting or accepting, as a text.
    Timeout(String),
    /// A mistake in the request, as a text.
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

    /// The reason, in words.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.why {
            OpenFailure::Io(error) => crate::error::reason(error),
            OpenFailure::Text(why) | OpenFailure::Timeout(why) | OpenFailure::Usage(why) => {
                why.clone()
            }
        }
    }

    /// The same, with a reason that begins with `place`: where it failed, if that is not the end that was named.
    #[must_use]
    pub fn where_it_was(self, place: &str) -> Self {
        let why = format!("{place}: {}", self.reason());
        let why = match self.why {
            OpenFailure::Io(_) | OpenFailure::Text(_) => OpenFailure::Text(why),
            OpenFailure::Timeout(_) => OpenFailure::Timeout(why),
            OpenFailure::Usage(_) => OpenFailure::Usage(why),
        };
        Self { why, ..self }
    }

    /// Turns it into the failure of a transfer at the end `uri`.
    #[must_use]
    pub fn at(self, side: Side, uri: &str) -> TransferError {
        use crate::error::Class;
        let why = self.reason();
        let class = match self.why {
            OpenFailure::Io(_) | OpenFailure::Text(_) => Class::Io,
            OpenFailure::Timeout(_) => Class::Timeout,
            OpenFailure::Usage(_) => Class::Usage,
        };
        TransferError::at_end(class, side, self.act, uri, anyhow::Error::msg(why))
    }
}

/// A source is no longer what it was when it was opened, so that the rest of it does not belong to what has come; with a text that
/// tells so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChanged(pub String);

impl SourceChanged {
    /// Whether this error says so.
    #[must_use]
    pub fn is(error: &io::Error) -> bool {
        let inner = error.get_ref();
        inner.is_some_and(<dyn Error + Send + Sync>::is::<Self>)
    }
}

impl fmt::Display for SourceChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for SourceChanged {}

impl From<SourceChanged> for io::Error {
    fn from(error: SourceChanged) -> Self {
        io::Error::other(error)
    }
}
