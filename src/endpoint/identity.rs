//! Tells whether two names are of one file: a file that exists is known by its device and inode number, a file that is yet to
//! be made by its directory and its name there.

use super::links::{directory_of, target_of};
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Device and inode number of a file, by which a transfer from a file to itself is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    /// Number of the device the file is on.
    pub device: u64,
    /// Its inode number there.
    pub inode: u64,
}

impl From<&Metadata> for FileId {
    fn from(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }
}

/// A file, or the place of one that is yet to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// It exists.
    Existing(FileId),
    /// It does not exist yet.
    ToBeMade {
        /// Where it would be.
        directory: FileId,
        /// Its name there.
        name: OsString,
    },
}

impl Identity {
    /// The identity of an end: its `id` if it has one, else that of the file that would be made at its `path`.
    #[must_use]
    pub fn of_end(id: Option<FileId>, path: Option<&Path>) -> Option<Self> {
        id.map(Self::Existing)
            .or_else(|| path.and_then(Self::to_be_made))
    }

    /// The identity of the file that would be made at `path`; `None` if one exists, or none can be made.
    #[must_use]
    pub fn to_be_made(path: &Path) -> Option<Self> {
        let is_missing = |path: &Path| matches!(path.metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound);
        is_missing(path).then_some(())?;
        let path = target_of(path).ok()?;
        Some(Self::ToBeMade {
            directory: FileId::from(&directory_of(&path).metadata().ok()?),
            name: path.file_name()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_to_be_made_is_known_by_any_of_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("inner")).unwrap();
        symlink("inner", at("link")).unwrap();
        symlink("inner/new", at("dangling")).unwrap();
        symlink("dangling", at("twice")).unwrap();
        symlink("round", at("round")).unwrap();
        let new = Identity::to_be_made(&at("inner/new"));
        assert!(new.is_some());
        for name in ["link/new", "inner/../inner/new", "dangling", "twice"] {
            assert_eq!(Identity::to_be_made(&at(name)), new, "{name}");
        }
        for other in ["new", "inner/newer"] {
            let other = Identity::to_be_made(&at(other));
            assert!(other.is_some() && other != new);
        }
        for none in ["inner", "none/new", "round", ""] {
            assert_eq!(Identity::to_be_made(&at(none)), None, "{none}");
        }
    }
}
