//! Reads and writes on a descriptor of any type without waiting.
//!
//! `O_NONBLOCK` belongs to the open file description, which standard input and output share with the shell and its
//! other children, so it is set only on descriptors that this program has opened (nodejs/node#42826 shows what happens to
//! the next `cat` otherwise).

use super::claim::Claim;
use super::file_facts::{FileFacts, raw_source_of};
use super::socket::send_now;
use super::{Probe, Raw, Unfit};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::{self, Ready};
use crate::platform::{self, FdAt};
use rustix::event::PollFlags;
use rustix::fs::{FileType, Mode, OFlags, SeekFrom, fstat, seek};
use rustix::net::RecvFlags;
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Opens a path; a new file gets what the umask leaves of 0666.
pub(super) fn open(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    open_with(path, flags, Mode::from_raw_mode(0o666))
}

/// Opens a path; a new file gets what the umask leaves of `mode`.
pub(super) fn open_with(path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(
        path,
        flags | OFlags::CLOEXEC | OFlags::NOCTTY,
        mode,
    )?)
}

/// The most that is written at once to a pipe or terminal after poll(2) has reported room, so that the write does not sleep
/// (pipe(7), `PIPE_BUF`).
const SURE_ROOM: usize = 4096;

/// How a descriptor is kept from waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Pipes: each call has a flag for it (preadv2(2), `RWF_NOWAIT`). FIFOs do not support that, and are opened once more.
    EachCall,
    /// Sockets: each call has a flag for it (recv(2), `MSG_DONTWAIT`).
    Socket,
    /// Pipes that this program has opened: `O_NONBLOCK` is set.
    Flag,
    /// Terminals, and pipes where the system has nothing better: poll(2) is called before each call. A write may sleep.
    Polled,
    /// Files and block devices, where a write never returns "not now", and a read does if it would wait for the disk.
    Cached,
    /// Files and block devices where a read cannot tell whether it would wait.
    Plain,
}

/// An open descriptor.
#[derive(Debug)]
pub(super) struct Descriptor {
    pub(super) fd: OwnedFd,
    manner: Manner,
    pub(super) facts: FileFacts,
    /// The reader was told that the next read may sleep.
    forewarned: bool,
    /// The pipe that this is an end of.
    pipe: Option<NeighbourPipe>,
    /// The range claimed for this transfer, where other processes share the position of the file.
    pub(super) claim: Option<Claim>,
}

impl Descriptor {
    /// A descriptor whose flags and position other processes share.
    pub(super) fn shared(fd: OwnedFd) -> io::Result<Self> {
        let file = File::from(fd);
        let (found, fd) = (file.metadata()?, OwnedFd::from(file));
        let facts = FileFacts::of_open(&fd, &found);
        let manner = match facts.file_type {
            FileType::RegularFile | FileType::BlockDevice | FileType::Directory => Manner::Cached,
            FileType::Socket => Manner::Socket,
            FileType::Fifo => Manner::EachCall,
            _ => Manner::Polled,
        };
        let pipe = (facts.file_type == FileType::Fifo).then(|| NeighbourPipe::new(&fd));
        Ok(Self {
            pipe: pipe.flatten(),
            claim: facts.is_regular().then(Claim::default),
            fd,
            manner,
            facts,
            forewarned: false,
        })
    }

    /// A descriptor that this program has opened.
    pub(super) fn own(fd: OwnedFd) -> io::Result<Self> {
        let mut it = Self::shared(fd)?;
        it.claim = None;
        if it.manner == Manner::EachCall {
            rustix::io::ioctl_fionbio(&it.fd, true)?;
            it.manner = Manner::Flag;
        }
        Ok(it)
    }

    /// Whether another process reads what is written here.
    pub(super) fn is_pipeline(&self) -> bool {
        matches!(self.facts.file_type, FileType::Fifo | FileType::Socket)
    }

    /// What the kernel can move bytes from or to here.
    pub(super) fn raw(&self) -> Result<Raw, Unfit> {
        self.facts.raw(self.appends())
    }

    /// What the kernel can move bytes from here.
    pub(super) fn raw_source(&self) -> Result<Raw, Unfit> {
        raw_source_of(self.raw()?, self.tells_its_size())
    }

    /// How to ask for its status.
    pub(super) fn probe(&self) -> Probe {
        match &self.pipe {
            Some(pipe) => Probe::Pipe(pipe.probe()),
            None => Probe::of(self.raw()),
        }
    }

