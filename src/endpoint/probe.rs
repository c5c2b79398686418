//! The status of an open end, which the meter and displays ask for while the road's thread owns the end itself.

use super::raw::{Raw, Unfit};
use crate::endpoint::connection::{Connection, ConnectionProbe};
use crate::endpoint::pipe::{PipeFill, PipeProbe};
use crate::error::Side;
use serde::Serialize;

/// A value for each end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PerEnd<T> {
    /// Of the source.
    pub source: T,
    /// Of the sink.
    pub sink: T,
}

/// One of the ends of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndId {
    /// The source that is read now.
    Source,
    /// This sink, counted from 0.
    Sink(usize),
}

impl EndId {
    /// The side that it is on.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            EndId::Source => Side::Source,
            EndId::Sink(_) => Side::Sink,
        }
    }
}

impl<T> PerEnd<T> {
    /// That of this end.
    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Source => &mut self.source,
            Side::Sink => &mut self.sink,
        }
    }
}

/// How to ask for the status of an end.
#[derive(Debug, Clone, Default)]
pub enum Probe {
    /// By the kernel's account of a connection.
    Connection(ConnectionProbe),
    /// By the fill of a pipe.
    Pipe(PipeProbe),
    /// By the fill of the pipe to or from a command that we run.
    Command(PipeProbe),
    /// It does not change.
    Known(EndStatus),
    /// There is none.
    #[default]
    Nothing,
}

/// What an end is, and its state now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndStatus {
    /// A connection.
    Connection(Connection),
    /// A pipe to or from another program, and its fill as long as this end is open.
    Pipe(Option<PipeFill>),
    /// The pipe to or from a command that we run, and its fill as long as our end is open.
    Command(Option<PipeFill>),
    /// A file or block device.
    File,
    /// A Unix socket, of whose peer nothing more is known.
    UnixSocket,
    /// Anything else.
    #[default]
    Other,
}

impl Probe {
    /// The probe of an end that `raw` describes.
    pub(super) fn of(raw: Result<Raw, Unfit>) -> Self {
        match raw {
            Ok(Raw::Pipe) => Self::Known(EndStatus::Pipe(None)),
            Ok(Raw::File) => Self::Known(EndStatus::File),
            _ => Self::Nothing,
        }
    }

    /// The same of an end whose pipe leads to or from a command that we run.
    #[must_use]
    pub(super) fn of_command(self) -> Self {
        match self {
            Self::Pipe(probe) => Self::Command(probe),
            _ => Self::Known(EndStatus::Command(None)),
        }
    }

    /// The status now.
    #[must_use]
    pub fn status(&self) -> EndStatus {
        match self {
            Self::Connection(probe) => EndStatus::Connection(probe.read()),
            Self::Pipe(probe) => EndStatus::Pipe(probe.fill()),
            Self::Command(probe) => EndStatus::Command(probe.fill()),
            Self::Known(status) => *status,
            Self::Nothing => EndStatus::Other,
        }
    }

    /// The status now, without asking for the fill of a pipe, for a caller that knows it already.
    #[must_use]
    pub fn status_without_fill(&self) -> EndStatus {
        match self {
            Self::Pipe(_) => EndStatus::Pipe(None),
            Self::Command(_) => EndStatus::Command(None),
            _ => self.status(),
        }
    }
}

impl EndStatus {
    /// The kernel's account, if it is a connection.
    #[must_use]
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Connection(connection) => Some(connection),
            _ => None,
        }
    }

    /// The fill, if it is a pipe that is open.
    #[must_use]
    pub fn pipe(&self) -> Option<PipeFill> {
        match self {
            Self::Pipe(fill) | Self::Command(fill) => *fill,
            _ => None,
        }
    }
}
