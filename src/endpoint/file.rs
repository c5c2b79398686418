//! Files, FIFOs and devices by path: a bare PATH, `file:PATH`, `file:///PATH`.

use super::descriptor::{Descriptor, open};
use super::effects::Effects;
use super::file_facts::{APPENDS, file_type_of, raw_source_of, sink_ending};
use super::links::target_of;
use super::named_file::{NamedFile, check_directory};
use super::output::FileSink;
use super::staged::{Staged, check_replaceable};
use super::stdio::{InheritedPlan, PlainSource};
use super::{
    Announce, EndPlan, FileId, Identity, Kind, OpenError, OpenFailure, Opening, OptionSpec,
    Prepared, PreparedSink, PreparedSource, Preview, Raw, Sink, SinkPlan, Slashes, Source,
    SourcePlan, ValueKind, World,
};
use crate::endpoint::uri::{Rest, Uri};
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
    rest: Rest::Decoded,
    summary: "a file, FIFO or device, with options; write % as %25 and # as %23",
    options: &[
        flag("append", "add to the end of the file"),
        flag("create", "make a new file; fail if it exists"),
        flag("sync", "succeed only once it is on the disk (fsync)"),
        flag(
            "atomic",
            "write a temporary file, and rename it to PATH on success",
        ),
    ],
    source: Some(|uri, _, context| source_at(&path_of(uri)?, context.world)),
    sink: Some(|uri, options, context| {
        let effects = Effects {
            append: options.has("append"),
            create: options.has("create"),
            sync: options.has("sync"),
            atomic: options.has("atomic"),
        };
        if effects.append && effects.atomic {
            return Err(UsageError::new(format!(
                "'{uri}': append and atomic cannot be used together"
            )));
        }
        sink_at(&path_of(uri)?, effects, context.world)
    }),
    peer: None,
};

/// Plans a path as the SOURCE.
pub(super) fn source_at(path: &Path, world: &dyn World) -> Result<Box<dyn SourcePlan>, UsageError> {
    if let Some(fd) = world.descriptor_named(path) {
        let plan = InheritedPlan::named(fd, Side::Source, path, world)?;
        return Ok(Box::new(plan));
    }
    Ok(Box::new(FileSourcePlan {
        path: path.to_owned(),
    }))
}

/// Plans a path as the SINK.
pub(super) fn sink_at(
    path: &Path,
    effects: Effects,
    world: &dyn World,
) -> Result<Box<dyn SinkPlan>, UsageError> {
    let Some(fd) = world.descriptor_named(path) else {
        return Ok(Box::new(FileSinkPlan {
            path: path.to_owned(),
            effects,
        }));
    };
    if effects.append || effects.create || effects.atomic {
        return Err(UsageError::new(format!(
            "{}: this is the open descriptor {fd}; append, create and atomic need a file with a path of its own",
            named(path)
        )));
    }
    let plan = InheritedPlan::named(fd, Side::Sink, path, world)?;
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
    match found.facts.file_type {
        FileType::Directory => Err(refused(Errno::ISDIR)),
        FileType::Socket => Err(is_a_socket()),
        _ => Ok(found),
    }
}

/// A socket cannot be opened (open(2), `ENXIO`); it can be connected to.
fn is_a_socket() -> OpenError {
    OpenError {
        act: OPENING,
        why: OpenFailure::Text("it is a socket; unix:PATH connects to one".to_owned()),
    }
}

/// What exists at a path, in words.
fn now(path: &Path) -> String {
    match NamedFile::at(path) {
        Ok(Some(found)) => found.words(),
        Ok(None) if path.is_symlink() => "a link to a file that does not exist".to_owned(),
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
        _ => Ok(access(path, access_for)?),
    }
}

/// Opens a FIFO, which waits for its other end, on a thread that is left behind if the transfer is interrupted.
async fn open_fifo(path: &Path, flags: OFlags) -> Result<Descriptor, OpenError> {
    let path = path.to_owned();
    let opening = threads::apart("opener", move || Descriptor::own(open(&path, flags)?));
    opening.map_err(refused)?.await.map_err(refused)
}

struct FileSourcePlan {
    path: PathBuf,
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
            identity: facts.file_id().map(Identity::Existing),
            obstacle: may_open(&self.path, &found, Access::READ_OK)
                .err()
                .map(refused),
            ..base
        }
    }
}

