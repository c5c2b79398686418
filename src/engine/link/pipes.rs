//! The pipes that hold the bytes of a link on the kernel road: how full they are, and were.

use super::occupancy::Occupancy;
use super::snapshot::{ReadableFill, WritableFill};
use crate::platform;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A pipe is writable again once it has room for so much (pipe(7), `PIPE_BUF`).
const PIPE_BUF: u64 = 4096;

/// The pipes that hold the bytes of a link.
#[derive(Debug, Default)]
pub struct Pipes {
    /// Whether there is a pipe of our own, which has the marks of the link.
    pub own: bool,
    /// The pipe that the source is, if it is one.
    pub source: Option<WatchedPipe>,
    /// The pipe that the sink is, if it is one.
    pub sink: Option<WatchedPipe>,
}

/// A pipe that is an end, and whose fill the kernel tells.
#[derive(Debug)]
pub struct WatchedPipe {
    /// A duplicate of the end's descriptor; `None` once the method is over.
    fd: Option<OwnedFd>,
    size: u64,
    len: u64,
    pub(super) max_len: u64,
    occupancy: Occupancy,
}

impl WatchedPipe {
    /// Watches the pipe that `fd` is an end of. `None` if `fd` is none, or the process is out of descriptors; then
    /// bytes move all the same, and the pipe is not shown.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = fd.as_fd();
        let size = platform::pipe_size(fd)?;
        Some(Self {
            fd: Some(rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()?),
            size,
            len: 0,
            max_len: 0,
            occupancy: Occupancy::new(),
        })
    }

    /// What it held when it was last measured, and what it can hold, in bytes.
    pub(super) fn level(&self) -> (u64, u64) {
        (self.len, self.size)
    }

    /// The pipe was enlarged or shrunk.
    pub(super) fn resize(&mut self) {
        let size = self
            .fd
            .as_ref()
            .and_then(|fd| platform::pipe_size(fd.as_fd()));
        self.size = size.unwrap_or(self.size);
    }

    pub(super) fn measure(&mut self, now: Duration) {
        if let Some(len) = self
            .fd
            .as_ref()
            .and_then(|fd| platform::bytes_in(fd.as_fd()))
        {
            self.len = len;
            self.max_len = self.max_len.max(len);
            self.occupancy.note(now, len, self.size);
        }
    }
}

impl Pipes {
    pub(super) fn measure(&mut self, now: Duration) {
        let both = [&mut self.source, &mut self.sink];
        both.into_iter()
            .flatten()
            .for_each(|pipe| pipe.measure(now));
    }

    pub(super) fn readable(&self, now: Duration) -> Option<ReadableFill> {
        self.source.as_ref().map(|pipe| ReadableFill {
            len: pipe.len,
            mark: pipe.size,
            max_len: pipe.max_len,
            median_len: pipe.occupancy.median(now, pipe.size),
        })
    }

    pub(super) fn writable(&self, now: Duration) -> Option<WritableFill> {
        self.sink.as_ref().map(|pipe| WritableFill {
            len: pipe.len,
            mark: pipe.size,
            low: pipe.size.saturating_sub(PIPE_BUF),
            max_len: pipe.max_len,
            median_len: pipe.occupancy.median(now, pipe.size),
        })
    }

    /// This method is over: what the pipes hold now is not shown any more.
    pub(super) fn release(&mut self, now: Duration) {
        self.measure(now);
        for pipe in [&mut self.source, &mut self.sink].into_iter().flatten() {
            (pipe.fd, pipe.len) = (None, 0);
        }
    }
}
