//! What the kernel says of a pipe that we are at one end of, and a look at it that does not keep that end open.

use crate::platform;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};

/// How full a pipe is, in bytes (pipe(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipeFill {
    /// What is in it (`FIONREAD`, ioctl(2)).
    pub len: u64,
    /// What it can hold (`F_GETPIPE_SZ`, fcntl(2)).
    pub size: u64,
}

/// Lets a pipe be looked at as long as this value lives; it goes when our end of the pipe does.
#[derive(Debug)]
pub struct PipeWindow(Arc<OwnedFd>);

impl PipeWindow {
    /// A window to the pipe that `fd` is an end of. `None`: we are out of descriptors, and do without.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), 3).ok()?;
        Some(Self(Arc::new(fd)))
    }

    /// For those who want to look through it.
    #[must_use]
    pub fn view(&self) -> PipeView {
        PipeView(Arc::downgrade(&self.0))
    }
}

/// A look at a pipe as long as it is ours. Closing our end is not put off by more than the look takes.
#[derive(Debug, Clone)]
pub struct PipeView(Weak<OwnedFd>);

impl PipeView {
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
    use super::{PipeFill, PipeWindow};
    use std::io::{Read, Write, pipe};

    #[test]
    fn a_look_at_a_pipe_does_not_keep_it_open() {
        let (mut reader, mut writer) = pipe().unwrap();
        let window = PipeWindow::new(&writer).unwrap();
        let view = window.view();
        writer.write_all(b"twelve bytes").unwrap();
        let fill = view.look();
        if cfg!(target_os = "linux") {
            assert!(matches!(fill, Some(PipeFill { len: 12, size }) if size >= 4096));
        }
        drop((writer, window));
        assert_eq!(view.look(), None);
        let mut all = Vec::new();
        // Ends only because nobody can write any more.
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"twelve bytes");
    }
}
