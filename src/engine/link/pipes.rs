//! Pipes that hold the bytes of a link, as far as they are told of: how full they are, and were.

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
    /// Whether there is one of our own, with the marks of the link.
    pub own: bool,
    /// Our neighbour's, from which we read.
    pub before: Option<WatchedPipe>,
    /// Our neighbour's, to which we write.
    pub behind: Option<WatchedPipe>,
}

/// A pipe that is not ours: the kernel tells how full it is.
#[derive(Debug)]
pub struct WatchedPipe {
    /// Not there any more once the pipe is no longer our business.
    fd: Option<OwnedFd>,
    size: u64,
    len: u64,
    pub(super) max_len: u64,
    fill: Occupancy,
}

impl WatchedPipe {
    /// Watches the pipe that `fd` is an end of. `None`: it is none, or we are out of descriptors; the flow goes on
    /// without being watched then.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = fd.as_fd();
        let size = platform::pipe_size(fd)?;
        Some(Self {
            fd: Some(rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()?),
            size,
            len: 0,
            max_len: 0,
            fill: Occupancy::new(),
        })
    }

    /// What it held when it was last looked at, and what it may hold, in bytes.
    pub(super) fn level(&self) -> (u64, u64) {
        (self.len, self.size)
    }

    /// It holds more or less than it did.
    pub(super) fn resize(&mut self) {
        let size = self
            .fd
            .as_ref()
            .and_then(|fd| platform::pipe_size(fd.as_fd()));
        self.size = size.unwrap_or(self.size);
    }

    pub(super) fn look(&mut self, now: Duration) {
        if let Some(len) = self
            .fd
            .as_ref()
            .and_then(|fd| platform::bytes_in(fd.as_fd()))
        {
            self.len = len;
            self.max_len = self.max_len.max(len);
            self.fill.note(now, len, self.size);
        }
    }
}

impl Pipes {
    pub(super) fn look(&mut self, now: Duration) {
        let both = [&mut self.before, &mut self.behind];
        both.into_iter().flatten().for_each(|pipe| pipe.look(now));
    }

    pub(super) fn readable(&self, now: Duration) -> Option<ReadableFill> {
        self.before.as_ref().map(|pipe| ReadableFill {
            len: pipe.len,
            mark: pipe.size,
            max_len: pipe.max_len,
            median_len: pipe.fill.median(now, pipe.size),
        })
    }

    pub(super) fn writable(&self, now: Duration) -> Option<WritableFill> {
        self.behind.as_ref().map(|pipe| WritableFill {
            len: pipe.len,
            mark: pipe.size,
            low: pipe.size.saturating_sub(PIPE_BUF),
            max_len: pipe.max_len,
            median_len: pipe.fill.median(now, pipe.size),
        })
    }

    /// What is in them now is no longer ours.
    pub(super) fn let_go(&mut self, now: Duration) {
        self.look(now);
        for pipe in [&mut self.before, &mut self.behind].into_iter().flatten() {
            (pipe.fd, pipe.len) = (None, 0);
        }
    }
}
