//! What must not stay behind: a temporary file, which two threads may remove, or a command that runs, which two may end.

use crate::platform::process::Leash;
use crate::platform::sync::Lock;
use std::sync::Arc;
use tempfile::TempPath;

/// What must not stay behind of an end, for the thread that gives the transfer up while the end is in a system call.
#[derive(Debug, Clone)]
pub struct Leftover(Left);

#[derive(Debug, Clone)]
enum Left {
    File(TemporaryFile),
    Command(Leash),
}

impl Leftover {
    /// A temporary file.
    pub(super) fn file(file: TemporaryFile) -> Self {
        Self(Left::File(file))
    }

    /// A command that runs.
    pub(super) fn command(command: Leash) -> Self {
        Self(Left::Command(command))
    }

    /// Removes the file, if it is still there under its temporary name; ends the command, if it still runs.
    pub fn remove(&self) {
        match &self.0 {
            Left::File(file) => file.remove(),
            Left::Command(command) => command.end(),
        }
    }
}

/// A temporary file, shared by a sink and whoever removes it.
#[derive(Debug, Clone)]
pub(super) struct TemporaryFile(Arc<Lock<Option<TempPath>>>);

impl TemporaryFile {
    /// The file at `path`.
    pub(super) fn new(path: TempPath) -> Self {
        Self(Arc::new(Lock::new(Some(path))))
    }

    /// Takes the path out, to rename it.
    pub(super) fn take(&self) -> Option<TempPath> {
        self.0.lock().take()
    }

    /// Removes the file, if it is still there under its temporary name.
    pub(super) fn remove(&self) {
        drop(self.take());
    }
}
