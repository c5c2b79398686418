//! Files, FIFOs and devices by path: a bare PATH, `file:PATH`, `file:///PATH`.

use super::descriptor::{Descriptor, open};
use super::effects::Effects;
use super::file_facts::{APPENDS, raw_source_of, sink_ending};
use super::links::target_of;
use super::named_file::{NamedFile, check_directory};
use super::output::FileSink;
use super::staged::{Staged, check_replaceable};
use super::stdio::{InheritedPlan, PlainSource};
use super::{
    Announce, EndPlan, FileId, Kind, OpenError, OpenFailure, Opening, OptionSpec, Preview, Raw,
    Sink, SinkPlan, Slashes, Source, SourcePlan, ValueKind, descriptor_named,
};
use crate::endpoint::uri::Uri;
use crate::error::{Side, UsageError, reason};
use crate::platform::threads;
use crate::text::visible::named;
use rustix::fs::{Access, FileType, OFlags, access};
use rustix::io::Errno;
use std::fs::Metadata;
use std::io;
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
    source: Some(|uri, _| source_at(&path_of(uri)?)),
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
        sink_at(&path_of(uri)?, effects)
    }),
};

/// Plans a path as the SOURCE.
pub(super) fn source_at(path: &Path) -> Result<Box<dyn SourcePlan>, UsageError> {
    if let Some(fd) = descriptor_named(path) {
        return Ok(Box::new(InheritedPlan::named(fd, Side::Source, path)?));
    }
    Ok(Box::new(FileSourcePlan {
        path: path.to_owned(),
        descriptor: None,
        id: None,
    }))
}

/// Plans a path as the SINK.
pub(super) fn sink_at(path: &Path, effects: Effects) -> Result<Box<dyn SinkPlan>, UsageError> {
    let Some(fd) = descriptor_named(path) else {
        return Ok(Box::new(FileSinkPlan::new(path.to_owned(), effects)));
    };
    if effects.append || effects.create || effects.atomic {
        return Err(UsageError::new(format!(
            "{}: this is descriptor {fd}, which is open already; append, create and atomic are for files that are opened by a name of their own",
            named(path)
        )));
    }
    let plan = InheritedPlan::named(fd, Side::Sink, path)?;
    Ok(Box::new(if effects.sync { plan.synced() } else { plan }))
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

/// The file at the path of a source.
fn stat(path: &Path) -> Result<NamedFile<'_>, OpenError> {
    let found = NamedFile::at(path).map_err(refused)?;
    let found = found.ok_or_else(|| refused(Errno::NOENT))?;
    if found.facts.file_type == FileType::Directory {
        return Err(refused(Errno::ISDIR));
    }
    Ok(found)
}

/// What exists at a path, in words.
fn now(path: &Path) -> String {
    match NamedFile::at(path) {
        Ok(Some(found)) => found.words(),
        Ok(None) if path.is_symlink() => "a link that leads to nothing".to_owned(),
        Ok(None) => "does not exist".to_owned(),
        Err(error) => format!("cannot be looked at: {}", reason(&error)),
    }
}

fn parsed(path: &Path) -> String {
    format!("the path {}", named(path))
}

/// Checks that `found` could be opened for this access.
fn may_open(path: &Path, found: &NamedFile<'_>, access_for: Access) -> io::Result<()> {
    match found.facts.file_type {
        FileType::Directory => Err(Errno::ISDIR.into()),
        FileType::Socket => Err(Errno::NXIO.into()),
        _ => Ok(access(path, access_for)?),
    }
}

/// Opens a FIFO, which waits for its other end, on a thread that is left behind if the transfer is interrupted.
async fn open_fifo(path: PathBuf, flags: OFlags) -> Result<Descriptor, OpenError> {
    let opening = threads::apart("opener", move || Descriptor::own(open(&path, flags)?));
    opening.map_err(refused)?.await.map_err(refused)
}

struct FileSourcePlan {
    path: PathBuf,
    /// Opened by `prepare`, unless it is a FIFO.
    descriptor: Option<Descriptor>,
    id: Option<FileId>,
}

impl EndPlan for FileSourcePlan {
    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn preview(&self, _: Side) -> Preview {
        let base = Preview {
            now: Some(now(&self.path)),
            ..Preview::new(parsed(&self.path), "at the end of the file")
        };
        let found = match stat(&self.path) {
            Ok(found) => found,
            Err(obstacle) => {
                return Preview {
                    obstacle: Some(obstacle),
                    ..base
                };
            }
        };
        let (facts, tells_its_size) = (&found.facts, found.tells_its_size());
        Preview {
            opening: (facts.file_type == FileType::Fifo).then(|| "waits for a writer".to_owned()),
            ending: facts.source_ending().to_owned(),
            raw: facts
                .raw(false)
                .and_then(|raw| raw_source_of(raw, tells_its_size != Some(false))),
            condition: tells_its_size
                .is_none()
                .then_some("the file is as empty as it says"),
            size: found.size(),
            seeks: facts.file_type == FileType::BlockDevice || found.size().is_ok(),
            copies: found.copies_by_itself(),
            is_terminal: facts.is_terminal,
            file_id: facts.file_id(),
            obstacle: may_open(&self.path, &found, Access::READ_OK)
                .err()
                .map(refused),
            ..base
        }
    }

