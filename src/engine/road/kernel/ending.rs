//! How the kernel road ends: with the input, at a failure, or where the kernel refuses.

use crate::endpoint::{Source, Unfit};
use crate::engine::link::Link;
use crate::engine::road::inlet::ReaderOutcome;
use crate::engine::road::job::Reports;
use crate::engine::road::outlet::WriterOutcome;
use crate::error::{Side, reason};
use std::io;
use std::os::fd::OwnedFd;

/// Why a method stops before the end of the input.
pub(super) enum Stop {
    /// The kernel refuses the method, at its first call or at a later one.
    Refused(Side, io::Error),
    /// The source failed. What it had given is delivered.
    Source(io::Error),
    /// Writing is over: it failed, was cancelled, or the size is wrong.
    Sink(WriterOutcome),
}

impl From<WriterOutcome> for Stop {
    fn from(end: WriterOutcome) -> Self {
        Stop::Sink(end)
    }
}

/// How reading and writing ended.
pub(super) type Outcomes = (io::Result<()>, WriterOutcome);

impl Reports {
    /// Reports how both sides ended. Unless everything was delivered, the transfer is cancelled.
    pub(super) fn send_outcomes(
        self,
        source: Box<dyn Source>,
        (result, writer): Outcomes,
        link: &Link,
    ) {
        if !matches!(writer, WriterOutcome::Delivered { .. }) {
            link.cancel();
        }
        let _ = self.reader.send(ReaderOutcome { source, result });
        let _ = self.writer.send(writer);
    }
}

/// What a method has taken from the source and has not delivered when it stops.
#[derive(Debug, Default)]
pub(super) struct Undelivered {
    /// A pipe of our own, and how many bytes of the source are in it.
    pub(super) in_pipe: Option<(OwnedFd, u64)>,
    /// The error with which the source has failed, to be told once what it gave is delivered.
    pub(super) source_error: Option<io::Error>,
}

impl Undelivered {
    /// How reading ended, if it did not end for a later reason.
    pub(super) fn source_result(self) -> io::Result<()> {
        self.source_error.map_or(Ok(()), Err)
    }
}

/// What is handed to the buffered road when the kernel refuses.
pub(super) struct Refusal {
    /// At which end the kernel refuses, and its error.
    pub(super) at: Side,
    pub(super) error: io::Error,
    pub(super) undelivered: Undelivered,
}

impl Refusal {
    /// An end that could serve the kernel road when the road was chosen, and does not any more.
    pub(super) fn before_any_call(at: Side, why: Unfit) -> Self {
        Self {
            at,
            error: io::Error::other(why),
            undelivered: Undelivered::default(),
        }
    }

    /// How a transfer ends that insists on the kernel road, after `delivered` bytes.
    pub(super) fn no_road(self, delivered: u64) -> Outcomes {
        let (mut result, error) = (self.undelivered.source_result(), self.error);
        let writer = match self.at {
            _ if delivered == 0 => WriterOutcome::NoRoad { error },
            Side::Source => {
                result = Err(refused_midway(&error));
                WriterOutcome::SourceCut
            }
            Side::Sink => WriterOutcome::Failed {
                act: "writing to",
                error: refused_midway(&error),
                downstream: false,
            },
        };
        (result, writer)
    }
}

/// The error when the kernel refuses before the end of the input.
fn refused_midway(error: &io::Error) -> io::Error {
    let why = reason(error);
    io::Error::other(format!("{why}; --road auto goes on by the buffered road"))
}
