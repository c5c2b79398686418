//! The options of a file sink and `--resume`, and what they do to the file, in words.

use super::file_facts::{file_type_of, sink_ending};
use super::kept::COMPARED;
use crate::text::words::bytes_exactly;
use rustix::fs::{FileType, OFlags};
use std::fs::Metadata;

/// The options of a file sink, and whether a copy goes on in it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(super) struct Effects {
    pub(super) append: bool,
    pub(super) create: bool,
    pub(super) sync: bool,
    pub(super) atomic: bool,
    /// A copy goes on behind what the file has (`--resume`); with none of the others but `sync`.
    pub(super) resume: bool,
}

impl Effects {
    pub(super) fn append_flag(self) -> OFlags {
        if self.append {
            OFlags::APPEND
        } else {
            OFlags::empty()
        }
    }

    /// Whether a file that was cut short holds the beginning of the copy, and nothing else, under its name.
    pub(super) fn leave_what_can_be_resumed(self) -> bool {
        !(self.append || self.create || self.atomic)
    }

    /// What becomes of the file at the path, in words; `None`: nothing worth telling.
    pub(super) fn on(self, existing: Option<&Metadata>) -> Option<String> {
        let Some(existing) = existing else {
            let text = if self.atomic {
                "made as a temporary file, and renamed at the end"
            } else {
                "made once both ends are open"
            };
            return Some(text.to_owned());
        };
        let text = match file_type_of(existing) {
            _ if self.create => "left as it is: create makes new files only",
            FileType::RegularFile if self.append => "kept, and the bytes are added to its end",
            FileType::RegularFile if self.atomic => {
                "kept to the end, then replaced by a temporary file that gets its owner, mode and name"
            }
            FileType::RegularFile if existing.len() == 0 => "is empty already",
            FileType::RegularFile if self.resume => {
                return Some(format!(
                    "kept: the last {} of it are compared with SOURCE, and the copy goes on behind them",
                    bytes_exactly(existing.len().min(COMPARED))
                ));
            }
            FileType::RegularFile => "emptied at the start",
            FileType::BlockDevice => "overwritten from the beginning",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// What has become of what is now a file of this type, where a transfer was cut short.
    pub(super) fn when_cut(self, now: Option<FileType>, name: &str) -> Option<String> {
        match now {
            None if self.atomic => Some(format!("{name} was not made")),
            Some(FileType::RegularFile) if self.atomic => Some(format!("{name} is as it was")),
            Some(FileType::RegularFile) if self.append => {
                Some(format!("{name} has a part of it at its end"))
            }
            Some(FileType::RegularFile | FileType::BlockDevice) => {
                Some(format!("{name} is incomplete"))
            }
            _ => None,
        }
    }

    /// What is on the disk before success, in words, for a file of this type.
    pub(super) fn synced(self, file_type: Option<FileType>) -> &'static str {
        match file_type {
            None | Some(FileType::RegularFile | FileType::BlockDevice) if !self.sync => {
                "nothing: the system writes to the disk when it likes (see #sync)"
            }
            None | Some(FileType::RegularFile) if self.atomic => {
                "the file before it gets its name, and its directory after that (fsync)"
            }
            None | Some(FileType::RegularFile | FileType::BlockDevice) => {
                "the file, after the last byte (fsync)"
            }
            Some(_) if self.sync => "nothing: only files and block devices can be synced",
            Some(_) => "nothing",
        }
    }

    /// When the bytes in a file are delivered, in words.
    pub(super) fn ending(self) -> &'static str {
        match (self.sync, self.atomic) {
            (true, false) => "once they are on the disk (synced)",
            (true, true) => "once they are on the disk and the file is renamed (synced)",
            (false, false) => sink_ending(FileType::RegularFile),
            (false, true) => "once the system has every byte and the file is renamed (written)",
        }
    }
}
