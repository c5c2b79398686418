//! What there is to be seen of an end from outside, for those who tell where a flow is stuck.

use super::raw::{Raw, Unfit};
use crate::endpoint::connection::{Connection, ConnectionProbe};
use crate::endpoint::pipe::{PipeFill, PipeProbe};

/// Something of each end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerEnd<T> {
    /// Of the source.
    pub source: T,
    /// Of the sink.
    pub sink: T,
}

/// Where to look.
#[derive(Debug, Clone, Default)]
pub enum Probe {
    /// At a connection.
    Connection(ConnectionProbe),
    /// At a pipe.
    Pipe(PipeProbe),
    /// Nowhere: all there is to say is known.
    Known(EndStatus),
    /// Nowhere.
    #[default]
    Nothing,
}

/// What an end is, and how it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndStatus {
    /// A connection.
    Connection(Connection),
    /// A pipe, with another program behind it, and what is in it as long as our end is open.
    Pipe(Option<PipeFill>),
    /// A file or block device.
    File,
    /// Anything else.
    #[default]
    Other,
}

impl Probe {
    /// For an end that the kernel takes for this.
    pub(super) fn of(raw: Result<Raw, Unfit>) -> Self {
        match raw {
            Ok(Raw::Pipe) => Self::Known(EndStatus::Pipe(None)),
            Ok(Raw::File) => Self::Known(EndStatus::File),
            _ => Self::Nothing,
        }
    }

    /// How it stands now.
    #[must_use]
    pub fn look(&self) -> EndStatus {
        match self {
            Self::Connection(view) => EndStatus::Connection(view.look()),
            Self::Pipe(view) => EndStatus::Pipe(view.look()),
            Self::Known(seen) => *seen,
            Self::Nothing => EndStatus::Other,
        }
    }

    /// The same, of an end of whose pipe it is known already how full it is.
    #[must_use]
    pub fn look_beside_pipe(&self) -> EndStatus {
        match self {
            Self::Pipe(_) => EndStatus::Pipe(None),
            _ => self.look(),
        }
    }
}

impl EndStatus {
    /// The kernel's account, of a connection.
    #[must_use]
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Connection(connection) => Some(connection),
            _ => None,
        }
    }

    /// How full it is, of a pipe whose end is open.
    #[must_use]
    pub fn pipe(&self) -> Option<PipeFill> {
        match self {
            Self::Pipe(fill) => *fill,
            _ => None,
        }
    }
}
