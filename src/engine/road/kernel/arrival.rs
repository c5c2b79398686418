//! How a way of the kernel road ends: with the input, at a failure, or where the kernel goes no further.

use crate::endpoint::Sink;
use crate::engine::link::Link;
use crate::engine::road::inlet::ReaderEnd;
use crate::engine::road::journey::Reports;
use crate::engine::road::outlet::WriterEnd;
use crate::error::{Side, reason};
use std::io;
use std::os::fd::OwnedFd;

/// Why a way came to its end before the input did.
pub(super) enum Stop {
    /// The kernel does not go this way, from the beginning or any further.
    Refused(Side, io::Error),
    /// The source failed. What it had given is delivered.
    Source(io::Error),
    /// Writing has ended.
    Sink(WriterEnd),
}

impl From<WriterEnd> for Stop {
    fn from(end: WriterEnd) -> Self {
        Stop::Sink(end)
    }
}

/// How both sides ended.
pub(super) struct Arrival {
    pub(super) reader: ReaderEnd,
    pub(super) writer: WriterEnd,
}

impl Reports {
    /// Tells how it ended; one that did not deliver gives the transfer up.
    pub(super) fn arrived(self, arrival: Arrival, link: &Link) {
        if !matches!(arrival.writer, WriterEnd::Delivered { .. }) {
            link.cancel();
        }
        let _ = self.reader.send(arrival.reader);
        let _ = self.writer.send(arrival.writer);
    }
}

/// What is left when the kernel goes none of the ways.
pub(super) struct Refusal {
    /// At which end, and what the kernel says.
    pub(super) at: Side,
    pub(super) error: io::Error,
    /// The source, and how reading it ended if it has.
    pub(super) rest: ReaderEnd,
    pub(super) sink: Box<dyn Sink>,
    /// A pipe of our own with so many bytes that have left the source.
    pub(super) in_pipe: Option<(OwnedFd, u64)>,
}

impl Refusal {
    /// The end of a transfer that has no other road, after so many bytes were `delivered`.
    pub(super) fn no_road(self, delivered: u64) -> Arrival {
        let (mut reader, error) = (self.rest, self.error);
        let writer = match self.at {
            _ if delivered == 0 => WriterEnd::NoRoad { error },
            Side::Source => {
                reader.result = Err(no_further(&error));
                WriterEnd::SourceCut
            }
            Side::Sink => WriterEnd::Failed {
                act: "writing to",
                error: no_further(&error),
                downstream: false,
            },
        };
        Arrival { reader, writer }
    }
}

/// The kernel road was insisted on, and ends before the input does.
fn no_further(error: &io::Error) -> io::Error {
    let why = reason(error);
    io::Error::other(format!("{why}; --road auto goes on by the buffered road"))
}
