//! A temporary file that must not stay behind, which two threads may remove.

use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempPath;

/// A temporary file, shared by a sink and the thread that gives the transfer up while the sink is in a system call.
#[derive(Debug, Clone)]
pub struct Leftover(Arc<Mutex<Option<TempPath>>>);

impl Leftover {
    /// The file at `path`.
    #[must_use]
    pub fn new(path: TempPath) -> Self {
        Self(Arc::new(Mutex::new(Some(path))))
    }

    /// Takes the path out, to rename it.
    #[must_use]
    pub fn take(&self) -> Option<TempPath> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Removes the file, if it is still there under its temporary name.
    pub fn remove(&self) {
        drop(self.take());
    }
}