impl SourcePlan for FileSourcePlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async {
            let facts = stat(&self.path)?.facts;
            let is_fifo = facts.file_type == FileType::Fifo;
            let descriptor = if is_fifo {
                None
            } else {
                let fd = open(&self.path, OFlags::RDONLY).map_err(refused)?;
                Some(Descriptor::own(fd).map_err(refused)?)
            };
            let identity = facts.file_id().map(Identity::Existing);
            Ok(Prepared::new(identity, async {
                let descriptor = if let Some(descriptor) = descriptor {
                    descriptor
                } else {
                    let name = named(&self.path);
                    announce.waiting(Side::Source, format!("waiting for a writer of {name}"));
                    open_fifo(&self.path, OFlags::RDONLY).await?
                };
                Ok(Box::new(PlainSource::new(descriptor)) as Box<dyn Source>)
            }))
        })
    }
}

struct FileSinkPlan {
    path: PathBuf,
    effects: Effects,
}

impl FileSinkPlan {
    /// The file at the path, if there is one; refuses one that cannot be meant.
    fn stat(&self) -> Result<Option<NamedFile<'_>>, OpenError> {
        let found = NamedFile::at(&self.path).map_err(refused)?;
        let file_type = found.as_ref().map(|it| it.facts.file_type);
        if file_type == Some(FileType::Socket) && !self.effects.create {
            return Err(is_a_socket());
        }
        if self.effects.atomic && found.as_ref().is_some_and(|it| !it.facts.is_regular()) {
            let why = "atomic can only replace a regular file; leave the option out";
            return Err(OpenError {
                act: OPENING,
                why: OpenFailure::Usage(why.to_owned()),
            });
        }
        Ok(found)
    }

    /// Which file it is, or the place of the one that it makes.
    fn identity(&self, file_id: Option<FileId>) -> Option<Identity> {
        Identity::of_end(file_id, Some(&self.path))
    }

    /// Refuses a name that exists, if a new file was asked for.
    fn check_name(&self, is_taken: bool) -> io::Result<()> {
        if self.effects.create && (is_taken || self.path.is_symlink()) {
            return Err(Errno::EXIST.into());
        }
        Ok(())
    }

    /// Opens the file if it exists, but for one that is to be replaced. Nothing of it is changed.
    fn sink(&self, existing: Option<&Metadata>) -> io::Result<FileSink> {
        self.check_name(existing.is_some())?;
        if self.effects.atomic {
            let staged = Staged::beside(&self.path, existing, self.effects)?;
            return FileSink::staged(staged, self.effects);
        }
        if existing.is_none() {
            check_directory(&self.path)?;
            return Ok(FileSink::to_be_made(&self.path, self.effects));
        }
        let fd = open(&self.path, OFlags::WRONLY | self.effects.append_flag())?;
        Ok(FileSink::at(Descriptor::own(fd)?, self.effects))
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
            identity: self.identity(found.as_ref().and_then(|it| it.facts.file_id())),
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
            ..base
        }
    }
}

impl SinkPlan for FileSinkPlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async {
            let found = self.stat()?;
            let facts = found.as_ref().map(|it| it.facts);
            let file_id = facts.and_then(|it| it.file_id());
            if facts.is_some_and(|it| it.file_type == FileType::Fifo) && !self.effects.create {
                return Ok(Prepared::new(self.identity(file_id), async {
                    announce.waiting(
                        Side::Sink,
                        format!("waiting for a reader of {}", named(&self.path)),
                    );
                    let descriptor = open_fifo(&self.path, OFlags::WRONLY).await?;
                    Ok(Box::new(FileSink::at(descriptor, self.effects)) as Box<dyn Sink>)
                }));
            }
            let sink = self.sink(found.as_ref().map(|it| &it.metadata));
            let sink = sink.map_err(refused)?;
            // Of a file that is to be replaced it is the one that exists.
            let file_id = if self.effects.atomic {
                file_id
            } else {
                sink.file_id()
            };
            Ok(Prepared::new(self.identity(file_id), async {
                Ok(Box::new(sink) as Box<dyn Sink>)
            }))
        })
    }

    fn when_cut(&self) -> Option<String> {
        let file_type = std::fs::metadata(&self.path).map(|it| file_type_of(&it));
        self.effects.when_cut(file_type.ok(), &named(&self.path))
    }

    fn when_undone(&self) -> Option<String> {
        self.when_cut().filter(|_| self.effects.atomic)
    }
}
