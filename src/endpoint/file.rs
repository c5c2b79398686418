//! Files, FIFOs and devices by path: a bare PATH, `file:PATH`, `file:///PATH`.

use super::descriptor::{Descriptor, open};
use super::output::{Effects, FileSink, Staged};
use super::stdio::PlainSource;
use super::{
    Announce, EndPlan, FileId, Kind, OpenError, OpenFailure, Opening, OptionSpec, Sink, SinkPlan,
    Slashes, Source, SourcePlan, ValueKind,
};
use crate::error::{Side, UsageError};
use crate::uri::Uri;
use rustix::fs::{Access, OFlags, access};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

const fn flag(name: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec {
        name,
        value: ValueKind::Flag,
        only: Some(Side::Sink),
        default: "",
        help,
    }
}

/// `file:PATH`.
pub(super) const KIND: Kind = Kind {
    scheme: "file",
    form: "file:PATH",
    slashes: Slashes::Optional,
    summary: "a file, FIFO or device; percent-decoded, with options",
    options: &[
        flag("append", "write behind what the file holds"),
        flag("create", "make a new file; fail if there is one"),
        flag("sync", "have it on the disk before success (fsync)"),
        flag(
            "atomic",
            "write a temporary file beside it, renamed on success",
        ),
    ],
    source: Some(|uri, _| Ok(source_at(&path_of(uri)?.into_os_string()))),
    sink: Some(|uri, options| {
        let effects = Effects {
            append: options.has("append"),
            create: options.has("create"),
            sync: options.has("sync"),
            atomic: options.has("atomic"),
        };
        if effects.append && effects.atomic {
            return Err(UsageError::new(format!(
                "'{uri}': append and atomic exclude each other"
            )));
        }
        Ok(Box::new(FileSinkPlan::new(path_of(uri)?, effects)))
    }),
};

/// Plans a path as the SOURCE.
pub(super) fn source_at(path: &OsStr) -> Box<dyn SourcePlan> {
    Box::new(FileSourcePlan {
        path: path.into(),
        descriptor: None,
        id: None,
    })
}

/// Plans a path as the SINK.
pub(super) fn sink_at(path: &OsStr) -> Box<dyn SinkPlan> {
    Box::new(FileSinkPlan::new(path.into(), Effects::default()))
}

fn path_of(uri: &Uri) -> Result<PathBuf, UsageError> {
    let path = PathBuf::from(uri.path());
    let names_a_host = uri.has_authority && !path.is_absolute();
    if path.as_os_str().is_empty() || names_a_host {
        return Err(UsageError::new(format!(
            "'{uri}': write file:PATH or file:///PATH"
        )));
    }
    Ok(path)
}

const OPENING: &str = "opening";

fn refused(error: impl Into<io::Error>) -> OpenError {
    OpenError::io(OPENING, error.into())
}

fn id_of(metadata: &Metadata) -> FileId {
    FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// Opens a FIFO, which waits for its other end, on a thread that may be left behind when we are interrupted.
async fn open_fifo(path: PathBuf, flags: OFlags) -> Result<Descriptor, OpenError> {
    let opened = tokio::task::spawn_blocking(move || Descriptor::own(open(&path, flags)?)).await;
    opened
        .map_err(io::Error::other)
        .and_then(|result| result)
        .map_err(refused)
}

struct FileSourcePlan {
    path: PathBuf,
    /// Open after `prepare`, unless it is a FIFO.
    descriptor: Option<Descriptor>,
    id: Option<FileId>,
}

impl EndPlan for FileSourcePlan {
    fn prepare<'a>(&'a mut self, _: Side, _: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async {
            let metadata = self.path.metadata().map_err(refused)?;
            if metadata.is_dir() {
                return Err(refused(rustix::io::Errno::ISDIR));
            }
            self.id = Some(id_of(&metadata)).filter(|_| !metadata.file_type().is_char_device());
            if !metadata.file_type().is_fifo() {
                let fd = open(&self.path, OFlags::RDONLY).map_err(refused)?;
                self.descriptor = Some(Descriptor::own(fd).map_err(refused)?);
            }
            Ok(())
        })
    }

    fn file_id(&self) -> Option<FileId> {
        self.id
    }
}

impl SourcePlan for FileSourcePlan {
    fn open(self: Box<Self>) -> Opening<'static, Box<dyn Source>> {
        Box::pin(async {
            let descriptor = match self.descriptor {
                Some(descriptor) => descriptor,
                None => open_fifo(self.path, OFlags::RDONLY).await?,
            };
            Ok(Box::new(PlainSource::new(descriptor)) as Box<dyn Source>)
        })
    }
}

struct FileSinkPlan {
    path: PathBuf,
    effects: Effects,
    /// There after `prepare`, unless it is a FIFO.
    sink: Option<FileSink>,
    id: Option<FileId>,
}

impl FileSinkPlan {
    fn new(path: PathBuf, effects: Effects) -> Self {
        Self {
            path,
            effects,
            sink: None,
            id: None,
        }
    }

    fn prepare_file(&mut self, existing: Option<&Metadata>) -> io::Result<()> {
        if self.effects.create && (existing.is_some() || self.path.is_symlink()) {
            return Err(rustix::io::Errno::EXIST.into());
        }
        if self.effects.atomic {
            let staged = Staged::beside(&self.path, existing, self.effects)?;
            self.sink = Some(FileSink::staged(staged, self.effects)?);
            return Ok(());
        }
        if existing.is_none() {
            check_directory(&self.path)?;
            self.sink = Some(FileSink::to_be_made(&self.path, self.effects));
            return Ok(());
        }
        let fd = open(&self.path, OFlags::WRONLY | self.effects.append_flag())?;
        let sink = FileSink::at(Descriptor::own(fd)?, self.effects);
        self.id = sink.file_id();
        self.sink = Some(sink);
        Ok(())
    }
}

/// Whether a file can be made there; better known before a peer is waited for than after.
fn check_directory(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let may = Access::WRITE_OK | Access::EXEC_OK;
    Ok(access(parent.unwrap_or(Path::new(".")), may)?)
}

impl EndPlan for FileSinkPlan {
    fn prepare<'a>(&'a mut self, _: Side, _: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async {
            let existing = match self.path.metadata() {
                Ok(metadata) => Some(metadata),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(refused(error)),
            };
            self.id = existing
                .as_ref()
                .filter(|it| !it.file_type().is_char_device())
                .map(id_of);
            if self.effects.atomic && existing.as_ref().is_some_and(|it| !it.is_file()) {
                let why = "atomic replaces a regular file, and this is none; leave the option out"
                    .to_owned();
                return Err(OpenError {
                    act: OPENING,
                    why: OpenFailure::Usage(why),
                });
            }
            if existing.as_ref().is_some_and(|it| it.file_type().is_fifo()) && !self.effects.create
            {
                return Ok(());
            }
            self.prepare_file(existing.as_ref()).map_err(refused)
        })
    }

    fn file_id(&self) -> Option<FileId> {
        self.id
    }
}

impl SinkPlan for FileSinkPlan {
    fn open(self: Box<Self>) -> Opening<'static, Box<dyn Sink>> {
        Box::pin(async {
            let sink = match self.sink {
                Some(sink) => sink,
                None => FileSink::at(open_fifo(self.path, OFlags::WRONLY).await?, self.effects),
            };
            Ok(Box::new(sink) as Box<dyn Sink>)
        })
    }
}
