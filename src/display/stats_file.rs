//! The files that records go to: one by path, an inherited descriptor, standard error.

use crate::endpoint::FileId;
use crate::error::{UsageError, reason};
use crate::sys;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// A file of records, open but not emptied: it might be one of the ends.
#[derive(Debug)]
pub struct StatsFile {
    /// The flag that asked for it.
    pub flag: &'static str,
    file: File,
    /// Which file it is, unless it is a device: records and data must not meet there.
    pub id: Option<FileId>,
    /// Whether what it held is to be replaced.
    empties: bool,
}

impl StatsFile {
    /// `--stats FILE` or `--stats fd:N`.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn open(path: &Path) -> Result<Self, UsageError> {
        let inherited = path
            .to_str()
            .and_then(|text| text.strip_prefix("fd:"))
            .and_then(|n| n.parse().ok());
        let opened = match inherited {
            Some(number) => sys::adopt(number)
                .map(File::from)
                .and_then(|file| Self::new("--stats", file, false)),
            None => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .and_then(|file| Self::new("--stats", file, true)),
        };
        opened.map_err(|error| {
            let path = crate::uri::display(path.as_os_str());
            UsageError::new(format!("--stats {path}: {}", reason(&error)))
        })
    }

    /// `--progress json`.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn stderr() -> Result<Self, UsageError> {
        let copy = io::stderr().as_fd().try_clone_to_owned();
        copy.map(File::from)
            .and_then(|file| Self::new("--progress json", file, false))
            .map_err(|error| UsageError::new(format!("--progress json: {}", reason(&error))))
    }

    fn new(flag: &'static str, file: File, by_path: bool) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let id = FileId {
            device: metadata.dev(),
            inode: metadata.ino(),
        };
        Ok(Self {
            flag,
            file,
            id: Some(id).filter(|_| !metadata.file_type().is_char_device()),
            empties: by_path && metadata.is_file(),
        })
    }

    /// The file, emptied.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn into_empty(self) -> io::Result<File> {
        if self.empties {
            self.file.set_len(0)?;
        }
        Ok(self.file)
    }
}
