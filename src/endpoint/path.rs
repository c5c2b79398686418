//! What files by path have in common, as SOURCE and as SINK: how they are looked at, told of and opened.

use super::descriptor::{Descriptor, open};
use super::named_file::NamedFile;
use super::{OpenError, OpenFailure};
use crate::error::reason;
use crate::platform::threads;
use crate::text::visible::named;
use rustix::fs::{Access, FileType, OFlags, access};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// How bytes are left out of what can seek, in words.
pub(super) const SEEKING: &str = "by seeking, as far as the file goes";

pub(super) const OPENING: &str = "opening";

pub(super) fn refused(error: impl Into<io::Error>) -> OpenError {
    OpenError::io(OPENING, error.into())
}

/// A socket cannot be opened (open(2), `ENXIO`); it can be connected to.
pub(super) fn is_a_socket() -> OpenError {
    OpenError {
        act: OPENING,
        why: OpenFailure::Text("it is a socket; unix:PATH connects to one".to_owned()),
    }
}

/// What exists at a path, in words.
pub(super) fn now(path: &Path) -> String {
    match NamedFile::at(path) {
        Ok(Some(found)) => found.words(),
        Ok(None) if path.is_symlink() => "a link to a file that does not exist".to_owned(),
        Ok(None) => "does not exist".to_owned(),
        Err(error) => format!("cannot be looked at: {}", reason(&error)),
    }
}

pub(super) fn parsed(path: &Path) -> String {
    format!("the path {}", named(path))
}

/// Checks that `found` could be opened for this access.
pub(super) fn may_open(path: &Path, found: &NamedFile<'_>, access_for: Access) -> io::Result<()> {
    match found.facts.file_type {
        FileType::Directory => Err(Errno::ISDIR.into()),
        _ => Ok(access(path, access_for)?),
    }
}

/// Opens a FIFO, which waits for its other end, on a thread that is left behind if the transfer is interrupted.
pub(super) async fn open_fifo(path: &Path, flags: OFlags) -> Result<Descriptor, OpenError> {
    let path = path.to_owned();
    let opening = threads::apart("opener", move || Descriptor::own(open(&path, flags)?));
    opening.map_err(refused)?.await.map_err(refused)
}
