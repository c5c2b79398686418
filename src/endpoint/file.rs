//! Files, FIFOs and devices by path: a bare PATH, `file:PATH`, `file:///PATH`.

use super::descriptor::{Descriptor, open};
use super::effects::Effects;
use super::file_facts::raw_source_of;
use super::file_sink::FileSinkPlan;
use super::named_file::NamedFile;
use super::path::{SEEKING, is_a_socket, may_open, now, open_fifo, parsed, refused};
use super::stdio::{InheritedPlan, PlainSource};
use super::{
    Announce, EndPlan, Identity, Kind, OpenError, Opening, OptionSpec, Prepared, PreparedSource,
    Preview, SinkPlan, Slashes, Source, SourcePlan, ValueKind, World,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError};
use crate::text::visible::named;
use rustix::fs::{Access, FileType, OFlags};
use rustix::io::Errno;
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
            resume: false,
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
        return Ok(Box::new(FileSinkPlan::new(path, effects)));
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
            skips: facts.seeks(tells_its_size == Some(true)).then_some(SEEKING),
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
