//! The files that records go to: one by path, an inherited descriptor, standard error.

use crate::endpoint::{FileId, check_directory};
use crate::error::{UsageError, reason};
use crate::sys;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

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

/// Where records are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatsPlace {
    /// `--stats FILE`.
    Path(PathBuf),
    /// `--stats fd:N`.
    Inherited(RawFd),
    /// `--progress json`.
    Stderr,
}

/// Such a place as it is now, seen without opening anything.
#[derive(Debug)]
pub struct StatsSeen {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Which file it is, as in [`StatsFile`].
    pub id: Option<FileId>,
    /// What would be done with it, in words.
    pub effect: String,
}

impl StatsPlace {
    /// `--stats FILE` or `--stats fd:N`.
    #[must_use]
    pub fn parse(path: &Path) -> Self {
        let number = path.to_str().and_then(|text| text.strip_prefix("fd:"));
        match number.and_then(|n| n.parse().ok()) {
            Some(number) => Self::Inherited(number),
            None => Self::Path(path.to_owned()),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn open(&self) -> Result<StatsFile, UsageError> {
        self.file()
            .and_then(|file| StatsFile::new(self.flag(), file, matches!(self, Self::Path(_))))
            .map_err(|error| self.refused(&error))
    }

    /// Looks at it without opening a path.
    ///
    /// # Errors
    /// When it is clear that it cannot be opened for writing.
    pub fn look(&self) -> Result<StatsSeen, UsageError> {
        let seen = match self {
            Self::Path(path) => look_at(path),
            Self::Inherited(_) | Self::Stderr => self.file().and_then(|file| {
                let metadata = file.metadata()?;
                Ok((id_of(&metadata), "written to as it is".to_owned()))
            }),
        };
        let (id, effect) = seen.map_err(|error| self.refused(&error))?;
        Ok(StatsSeen {
            flag: self.flag(),
            id,
            effect,
        })
    }

    fn file(&self) -> io::Result<File> {
        match self {
            Self::Path(path) => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path),
            Self::Inherited(number) => sys::adopt(*number).map(File::from),
            Self::Stderr => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        }
    }

    fn flag(&self) -> &'static str {
        match self {
            Self::Path(_) | Self::Inherited(_) => "--stats",
            Self::Stderr => "--progress json",
        }
    }

    fn refused(&self, error: &io::Error) -> UsageError {
        let (flag, why) = (self.flag(), reason(error));
        UsageError::new(match self {
            Self::Stderr => format!("{flag}: {why}"),
            place => format!("{flag} {place}: {why}"),
        })
    }
}

impl fmt::Display for StatsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(&crate::uri::display(path.as_os_str())),
            Self::Inherited(number) => write!(f, "fd:{number}"),
            Self::Stderr => f.write_str("standard error"),
        }
    }
}

/// Which file a path is, and what opening it for records would do to it.
fn look_at(path: &Path) -> io::Result<(Option<FileId>, String)> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            check_directory(path)?;
            return Ok((None, "would be made".to_owned()));
        }
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Err(Errno::ISDIR.into());
    }
    access(path, Access::WRITE_OK)?;
    let effect = match metadata.file_type() {
        kind if kind.is_file() && metadata.len() == 0 => "empty as it is",
        kind if kind.is_file() => "would be emptied",
        kind if kind.is_fifo() => "a FIFO; opening it waits for a reader",
        _ => "written to as it is",
    };
    Ok((id_of(&metadata), effect.to_owned()))
}

/// Which file it is, unless it is a device.
fn id_of(metadata: &Metadata) -> Option<FileId> {
    (!metadata.file_type().is_char_device()).then(|| FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
    })
}

impl StatsFile {
    fn new(flag: &'static str, file: File, by_path: bool) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            flag,
            file,
            id: id_of(&metadata),
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
