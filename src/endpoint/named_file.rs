//! The file at a path, by stat(2) and its like alone, which change nothing and do not wait.

use super::file_facts::FileFacts;
use super::links::directory_of;
use crate::platform;
use rustix::fs::{Access, access};
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// A file that exists at a path.
#[derive(Debug)]
pub(super) struct NamedFile<'a> {
    path: &'a Path,
    pub(super) metadata: Metadata,
    pub(super) facts: FileFacts,
}

impl<'a> NamedFile<'a> {
    /// The file at `path`; `None` if there is none.
    pub(super) fn at(path: &'a Path) -> io::Result<Option<Self>> {
        match path.metadata() {
            Ok(metadata) => Ok(Some(Self {
                path,
                facts: FileFacts::new(&metadata),
                metadata,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The file in words.
    pub(super) fn words(&self) -> String {
        match self.tells_its_size() {
            Some(true) => self.facts.words(self.metadata.len()),
            _ => "a regular file that says it is empty".to_owned(),
        }
    }

    /// Whether a file that says it is empty is empty. `None`: only opening it could tell.
    pub(super) fn tells_its_size(&self) -> Option<bool> {
        if self.facts.is_regular() && self.metadata.len() == 0 {
            platform::is_empty_at(self.path)
        } else {
            Some(true)
        }
    }

    /// Whether its file system may have its own way to copy.
    pub(super) fn copies_by_itself(&self) -> bool {
        platform::copies_by_itself_at(self.path)
    }

    /// Bytes that the file holds, or why that is not known.
    pub(super) fn size(&self) -> Result<u64, &'static str> {
        self.facts.size(self.metadata.len())
    }
}

/// Whether a file can be made at `path`. Checked early, so that no peer is waited for in vain.
///
/// # Errors
/// The reason why not.
pub(crate) fn check_directory(path: &Path) -> io::Result<()> {
    let may = Access::WRITE_OK | Access::EXEC_OK;
    Ok(access(directory_of(path), may)?)
}
