//! The buffers there are, in the order in which a byte meets them, and what they are called.

use super::super::Sample;
use crate::endpoint::EndStatus;

/// A buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    /// The kernel's in front: a pipe, or what came over a connection and was not read.
    Front,
    /// That of the reading side.
    Readable,
    /// That of the writing side.
    Writable,
    /// The kernel's behind: a pipe, or what was sent over a connection and not acknowledged.
    Behind,
}

/// What a buffer is called.
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
    /// All of them.
    pub(super) const ALL: [Buffer; 4] = [
        Buffer::Front,
        Buffer::Readable,
        Buffer::Writable,
        Buffer::Behind,
    ];

    /// What its panel is called by machines.
    pub(super) fn id(self) -> &'static str {
        match self {
            Buffer::Front => "front",
            Buffer::Readable => "readable",
            Buffer::Writable => "writable",
            Buffer::Behind => "behind",
        }
    }

    /// What it is called by people: those of the link may be the pipes of our neighbours.
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

    /// What the most that it may hold is called.
    pub(super) fn limit(self) -> &'static str {
        match self {
            Buffer::Front | Buffer::Behind => "size",
            Buffer::Readable | Buffer::Writable => "high-water mark",
        }
    }
}

fn is_connection(seen: &EndStatus) -> bool {
    seen.connection().is_some()
}
