//! The files that are written to beside the sink: by path, an inherited descriptor, standard error.
//!
//! Until the transfer begins they are only looked at and held: nothing is emptied, made or waited for.

use crate::endpoint::{Identity, check_directory, descriptor_named, descriptor_words};
use crate::error::{UsageError, reason};
use crate::plan::beside::Beside;
use crate::sys;
use crate::text::visible::named;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

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
    /// A descriptor that we were given, and what it was called.
    Inherited(RawFd, PathBuf),
    Stderr,
}

/// Such a place as it is now, seen without opening anything.
#[derive(Debug)]
pub struct SideProbe {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Which file it is, unless it is a device: what is written there and data must not meet.
    pub id: Option<Identity>,
    kind: FileKind,
}

/// What a place is, which says how writing to it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    /// Nothing is there: it is made.
    Missing,
    /// A file that holds so many bytes: it is emptied.
    Holds(u64),
    /// A FIFO: opening it waits for a reader.
    Fifo,
    /// Written to as it is.
    Stream,
}

/// Such a place, held for a transfer that has not begun.
#[derive(Debug)]
pub struct SideFile {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Which file it is, as in [`SideProbe`].
    pub id: Option<Identity>,
    place: SidePlace,
    kind: FileKind,
    /// There, unless it is to be made or to be waited for.
    file: Option<File>,
}

impl SidePlace {
    /// `FILE`, `fd:N`, or `-` for standard output.
    #[must_use]
    pub fn parse(flag: &'static str, path: &Path) -> Self {
        let number = path.to_str().and_then(|text| match text {
            "-" => Some(1),
            _ => text.strip_prefix("fd:")?.parse().ok(),
        });
        match number {
            Some(number) => Self {
                flag,
                at: At::Inherited(number, path.to_owned()),
            },
            None => Self::path(flag, path),
        }
    }

    /// A path, whatever is in it. A name that the system has for one of our descriptors means the descriptor.
    #[must_use]
    pub fn path(flag: &'static str, path: &Path) -> Self {
        let at = match descriptor_named(path) {
            Some(number) => At::Inherited(number, path.to_owned()),
            None => At::Path(path.to_owned()),
        };
        Self { flag, at }
    }

    /// Standard error.
    #[must_use]
    pub fn stderr(flag: &'static str) -> Self {
        let at = At::Stderr;
        Self { flag, at }
    }

    /// Whether it is standard error by its name.
    #[must_use]
    pub fn is_stderr(&self) -> bool {
        self.at == At::Stderr
    }

    /// Looks at it without opening a path.
    ///
    /// # Errors
    /// When it is clear that it cannot be opened for writing.
    pub fn inspect(&self) -> Result<SideProbe, UsageError> {
        let seen = match &self.at {
            At::Path(path) => look_at(path),
            At::Inherited(..) | At::Stderr => {
                let metadata = self.descriptor().and_then(|file| file.metadata());
                metadata.map(|metadata| (id_of(&metadata), FileKind::Stream))
            }
        };
        let (id, kind) = seen.map_err(|error| self.refused(&error))?;
        let flag = self.flag;
        Ok(SideProbe { flag, id, kind })
    }

    /// Takes hold of it and changes nothing: what is there is opened, what is not is only known to be possible.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn hold(&self) -> Result<SideFile, UsageError> {
        let seen = self.inspect()?;
        let file = match (&self.at, seen.kind) {
            (_, FileKind::Missing | FileKind::Fifo) => Ok(None),
            (At::Path(path), _) => OpenOptions::new().write(true).open(path).map(Some),
            (At::Inherited(..) | At::Stderr, _) => self.descriptor().map(Some),
        };
        Ok(SideFile {
            flag: seen.flag,
            id: seen.id,
            place: self.clone(),
            kind: seen.kind,
            file: file.map_err(|error| self.refused(&error))?,
        })
    }

    fn descriptor(&self) -> io::Result<File> {
        match &self.at {
            At::Inherited(number, _) => sys::adopt(*number).map(File::from),
            _ => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        }
    }

    fn refused(&self, error: &io::Error) -> UsageError {
        let why = match self.at {
            At::Inherited(number, _) if Errno::from_io_error(error) == Some(Errno::BADF) => {
                format!("{} is not open", descriptor_words(number))
            }
            _ => reason(error),
        };
        UsageError::new(format!("{}: {why}", self.named()))
    }

    /// With the flag that asked for it, for messages.
    fn named(&self) -> String {
        match self.at {
            At::Stderr => self.flag.to_owned(),
            _ => format!("{} {self}", self.flag),
        }
    }
}