    fn prepare<'a>(&'a mut self, _: Side, _: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async {
            let found = stat(&self.path)?;
            self.id = found.facts.file_id();
            if found.facts.file_type != FileType::Fifo {
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
    fn open(self: Box<Self>, _: &dyn Announce) -> Opening<'_, Box<dyn Source>> {
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
    /// Set by `prepare`, unless it is a FIFO.
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

    /// The file at the path, if there is one; refuses one that cannot be meant.
    fn stat(&self) -> Result<Option<NamedFile<'_>>, OpenError> {
        let found = NamedFile::at(&self.path).map_err(refused)?;
        if self.effects.atomic && found.as_ref().is_some_and(|it| !it.facts.is_regular()) {
            let why = "atomic replaces a regular file, and this is none; leave the option out";
            return Err(OpenError {
                act: OPENING,
                why: OpenFailure::Usage(why.to_owned()),
            });
        }
        Ok(found)
    }

    /// Refuses a name that exists, if a new file was asked for.
    fn check_name(&self, is_taken: bool) -> io::Result<()> {
        if self.effects.create && (is_taken || self.path.is_symlink()) {
            return Err(Errno::EXIST.into());
        }
        Ok(())
    }

    fn prepare_file(&mut self, existing: Option<&Metadata>) -> io::Result<()> {
        self.check_name(existing.is_some())?;
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

    /// Checks that it could be opened now.
    fn may_be_opened(&self, found: Option<&NamedFile<'_>>) -> io::Result<()> {
        self.check_name(found.is_some())?;
        match found {
            _ if self.effects.atomic => {
                let target = target_of(&self.path)?;
                check_directory(&target)?;
                found.map_or(Ok(()), |found| check_replaceable(&target, &found.metadata))
            }
            Some(found) => may_open(&self.path, found, Access::WRITE_OK),
            None => check_directory(&self.path),
        }
    }
}

impl EndPlan for FileSinkPlan {
    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn preview(&self, _: Side) -> Preview {
        let base = Preview {
            now: Some(now(&self.path)),
            ..Preview::new(parsed(&self.path), self.effects.ending())
        };
        let found = match self.stat() {
            Ok(found) => found,
            Err(obstacle) => {
                return Preview {
                    obstacle: Some(obstacle),
                    ..base
                };
            }
        };
        let obstacle = self.may_be_opened(found.as_ref());
        let obstacle = obstacle.err().map(refused);
        let file_type = found.as_ref().map(|it| it.facts.file_type);
        let base = Preview {
            effect: self.effects.on(found.as_ref().map(|it| &it.metadata)),
            synced: self.effects.synced(file_type),
            obstacle,
            ..base
        };
        let Some(found) = found else {
            let raw = if self.effects.append {
                Err(APPENDS)
            } else {
                Ok(Raw::File)
            };
            return Preview { raw, ..base };
        };
        let is_file = matches!(
            file_type,
            Some(FileType::RegularFile | FileType::BlockDevice)
        );
        let ending = if is_file {
            base.ending
        } else {
            sink_ending(found.facts.file_type).to_owned()
        };
        Preview {
            opening: (file_type == Some(FileType::Fifo)).then(|| "waits for a reader".to_owned()),
            ending,
            raw: found.facts.raw(self.effects.append),
            is_terminal: found.facts.is_terminal,
            file_id: found.facts.file_id(),
            ..base
        }
    }

    fn prepare<'a>(&'a mut self, _: Side, _: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async {
            let found = self.stat()?;
            let id = found.as_ref().and_then(|it| it.facts.file_id());
            let is_fifo = found
                .as_ref()
                .is_some_and(|it| it.facts.file_type == FileType::Fifo);
            let existing = found.map(|it| it.metadata);
            self.id = id;
            if is_fifo && !self.effects.create {
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
    fn open(self: Box<Self>, _: &dyn Announce) -> Opening<'_, Box<dyn Sink>> {
        Box::pin(async {
            let sink = match self.sink {
                Some(sink) => sink,
                None => FileSink::at(open_fifo(self.path, OFlags::WRONLY).await?, self.effects),
            };
            Ok(Box::new(sink) as Box<dyn Sink>)
        })
    }
}
