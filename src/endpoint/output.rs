//! The sink that is a descriptor: a file, FIFO, device or inherited descriptor, from making it to syncing and closing it.

use super::descriptor::{Descriptor, open};
use super::effects::Effects;
use super::file_facts::APPENDS;
use super::staged::{NEW, Staged};
use super::{Delivered, FileId, Finish, Kept, KernelSink, Probe, Raw, Sink, SinkFacts, Unfit};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::platform::FdAt;
use crate::sys;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};
use rustix::stdio::dup2_stdout;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A file, FIFO, device or inherited descriptor that takes bytes.
#[derive(Debug)]
pub(super) struct FileSink {
    /// Open until the sink has finished; not open yet if the file is `to_be_made`.
    descriptor: Option<Descriptor>,
    /// The path of a file that does not exist yet. It is made at the start, so that a transfer that fails before leaves none.
    to_be_made: Option<PathBuf>,
    staged: Option<Staged>,
    effects: Effects,
    /// Whether the file is not to be emptied: it was opened by another program, is appended to, or has been emptied. One that is
    /// to be resumed never is: it is looked at in the place of that.
    keeps_content: bool,
    /// Which properties of a replaced file could not be kept.
    lost: Vec<&'static str>,
    /// Whether it is standard output, whose reader is to see the end while this program goes on.
    lets_go_of_stdout: bool,
}

impl FileSink {
    /// Writes to a file that is open.
    pub(super) fn at(descriptor: Descriptor, effects: Effects) -> Self {
        Self {
            descriptor: Some(descriptor),
            to_be_made: None,
            staged: None,
            effects,
            keeps_content: effects.append,
            lost: Vec::new(),
            lets_go_of_stdout: false,
        }
    }

    /// Writes to standard output, whose reader sees the end once this has finished, and not only when this program ends.
    pub(super) fn stdout_that_ends(descriptor: Descriptor) -> Self {
        let mut sink = Self::inherited(descriptor, Effects::default());
        sink.lets_go_of_stdout = sink.facts().is_pipeline;
        sink
    }

    /// Writes to a descriptor that another program has opened, from its position on.
    pub(super) fn inherited(descriptor: Descriptor, effects: Effects) -> Self {
        let mut sink = Self::at(descriptor, effects);
        sink.keeps_content = true;
        sink
    }

    /// Writes to a file that does not exist.
    pub(super) fn to_be_made(path: &Path, effects: Effects) -> Self {
        Self {
            descriptor: None,
            to_be_made: Some(path.to_owned()),
            staged: None,
            effects,
            keeps_content: effects.append,
            lost: Vec::new(),
            lets_go_of_stdout: false,
        }
    }

    /// Writes to a temporary file that replaces the real one at the end.
    pub(super) fn staged(mut staged: Staged, effects: Effects) -> io::Result<Self> {
        let descriptor = Descriptor::own(staged.take_file()?.into())?;
        let mut sink = Self::at(descriptor, effects);
        sink.staged = Some(staged);
        Ok(sink)
    }

    /// The end from which the pipe is read that this writes to, until it has finished.
    pub(super) fn reading_end(&self) -> Option<OwnedFd> {
        self.descriptor.as_ref()?.reading_end()
    }

    pub(super) fn file_id(&self) -> Option<FileId> {
        self.descriptor.as_ref()?.facts.file_id()
    }

    /// Goes behind what the file has, which is returned if there is something.
    pub(super) fn go_to_end(&mut self) -> io::Result<Option<Kept>> {
        let Some(descriptor) = &self.descriptor else {
            return Ok(None);
        };
        let length = descriptor.go_to_end()?;
        let kept = || Ok(Kept::new(descriptor.fd.try_clone()?, length));
        (length > 0).then(kept).transpose()
    }

    /// Refuses a file whose end is not where the copy goes on.
    fn check_end(descriptor: &Descriptor) -> io::Result<()> {
        if descriptor.file_size() == descriptor.offset() {
            return Ok(());
        }
        let why = "its length has changed meanwhile; another program writes to it";
        Err(io::Error::other(why))
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        match &self.to_be_made {
            Some(_) if self.effects.append => Err(APPENDS),
            Some(_) => Ok(Raw::File),
            None => self.descriptor.as_ref().ok_or("it is closed")?.raw(),
        }
    }