impl fmt::Display for SidePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            At::Path(path) | At::Inherited(_, path) => f.write_str(&named(path)),
            At::Stderr => f.write_str("standard error"),
        }
    }
}

impl SideProbe {
    /// As a file that others must not be.
    #[must_use]
    pub fn beside(&self, has_records: bool) -> Beside {
        beside(self.flag, self.id.as_ref(), has_records)
    }

    /// What would be done with it, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        match self.kind {
            FileKind::Missing => "would be made",
            FileKind::Holds(0) => "empty as it is",
            FileKind::Holds(_) => "would be emptied",
            FileKind::Fifo => "a FIFO; opened when somebody reads it",
            FileKind::Stream => "written to as it is",
        }
    }
}

fn beside(flag: &'static str, id: Option<&Identity>, has_records: bool) -> Beside {
    Beside {
        flag,
        id: id.cloned(),
        has_records,
    }
}

/// Which file a path is, and what writing to it begins with.
fn look_at(path: &Path) -> io::Result<(Option<Identity>, FileKind)> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if path.as_os_str().as_bytes().ends_with(b"/") {
                return Err(Errno::ISDIR.into());
            }
            check_directory(path)?;
            let id = Identity::to_be_made(path).ok_or(Errno::NOENT)?;
            return Ok((Some(id), FileKind::Missing));
        }
        Err(error) => return Err(error),
    };
    let kind = match metadata.file_type() {
        kind if kind.is_dir() => return Err(Errno::ISDIR.into()),
        kind if kind.is_socket() => return Err(Errno::NXIO.into()),
        kind if kind.is_file() => FileKind::Holds(metadata.len()),
        kind if kind.is_fifo() => FileKind::Fifo,
        _ => FileKind::Stream,
    };
    access(path, Access::WRITE_OK)?;
    Ok((id_of(&metadata), kind))
}

/// Which file it is, unless it is a device.
fn id_of(metadata: &Metadata) -> Option<Identity> {
    let is_one = !metadata.file_type().is_char_device();
    is_one.then(|| Identity::Existing(metadata.into()))
}

impl SideFile {
    /// What it is called in messages: the flag, and the file.
    #[must_use]
    pub fn name(&self) -> String {
        self.place.named()
    }

    /// As a file that others must not be.
    #[must_use]
    pub fn beside(&self, has_records: bool) -> Beside {
        beside(self.flag, self.id.as_ref(), has_records)
    }

    /// Whether it is a descriptor that we were given.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        !matches!(self.place.at, At::Path(_))
    }

    /// Whether it is standard error by its name.
    #[must_use]
    pub fn is_stderr(&self) -> bool {
        self.place.is_stderr()
    }

    /// Whether opening it for writing waits for a reader.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.kind == FileKind::Fifo
    }

    /// Whether writing to it leaves what it was as it was: nothing is emptied or made.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.kind, FileKind::Fifo | FileKind::Stream)
    }

    /// Opens it for writing: emptied, made, or once somebody reads it, however long that takes.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn begin(self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true);
        match (self.file, self.place.at) {
            (Some(file), _) => {
                if matches!(self.kind, FileKind::Holds(_)) {
                    file.set_len(0)?;
                }
                Ok(file)
            }
            (None, At::Path(path)) if self.kind == FileKind::Missing => {
                options.create(true).truncate(true).open(path)
            }
            (None, At::Path(path)) => options.open(path),
            // Descriptors are held from the beginning.
            (None, At::Inherited(..) | At::Stderr) => Err(Errno::BADF.into()),
        }
    }
}
