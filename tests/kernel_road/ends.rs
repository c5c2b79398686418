//! Real ends for the kernel to move bytes between: files, pipes, and connections, with somebody at the other side.

use rustix::pipe::fcntl_setpipe_size;
use std::fs::File;
use std::io::{self, IoSlice, PipeReader, PipeWriter, Read, Seek, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tidegate::endpoint::{
    Delivered, Extent, Finish, KernelSink, KernelSource, Raw, Sink, Source, Unfit,
};
use tidegate::engine::wait::Ready;
use tidegate::platform::FdAt;

/// What an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    File,
    Pipe,
    Socket,
    UnixSocket,
}

impl End {
    pub(crate) const ALL: [End; 4] = [End::File, End::Pipe, End::Socket, End::UnixSocket];

    fn raw(self) -> Raw {
        match self {
            End::File => Raw::File,
            End::Pipe => Raw::Pipe,
            End::Socket | End::UnixSocket => Raw::Socket,
        }
    }
}

/// A source, and who feeds it.
pub(crate) struct From {
    end: End,
    file: File,
    /// What it pretends to be while a road is chosen, so that any file system seems to copy by itself.
    decoy: Option<(File, Arc<AtomicBool>)>,
    /// What is done, with the number of bytes that have been moved, before bytes are claimed.
    before_claim: Option<BeforeClaim>,
    moved: u64,
    /// The hole that it seems to begin with, in bytes.
    hole: u64,
}

type BeforeClaim = Box<dyn FnMut(u64) -> io::Result<()> + Send>;

impl From {
    /// One that gives `data`, and then ends or, if it `stays`, gives nothing until what is returned is dropped.
    pub(crate) fn new(end: End, data: &[u8], stays: bool) -> (Self, Option<Box<dyn Send>>) {
        let (fd, feed): (OwnedFd, Option<Box<dyn Feed>>) = match end {
            End::File => {
                let mut file = tempfile::tempfile().expect("a file");
                file.write_all(data)
                    .and_then(|()| file.rewind())
                    .expect("writing");
                (file.into(), None)
            }
            End::Pipe => {
                let (from, feed) = wide_pipe();
                (from.into(), Some(Box::new(feed)))
            }
            End::Socket => {
                let (from, feed) = connection();
                (from.into(), Some(Box::new(feed)))
            }
            End::UnixSocket => {
                let (from, feed) = UnixStream::pair().expect("a connection");
                (from.into(), Some(Box::new(feed)))
            }
        };
        let kept = feed.map(|feed| fed(feed, data.to_vec(), stays));
        let from = Self {
            end,
            file: nonblocking(fd),
            decoy: None,
            before_claim: None,
            moved: 0,
            hole: 0,
        };
        (from, kept.flatten())
    }

    /// The same, on a file system that seems to copy by itself until the flag is set.
    pub(crate) fn that_copies(mut self) -> (Self, Arc<AtomicBool>) {
        let chosen = Arc::new(AtomicBool::new(false));
        let decoy = File::open("/proc/version").expect("a file of /proc");
        self.decoy = Some((decoy, Arc::clone(&chosen)));
        (self, chosen)
    }

    /// The same, but this is done before bytes are claimed.
    pub(crate) fn that_first(
        self,
        act: impl FnMut(u64) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self {
            before_claim: Some(Box::new(act)),
            ..self
        }
    }

    /// The same, but it seems to begin with a hole of `n` bytes.
    pub(crate) fn that_begins_with_a_hole(self, n: u64) -> Self {
        Self { hole: n, ..self }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Where a file is read on.
    pub(crate) fn watch(&self) -> File {
        self.file.try_clone().expect("a descriptor")
    }
}

trait Feed: Write + Send {}
impl<T: Write + Send> Feed for T {}

/// Feeds from a thread; the far end may be gone before it has everything.
fn fed(mut feed: Box<dyn Feed>, data: Vec<u8>, stays: bool) -> Option<Box<dyn Send>> {
    let (open, held) = channel::<()>();
    thread::spawn(move || {
        let _ = feed.write_all(&data);
        if stays {
            let _ = held.recv();
        }
    });
    stays.then(|| Box::new(open) as Box<dyn Send>)
}

fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listening");
    let address = listener.local_addr().expect("an address");
    let ours = TcpStream::connect(address).expect("connecting");
    (ours, listener.accept().expect("accepting").0)
}

fn nonblocking(fd: OwnedFd) -> File {
    rustix::io::ioctl_fionbio(&fd, true).expect("a descriptor that does not wait");
    fd.into()
}

impl Source for From {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        assert!(!buf.is_empty(), "read into nothing");
        self.file.read(buf)
    }

    fn ready(&self) -> Ready<'_> {
        match self.end {
            End::File => Ready::At(Instant::now()),
            _ => Ready::Readable(self.file.as_fd()),
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((self.end.raw(), self))
    }
}

