//! Wakes a stage that waits, from another thread.

use crate::platform::WakeFd;
use crate::platform::sync::AtomicBool;
use std::io;
use std::sync::atomic::Ordering;

/// Wakes one stage: the stage on the other side of its link does, and so does a cancellation.
#[derive(Debug)]
pub struct Wakeup {
    fd: WakeFd,
    /// Whether `fd` is raised, so that a second wake costs no system call.
    is_raised: AtomicBool,
}

impl Wakeup {
    /// A wakeup that is not raised.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            fd: WakeFd::new()?,
            is_raised: AtomicBool::new(false),
        })
    }

    /// Wakes the stage, now or when it next waits.
    pub fn wake(&self) {
        if !self.is_raised.swap(true, Ordering::AcqRel) {
            self.fd.raise();
        }
    }

    /// What a stage that waits polls.
    pub(crate) fn fd(&self) -> &WakeFd {
        &self.fd
    }

    /// The stage is awake, and looks for itself what there is to do.
    pub(crate) fn reset(&self) {
        // `fd` is cleared before the flag: a wake in between finds the flag set, and the stage is awake for it
        // already. It sees what was written before that wake, since it takes the flag from it.
        self.fd.clear();
        self.is_raised.swap(false, Ordering::AcqRel);
    }
}
