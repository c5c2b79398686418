//! The kinds of ends there are, how they are planned and opened, and in `ends` what they can do once they are open.
//!
//! An end never waits: it reads or writes what can be had now, says "not now" with
//! [`io::ErrorKind::WouldBlock`], and names what to wait for. All waiting is the road's.
//!
//! A new kind is one file that exports its [`Kind`], its `mod` line, and its row in [`KINDS`]; help, errors and
//! the plan follow from the table.

mod access;
mod claim;
mod connect;
pub mod connection;
mod descriptor;
mod ends;
mod fd;
mod file;
mod filekind;
mod identity;
mod least;
mod leftover;
mod listen;
mod names;
mod network;
mod null;
mod options;
mod output;
mod outside;
mod pattern;
pub mod pipe;
mod prospect;
mod sight;
mod socket;
mod sparse;
mod staged;
mod stdio;
mod table;
pub mod uri;

pub(crate) use access::Attribute;
pub use ends::{Delivered, Extent, FdAt, Finish, Raw, Sink, Source, Unfit};
pub use identity::Identity;
pub use least::Least;
pub use leftover::Leftover;
pub(crate) use names::{descriptor_named, descriptor_words};
pub use network::Network;
pub use options::{OptionSpec, Options, Settled, ValueKind};
pub(crate) use outside::check_directory;
pub use prospect::Prospect;
pub use sight::{Ends, Seen, Sight};
pub use table::{Planned, plan_sink, plan_source};

use crate::endpoint::uri::Uri;
use crate::error::{Side, TransferError, UsageError};
use std::fs::Metadata;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;

/// Every kind of end, in the order in which help shows them.
pub const KINDS: &[&Kind] = &[
    &stdio::STDIN,
    &stdio::STDOUT,
    &file::KIND,
    &connect::KIND,
    &listen::KIND,
    &pattern::ZERO,
    &pattern::RANDOM,
    &null::KIND,
    &fd::KIND,
];

/// One kind of end: its name, what it takes, and how it is planned on either side.
#[derive(Debug)]
pub struct Kind {
    /// The scheme, in lower case.
    pub scheme: &'static str,
    /// How it is written, for help and errors.
    pub form: &'static str,
    /// Whether `//` follows the scheme; a path may have it or not.
    pub slashes: Slashes,
    /// One line of help.
    pub summary: &'static str,
    /// What may stand behind `#`.
    pub options: &'static [OptionSpec],
    /// How it becomes a SOURCE, if it can be one.
    pub source: Option<Make<dyn SourcePlan>>,
    /// How it becomes a SINK, if it can be one.
    pub sink: Option<Make<dyn SinkPlan>>,
}

/// Plans an end; the options have been checked against the kind's.
pub type Make<P> = fn(&Uri, &Options) -> Result<Box<P>, UsageError>;

/// Whether a scheme is followed by `//`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashes {
    /// It names a host.
    Required,
    /// It names nothing, or a number.
    Forbidden,
    /// It names a path.
    Optional,
}

/// A boxed future; opening may wait for a name server, a peer, or the other end of a FIFO.
pub type Opening<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpenError>> + 'a>>;

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

/// Which file an end is, so that a transfer does not eat its own tail: device and inode number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    /// Number of the device the file is on.
    pub device: u64,
    /// Its inode number there.
    pub inode: u64,
}

impl From<&Metadata> for FileId {
    fn from(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }
}

/// Tells the world of a listening end.
pub trait Announce {
    /// `side` listens on `address`.
    fn listening(&self, side: Side, address: SocketAddr);

    /// `side` does not let this `peer` in, and waits on.
    fn refused(&self, side: Side, peer: SocketAddr);
}

/// An end that was asked for and is not open yet.
pub trait EndPlan {
    /// What can be said of it on this side without touching it: nothing is opened, read, resolved or waited for.
    fn prospect(&self, side: Side) -> Prospect;

    /// Does what waits for nobody: opens the file, binds the listener. Nothing that exists is changed.
    fn prepare<'a>(&'a mut self, _side: Side, _announce: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The path that was asked for, if it is one.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// The file this is, known after `prepare`.
    fn file_id(&self) -> Option<FileId> {
        None
    }
}

/// A SOURCE that was asked for.
pub trait SourcePlan: EndPlan {
    /// Opens it, waiting for a peer if there is one.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Source>>;

    /// The least that it has to give.
    fn least(&self) -> Least {
        Least::Nothing
    }
}

/// A SINK that was asked for.
pub trait SinkPlan: EndPlan {
    /// Opens it, waiting for a peer if there is one. What existed is still as it was.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Sink>>;
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

#[cfg(test)]
mod tests {
    use super::KINDS;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_of_the_table_is_complete_and_named_once() {
        let mut schemes = BTreeSet::new();
        for kind in KINDS {
            assert!(schemes.insert(kind.scheme), "{} stands twice", kind.scheme);
            assert_eq!(kind.scheme, kind.scheme.to_ascii_lowercase());
            assert!(kind.form.starts_with(kind.scheme), "{}", kind.form);
            assert!(!kind.summary.is_empty(), "{} has no summary", kind.scheme);
            assert!(
                kind.source.is_some() || kind.sink.is_some(),
                "{} does nothing",
                kind.scheme
            );
            let mut names = BTreeSet::new();
            for option in kind.options {
                assert!(
                    names.insert(option.name),
                    "{}#{} stands twice",
                    kind.scheme,
                    option.name
                );
                assert!(
                    !option.help.is_empty(),
                    "{}#{} has no help",
                    kind.scheme,
                    option.name
                );
            }
        }
    }
}
