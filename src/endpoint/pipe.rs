//! What the kernel says of a pipe that we are at one end of, a look at it that does not keep that end open, and how far it
//! grows.
//!
//! All pipes of a user together may hold 64 MiB (pipe(7), /proc/sys/fs/pipe-user-pages-soft), and beyond that every new one,
//! in any program, has two pages. So a pipe is enlarged only once the flow has filled it, never by the last of what the
//! user may have, and what a flow that has gone idle does not need is given back.

use crate::platform::{self, WIDEST_PIPE};
use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long nothing has to come before what a pipe was enlarged by is given back.
pub const IDLE: Duration = Duration::from_secs(1);

/// By what a pipe is enlarged at once: from the usual 64 KiB to 1 MiB in two steps.
const STEP: u64 = 4;

/// How full a pipe is, in bytes (pipe(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipeFill {
    /// What is in it (`FIONREAD`, ioctl(2)).
    pub len: u64,
    /// What it can hold (`F_GETPIPE_SZ`, fcntl(2)).
    pub size: u64,
}

/// How far a pipe may grow, and has grown, in bytes. The thread at our end of it is the only one that asks.
#[derive(Debug)]
pub struct Growth {
    /// What it could hold before.
    found: u64,
    size: Cell<u64>,
    most: Cell<u64>,
}

impl Growth {
    /// A pipe of this size, which may hold up to `most` bytes.
    #[must_use]
    pub fn new(size: u64, most: u64) -> Self {
        Self {
            found: size,
            size: Cell::new(size),
            most: Cell::new(most.min(WIDEST_PIPE).max(size)),
        }
    }

    /// The flow has filled the pipe that `fd` is an end of: enlarges it by a step. Returns whether it holds more now.
    pub fn grow(&self, fd: BorrowedFd<'_>) -> bool {
        let before = self.size.get();
        if before >= self.most.get() {
            return false;
        }
        let wanted = before.saturating_mul(STEP).min(self.most.get());
        // Who is at its other end may have enlarged it meanwhile.
        let now = platform::pipe_size(fd).filter(|now| *now >= wanted);
        match now.or_else(|| platform::enlarge_pipe(fd, wanted)) {
            Some(now) => self.size.set(now),
            None => self.most.set(before),
        }
        self.size.get() > before
    }

    /// `n` bytes were in it at once: enlarges it if that is as good as all that it holds. Returns as [`Growth::grow`].
    pub fn held(&self, fd: BorrowedFd<'_>, n: u64) -> bool {
        n >= self.size.get() / 2 && self.grow(fd)
    }

    /// Whether it was enlarged, and that was not given back yet.
    #[must_use]
    pub fn is_enlarged(&self) -> bool {
        self.size.get() > self.found
    }

    /// Gives back what it was enlarged by, unless so much is in it.
    pub fn give_back(&self, fd: BorrowedFd<'_>) {
        if self.is_enlarged() && platform::set_pipe_size(fd, self.found) {
            self.size.set(self.found);
        }
    }
}

/// A pipe that somebody else has made and that we have one end of. Others may look at it as long as this value lives; it
/// goes when our end of the pipe does, and gives back what the pipe was enlarged by.
#[derive(Debug)]
pub struct NeighbourPipe {
    fd: Arc<OwnedFd>,
    growth: Growth,
}

impl NeighbourPipe {
    /// The pipe that `fd` is an end of. `None`: we are out of descriptors, and do without.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), 3).ok()?;
        let size = platform::pipe_size(fd.as_fd()).unwrap_or(0);
        Some(Self {
            fd: Arc::new(fd),
            growth: Growth::new(size, size),
        })
    }

    /// Lets it hold up to `bytes`, if the user may have pipes that hold more than two pages at all.
    pub fn let_grow(&self, bytes: u64) {
        let most = bytes.min(WIDEST_PIPE);
        if most > self.growth.size.get() && platform::may_have_pipes() {
            self.growth.most.set(most);
        }
    }

    /// What it can hold, or be made to hold, in bytes.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.growth.most.get()
    }

    /// The flow has filled it: enlarges it by a step. Returns whether it holds more now.
    #[must_use]
    pub fn grow(&self) -> bool {
        self.growth.grow(self.fd.as_fd())
    }

    /// `n` bytes were in it at once: enlarges it if that is as good as all that it holds. Returns whether it did.
    pub fn held(&self, n: u64) -> bool {
        self.growth.held(self.fd.as_fd(), n)
    }

    /// Whether it was enlarged, and that was not given back yet.
    #[must_use]
    pub fn is_enlarged(&self) -> bool {
        self.growth.is_enlarged()
    }

    /// Gives back what it was enlarged by, unless so much is in it.
    pub fn give_back(&self) {
        self.growth.give_back(self.fd.as_fd());
    }

    /// For those who want to look at it.
    #[must_use]
    pub fn view(&self) -> PipeProbe {
        PipeProbe(Arc::downgrade(&self.fd))
    }
}

impl Drop for NeighbourPipe {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A look at a pipe as long as it is ours. Closing our end is not put off by more than the look takes.
#[derive(Debug, Clone)]
pub struct PipeProbe(Weak<OwnedFd>);

impl PipeProbe {
    /// How full it is. `None`: our end is closed, or this system does not say.
    #[must_use]
    pub fn look(&self) -> Option<PipeFill> {
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
    fn a_look_at_a_pipe_does_not_keep_it_open() {
        let (mut reader, mut writer) = pipe().unwrap();
        let neighbour = NeighbourPipe::new(&writer).unwrap();
        let view = neighbour.view();
        writer.write_all(b"twelve bytes").unwrap();
        let fill = view.look();
        if cfg!(target_os = "linux") {
            assert!(matches!(fill, Some(PipeFill { len: 12, size }) if size >= 4096));
        }
        drop((writer, neighbour));
        assert_eq!(view.look(), None);
        let mut all = Vec::new();
        // Ends only because nobody can write any more.
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"twelve bytes");
    }

    #[test]
    fn a_pipe_grows_step_by_step_as_it_is_filled_and_is_given_back() {
        let (reader, _writer) = pipe().unwrap();
        let neighbour = NeighbourPipe::new(&reader).unwrap();
        let size = || neighbour.view().look().map(|fill| fill.size);
        if size().is_none() {
            return;
        }
        assert!(!neighbour.grow(), "it may not, yet");
        neighbour.let_grow(512 << 10);
        assert_eq!(size(), Some(64 << 10), "nothing has filled it");
        assert!(!neighbour.held(100));
        assert!(neighbour.held(32 << 10));
        assert_eq!(size(), Some(256 << 10));
        assert!(neighbour.grow());
        assert_eq!(size(), Some(512 << 10));
        assert!(!neighbour.grow() && neighbour.is_enlarged());
        neighbour.give_back();
        assert_eq!((size(), neighbour.is_enlarged()), (Some(64 << 10), false));
    }

    #[test]
    fn what_is_in_a_pipe_is_not_given_back_and_the_rest_is_when_we_go() {
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
        assert_eq!(other.view().look().map(|fill| fill.size), Some(64 << 10));
    }
}
