//! The temporary file of an `atomic` sink: written beside the file that it is to replace, and renamed as the last step.

use super::Leftover;
use super::descriptor::open;
use super::output::Effects;
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file that is made, and was not there.
pub(super) const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

/// The temporary file of an `atomic` sink; it goes away with this value unless it was renamed.
#[derive(Debug)]
pub(super) struct Staged {
    file: Option<File>,
    leftover: Leftover,
    target: PathBuf,
    replaces: bool,
}

impl Staged {
    /// A temporary file in the directory of `path`, or of what `path` links to, with the mode and owner of the file it
    /// is to replace.
    pub(super) fn beside(
        path: &Path,
        existing: Option<&Metadata>,
        effects: Effects,
    ) -> io::Result<Self> {
        let target = if existing.is_some() {
            path.canonicalize()?
        } else {
            path.to_owned()
        };
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let named = tempfile::Builder::new()
            .prefix(".tidegate-")
            .suffix(".tmp")
            .make_in(directory, |path| open(path, NEW))?;
        let (fd, temporary) = named.into_parts();
        let file = File::from(fd);
        if let Some(existing) = existing {
            // Giving a file away takes a privilege; without it the new file is ours, as with any editor's rename.
            let _ = fchown(&file, Some(existing.uid()), Some(existing.gid()));
            file.set_permissions(existing.permissions())?;
        }
        Ok(Self {
            file: Some(file),
            leftover: Leftover::new(temporary),
            target,
            replaces: !effects.create,
        })
    }

    /// The file itself, once.
    pub(super) fn take_file(&mut self) -> io::Result<File> {
        self.file
            .take()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What is to be removed if it does not come to [`Staged::commit`].
    pub(super) fn leftover(&self) -> Leftover {
        self.leftover.clone()
    }

    /// Gives it the name.
    pub(super) fn commit(&self, sync: bool) -> io::Result<()> {
        let temporary = self.leftover.take().ok_or(io::ErrorKind::NotFound)?;
        self.rename(temporary)?;
        if sync {
            sync_directory(&self.target)
        } else {
            Ok(())
        }
    }

    fn rename(&self, temporary: TempPath) -> io::Result<()> {
        if self.replaces {
            temporary
                .persist(&self.target)
                .map_err(|failed| failed.error)
        } else {
            temporary
                .persist_noclobber(&self.target)
                .map_err(|failed| failed.error)
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.leftover.remove();
    }
}

/// A rename is on the disk once its directory is (fsync(2)).
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(parent, flags, Mode::empty())?;
    Ok(rustix::fs::fsync(&directory)?)
}
