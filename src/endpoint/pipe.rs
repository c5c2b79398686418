//! Pipes: how full one is, which can be asked without keeping it open, and enlarging it.
//!
//! All pipes of a user together may hold 64 MiB (pipe(7), /proc/sys/fs/pipe-user-pages-soft), and beyond that every new pipe,
//! in any program, has two pages. So a pipe is enlarged only once the flow has filled it, never with the last of the user's
//! budget, and it is made smaller again when the flow goes idle.

use crate::platform::{self, WIDEST_PIPE};
use serde::Serialize;
use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long a pipe has to be idle before it gets its first size again.
pub const IDLE: Duration = Duration::from_secs(1);

/// By what the size of a pipe is multiplied in one step: from the usual 64 KiB to 1 MiB in two.
const GROWTH_FACTOR: u64 = 4;

/// How full a pipe is, in bytes (pipe(7)). The records have it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PipeFill {
    /// How many bytes it holds (`FIONREAD`, ioctl(2)).
    pub len: u64,
    /// How many it can hold (`F_GETPIPE_SZ`, fcntl(2)).
    pub size: u64,
}

/// How far a pipe may grow and has grown, in bytes. Only the thread that owns this end of the pipe uses it.
#[derive(Debug)]
pub struct Growth {
    /// Its first size.
    first_size: u64,
    size: Cell<u64>,
    most: Cell<u64>,
}

impl Growth {
    /// A pipe of this size, which may hold up to `most` bytes.
    #[must_use]
    pub fn new(size: u64, most: u64) -> Self {
        Self {
            first_size: size,
            size: Cell::new(size),
            most: Cell::new(most.min(WIDEST_PIPE).max(size)),
        }
    }

    /// Enlarges by a step the pipe that `fd` is an end of, which the flow has filled. Returns whether it can hold more now.
    pub fn grow(&self, fd: BorrowedFd<'_>) -> bool {
        let before = self.size.get();
        if before >= self.most.get() {
            return false;
        }
        let wanted = before.saturating_mul(GROWTH_FACTOR).min(self.most.get());
        // The process at the other end may have enlarged it meanwhile.
        let now = platform::pipe_size(fd).filter(|now| *now >= wanted);
        match now.or_else(|| platform::enlarge_pipe(fd, wanted)) {
            Some(now) => self.size.set(now),
            None => self.most.set(before),
        }
        self.size.get() > before
    }

    /// Enlarges it by a step if `n` bytes, which were in it at once, are at least half of its size. Returns whether it did.
    pub fn grow_if_filled(&self, fd: BorrowedFd<'_>, n: u64) -> bool {
        n >= self.size.get() / 2 && self.grow(fd)
    }

    /// Whether it is larger than it was at first.
    #[must_use]
    pub fn is_enlarged(&self) -> bool {
        self.size.get() > self.first_size
    }

    /// Gives it its first size again, unless it holds more than that.
    pub fn give_back(&self, fd: BorrowedFd<'_>) {
        if self.is_enlarged() && platform::set_pipe_size(fd, self.first_size) {
            self.size.set(self.first_size);
        }
    }
}

/// A pipe that another program has made and of which this process has one end. Dropped with that end, it gives the pipe its
/// first size again, and its probes find nothing more.
#[derive(Debug)]
pub struct NeighbourPipe {
    fd: Arc<OwnedFd>,
    growth: Growth,
}

