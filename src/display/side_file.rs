//! The files that are written to beside the sink: by path, an inherited descriptor, standard error.

use crate::endpoint::{FileId, check_directory};
use crate::error::{UsageError, reason};
use crate::sys;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Such a file, open but not emptied: it might be one of the ends.
#[derive(Debug)]
pub struct SideFile {
    /// The flag that asked for it.
    pub flag: &'static str,
    file: File,
    /// Which file it is, unless it is a device: what is written there and data must not meet.
    pub id: Option<FileId>,
    /// Whether what it held is to be replaced.
    empties: bool,
}

/// Where something is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidePlace {
    /// The flag that asks for it.
    pub flag: &'static str,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Path(PathBuf),
    Inherited(RawFd),
    Stderr,
}

/// Such a place as it is now, seen without opening anything.
#[derive(Debug)]
pub struct SideSeen {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Which file it is, as in [`SideFile`].
    pub id: Option<FileId>,
    /// What would be done with it, in words.
    pub effect: String,
}

impl SidePlace {
    /// `FILE`, `fd:N`, or `-` for standard output.
    #[must_use]
    pub fn parse(flag: &'static str, path: &Path) -> Self {
        let number = path.to_str().and_then(|text| match text {
            "-" => Some(1),
            _ => text.strip_prefix("fd:")?.parse().ok(),
        });
        let at = match number {
            Some(number) => At::Inherited(number),
            None => At::Path(path.to_owned()),
        };
        Self { flag, at }
    }

    /// A path, whatever is in it.
    #[must_use]
    pub fn path(flag: &'static str, path: &Path) -> Self {
        let at = At::Path(path.to_owned());
        Self { flag, at }
    }

    /// Standard error.
    #[must_use]
    pub fn stderr(flag: &'static str) -> Self {
        let at = At::Stderr;
        Self { flag, at }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn open(&self) -> Result<SideFile, UsageError> {
        self.file()
            .and_then(|file| SideFile::new(self.flag, file, matches!(self.at, At::Path(_))))
            .map_err(|error| self.refused(&error))
    }

    /// Looks at it without opening a path.
    ///
    /// # Errors
    /// When it is clear that it cannot be opened for writing.
    pub fn look(&self) -> Result<SideSeen, UsageError> {
        let seen = match &self.at {
            At::Path(path) => look_at(path),
            At::Inherited(_) | At::Stderr => self.file().and_then(|file| {
                let metadata = file.metadata()?;
                Ok((id_of(&metadata), "written to as it is".to_owned()))
            }),
        };
        let (id, effect) = seen.map_err(|error| self.refused(&error))?;
        Ok(SideSeen {
            flag: self.flag,
            id,
            effect,
        })
    }

    fn file(&self) -> io::Result<File> {
        match &self.at {
            At::Path(path) => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path),
            At::Inherited(number) => sys::adopt(*number).map(File::from),
            At::Stderr => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        }
    }

    fn refused(&self, error: &io::Error) -> UsageError {
        let (flag, why) = (self.flag, reason(error));
        UsageError::new(match self.at {
            At::Stderr => format!("{flag}: {why}"),
            _ => format!("{flag} {self}: {why}"),
        })
    }
}

impl fmt::Display for SidePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            At::Path(path) => f.write_str(&crate::uri::display(path.as_os_str())),
            At::Inherited(number) => write!(f, "fd:{number}"),
            At::Stderr => f.write_str("standard error"),
        }
    }
}

/// Which file a path is, and what opening it for writing would do to it.
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
    let is_one = !metadata.file_type().is_char_device();
    is_one.then(|| FileId::from(metadata))
}

impl SideFile {
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
