//! What threads share: a flag, and a mutex whose value is valid between any two statements, so that a panic in another thread
//! does not spoil it. In unit tests each thread counts how often it locks one: what moves bytes is to do that seldom.
//! `tests/models` puts others in their place, which try every order in which threads can get there.

pub use std::sync::MutexGuard;
pub use std::sync::atomic::AtomicBool;

use std::sync::{Mutex, PoisonError, TryLockError};

/// A value that one thread at a time can use.
#[derive(Debug, Default)]
pub struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// A value that no thread uses yet.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// The value, unless another thread uses it now.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until no other thread uses the value.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(test)]
        counted::add();
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often this thread has locked.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        static LOCKED: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn add() {
        LOCKED.with(|locked| locked.set(locked.get() + 1));
    }

    /// How often this thread has locked a [`Lock`](super::Lock).
    pub(crate) fn locked() -> u64 {
        LOCKED.with(Cell::get)
    }
}