impl NeighbourPipe {
    /// The pipe that `fd` is an end of. `None`: the process is out of descriptors; the transfer works without this value.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), 3).ok()?;
        let size = platform::pipe_size(fd.as_fd()).unwrap_or(0);
        Some(Self {
            fd: Arc::new(fd),
            growth: Growth::new(size, size),
        })
    }

    /// Lets it grow to `bytes`, unless the user's budget for pipes is used up.
    pub fn let_grow(&self, bytes: u64) {
        let most = bytes.min(WIDEST_PIPE);
        if most > self.growth.size.get() && platform::may_have_pipes() {
            self.growth.most.set(most);
        }
    }

    /// How many bytes it can hold now.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.growth.size.get()
    }

    /// How many bytes it can hold, or may grow to hold.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.growth.most.get()
    }

    /// Enlarges it by a step, since the flow has filled it. Returns whether it can hold more now.
    #[must_use]
    pub fn grow(&self) -> bool {
        self.growth.grow(self.fd.as_fd())
    }

    /// `n` bytes were in it at once: enlarges it if that is as good as all that it holds. Returns whether it did.
    pub fn grow_if_filled(&self, n: u64) -> bool {
        self.growth.grow_if_filled(self.fd.as_fd(), n)
    }

    /// Whether it is larger than it was at first.
    #[must_use]
    pub fn is_enlarged(&self) -> bool {
        self.growth.is_enlarged()
    }

    /// Gives it its first size again, unless it holds more than that.
    pub fn give_back(&self) {
        self.growth.give_back(self.fd.as_fd());
    }

    /// Bytes in it that its reader has not read, as far as the system says.
    #[must_use]
    pub fn unread(&self) -> u64 {
        platform::bytes_in(self.fd.as_fd()).unwrap_or(0)
    }

    /// A probe for another thread.
    #[must_use]
    pub fn probe(&self) -> PipeProbe {
        PipeProbe(Arc::downgrade(&self.fd))
    }
}

impl Drop for NeighbourPipe {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Tells how full a pipe is as long as this process has its end open. A probe keeps the end open only while it is being asked.
#[derive(Debug, Clone)]
pub struct PipeProbe(Weak<OwnedFd>);

impl PipeProbe {
    /// How full the pipe is. `None`: this end is closed, or the system does not say.
    #[must_use]
    pub fn fill(&self) -> Option<PipeFill> {
        let fd = self.0.upgrade()?;
        Some(PipeFill {
            len: platform::bytes_in(fd.as_fd())?,
            size: platform::pipe_size(fd.as_fd())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{NeighbourPipe, PipeFill};
    use std::io::{Read, Write, pipe};

    #[test]
    fn a_probe_does_not_keep_a_pipe_open() {
        let (mut reader, mut writer) = pipe().unwrap();
        let neighbour = NeighbourPipe::new(&writer).unwrap();
        let probe = neighbour.probe();
        writer.write_all(b"twelve bytes").unwrap();
        let fill = probe.fill();
        if cfg!(target_os = "linux") {
            assert!(matches!(fill, Some(PipeFill { len: 12, size }) if size >= 4096));
        }
        drop((writer, neighbour));
        assert_eq!(probe.fill(), None);
        let mut all = Vec::new();
        // The read ends only because no descriptor for writing is open.
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"twelve bytes");
    }

    #[test]
    fn a_pipe_grows_step_by_step_as_it_is_filled_and_gets_its_first_size_again() {
        let (reader, _writer) = pipe().unwrap();
        let neighbour = NeighbourPipe::new(&reader).unwrap();
        let size = || neighbour.probe().fill().map(|fill| fill.size);
        if size().is_none() {
            return;
        }
        assert!(!neighbour.grow(), "it may not grow yet");
        neighbour.let_grow(512 << 10);
        assert_eq!(size(), Some(64 << 10), "nothing has filled it");
        assert!(!neighbour.grow_if_filled(100));
        assert!(neighbour.grow_if_filled(32 << 10));
        assert_eq!(size(), Some(256 << 10));
        assert!(neighbour.grow());
        assert_eq!(size(), Some(512 << 10));
        assert!(!neighbour.grow() && neighbour.is_enlarged());
        neighbour.give_back();
        assert_eq!((size(), neighbour.is_enlarged()), (Some(64 << 10), false));
    }

    #[test]
    fn a_pipe_keeps_the_size_that_it_needs_until_it_is_dropped() {
        let (mut reader, mut writer) = pipe().unwrap();
        let neighbour = NeighbourPipe::new(&writer).unwrap();
        let other = NeighbourPipe::new(&reader).unwrap();
        neighbour.let_grow(1 << 20);
        if !neighbour.grow() {
            return;
        }
        writer.write_all(&vec![7; 100 << 10]).unwrap();
        neighbour.give_back();
        assert!(neighbour.is_enlarged());
        reader.read_exact(&mut vec![0; 100 << 10]).unwrap();
        drop(neighbour);
        assert_eq!(other.probe().fill().map(|fill| fill.size), Some(64 << 10));
    }
}
