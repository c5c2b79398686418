//! The files that are written besides the sink (records, trace, plot, digests): a path, an inherited descriptor, or standard
//! error.
//!
//! Until the transfer begins they are only probed and held: nothing is emptied, made or waited for.

use crate::endpoint::{Identity, World, check_directory, descriptor_words};
use crate::error::{UsageError, reason};
use crate::plan::flag_files::FlagFile;
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

/// Where such a file is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidePlace {
    /// The flag that asks for it.
    pub flag: &'static str,
    target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Path(PathBuf),
    /// A descriptor that we were given, and the path as typed.
    Inherited(RawFd, PathBuf),
    Stderr,
}

/// Such a place as it is now, probed without opening anything.
#[derive(Debug)]
pub struct SideProbe {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Which file it is, unless it is a device: it is compared with the other files of the transfer.
    pub id: Option<Identity>,
    kind: FileKind,
}

/// What is at a place, which decides how writing to it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    /// No file: it is made.
    Missing,
    /// A file of this length in bytes: it is emptied.
    Holds(u64),
    /// A FIFO: opening it waits for a reader.
    Fifo,
    /// Written to as it is.
    Stream,
}

/// Such a place, held for a transfer that has not begun.
#[derive(Debug)]
pub struct SideFile {
    /// What was found when it was probed.
    pub probe: SideProbe,
    place: SidePlace,
    /// Open already, unless the file is to be made, or opening it would wait.
    file: Option<File>,
}

impl SidePlace {
    /// `FILE`, `fd:N`, or `-` for standard output.
    #[must_use]
    pub fn parse(flag: &'static str, path: &Path, world: &dyn World) -> Self {
        let number = path.to_str().and_then(|text| match text {
            "-" => Some(1),
            _ => text.strip_prefix("fd:")?.parse().ok(),
        });
        match number {
            Some(number) => Self {
                flag,
                target: Target::Inherited(number, path.to_owned()),
            },
            None => Self::path(flag, path, world),
        }
    }

    /// A path, even one like `fd:3`. A path that the system has for one of our descriptors, such as `/dev/stdout`, means the
    /// descriptor.
    #[must_use]
    pub fn path(flag: &'static str, path: &Path, world: &dyn World) -> Self {
        let target = match world.descriptor_named(path) {
            Some(number) => Target::Inherited(number, path.to_owned()),
            None => Target::Path(path.to_owned()),
        };
        Self { flag, target }
    }

    /// Standard error.
    #[must_use]
    pub fn stderr(flag: &'static str) -> Self {
        let target = Target::Stderr;
        Self { flag, target }
    }

    /// Whether it is standard error by its name.
    #[must_use]
    pub fn is_stderr(&self) -> bool {
        self.target == Target::Stderr
    }

    /// Probes it without opening a path.
    ///
    /// # Errors
    /// When it is clear that it cannot be opened for writing.
    pub fn inspect(&self) -> Result<SideProbe, UsageError> {
        let found = match &self.target {
            Target::Path(path) => probe(path),
            Target::Inherited(..) | Target::Stderr => {
                let metadata = self.descriptor().and_then(|file| file.metadata());
                metadata.map(|metadata| (id_of(&metadata), FileKind::Stream))
            }
        };
        let (id, kind) = found.map_err(|error| self.refused(&error))?;
        let flag = self.flag;
        Ok(SideProbe { flag, id, kind })
    }

    /// Takes hold of it and changes nothing: a file that exists is opened, for another the permissions are checked.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn hold(&self) -> Result<SideFile, UsageError> {
        let probe = self.inspect()?;
        let file = match (&self.target, probe.kind) {
            (_, FileKind::Missing | FileKind::Fifo) => Ok(None),
            (Target::Path(path), _) => OpenOptions::new().write(true).open(path).map(Some),
            (Target::Inherited(..) | Target::Stderr, _) => self.descriptor().map(Some),
        };
        Ok(SideFile {
            probe,
            place: self.clone(),
            file: file.map_err(|error| self.refused(&error))?,
        })
    }

    fn descriptor(&self) -> io::Result<File> {
        match &self.target {
            Target::Inherited(number, _) => sys::adopt(*number).map(File::from),
            _ => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        }
    }

    fn refused(&self, error: &io::Error) -> UsageError {
        let why = match self.target {
            Target::Inherited(number, _) if Errno::from_io_error(error) == Some(Errno::BADF) => {
                format!("{} is not open", descriptor_words(number))
            }
            _ => reason(error),
        };
        UsageError::new(format!("{}: {why}", self.named()))
    }

    /// Its name with the flag that asked for it, for messages.
    fn named(&self) -> String {
        match self.target {
            Target::Stderr => self.flag.to_owned(),
            _ => format!("{} {self}", self.flag),
        }
    }
}

impl fmt::Display for SidePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Path(path) | Target::Inherited(_, path) => f.write_str(&named(path)),
            Target::Stderr => f.write_str("standard error"),
        }
    }
}

impl SideProbe {
    /// As a file that is compared with the others of the transfer.
    #[must_use]
    pub fn as_flag_file(&self, has_records: bool) -> FlagFile {
        FlagFile {
            flag: self.flag,
            id: self.id.clone(),
            has_records,
        }
    }

    /// What would happen to it, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        match self.kind {
            FileKind::Missing => "would be made",
            FileKind::Holds(0) => "is empty already",
            FileKind::Holds(_) => "would be emptied",
            FileKind::Fifo => "a FIFO; opened when somebody reads it",
            FileKind::Stream => "written to as it is",
        }
    }
}

/// Which file a path leads to, and what is there.
fn probe(path: &Path) -> io::Result<(Option<Identity>, FileKind)> {
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

    /// Whether it is an inherited descriptor, standard error among them.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        !matches!(self.place.target, Target::Path(_))
    }

    /// Whether it is standard error by its name.
    #[must_use]
    pub fn is_stderr(&self) -> bool {
        self.place.is_stderr()
    }

    /// Whether opening it for writing waits for a reader.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.probe.kind == FileKind::Fifo
    }

    /// Whether beginning to write neither empties nor makes a file.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.probe.kind, FileKind::Fifo | FileKind::Stream)
    }

    /// Opens it for writing: empties or makes the file. For a FIFO it waits until a reader opens it, however long that takes.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn begin(self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true);
        match (self.file, self.place.target) {
            (Some(file), _) => {
                if matches!(self.probe.kind, FileKind::Holds(_)) {
                    file.set_len(0)?;
                }
                Ok(file)
            }
            (None, Target::Path(path)) if self.probe.kind == FileKind::Missing => {
                options.create(true).truncate(true).open(path)
            }
            (None, Target::Path(path)) => options.open(path),
            // Descriptors are open since `hold`.
            (None, Target::Inherited(..) | Target::Stderr) => Err(Errno::BADF.into()),
        }
    }
}
