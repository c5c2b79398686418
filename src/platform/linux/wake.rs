//! A descriptor by which one thread wakes another that waits in poll(2).

use rustix::event::{EventfdFlags, eventfd};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A wake-up that can be polled for: eventfd(2).
#[derive(Debug)]
pub(crate) struct WakeFd(OwnedFd);

impl WakeFd {
    /// A descriptor that is not readable yet.
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

    /// Takes all wake-ups sent so far, so that the descriptor is no longer readable.
    pub(crate) fn clear(&self) {
        // Fails only where there is none.
        let _ = rustix::io::read(&self.0, &mut [0u8; 8][..]);
    }
}

impl AsFd for WakeFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
