//! A temporary file that must not stay behind, whoever gets to remove it first.

use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempPath;

/// Shared between a sink and whoever gives the transfer up while the sink sits in a system call.
#[derive(Debug, Clone)]
pub struct Leftover(Arc<Mutex<Option<TempPath>>>);

impl Leftover {
    /// Watches over `path`.
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