    pub(super) fn raw_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Where the kernel moves bytes from or to here.
    pub(super) fn at(&self) -> FdAt<'_> {
        FdAt {
            fd: self.fd.as_fd(),
            offset: self.claimed_at(),
        }
    }

    /// Whether a regular file has the size that it reports. Those of /proc report 0 and have content all the same.
    pub(super) fn tells_its_size(&self) -> bool {
        self.file_size() != Some(0) || platform::is_empty(self.fd.as_fd())
    }

    /// Whether there is a byte at the current offset of a file.
    pub(super) fn has_more(&self) -> io::Result<bool> {
        let offset = seek(&self.fd, SeekFrom::Current(0))?;
        Ok(rustix::io::pread(&self.fd, &mut [0; 1][..], offset)? > 0)
    }

    /// Whether it is open for appending.
    pub(super) fn appends(&self) -> bool {
        rustix::fs::fcntl_getfl(&self.fd).is_ok_and(|flags| flags.contains(OFlags::APPEND))
    }

    /// Empties a regular file. A file that is empty is not truncated: ext4 takes any truncated file for one that is being
    /// replaced, and closing it would wait for its disk (ext4(5), `auto_da_alloc`).
    pub(super) fn truncate(&self) -> io::Result<()> {
        if self.file_size() == Some(0) {
            return Ok(());
        }
        Ok(rustix::fs::ftruncate(&self.fd, 0)?)
    }

    pub(super) fn into_fd(mut self) -> OwnedFd {
        self.give_back();
        self.fd
    }

    /// Reads what is there. A pipe that was full is enlarged.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_some(buf)?;
        if let Some(pipe) = &self.pipe {
            pipe.grow_if_filled(n as u64);
        }
        Ok(n)
    }

    fn read_some(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.manner {
            Manner::Flag => Ok(rustix::io::read(&self.fd, buf)?),
            Manner::Socket => Ok(rustix::net::recv(&self.fd, buf, RecvFlags::DONTWAIT)?.0),
            Manner::EachCall => {
                if let Some(result) = platform::read_now(self.fd.as_fd(), buf) {
                    return result;
                }
                self.manner = self.opened_again(OFlags::RDONLY);
                self.read_some(buf)
            }
            Manner::Polled if wait::is_ready(self.fd.as_fd(), PollFlags::IN) => {
                Ok(rustix::io::read(&self.fd, buf)?)
            }
            Manner::Polled => Err(io::ErrorKind::WouldBlock.into()),
            Manner::Cached | Manner::Plain => self.read_file(buf),
        }
    }

    /// Reads a file. Before a read that may sleep it returns "not now" once, so that bytes read before are passed on first.
    fn read_file(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(at) = self.claimed_at() {
            return self.read_claimed(buf, at);
        }
        if self.forewarned {
            self.forewarned = false;
            return Ok(rustix::io::read(&self.fd, buf)?);
        }
        if self.manner == Manner::Cached {
            match platform::read_now(self.fd.as_fd(), buf) {
                Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Some(result) => return result,
                None => self.manner = Manner::Plain,
            }
        }
        self.forewarned = true;
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Reads bytes at `at` that were claimed for the kernel to move, and that it has not moved.
    fn read_claimed(&mut self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let most = usize::try_from(self.claimed()).map_or(buf.len(), |left| left.min(buf.len()));
        let n = rustix::io::pread(&self.fd, &mut buf[..most], at)?;
        // Reading nothing means that the file has become shorter.
        self.use_up(if n == 0 { u64::MAX } else { n as u64 });
        Ok(n)
    }

    /// Writes what fits. A pipe that is full is enlarged.
    pub(super) fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            match (self.write_some(bufs), &self.pipe) {
                (Err(error), Some(pipe))
                    if error.kind() == io::ErrorKind::WouldBlock && pipe.grow() => {}
                (Ok(n), Some(pipe)) => {
                    pipe.grow_if_filled(n as u64);
                    return Ok(n);
                }
                (other, _) => return other,
            }
        }
    }

    fn write_some(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        if let Some(at) = self.claimed_at() {
            return self.write_claimed(bufs, at);
        }
        match self.manner {
            Manner::Cached | Manner::Plain | Manner::Flag => {
                Ok(rustix::io::writev(&self.fd, bufs)?)
            }
            Manner::Socket => send_now(self.fd.as_fd(), bufs),
            Manner::EachCall => {
                if let Some(result) = platform::write_now(self.fd.as_fd(), bufs) {
                    return result;
                }
                self.manner = self.opened_again(OFlags::WRONLY);
                self.write_some(bufs)
            }
            Manner::Polled if wait::is_ready(self.fd.as_fd(), PollFlags::OUT) => {
                let first = bufs.first().map_or(&[][..], |buf| buf);
                // Devices other than terminals, such as /dev/null, take all that they are given.
                let is_device =
                    self.facts.file_type == FileType::CharacterDevice && !self.facts.is_terminal;
                let most = if is_device { usize::MAX } else { SURE_ROOM };
                Ok(rustix::io::write(
                    &self.fd,
                    &first[..first.len().min(most)],
                )?)
            }
            Manner::Polled => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Writes at `at`, in a range that was claimed for the kernel to write to, and that it has not written.
    fn write_claimed(&mut self, bufs: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        let first = bufs.first().map_or(&[][..], |buf| buf);
        let most =
            usize::try_from(self.claimed()).map_or(first.len(), |left| left.min(first.len()));
        let n = rustix::io::pwrite(&self.fd, &first[..most], at)?;
        self.use_up(n as u64);
        Ok(n)
    }

    /// The other end of the pipe that this is the writing end of, to ask how much is in it when this one is closed.
    pub(super) fn reading_end(&self) -> Option<OwnedFd> {
        self.open_again(OFlags::RDONLY).ok()
    }

    /// Opens the same pipe once more (proc(5), `/proc/self/fd`).
    fn open_again(&self, mode: OFlags) -> io::Result<OwnedFd> {
        let path = PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()));
        open(&path, mode | OFlags::NONBLOCK)
    }

    /// Opens the same FIFO once more, which makes an open file description whose flags no other process shares.
    fn opened_again(&mut self, mode: OFlags) -> Manner {
        match self.open_again(mode) {
            Ok(fd) => {
                self.fd = fd;
                Manner::Flag
            }
            Err(_) => Manner::Polled,
        }
    }

    /// What to wait for before the next read.
    pub(super) fn readable(&self) -> Ready<'_> {
        if self.forewarned {
            Ready::At(Instant::now())
        } else {
            Ready::Readable(self.fd.as_fd())
        }
    }

    /// What to wait for before the next write.
    pub(super) fn writable(&self) -> Ready<'_> {
        Ready::Writable(self.fd.as_fd())
    }

    pub(super) fn pipe(&self) -> Option<&NeighbourPipe> {
        self.pipe.as_ref()
    }

    /// Bytes from the current offset to the end. `None` for files that report a size of 0, since those of /proc do and have
    /// content all the same.
    pub(super) fn size_left(&self) -> Option<u64> {
        let size = match self.facts.file_type {
            FileType::RegularFile => u64::try_from(fstat(&self.fd).ok()?.st_size).ok()?,
            FileType::BlockDevice => self.device_size()?,
            _ => return None,
        };
        let offset = seek(&self.fd, SeekFrom::Current(0)).ok()?;
        (size > 0).then(|| size.saturating_sub(offset))
    }

    /// The offset at which the next byte of a file is read or written.
    pub(super) fn offset(&self) -> Option<u64> {
        seek(&self.fd, SeekFrom::Current(0)).ok()
    }

    /// Moves to the end of a file, and returns its length in bytes.
    pub(super) fn go_to_end(&self) -> io::Result<u64> {
        Ok(seek(&self.fd, SeekFrom::End(0))?)
    }

    /// How many bytes a pipe can hold.
    pub(super) fn pipe_size(&self) -> Option<u64> {
        platform::pipe_size(self.fd.as_fd())
    }

    /// The file in words.
    pub(super) fn words(&self) -> String {
        self.facts.words(self.file_size().unwrap_or(0))
    }

    /// The size of a regular file now.
    pub(super) fn file_size(&self) -> Option<u64> {
        let size = self
            .facts
            .is_regular()
            .then(|| fstat(&self.fd).ok())??
            .st_size;
        u64::try_from(size).ok()
    }

    /// Moves at most `n` bytes ahead, not past the end.
    pub(super) fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        if self.claimed() > 0 {
            let ahead = n.min(self.claimed());
            self.use_up(ahead);
            return Ok(ahead);
        }
        let ahead = n.min(self.size_left().unwrap_or(0));
        let Ok(offset) = i64::try_from(ahead) else {
            return Ok(0);
        };
        if offset > 0 {
            seek(&self.fd, SeekFrom::Current(offset))?;
        }
        Ok(ahead)
    }

    fn device_size(&self) -> Option<u64> {
        let offset = seek(&self.fd, SeekFrom::Current(0)).ok()?;
        let size = seek(&self.fd, SeekFrom::End(0)).ok()?;
        seek(&self.fd, SeekFrom::Start(offset)).ok()?;
        Some(size)
    }
}
