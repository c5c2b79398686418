//! The temporary file of an `atomic` sink: written beside the file that it is to replace, and renamed as the last step.

use super::Leftover;
use super::access::Access;
use super::descriptor::open_with;
use super::effects::Effects;
use super::links::{directory_of, target_of};
use crate::platform;
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file that is made, and was not there.
pub(super) const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

/// The mode of a directory in which only owners replace files (inode(7), `S_ISVTX`).
const STICKY: u32 = 0o1000;

/// The temporary file of an `atomic` sink; it goes away with this value unless it was renamed.
#[derive(Debug)]
pub(super) struct Staged {
    file: Option<File>,
    leftover: Leftover,
    target: PathBuf,
    access: Access,
    replaces: bool,
}

impl Staged {
    /// A temporary file in the directory of `path`, or of what `path` links to. Nobody else may open it until it is whole.
    pub(super) fn beside(
        path: &Path,
        existing: Option<&Metadata>,
        effects: Effects,
    ) -> io::Result<Self> {
        let target = target_of(path)?;
        let directory = directory_of(&target);
        let access = match existing {
            Some(existing) => {
                check_replaceable(&target, existing)?;
                Access::of(&target, existing)?
            }
            None => Access::of_a_new_file(directory),
        };
        let named = tempfile::Builder::new()
            .prefix(".tidegate-")
            .suffix(".tmp")
            .make_in(directory, |path| {
                open_with(path, NEW, Mode::RUSR | Mode::WUSR)
            })?;
        let (fd, temporary) = named.into_parts();
        Ok(Self {
            file: Some(File::from(fd)),
            leftover: Leftover::new(temporary),
            target,
            access,
            replaces: !effects.create,
        })
    }

    /// The file itself, once.
    pub(super) fn take_file(&mut self) -> io::Result<File> {
        self.file.take().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// What is to be removed if it does not come to [`Staged::commit`].
    pub(super) fn leftover(&self) -> Leftover {
        self.leftover.clone()
    }

    /// Whether there is something now that would be lost.
    pub(super) fn would_lose(&self) -> bool {
        let there = self.target.metadata();
        self.replaces && there.is_ok_and(|it| it.len() > 0)
    }

    /// Lets those open the file, which is whole, who are to be able to. Returns what could not be kept of the one that it
    /// replaces.
    pub(super) fn give_access(&self, file: &impl AsFd) -> io::Result<Vec<&'static str>> {
        self.access.give(file.as_fd())
    }

    /// Gives it the name.
    pub(super) fn commit(&self, sync: bool) -> io::Result<()> {
        let temporary = self.leftover.take().ok_or(ErrorKind::NotFound)?;
        self.rename(temporary)?;
        if sync {
            sync_directory(directory_of(&self.target))
        } else {
            Ok(())
        }
    }

    fn rename(&self, temporary: TempPath) -> io::Result<()> {
        let renamed = if self.replaces {
            temporary.persist(&self.target)
        } else {
            temporary.persist_noclobber(&self.target)
        };
        renamed.map_err(|failed| failed.error)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.leftover.remove();
    }
}

/// Whether a file may be replaced by the rename that is to come, as far as the system can tell beforehand (rename(2)): in a
/// sticky directory only its owner and that of the directory may, and an immutable file stays.
pub(super) fn check_replaceable(target: &Path, existing: &Metadata) -> io::Result<()> {
    let directory = directory_of(target);
    let holder = directory.metadata()?;
    let user = rustix::process::geteuid().as_raw();
    let is_anothers = holder.mode() & STICKY != 0
        && existing.uid() != user
        && holder.uid() != user
        && !platform::overrules_owners();
    let why = if is_anothers {
        "it is another user's, in a directory in which only owners may replace files"
    } else if platform::is_immutable(target) || platform::is_immutable(directory) {
        "it must not be replaced (chattr(1))"
    } else {
        return Ok(());
    };
    Err(io::Error::new(ErrorKind::PermissionDenied, why))
}

/// A rename is on the disk once its directory is (fsync(2)).
fn sync_directory(directory: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    Ok(rustix::fs::fsync(&directory)?)
}
