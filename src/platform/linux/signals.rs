//! Signals as something to read.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

/// The signals that end a process by default on Linux alone (signal(7)). The real-time signals are left out: only programs that
/// use them are sent any.
const ENDINGS: &[Signal] = &[
    Signal::SIGIO,
    Signal::SIGPWR,
    #[cfg(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "aarch64"
    ))]
    Signal::SIGSTKFLT,
];

/// The signals that end a process by default here and not on every Unix.
pub(crate) fn more_ending_signals() -> impl Iterator<Item = Signal> {
    ENDINGS.iter().copied()
}

/// Blocked signals of this process that are waiting, as a descriptor that is readable while there are any (signalfd(2)).
#[derive(Debug)]
pub(crate) struct SignalQueue(SignalFd);

impl SignalQueue {
    /// Those of `signals`, which are blocked in every thread.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn of(signals: &SigSet) -> io::Result<Self> {
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Self(SignalFd::with_flags(signals, flags)?))
    }

    /// The number of the next one.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if none is waiting.
    pub(crate) fn next(&self) -> io::Result<i32> {
        let received = self.0.read_signal()?;
        let received = received.ok_or(io::ErrorKind::WouldBlock)?;
        i32::try_from(received.ssi_signo).map_err(io::Error::other)
    }
}

impl AsRawFd for SignalQueue {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}