    fn open(&mut self) -> io::Result<&mut Descriptor> {
        self.descriptor
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn make(&mut self, path: &Path) -> io::Result<()> {
        let new = OFlags::WRONLY | OFlags::CREATE | self.effects.append_flag();
        let flags = if self.effects.create { NEW } else { new };
        self.descriptor = Some(Descriptor::own(open(path, flags)?)?);
        Ok(())
    }

    fn sync(fd: &OwnedFd) -> io::Result<()> {
        match rustix::fs::fsync(fd) {
            // A FIFO or character device has nothing to sync, which is no failure (fsync(2)).
            Err(rustix::io::Errno::INVAL) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Ends standard output, of which `fd` is a duplicate: the socket is shut down, and this process has a pipe open no more. The null
/// device takes its place, so that no other file gets its number.
fn let_go_of_stdout(fd: &OwnedFd) -> io::Result<()> {
    match shutdown(fd, Shutdown::Write) {
        // It is a pipe, or its peer is gone.
        Ok(()) | Err(Errno::NOTSOCK | Errno::NOTCONN) => {}
        Err(error) => return Err(error.into()),
    }
    let null = open(Path::new("/dev/null"), OFlags::WRONLY)?;
    Ok(dup2_stdout(null)?)
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(descriptor) = &mut self.descriptor {
            descriptor.give_back();
        }
    }
}

impl Sink for FileSink {
    fn facts(&self) -> SinkFacts {
        let descriptor = self.descriptor.as_ref();
        let is_pipeline = descriptor.is_some_and(Descriptor::is_pipeline);
        SinkFacts {
            is_terminal: descriptor.is_some_and(|it| it.facts.is_terminal),
            peer: None,
            is_paced: false,
            sleeps: !is_pipeline,
            is_pipeline,
            probe: descriptor.map_or_else(|| Probe::of(self.raw()), Descriptor::probe),
            leftover: self.staged.as_ref().map(Staged::leftover),
        }
    }

    fn start(&mut self, _: Option<u64>) -> io::Result<()> {
        if let Some(path) = self.to_be_made.take() {
            self.make(&path)?;
        }
        match &self.descriptor {
            Some(descriptor) if descriptor.facts.is_regular() && !self.keeps_content => {
                if self.effects.resume {
                    Self::check_end(descriptor)?;
                } else {
                    descriptor.truncate()?;
                }
            }
            _ => {}
        }
        self.keeps_content = true;
        Ok(())
    }

    fn would_lose(&self) -> u64 {
        match (&self.staged, &self.descriptor) {
            (Some(staged), _) => staged.would_lose(),
            (None, Some(descriptor)) if !self.keeps_content && !self.effects.resume => {
                descriptor.file_size().unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.descriptor.as_ref()?.pipe()
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.open()?.write(bufs)
    }

    fn ready(&self) -> Ready<'_> {
        let descriptor = self.descriptor.as_ref();
        descriptor.map_or_else(|| Ready::At(Instant::now()), Descriptor::writable)
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        if let Some(descriptor) = self.descriptor.take() {
            let fd = descriptor.into_fd();
            if let Some(staged) = &self.staged {
                self.lost = staged.give_permissions(&fd)?;
            }
            if self.effects.sync {
                Self::sync(&fd)?;
            }
            if self.lets_go_of_stdout {
                let_go_of_stdout(&fd)?;
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

    fn warning(&self) -> Option<String> {
        let lost = self.lost.join(", ");
        let warning = || format!("differs from the file it replaced: {lost} could not be kept");
        (!lost.is_empty()).then(warning)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((self.raw()?, self))
    }
}

impl KernelSink for FileSink {
    fn at(&self) -> Option<FdAt<'_>> {
        self.descriptor.as_ref().map(Descriptor::at)
    }

    fn grant(&mut self, most: u64) -> io::Result<u64> {
        self.open()?.claim_to_write(most)
    }

    fn moved(&mut self, n: u64) {
        if let Some(descriptor) = &mut self.descriptor {
            descriptor.use_up(n);
        }
    }

    fn leave_hole(&mut self, n: u64) -> io::Result<bool> {
        self.open()?.leave_hole(n)
    }
}

#[cfg(test)]
mod tests {
    use super::{Effects, FileSink};
    use crate::endpoint::Sink;
    use crate::endpoint::descriptor::{Descriptor, open};
    use rustix::fs::OFlags;
    use std::io::IoSlice;

    #[test]
    fn a_sink_that_is_started_again_keeps_what_was_written_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let (new, old) = (directory.path().join("new"), directory.path().join("old"));
        std::fs::write(&old, "what was there before").unwrap();
        let found = Descriptor::own(open(&old, OFlags::WRONLY).unwrap()).unwrap();
        let effects = Effects::default();
        let sinks = [
            (FileSink::to_be_made(&new, effects), &new),
            (FileSink::at(found, effects), &old),
        ];
        for (mut sink, path) in sinks {
            sink.start(None).unwrap();
            sink.write(&[IoSlice::new(b"written")]).unwrap();
            sink.start(None).unwrap();
            sink.write(&[IoSlice::new(b" on")]).unwrap();
            assert_eq!(std::fs::read(path).unwrap(), b"written on");
        }
    }
}
