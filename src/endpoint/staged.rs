//! The temporary file of an `atomic` sink: written beside the file that it is to replace, and renamed as the last step.

use super::Leftover;
use super::descriptor::open_with;
use super::effects::Effects;
use super::leftover::TemporaryFile;
use super::links::{directory_of, target_of};
use super::permissions::Permissions;
use crate::platform;
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// The flags that make a new file, and fail if there is one.
pub(super) const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

/// The mode of a directory in which only owners replace files (inode(7), `S_ISVTX`).
const STICKY: u32 = 0o1000;

/// The temporary file of an `atomic` sink; dropping this value removes it unless it was renamed.
#[derive(Debug)]
pub(super) struct Staged {
    file: Option<File>,
    temporary: TemporaryFile,
    target: PathBuf,
    permissions: Permissions,
    replaces: bool,
}

impl Staged {
    /// A temporary file in the directory of `path`, or of what `path` links to. No other user may open it until it is whole.
    pub(super) fn beside(
        path: &Path,
        existing: Option<&Metadata>,
        effects: Effects,
    ) -> io::Result<Self> {
        let target = target_of(path)?;
        let directory = directory_of(&target);
        let permissions = match existing {
            Some(existing) => {
                check_replaceable(&target, existing)?;
                Permissions::of(&target, existing)?
            }
            None => Permissions::of_a_new_file(directory),
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
            temporary: TemporaryFile::new(temporary),
            target,
            permissions,
            replaces: !effects.create,
        })
    }

    /// The file itself, once.
    pub(super) fn take_file(&mut self) -> io::Result<File> {
        self.file.take().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// The file to remove if [`Staged::commit`] is not reached.
    pub(super) fn leftover(&self) -> Leftover {
        Leftover::file(self.temporary.clone())
    }

    /// Bytes of the file that the rename would replace.
    pub(super) fn would_lose(&self) -> u64 {
        let existing = self.target.metadata().ok().filter(|_| self.replaces);
        existing.map_or(0, |it| it.len())
    }

    /// Gives the file, which is whole now, its permissions. Returns which properties of the replaced file could not be kept.
    pub(super) fn give_permissions(&self, file: &impl AsFd) -> io::Result<Vec<&'static str>> {
        self.permissions.give(file.as_fd())
    }

    /// Renames the temporary file to its target.
    pub(super) fn commit(&self, sync: bool) -> io::Result<()> {
        let temporary = self.temporary.take().ok_or(ErrorKind::NotFound)?;
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
        self.temporary.remove();
    }
}

/// Checks that a file may be replaced by a rename, as far as the system can tell beforehand (rename(2)): in a sticky directory
/// only its owner and that of the directory may replace it, and an immutable file cannot be replaced.
pub(super) fn check_replaceable(target: &Path, existing: &Metadata) -> io::Result<()> {
    let directory = directory_of(target);
    let parent = directory.metadata()?;
    let user = rustix::process::geteuid().as_raw();
    let is_anothers = parent.mode() & STICKY != 0
        && existing.uid() != user
        && parent.uid() != user
        && !platform::overrules_owners();
    let why = if is_anothers {
        "it is another user's, in a directory in which only owners may replace files"
    } else if platform::is_immutable(target) || platform::is_immutable(directory) {
        "it is marked as not to be changed (chattr(1))"
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
