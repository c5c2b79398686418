//! System calls of the road to several sinks that let through what scripts allow, and refuse, cut short or fail the n-th of a kind.

use crate::hostile::{Act, Script};
use rustix::io::Errno;
use rustix::pipe::SpliceFlags;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard};
use tidegate::engine::road::Syscalls;
use tidegate::platform::FdAt;

/// Which call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From the source into the first pipe.
    In,
    /// From there into the pipe of a sink.
    Tee,
    /// The same, but the bytes leave the first pipe.
    Last,
    /// Out of its pipe to this sink.
    Out(usize),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is refused, or fails.
    Says(Errno),
    /// It moves one byte less than it could; of a single byte nothing.
    Short,
}

/// What goes wrong with the n-th call of a kind, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) call: u64,
    pub(crate) wrong: Wrong,
}

struct Inner {
    /// What happens to the calls that are not one from pipe to pipe, by kind.
    scripts: Vec<(Kind, Script)>,
    calls: Vec<(Kind, u64)>,
    happened: Vec<Fault>,
    came: u64,
}

/// The system calls. They tell by the descriptors which way a call goes.
#[derive(Clone)]
pub(crate) struct TeeCalls {
    from: RawFd,
    to: Vec<RawFd>,
    faults: Vec<Fault>,
    inner: Arc<Mutex<Inner>>,
}

impl std::fmt::Debug for TeeCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TeeCalls")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl TeeCalls {
    /// Between the source and these sinks, with a script for the first and for each of the others.
    pub(crate) fn new(
        from: RawFd,
        to: Vec<RawFd>,
        acts: Vec<Vec<Act>>,
        faults: Vec<Fault>,
    ) -> Self {
        let kinds = std::iter::once(Kind::In).chain((0..to.len()).map(Kind::Out));
        let scripts = kinds.zip(acts.into_iter().map(Script::new));
        let inner = Inner {
            scripts: scripts.collect(),
            calls: Vec::new(),
            happened: Vec::new(),
            came: 0,
        };
        Self {
            from,
            to,
            faults,
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// What has gone wrong.
    pub(crate) fn happened(&self) -> Vec<Fault> {
        self.lock().happened.clone()
    }

    /// How many bytes have come from the source.
    pub(crate) fn came(&self) -> u64 {
        self.lock().came
    }

    /// How many calls of a kind there have been.
    pub(crate) fn count(&self, kind: Kind) -> u64 {
        let inner = self.lock();
        let found = inner.calls.iter().find(|(it, _)| *it == kind);
        found.map_or(0, |(_, count)| *count)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic at the syscalls")
    }

    /// How many of `most` bytes one more call of this kind moves.
    fn allow(&self, kind: Kind, most: u64) -> io::Result<usize> {
        assert!(most > 0, "asked for nothing");
        let mut inner = self.lock();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let script = inner.scripts.iter_mut().find(|(it, _)| *it == kind);
        let allowed = script.map_or(Ok(most), |(_, script)| script.next(most))?;
        if !inner.calls.iter().any(|(it, _)| *it == kind) {
            inner.calls.push((kind, 0));
        }
        let calls = inner.calls.iter_mut().find(|(it, _)| *it == kind);
        let (_, call) = calls.expect("it is there");
        *call += 1;
        let call = *call;
        let mut faults = self.faults.iter();
        let Some(fault) = faults.find(|it| it.kind == kind && it.call == call) else {
            return Ok(allowed);
        };
        inner.happened.push(*fault);
        match fault.wrong {
            Wrong::Says(errno) => Err(errno.into()),
            Wrong::Short => Ok(allowed - 1),
        }
    }
}

impl Syscalls for TeeCalls {
    fn splice(&self, mut from: FdAt<'_>, mut to: FdAt<'_>, most: u64) -> io::Result<u64> {
        let sink = self.to.iter().position(|it| *it == to.fd.as_raw_fd());
        let kind = match sink {
            _ if from.fd.as_raw_fd() == self.from => Kind::In,
            Some(sink) => Kind::Out(sink),
            None => Kind::Last,
        };
        let most = match (self.allow(kind, most)?, kind) {
            // A source that gives nothing has ended.
            (0, Kind::In) => 1,
            (0, _) => return Ok(0),
            (most, _) => most,
        };
        let (from_at, to_at) = (from.offset.as_mut(), to.offset.as_mut());
        let flags = SpliceFlags::NONBLOCK;
        let n = rustix::pipe::splice(from.fd, from_at, to.fd, to_at, most, flags)? as u64;
        if kind == Kind::In {
            self.lock().came += n;
        }
        Ok(n)
    }

    fn tee(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, most: u64) -> io::Result<u64> {
        let most = self.allow(Kind::Tee, most)?;
        if most == 0 {
            return Ok(0);
        }
        Ok(rustix::pipe::tee(from, to, most, SpliceFlags::NONBLOCK)? as u64)
    }

    fn copy(&self, _: FdAt<'_>, _: FdAt<'_>, _: u64) -> io::Result<u64> {
        unreachable!("there are several sinks")
    }

    fn send(&self, _: FdAt<'_>, _: FdAt<'_>, _: u64) -> io::Result<u64> {
        unreachable!("there are several sinks")
    }
}
