//! System calls that let through what a script allows.

use crate::hostile::{Act, Script};
use rustix::io::Errno;
use rustix::pipe::SpliceFlags;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard};
use tidegate::engine::road::Syscalls;
use tidegate::platform::FdAt;

/// What goes wrong, beside what the script has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// The first call by which bytes would leave the source, or reach the sink, or be copied, is refused.
    pub(crate) refuses_in: Option<Errno>,
    pub(crate) refuses_out: Option<Errno>,
    pub(crate) refuses_copy: Option<Errno>,
    /// Every call that spares a pipe is refused.
    pub(crate) refuses_send: Option<Errno>,
    /// After so many bytes there is a failure of leaving the source, or reaching the sink.
    pub(crate) fails_in: Option<(u64, Errno)>,
    pub(crate) fails_out: Option<(u64, Errno)>,
}

/// What has come through.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) came: u64,
    pub(crate) went: u64,
    pub(crate) refused: bool,
    pub(crate) copy_refused: bool,
    /// Bytes that were spared a pipe.
    pub(crate) sent: u64,
    pub(crate) failed: Option<Errno>,
    pub(crate) calls: u64,
}

/// Which call it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Splice,
    Copy,
    Send,
}

struct Inner {
    script: Script,
    passed: Passed,
}

/// The system calls. They tell by the descriptors which way a call goes.
#[derive(Clone)]
pub(crate) struct Hostile {
    from: RawFd,
    to: RawFd,
    /// The most that may be between the two ends.
    most: u64,
    faults: Faults,
    inner: Arc<Mutex<Inner>>,
}

impl std::fmt::Debug for Hostile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hostile")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Hostile {
    pub(crate) fn new(from: RawFd, to: RawFd, most: u64, acts: Vec<Act>, faults: Faults) -> Self {
        let inner = Inner {
            script: Script::new(acts),
            passed: Passed::default(),
        };
        Self {
            from,
            to,
            most,
            faults,
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// What has come through so far.
    pub(crate) fn passed(&self) -> Passed {
        std::mem::take(&mut self.lock().passed)
    }

    /// Whether there have been so many calls.
    pub(crate) fn was_called(&self, times: u64) -> bool {
        self.lock().passed.calls >= times
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic at the syscalls")
    }

    /// One call, in the direction that its two descriptors say.
    fn call(
        &self,
        from: FdAt<'_>,
        to: FdAt<'_>,
        most: u64,
        kind: Call,
        call: impl FnOnce(usize) -> rustix::io::Result<usize>,
    ) -> io::Result<u64> {
        assert!(most > 0, "asked for nothing");
        let comes = from.fd.as_raw_fd() == self.from;
        let goes = to.fd.as_raw_fd() == self.to;
        let mut inner = self.lock();
        inner.passed.calls += 1;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut most = match inner.script.next(most) {
            // A file is never "not now" for another one.
            Err(error) if kind == Call::Copy && error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            other => other?,
        };
        if let Some(errno) = self.refusal(&inner.passed, comes, goes, kind) {
            inner.passed.refused |= kind == Call::Splice;
            inner.passed.copy_refused |= kind == Call::Copy;
            return Err(errno.into());
        }
        for (limit, done) in [
            (self.faults.fails_in.filter(|_| comes), inner.passed.came),
            (self.faults.fails_out.filter(|_| goes), inner.passed.went),
        ] {
            let Some((limit, errno)) = limit else {
                continue;
            };
            if done >= limit {
                inner.passed.failed = Some(errno);
                return Err(errno.into());
            }
            most = most.min(usize::try_from(limit - done).unwrap_or(usize::MAX));
        }
        let moved = call(most)? as u64;
        inner.passed.came += if comes { moved } else { 0 };
        inner.passed.went += if goes { moved } else { 0 };
        inner.passed.sent += if kind == Call::Send { moved } else { 0 };
        let held = inner.passed.came - inner.passed.went;
        assert!(
            held <= self.most,
            "{held} bytes held, {} allowed",
            self.most
        );
        Ok(moved)
    }

    fn refusal(&self, passed: &Passed, comes: bool, goes: bool, kind: Call) -> Option<Errno> {
        let faults = &self.faults;
        let first_in = faults.refuses_in.filter(|_| comes && passed.came == 0);
        let first_out = faults.refuses_out.filter(|_| goes && passed.went == 0);
        match kind {
            Call::Splice => first_in.or(first_out),
            Call::Copy => faults.refuses_copy.filter(|_| passed.came == 0),
            Call::Send => faults.refuses_send,
        }
    }
}

impl Syscalls for Hostile {
    fn splice(&self, mut from: FdAt<'_>, mut to: FdAt<'_>, most: u64) -> io::Result<u64> {
        self.call(from, to, most, Call::Splice, |most| {
            let (from_at, to_at) = (from.offset.as_mut(), to.offset.as_mut());
            rustix::pipe::splice(from.fd, from_at, to.fd, to_at, most, SpliceFlags::NONBLOCK)
        })
    }

    fn tee(&self, _: BorrowedFd<'_>, _: BorrowedFd<'_>, _: u64) -> io::Result<u64> {
        unreachable!("there is one sink")
    }

    fn copy(&self, mut from: FdAt<'_>, mut to: FdAt<'_>, most: u64) -> io::Result<u64> {
        self.call(from, to, most, Call::Copy, |most| {
            let (from_at, to_at) = (from.offset.as_mut(), to.offset.as_mut());
            rustix::fs::copy_file_range(from.fd, from_at, to.fd, to_at, most)
        })
    }

    fn send(&self, mut from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        self.call(from, to, most, Call::Send, |most| {
            rustix::fs::sendfile(to.fd, from.fd, from.offset.as_mut(), most)
        })
    }
}
