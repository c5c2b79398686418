//! loom's mutexes and flags in the place of the system's.

use loom::sync::{Condvar, Mutex};
use std::io;
use std::os::fd::BorrowedFd;

/// What a thread sleeps on until it is raised.
#[derive(Debug)]
pub struct WakeFd {
    is_raised: Mutex<bool>,
    changed: Condvar,
}

impl WakeFd {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            is_raised: Mutex::new(false),
            changed: Condvar::new(),
        })
    }

    pub fn raise(&self) {
        *self.is_raised.lock().unwrap() = true;
        self.changed.notify_one();
    }

    pub fn clear(&self) {
        *self.is_raised.lock().unwrap() = false;
    }

    pub fn sleep(&self) {
        let mut is_raised = self.is_raised.lock().unwrap();
        while !*is_raised {
            is_raised = self.changed.wait(is_raised).unwrap();
        }
    }
}

pub mod sync {
    pub use loom::sync::MutexGuard;
    pub use loom::sync::atomic::AtomicBool;

    use loom::sync::Mutex;

    #[derive(Debug)]
    pub struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}

pub mod resources {
    pub fn allocate<T>(_: usize, allocate: impl FnOnce() -> T) -> std::io::Result<T> {
        Ok(allocate())
    }
}

/// There are no pipes in the models.
pub fn pipe_size(_: BorrowedFd<'_>) -> Option<u64> {
    None
}

pub fn bytes_in(_: BorrowedFd<'_>) -> Option<u64> {
    None
}