impl KernelSource for From {
    fn at(&self) -> Option<FdAt<'_>> {
        let fd = match &self.decoy {
            Some((decoy, chosen)) if !chosen.load(Ordering::SeqCst) => decoy.as_fd(),
            _ => self.file.as_fd(),
        };
        Some(fd.into())
    }

    fn claim(&mut self, most: u64) -> io::Result<u64> {
        if let Some(act) = &mut self.before_claim {
            act(self.moved)?;
        }
        Ok(most)
    }

    fn moved(&mut self, n: u64) {
        self.moved += n;
    }

    fn extent(&mut self) -> io::Result<Extent> {
        Ok(Extent {
            hole: self.hole,
            data: u64::MAX,
        })
    }
}

/// A sink.
pub(crate) struct To {
    end: End,
    file: Option<File>,
    steps_to_finish: Option<u32>,
    /// Whether it would lose what it holds when it is started.
    would_lose: bool,
    started: Arc<AtomicBool>,
}

/// Who keeps what arrives at a sink.
pub(crate) enum Kept {
    File(File),
    Read(Receiver<Vec<u8>>),
    /// The far end, which nobody reads.
    Unread(Box<dyn Send>),
}

impl Kept {
    /// What has arrived once the sink is gone.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Kept::File(mut file) => {
                let mut got = Vec::new();
                file.rewind()
                    .and_then(|()| file.read_to_end(&mut got))
                    .expect("reading");
                got
            }
            Kept::Read(got) => got.recv_timeout(super::DEADLINE).expect("the end of it"),
            Kept::Unread(far) => {
                drop(far);
                Vec::new()
            }
        }
    }
}

impl To {
    /// One that is read, or not; a file takes everything anyway.
    pub(crate) fn new(end: End, is_read: bool) -> (Self, Kept) {
        let (fd, far): (OwnedFd, Box<dyn ReadSend>) = match end {
            End::File => {
                let file = tempfile::tempfile().expect("a file");
                let kept = file.try_clone().expect("a descriptor");
                return (Self::at(end, file), Kept::File(kept));
            }
            End::Pipe => {
                let (far, to) = wide_pipe();
                (to.into(), Box::new(far))
            }
            End::Socket => {
                let (to, far) = connection();
                (to.into(), Box::new(far))
            }
            End::UnixSocket => {
                let (to, far) = UnixStream::pair().expect("a connection");
                (to.into(), Box::new(far))
            }
        };
        let to = Self::at(end, nonblocking(fd));
        if !is_read {
            return (to, Kept::Unread(Box::new(far)));
        }
        let (tell, got) = channel();
        let mut far = far;
        thread::spawn(move || {
            let mut all = Vec::new();
            let read = far.read_to_end(&mut all).map(|_| all);
            let _ = tell.send(read.expect("reading"));
        });
        (to, Kept::Read(got))
    }

    fn at(end: End, file: File) -> Self {
        Self {
            end,
            file: Some(file),
            steps_to_finish: Some(2),
            would_lose: false,
            started: Arc::default(),
        }
    }

    /// The same, but it would lose something when it is started. Tells whether it was.
    pub(crate) fn that_would_lose(mut self) -> (Self, Arc<AtomicBool>) {
        self.would_lose = true;
        let started = Arc::clone(&self.started);
        (self, started)
    }

    /// The same, but a call that moves bytes to it sleeps while nothing fits, as one to a file may.
    pub(crate) fn that_sleeps(self) -> Self {
        let fd = self.file.as_ref().expect("open");
        rustix::io::ioctl_fionbio(fd, false).expect("a descriptor that waits");
        self
    }

    /// The same, but its end never comes.
    pub(crate) fn that_never_finishes(self) -> Self {
        Self {
            steps_to_finish: None,
            ..self
        }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.file.as_ref().expect("open").as_raw_fd()
    }
}

trait ReadSend: Read + Send {}
impl<T: Read + Send> ReadSend for T {}

impl Sink for To {
    fn start(&mut self, _: Option<u64>) -> io::Result<()> {
        self.started.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn would_lose(&self) -> u64 {
        u64::from(self.would_lose && !self.started.load(Ordering::SeqCst))
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(bufs.iter().any(|buf| !buf.is_empty()), "wrote nothing");
        self.file.as_mut().expect("open").write_vectored(bufs)
    }

    fn ready(&self) -> Ready<'_> {
        match self.end {
            End::File => Ready::At(Instant::now()),
            _ => Ready::Writable(self.file.as_ref().expect("open").as_fd()),
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((self.end.raw(), self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.file = None;
        let until = match &mut self.steps_to_finish {
            Some(0) => return Ok(Finish::Done(Delivered::Written)),
            Some(steps) => {
                *steps -= 1;
                Instant::now()
            }
            None => Instant::now() + Duration::from_secs(3600),
        };
        Ok(Finish::Wait {
            ready: None,
            until,
            moved: true,
            peer: true,
        })
    }
}

impl KernelSink for To {
    fn at(&self) -> Option<FdAt<'_>> {
        self.file.as_ref().map(|file| file.as_fd().into())
    }

    fn leave_hole(&mut self, _: u64) -> io::Result<bool> {
        assert!(self.started.load(Ordering::SeqCst), "it is not started");
        Ok(false)
    }
}

/// A neighbour's pipe, after it was widened to the default mark.
fn wide_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    fcntl_setpipe_size(&writer, 1 << 20).expect("a wide pipe");
    (reader, writer)
}
