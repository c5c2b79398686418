//! A file, FIFO or device by path as the SINK: what becomes of it, and how it is opened.

use super::descriptor::{Descriptor, open};
use super::effects::Effects;
use super::file_facts::{APPENDS, file_type_of, sink_ending};
use super::links::target_of;
use super::named_file::{NamedFile, check_directory};
use super::output::FileSink;
use super::path::{OPENING, is_a_socket, may_open, now, open_fifo, parsed, refused};
use super::staged::{Staged, check_replaceable};
use super::{
    Announce, EndPlan, FileId, Identity, OpenError, OpenFailure, Opening, Prepared, PreparedSink,
    Preview, Raw, Sink, SinkPlan,
};
use crate::error::Side;
use crate::text::visible::named;
use rustix::fs::{Access, FileType, OFlags};
use rustix::io::Errno;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// A file, FIFO or device at a path that was asked for as the SINK.
pub(super) struct FileSinkPlan {
    path: PathBuf,
    effects: Effects,
}

impl FileSinkPlan {
    pub(super) fn new(path: &Path, effects: Effects) -> Self {
        Self {
            path: path.to_owned(),
            effects,
        }
    }

    /// The file at the path, if there is one; refuses one that cannot be meant.
    fn stat(&self) -> Result<Option<NamedFile<'_>>, OpenError> {
        let found = NamedFile::at(&self.path).map_err(refused)?;
        let file_type = found.as_ref().map(|it| it.facts.file_type);
        if file_type == Some(FileType::Socket) && !self.effects.create {
            return Err(is_a_socket());
        }
        let why = match found.as_ref() {
            Some(found) if found.facts.is_regular() => None,
            Some(_) if self.effects.atomic => {
                Some("atomic can only replace a regular file; leave the option out")
            }
            Some(_) if self.effects.resume => {
                Some("--resume goes on in a regular file only; leave it out")
            }
            _ => None,
        };
        match why {
            None => Ok(found),
            Some(why) => Err(OpenError {
                act: OPENING,
                why: OpenFailure::Usage(why.to_owned()),
            }),
        }
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
        let mode = if self.effects.resume {
            OFlags::RDWR
        } else {
            OFlags::WRONLY
        };
        let fd = open(&self.path, mode | self.effects.append_flag())?;
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
            Some(found) if self.effects.resume => {
                may_open(&self.path, found, Access::READ_OK | Access::WRITE_OK)
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
            keeps: if self.effects.resume {
                found.metadata.len()
            } else {
                0
            },
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
            let mut sink = sink.map_err(refused)?;
            let kept = if self.effects.resume {
                sink.go_to_end().map_err(refused)?
            } else {
                None
            };
            // Of a file that is to be replaced it is the one that exists.
            let file_id = if self.effects.atomic {
                file_id
            } else {
                sink.file_id()
            };
            let prepared = Prepared::new(self.identity(file_id), async {
                Ok(Box::new(sink) as Box<dyn Sink>)
            });
            Ok(prepared.keeping(kept))
        })
    }

    fn resumed(self: Box<Self>) -> Option<Box<dyn SinkPlan>> {
        let effects = Effects {
            resume: true,
            ..self.effects
        };
        self.effects.leave_what_can_be_resumed().then(|| {
            let plan = Self { effects, ..*self };
            Box::new(plan) as Box<dyn SinkPlan>
        })
    }

    fn can_be_resumed(&self) -> bool {
        let found = std::fs::metadata(&self.path);
        self.effects.leave_what_can_be_resumed() && found.is_ok_and(|it| it.is_file())
    }

    fn when_cut(&self) -> Option<String> {
        let file_type = std::fs::metadata(&self.path).map(|it| file_type_of(&it));
        self.effects.when_cut(file_type.ok(), &named(&self.path))
    }

    fn when_undone(&self) -> Option<String> {
        self.when_cut().filter(|_| self.effects.atomic)
    }
}
