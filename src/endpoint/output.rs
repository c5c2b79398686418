//! Descriptors that are written to: plain ones, and files with what is to happen at their beginning and end.

use super::descriptor::{Descriptor, open};
use super::filekind::{APPENDS, kind_of, sink_ending};
use super::{Delivered, FileId, Finish, Leftover, Raw, Sight, Sink, Unfit};
use crate::sys;
use crate::wait::Ready;
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, IoSlice};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A descriptor that takes bytes, and that is all: standard output, `fd:N`.
#[derive(Debug)]
pub(super) struct PlainSink {
    descriptor: Option<Descriptor>,
    is_pipeline: bool,
}

impl PlainSink {
    pub(super) fn new(descriptor: Descriptor) -> Self {
        Self {
            is_pipeline: descriptor.is_pipeline(),
            descriptor: Some(descriptor),
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
        self.descriptor.as_ref().is_some_and(Descriptor::sleeps)
    }

    fn is_pipeline(&self) -> bool {
        self.is_pipeline
    }

    fn is_terminal(&self) -> bool {
        self.descriptor
            .as_ref()
            .is_some_and(Descriptor::is_terminal)
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        self.descriptor.as_ref().ok_or("it is closed")?.raw()
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        self.descriptor.as_ref().map(Descriptor::raw_fd)
    }

    fn sight(&self) -> Sight {
        self.descriptor
            .as_ref()
            .map_or(Sight::Nothing, Descriptor::sight)
    }

    fn leave_hole(&mut self, n: u64) -> io::Result<bool> {
        self.open()?.leave_hole(n)
    }

    fn unacknowledged(&self) -> u64 {
        self.descriptor.as_ref().map_or(0, Descriptor::unread)
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

impl Effects {
    pub(super) fn append_flag(self) -> OFlags {
        if self.append {
            OFlags::APPEND
        } else {
            OFlags::empty()
        }
    }

    /// What becomes of what stands at the path, in words; `None`: nothing worth telling.
    pub(super) fn on(self, existing: Option<&Metadata>) -> Option<String> {
        let Some(existing) = existing else {
            let text = if self.atomic {
                "a temporary file is made beside it, and gets the name as the last step"
            } else {
                "made once both ends are open"
            };
            return Some(text.to_owned());
        };
        let kind = kind_of(existing);
        let text = match kind {
            _ if self.create => "left as it is: create makes new files only",
            FileType::RegularFile if self.append => "kept, and written on behind its end",
            FileType::RegularFile if self.atomic => {
                "kept to the end, then replaced: a temporary file beside it, of its mode and owner, is renamed"
            }
            FileType::RegularFile if existing.len() == 0 => "empty as it is",
            FileType::RegularFile => "emptied once both ends are open",
            FileType::BlockDevice => "overwritten from its beginning on",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// What is on the disk before success, where there is something of this kind.
    pub(super) fn synced(self, kind: Option<FileType>) -> &'static str {
        match kind {
            None | Some(FileType::RegularFile | FileType::BlockDevice) if !self.sync => {
                "nothing: the system writes to the disk in its own time"
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

    /// When the bytes in a file are delivered.
    pub(super) fn ending(self) -> &'static str {
        match (self.sync, self.atomic) {
            (true, false) => "once they are on the disk (synced)",
            (true, true) => "once they are on the disk and the file has its name (synced)",
            (false, false) => sink_ending(FileType::RegularFile),
            (false, true) => "once the system has every byte and the file has its name (written)",
        }
    }
}

/// A file that is made, and was not there.
const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

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

/// A file, FIFO or device named by its path.
#[derive(Debug)]
pub(super) struct FileSink {
    plain: PlainSink,
    /// A file that does not exist yet: made at the start, so that nothing is left if it never comes to that.
    to_be_made: Option<PathBuf>,
    staged: Option<Staged>,
    effects: Effects,
}

impl FileSink {
    /// Writes to a file that is open.
    pub(super) fn at(descriptor: Descriptor, effects: Effects) -> Self {
        Self {
            plain: PlainSink::new(descriptor),
            to_be_made: None,
            staged: None,
            effects,
        }
    }

    /// Writes to a file that does not exist.
    pub(super) fn to_be_made(path: &Path, effects: Effects) -> Self {
        let plain = PlainSink {
            descriptor: None,
            is_pipeline: false,
        };
        Self {
            plain,
            to_be_made: Some(path.to_owned()),
            staged: None,
            effects,
        }
    }

    /// Writes to a temporary file that replaces the real one at the end.
    pub(super) fn staged(mut staged: Staged, effects: Effects) -> io::Result<Self> {
        let file = staged.file.take().ok_or(io::ErrorKind::NotFound)?;
        let mut sink = Self::at(Descriptor::own(file.into())?, effects);
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
        if let Some(path) = self.to_be_made.take() {
            let new = OFlags::WRONLY | OFlags::CREATE | self.effects.append_flag();
            let flags = if self.effects.create { NEW } else { new };
            self.plain = PlainSink::new(Descriptor::own(open(&path, flags)?)?);
        }
        match &self.plain.descriptor {
            Some(descriptor) if descriptor.is_regular() && !self.effects.append => {
                descriptor.truncate()
            }
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
            if self.effects.sync {
                Self::sync(&fd)?;
            }
            sys::close(fd)?;
        }
        if let Some(staged) = self.staged.take() {
            staged.commit(self.effects.sync)?;
        }
        Ok(Finish::Done(if self.effects.sync {
            Delivered::Synced
        } else {
            Delivered::Written
        }))
    }

    fn sleeps(&self) -> bool {
        self.plain.sleeps()
    }

    fn is_pipeline(&self) -> bool {
        self.plain.is_pipeline
    }

    fn is_terminal(&self) -> bool {
        self.plain.is_terminal()
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        match &self.to_be_made {
            Some(_) if self.effects.append => Err(APPENDS),
            Some(_) => Ok(Raw::File),
            None => self.plain.raw(),
        }
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        self.plain.raw_fd()
    }

    fn sight(&self) -> Sight {
        match &self.to_be_made {
            Some(_) => Sight::of(self.raw()),
            None => self.plain.sight(),
        }
    }

    fn leave_hole(&mut self, n: u64) -> io::Result<bool> {
        self.plain.leave_hole(n)
    }

    fn unacknowledged(&self) -> u64 {
        self.plain.unacknowledged()
    }

    fn leftover(&self) -> Option<Leftover> {
        self.staged.as_ref().map(|staged| staged.leftover.clone())
    }
}
