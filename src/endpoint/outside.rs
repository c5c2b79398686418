//! What stands at a path, seen from outside: by stat(2) and its like alone, which change nothing and wait for nobody.

use super::filekind::{kind_of, raw_of, size_of, words};
use super::identity::directory_of;
use super::{FileId, Raw, Unfit};
use crate::platform;
use rustix::fs::{Access, FileType, access};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Something that stands at a path.
#[derive(Debug)]
pub(super) struct Outside<'a> {
    path: &'a Path,
    pub(super) metadata: Metadata,
}

impl<'a> Outside<'a> {
    /// What stands there, if anything does.
    pub(super) fn at(path: &'a Path) -> io::Result<Option<Self>> {
        match path.metadata() {
            Ok(metadata) => Ok(Some(Self { path, metadata })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn kind(&self) -> FileType {
        kind_of(&self.metadata)
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.kind() == FileType::CharacterDevice
            && platform::is_terminal_number(self.metadata.rdev())
    }

    fn is_null(&self) -> bool {
        self.kind() == FileType::CharacterDevice && platform::is_null_number(self.metadata.rdev())
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        match self.kind() {
            FileType::CharacterDevice if self.is_null() => "the null device".to_owned(),
            FileType::CharacterDevice if self.is_terminal() => "a terminal".to_owned(),
            _ if self.tells_its_size() != Some(true) => {
                "a regular file that says it is empty".to_owned()
            }
            kind => words(kind, self.metadata.len()),
        }
    }

    /// The file this is, unless it is one that may be both ends.
    pub(super) fn file_id(&self) -> Option<FileId> {
        let is_one = self.kind() != FileType::CharacterDevice;
        is_one.then(|| FileId::from(&self.metadata))
    }

    /// What the kernel will be able to move bytes from or to here.
    pub(super) fn raw(&self, appends: bool) -> Result<Raw, Unfit> {
        raw_of(self.kind(), appends, self.is_null(), self.is_terminal())
    }

    /// Whether it is a file that says it is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.kind() == FileType::RegularFile && self.metadata.len() == 0
    }

    /// Whether a file that says it is empty is: `None` before it is open.
    pub(super) fn tells_its_size(&self) -> Option<bool> {
        if self.is_empty() {
            platform::is_empty_at(self.path)
        } else {
            Some(true)
        }
    }

    /// Whether its file system may have a way of its own to copy.
    pub(super) fn copies_by_itself(&self) -> bool {
        platform::copies_by_itself_at(self.path)
    }

    /// Bytes that it holds, or why that is not known.
    pub(super) fn size(&self) -> Result<u64, &'static str> {
        size_of(self.kind(), self.metadata.len())
    }
}

/// Whether a file can be made there; better known before a peer is waited for than after.
///
/// # Errors
/// The reason why not.
pub(crate) fn check_directory(path: &Path) -> io::Result<()> {
    let may = Access::WRITE_OK | Access::EXEC_OK;
    Ok(access(directory_of(path), may)?)
}
