//! What can go wrong, sorted by what the exit code depends on; everything else about an error is prose.

use rustix::io::Errno;
use std::error::Error;
use std::fmt;
use std::io;

/// One of the two ends of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where bytes come from.
    Source,
    /// Where bytes go.
    Sink,
}

impl Side {
    /// The name of the side in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Sink => "sink",
        }
    }
}

/// Where something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureSite {
    /// At one of the ends.
    End(Side),
    /// In a transform between them.
    Transform,
}

impl FailureSite {
    /// The name of the site in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FailureSite::End(side) => side.name(),
            FailureSite::Transform => "transform",
        }
    }
}

/// The class of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An I/O error on either end, or in a transform.
    Io,
    /// A mistake in the request, found before a byte moved.
    Usage,
    /// The bytes are not those that `--expect-size` or a digest asked for.
    Integrity,
    /// Connecting or accepting took too long, or the peer was idle for too long.
    Timeout,
    /// The reader of the pipe that this program writes to went away.
    DownstreamClosed,
}

/// A failed transfer: what was being done, to which end, and why it failed.
#[derive(Debug)]
pub struct TransferError {
    /// What the exit code depends on.
    pub class: Class,
    /// The site of the failure, and the end or transform there as typed; `None` if several failed.
    pub at: Option<(FailureSite, String)>,
    /// The act and its object: `connecting to tcp://host:1`.
    pub doing: String,
    /// The reason.
    pub why: anyhow::Error,
}

impl TransferError {
    /// A failure at one end. `act` is put before its URI: `reading`, `connecting to`.
    pub fn at_end(
        class: Class,
        side: Side,
        act: &str,
        uri: &str,
        why: impl Into<anyhow::Error>,
    ) -> Self {
        Self {
            class,
            at: Some((FailureSite::End(side), uri.to_owned())),
            doing: format!("{act} {uri}"),
            why: why.into(),
        }
    }

    /// A failure of the transform that `spec` asks for by `name`.
    #[must_use]
    pub fn transform(class: Class, name: &str, spec: &str, why: &str) -> Self {
        Self {
            class,
            at: Some((FailureSite::Transform, spec.to_owned())),
            doing: format!("transforming with {name}"),
            why: anyhow::Error::msg(why.to_owned()),
        }
    }

    /// An I/O error at one end.
    #[must_use]
    pub fn io(side: Side, act: &str, uri: &str, why: &io::Error) -> Self {
        Self::at_end(Class::Io, side, act, uri, anyhow::Error::msg(reason(why)))
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#}", self.doing, self.why)
    }
}

impl Error for TransferError {}

/// An I/O error as the user is told it: the system's message, without Rust's "(os error N)". A shortage is told with the limit
/// that was reached.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => return "too many open files (ulimit -n)".to_owned(),
        Some(Errno::NFILE) => return "too many open files in the whole system".to_owned(),
        Some(Errno::NOMEM) => return "not enough memory".to_owned(),
        _ => {}
    }
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// Whether the system has refused for lack of descriptors or memory, which is no mistake of the user's.
#[must_use]
pub fn is_shortage(error: &io::Error) -> bool {
    let short = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|error| short.contains(&error))
}

/// A mistake on the command line: exit 2, printed as clap prints its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError(pub String);

impl UsageError {
    /// A mistake described by `message`.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
    /// A flag or a transform that this build does not have, since it was built without a feature of Cargo's.
    #[must_use]
    pub fn left_out(name: &str, feature: &str) -> Self {
        Self::new(format!(
            "this build has no {name}; it was built without the feature {feature}"
        ))
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}
