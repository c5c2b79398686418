//! The pipes that hold the bytes of a link on the kernel road: how full they are, and were.

use super::occupancy::Occupancy;
use super::snapshot::{ConsumerSnapshot, LinkSnapshot, ReadableFill, WritableFill};
use crate::platform;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A pipe is writable again once it has room for so much (pipe(7), `PIPE_BUF`).
const PIPE_BUF: u64 = 4096;

/// The pipes that hold the bytes of a link.
#[derive(Debug, Default)]
pub struct Pipes {
    /// Whether there is a pipe of our own, which has the marks of the link.
    pub own: bool,
    /// The pipe that the source is, if it is one.
    pub source: Option<WatchedPipe>,
    /// The pipe that the sink is, if it is one.
    pub sink: Option<WatchedPipe>,
}

/// The same, as displays have them.
#[derive(Debug)]
pub(super) struct SharedPipes {
    pub(super) own: bool,
    source: Option<Arc<PipeLevel>>,
    sink: Option<Arc<PipeLevel>>,
}

/// A pipe that is an end, and whose fill the kernel tells.
#[derive(Debug)]
pub struct WatchedPipe {
    /// A duplicate of the end's descriptor, which keeps it open.
    _fd: Arc<OwnedFd>,
    level: Arc<PipeLevel>,
}

/// What is known of such a pipe, by any thread. It does not keep the pipe open.
#[derive(Debug)]
struct PipeLevel {
    fd: Weak<OwnedFd>,
    size: AtomicU64,
    len: AtomicU64,
    occupancy: Occupancy,
}

impl WatchedPipe {
    /// Watches the pipe that `fd` is an end of. `None` if `fd` is none, or the process is out of descriptors; then
    /// bytes move all the same, and the pipe is not shown.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = fd.as_fd();
        let size = platform::pipe_size(fd)?;
        let fd = Arc::new(rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()?);
        let level = PipeLevel {
            fd: Arc::downgrade(&fd),
            size: AtomicU64::new(size),
            len: AtomicU64::new(0),
            occupancy: Occupancy::new(),
        };
        Some(Self {
            _fd: fd,
            level: Arc::new(level),
        })
    }

    /// It has held so many bytes at once.
    pub(super) fn held(&self, len: u64) {
        self.level.occupancy.held(len);
    }
}

impl PipeLevel {
    /// Asks the kernel how full the pipe is now, unless the method that uses it is over.
    fn measure(&self, now: Duration) {
        if let Some(fd) = self.fd.upgrade()
            && let Some(len) = platform::bytes_in(fd.as_fd())
        {
            self.len.store(len, Ordering::Relaxed);
            self.occupancy.held(len);
            self.occupancy.note(now, len, self.size());
        }
    }

    /// The pipe was enlarged or shrunk.
    fn resize(&self) {
        let fd = self.fd.upgrade();
        if let Some(size) = fd.and_then(|fd| platform::pipe_size(fd.as_fd())) {
            self.size.store(size, Ordering::Relaxed);
        }
    }

    /// What it held when it was last measured, and what it can hold, in bytes.
    fn level(&self) -> (u64, u64) {
        (self.len.load(Ordering::Relaxed), self.size())
    }

    fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }
}

impl Pipes {
    /// The same pipes, for displays.
    pub(super) fn shared(&self) -> SharedPipes {
        let level = |pipe: &Option<WatchedPipe>| pipe.as_ref().map(|it| Arc::clone(&it.level));
        SharedPipes {
            own: self.own,
            source: level(&self.source),
            sink: level(&self.sink),
        }
    }

    /// Asks the kernel how full the pipes are now.
    pub(super) fn measure(&self, now: Duration) {
        self.watched().for_each(|pipe| pipe.level.measure(now));
    }

    /// This method is over: what the pipes hold now is not shown any more, and our duplicates of the descriptors are closed.
    pub(super) fn release(&mut self, now: Duration) {
        self.measure(now);
        for pipe in [self.source.take(), self.sink.take()].into_iter().flatten() {
            pipe.level.len.store(0, Ordering::Relaxed);
        }
    }

    fn watched(&self) -> impl Iterator<Item = &WatchedPipe> {
        self.source.iter().chain(&self.sink)
    }
}

impl SharedPipes {
    /// The snapshot of the link with the fill of these pipes.
    pub(super) fn show(&self, snapshot: LinkSnapshot, now: Duration) -> LinkSnapshot {
        self.measure(now);
        let readable = self.source.as_ref().map(|pipe| {
            let (len, mark) = pipe.level();
            ReadableFill {
                len,
                mark,
                max_len: pipe.occupancy.max_len(),
                median_len: pipe.occupancy.median(now, mark),
            }
        });
        let writable = self.sink.as_ref().map(|pipe| {
            let (len, mark) = pipe.level();
            WritableFill {
                len,
                mark,
                low: mark.saturating_sub(PIPE_BUF),
                max_len: pipe.occupancy.max_len(),
                median_len: pipe.occupancy.median(now, mark),
            }
        });
        let consumers = snapshot.consumers.into_iter();
        let consumers = consumers.map(|consumer| ConsumerSnapshot {
            writable: if self.own {
                consumer.writable
            } else {
                writable
            },
            ..consumer
        });
        LinkSnapshot {
            is_ours: self.own,
            readable,
            consumers: consumers.collect(),
            ..snapshot
        }
    }

    /// A pipe was enlarged or shrunk.
    pub(super) fn resize(&self) {
        self.pipes().for_each(PipeLevel::resize);
    }

    /// Length and size of the pipe that the source is, and of the one that the sink is.
    pub(super) fn levels(&self, now: Duration) -> [Option<(u64, u64)>; 2] {
        self.measure(now);
        [&self.source, &self.sink].map(|pipe| pipe.as_ref().map(|it| it.level()))
    }

    fn measure(&self, now: Duration) {
        self.pipes().for_each(|pipe| pipe.measure(now));
    }

    fn pipes(&self) -> impl Iterator<Item = &PipeLevel> {
        self.source.iter().chain(&self.sink).map(|pipe| &**pipe)
    }
}
