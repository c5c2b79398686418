//! A range of a file that is claimed for this process, where other processes share the file's position.
//!
//! The position of a file belongs to its open file description, and every process that inherited the descriptor reads and
//! writes at it (open(2)). A read(2) or write(2) moves it under a lock; `splice(2)` and `copy_file_range(2)` do not take
//! that lock, and two processes would write to the same place. So a range is claimed first: lseek(2) moves the position
//! beyond it, under the lock, and the kernel moves the bytes at explicit offsets.

use rustix::fs::{SeekFrom, seek};
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

/// A range of a file that is this process's alone to read or to write. Empty until something is claimed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Claim {
    /// Where it begins.
    pub(super) at: u64,
    /// Its length in bytes.
    pub(super) left: u64,
}

impl Claim {
    /// Claims the next `n` bytes.
    pub(super) fn next(fd: BorrowedFd<'_>, n: u64) -> io::Result<Self> {
        let ahead = i64::try_from(n).map_err(|_| ErrorKind::Unsupported)?;
        // The kernel road needs a position that can be moved; the buffered road does not.
        let end = seek(fd, SeekFrom::Current(ahead)).map_err(|_| ErrorKind::Unsupported)?;
        Ok(Self {
            at: end.saturating_sub(n),
            left: n,
        })
    }

    pub(super) fn end(self) -> u64 {
        self.at.saturating_add(self.left)
    }

    pub(super) fn use_up(&mut self, n: u64) {
        let n = n.min(self.left);
        (self.at, self.left) = (self.at + n, self.left - n);
    }

    /// Gives the last `n` bytes back, unless another process has moved the position on since: then they stay a gap.
    pub(super) fn give_back(&mut self, fd: BorrowedFd<'_>, n: u64) {
        let end = self.end();
        self.left = self.left.saturating_sub(n);
        if n > 0 && seek(fd, SeekFrom::Current(0)) == Ok(end) {
            let _ = seek(fd, SeekFrom::Start(self.end()));
        }
    }
}
