//! Descriptors that are written to: plain ones, and files with what is to happen at their beginning and end.

use super::descriptor::Descriptor;
use super::{Delivered, FileId, Finish, Leftover, Sink};
use crate::sys;
use crate::wait::Ready;
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A descriptor that takes bytes, and that is all: standard output, `fd:N`.
#[derive(Debug)]
pub(super) struct PlainSink {
    descriptor: Option<Descriptor>,
    is_pipeline: bool,
    sleeps: bool,
}

impl PlainSink {
    pub(super) fn new(descriptor: Descriptor) -> Self {
        let (is_pipeline, sleeps) = (descriptor.is_pipeline(), descriptor.sleeps());
        Self {
            descriptor: Some(descriptor),
            is_pipeline,
            sleeps,
        }
    }

    fn open(&mut self) -> io::Result<&mut Descriptor> {
        self.descriptor
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn take_fd(&mut self) -> Option<OwnedFd> {
        self.descriptor.take().map(Descriptor::into_fd)
    }
}

impl Sink for PlainSink {
    fn widen(&mut self, bytes: u64) {
        if let Some(descriptor) = &self.descriptor {
            descriptor.widen(bytes);
        }
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.open()?.write(bufs)
    }

    fn ready(&self) -> Ready<'_> {
        ready(self.descriptor.as_ref())
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.take_fd().map_or(Ok(()), sys::close)?;
        Ok(Finish::Done(Delivered::Written))
    }

    fn sleeps(&self) -> bool {
        self.sleeps
    }

    fn is_pipeline(&self) -> bool {
        self.is_pipeline
    }
}

fn ready(descriptor: Option<&Descriptor>) -> Ready<'_> {
    descriptor.map_or_else(
        || Ready::At(std::time::Instant::now()),
        Descriptor::writable,
    )
}

/// What opening and ending a file sink mean.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four options that may be given together"
)]
pub(super) struct Effects {
    pub(super) append: bool,
    pub(super) create: bool,
    pub(super) sync: bool,
    pub(super) atomic: bool,
}

/// A file that did not exist before and is removed again when nothing comes of the transfer before it starts.
#[derive(Debug)]
pub(super) struct Fresh(Option<PathBuf>);

impl Fresh {
    pub(super) fn new(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Nothing better can be done about a file that does not go away.
            let _ = std::fs::remove_file(path);
        }
    }
}

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
            .make_in(directory, create_new)?;
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

    fn commit(&self, sync: bool) -> io::Result<()> {
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

/// As any new file is made, with the mode that the umask leaves.
fn create_new(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::from_raw_mode(0o666))?)
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

/// A file, FIFO or device opened by path.
#[derive(Debug)]
pub(super) struct FileSink {
    plain: PlainSink,
    fresh: Option<Fresh>,
    staged: Option<Staged>,
    truncates: bool,
    syncs: bool,
}

impl FileSink {
    /// Writes to the file itself.
    pub(super) fn at(descriptor: Descriptor, fresh: Option<Fresh>, effects: Effects) -> Self {
        let truncates = descriptor.is_regular() && !effects.append;
        Self {
            plain: PlainSink::new(descriptor),
            fresh,
            staged: None,
            truncates,
            syncs: effects.sync,
        }
    }

    /// Writes to a temporary file that replaces the real one at the end.
    pub(super) fn staged(mut staged: Staged, effects: Effects) -> io::Result<Self> {
        let file = staged.file.take().ok_or(io::ErrorKind::NotFound)?;
        let mut sink = Self::at(Descriptor::own(file.into())?, None, effects);
        sink.staged = Some(staged);
        Ok(sink)
    }

    pub(super) fn file_id(&self) -> Option<FileId> {
        self.plain.descriptor.as_ref().and_then(Descriptor::file_id)
    }

    fn sync(fd: &OwnedFd) -> io::Result<()> {
        match rustix::fs::fsync(fd) {
            // A FIFO or character device has nothing to sync, which is no failure (fsync(2)).
            Err(rustix::io::Errno::INVAL) => Ok(()),
            other => Ok(other?),
        }
    }
}

impl Sink for FileSink {
    fn start(&mut self) -> io::Result<()> {
        if let Some(fresh) = &mut self.fresh {
            fresh.keep();
        }
        match &self.plain.descriptor {
            Some(descriptor) if self.truncates => descriptor.truncate(),
            _ => Ok(()),
        }
    }

    fn widen(&mut self, bytes: u64) {
        self.plain.widen(bytes);
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.plain.write(bufs)
    }

    fn ready(&self) -> Ready<'_> {
        self.plain.ready()
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        if let Some(fd) = self.plain.take_fd() {
            if self.syncs {
                Self::sync(&fd)?;
            }
            sys::close(fd)?;
        }
        if let Some(staged) = self.staged.take() {
            staged.commit(self.syncs)?;
        }
        Ok(Finish::Done(if self.syncs {
            Delivered::Synced
        } else {
            Delivered::Written
        }))
    }

    fn sleeps(&self) -> bool {
        self.plain.sleeps
    }

    fn is_pipeline(&self) -> bool {
        self.plain.is_pipeline
    }

    fn leftover(&self) -> Option<Leftover> {
        self.staged.as_ref().map(|staged| staged.leftover.clone())
    }
}
