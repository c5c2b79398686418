//! How the kernel road ends: with the input, at a failure, or where the kernel refuses.

use crate::engine::road::outlet::WriterOutcome;
use crate::error::Side;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

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

/// What a method has taken from the source and has not delivered when it stops.
#[derive(Debug, Default)]
pub(super) struct Undelivered {
    /// Pipes of our own, in the order of what is in them, and how many bytes of the source that is.
    pub(super) in_pipes: VecDeque<(Arc<OwnedFd>, u64)>,
    /// The error with which the source has failed, to be told once what it gave is delivered.
    pub(super) source_error: Option<io::Error>,
    /// How many bytes are still to be skipped before the first that is delivered.
    pub(super) skip: u64,
}

/// How reading and writing ended.
pub(super) type Outcomes = (io::Result<()>, WriterOutcome);
