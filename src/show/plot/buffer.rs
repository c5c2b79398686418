//! The buffers there are, in the order in which a byte meets them, and what they are called.

use super::super::Sample;
use crate::endpoint::EndStatus;

/// A buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    /// The kernel's before the source: a pipe, or what a connection has received and we have not read.
    Front,
    /// That of the reading side.
    Readable,
    /// That of the writing side.
    Writable,
    /// The kernel's behind the sink: a pipe, or what was sent over a connection and not acknowledged.
    Behind,
}

/// The names of a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called {
    /// Above its panel.
    pub(super) title: &'static str,
    /// Among the values of a moment.
    pub(super) name: &'static str,
    /// Among the numbers of the run.
    pub(super) number: &'static str,
}

impl Buffer {
    /// All buffers, in the order in which a byte passes them.
    pub(super) const ALL: [Buffer; 4] = [
        Buffer::Front,
        Buffer::Readable,
        Buffer::Writable,
        Buffer::Behind,
    ];

    /// The id of its panel.
    pub(super) fn id(self) -> &'static str {
        match self {
            Buffer::Front => "front",
            Buffer::Readable => "readable",
            Buffer::Writable => "writable",
            Buffer::Behind => "behind",
        }
    }

    /// Its names for people. On the kernel road a buffer of the link may be the pipe of a neighbour.
    pub(super) fn called(self, sample: &Sample) -> Called {
        let ends = &sample.now.ends;
        let is_ours = sample.now.links.iter().all(|link| link.is_ours);
        let called = |title, name, number| Called {
            title,
            name,
            number,
        };
        match self {
            Buffer::Front if is_connection(&ends.source) => {
                called("Kernel: received, not yet read", "received", "received")
            }
            Buffer::Readable if is_ours => called(
                "Buffer of the reading side",
                "reading side",
                "buffer of the reading side",
            ),
            Buffer::Front | Buffer::Readable => {
                called("Pipe in front", "pipe in front", "pipe in front")
            }
            Buffer::Behind if is_connection(&ends.sink) => {
                called("Kernel: sent, not yet acknowledged", "sent", "sent")
            }
            Buffer::Writable if is_ours => called(
                "Buffer of the writing side",
                "writing side",
                "buffer of the writing side",
            ),
            Buffer::Behind | Buffer::Writable => {
                called("Pipe behind", "pipe behind", "pipe behind")
            }
        }
    }

    /// The name of the most that it may hold.
    pub(super) fn limit(self) -> &'static str {
        match self {
            Buffer::Front | Buffer::Behind => "size",
            Buffer::Readable | Buffer::Writable => "high-water mark",
        }
    }
}

fn is_connection(status: &EndStatus) -> bool {
    status.connection().is_some()
}
