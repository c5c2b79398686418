//! The one door to what differs between Unix systems: a wake-up descriptor, and reads and writes that do not wait on
//! descriptors whose flags are not ours to change.

pub(crate) use imp::{Signal, read_now, widen_pipe, write_now};

#[cfg(target_os = "linux")]
mod imp {
    use rustix::event::{EventfdFlags, eventfd};
    use rustix::io::{Errno, ReadWriteFlags, preadv2, pwritev2};
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
    use std::io::{IoSlice, IoSliceMut};
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    /// The most an unprivileged user may ask for by default (pipe(7), /proc/sys/fs/pipe-max-size).
    const WIDEST_PIPE: usize = 1 << 20;

    /// At the current position, as in read(2); preadv2(2) takes -1 for it.
    const HERE: u64 = u64::MAX;

    /// A wake-up that can be polled for: eventfd(2).
    #[derive(Debug)]
    pub(crate) struct Signal(OwnedFd);

    impl Signal {
        /// A wake-up that nobody has sent yet.
        pub(crate) fn new() -> std::io::Result<Self> {
            Ok(Self(eventfd(
                0,
                EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
            )?))
        }

        /// Makes the descriptor readable until it is cleared.
        pub(crate) fn raise(&self) {
            // Fails only at 2^64 - 1 pending wake-ups, when it is readable anyway.
            let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
        }

        /// Takes all wake-ups sent so far.
        pub(crate) fn clear(&self) {
            // Fails only when there is none.
            let _ = rustix::io::read(&self.0, &mut [0u8; 8][..]);
        }
    }

    impl AsFd for Signal {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    /// Reads what is there. `None`: this descriptor or kernel cannot be asked without waiting.
    pub(crate) fn read_now(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Option<std::io::Result<usize>> {
        answer(preadv2(
            fd,
            &mut [IoSliceMut::new(buf)],
            HERE,
            ReadWriteFlags::NOWAIT,
        ))
    }

    /// Writes what fits. `None` as in [`read_now`].
    pub(crate) fn write_now(
        fd: BorrowedFd<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Option<std::io::Result<usize>> {
        answer(pwritev2(fd, bufs, HERE, ReadWriteFlags::NOWAIT))
    }

    /// Enlarges a pipe up to `bytes`, so that its two ends wake each other less often. Never shrinks it; a refusal is
    /// fine, since users have a budget (pipe(7), /proc/sys/fs/pipe-user-pages-soft).
    pub(crate) fn widen_pipe(fd: BorrowedFd<'_>, bytes: u64) {
        let wanted = usize::try_from(bytes).map_or(WIDEST_PIPE, |bytes| bytes.min(WIDEST_PIPE));
        if fcntl_getpipe_size(fd).is_ok_and(|size| size < wanted) {
            let _ = fcntl_setpipe_size(fd, wanted);
        }
    }

    fn answer(result: Result<usize, Errno>) -> Option<std::io::Result<usize>> {
        match result {
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::SPIPE | Errno::PERM) => {
                None
            }
            other => Some(other.map_err(Into::into)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io::IoSlice;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    /// A wake-up that can be polled for: a pipe that holds at most one byte of note.
    #[derive(Debug)]
    pub(crate) struct Signal {
        reader: OwnedFd,
        writer: OwnedFd,
    }

    impl Signal {
        /// A wake-up that nobody has sent yet.
        pub(crate) fn new() -> std::io::Result<Self> {
            let (reader, writer) = rustix::pipe::pipe()?;
            for fd in [&reader, &writer] {
                rustix::io::ioctl_fionbio(fd, true)?;
                rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
            }
            Ok(Self { reader, writer })
        }

        /// Makes the descriptor readable until it is cleared.
        pub(crate) fn raise(&self) {
            // Fails only when the pipe is full of wake-ups.
            let _ = rustix::io::write(&self.writer, &[1]);
        }

        /// Takes all wake-ups sent so far.
        pub(crate) fn clear(&self) {
            while matches!(rustix::io::read(&self.reader, &mut [0u8; 64][..]), Ok(64)) {}
        }
    }

    impl AsFd for Signal {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.reader.as_fd()
        }
    }

    /// No call here reads without waiting unless the descriptor's flags say so.
    pub(crate) fn read_now(_fd: BorrowedFd<'_>, _buf: &mut [u8]) -> Option<std::io::Result<usize>> {
        None
    }

    /// Pipes here have the size they have.
    pub(crate) fn widen_pipe(_fd: BorrowedFd<'_>, _bytes: u64) {}

    /// No call here writes without waiting unless the descriptor's flags say so.
    pub(crate) fn write_now(
        _fd: BorrowedFd<'_>,
        _bufs: &[IoSlice<'_>],
    ) -> Option<std::io::Result<usize>> {
        None
    }
}
