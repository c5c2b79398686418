//! What feeds a peer and what takes from it, when the harness does: on threads that cost next to nothing.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

use crate::data::{DATA, OUT};
use crate::harness::stop::Deadline;
use crate::pumps::{drain, feed, joined};
use crate::schedule::Run;
use crate::sockets::{Family, SocketEnd};

/// Where the benchmark listens, a port of the loopback or an abstract name, as it goes into command lines; empty where it does
/// not.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    /// The sender, which the peer reads from.
    pub(crate) from: String,
    /// The receiver, which the peer writes to.
    pub(crate) to: String,
    /// A second receiver.
    pub(crate) other: String,
}

impl Ports {
    /// What stands for them in the reports; they are others in each run.
    pub(crate) fn shown() -> Self {
        Self {
            from: "FROM".to_owned(),
            to: "PORT".to_owned(),
            other: "OTHER".to_owned(),
        }
    }
}

/// Where a peer's bytes come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// The data file, which the peer opens itself.
    File,
    /// A pipe that is filled at no cost.
    Pipe,
    /// A sender, which the peer connects to.
    Socket(Family),
}

/// Where a peer's bytes go to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// The file `{out}`, which the peer or the harness on its behalf opens.
    File,
    /// A pipe that is emptied at no cost.
    Pipe,
    /// A receiver, which the peer connects to.
    Socket(Family),
}

/// What feeds a peer.
#[derive(Debug)]
pub(crate) enum Feed {
    /// Nothing: the peer helps itself.
    None,
    /// The thread at the other end of the pipe.
    Pipe(JoinHandle<io::Result<()>>),
    /// The sender on a socket.
    Socket(SocketEnd<()>),
}

impl Feed {
    /// Starts what feeds, and returns the peer's standard input with it.
    pub(crate) fn start(from: Origin, run: &Run<'_>, deadline: Deadline) -> Result<(Self, Stdio)> {
        match from {
            Origin::File => Ok((Self::None, Stdio::null())),
            Origin::Pipe => {
                let (theirs, ours) = io::pipe().context("cannot make a pipe")?;
                let (file, bytes) = (run.files.open(DATA)?, run.bytes);
                let thread = thread::spawn(move || feed(&file, &ours, bytes));
                Ok((Self::Pipe(thread), theirs.into()))
            }
            Origin::Socket(family) => {
                let sender = SocketEnd::sending(family, run.files.open(DATA)?, deadline)?;
                Ok((Self::Socket(sender), Stdio::null()))
            }
        }
    }

    /// The port or name in command lines; empty without one.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Socket(sender) => sender.place().to_owned(),
            Self::None | Self::Pipe(_) => String::new(),
        }
    }

    /// Once the peer has ended: fails if it did not take all bytes.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Pipe(thread) => Ok(joined(thread)??),
            Self::Socket(sender) => sender.join(),
        }
        .context("the peer did not take all bytes")
    }
}

/// What takes from a peer.
#[derive(Debug)]
pub(crate) enum Take {
    /// A file, whose length tells how much it took.
    File(PathBuf),
    /// The thread at the other end of the pipe, which counts.
    Pipe(JoinHandle<io::Result<u64>>),
    /// The receiver on a socket.
    Socket(SocketEnd<u64>),
}

impl Take {
    /// Starts what takes, and returns the peer's standard output with it.
    pub(crate) fn start(to: Goal, run: &Run<'_>, deadline: Deadline) -> Result<(Self, Stdio)> {
        match to {
            Goal::File => Ok((Self::File(run.files.path(OUT).into()), Stdio::null())),
            Goal::Pipe => {
                let (ours, theirs) = io::pipe().context("cannot make a pipe")?;
                let thread = thread::spawn(move || {
                    let count = AtomicU64::new(0);
                    drain(&ours, &count)?;
                    Ok(count.load(Ordering::Relaxed))
                });
                Ok((Self::Pipe(thread), theirs.into()))
            }
            Goal::Socket(family) => {
                let receiver = SocketEnd::discarding(family, deadline)?;
                Ok((Self::Socket(receiver), Stdio::null()))
            }
        }
    }

    /// The port or name in command lines; empty without one.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Socket(receiver) => receiver.place().to_owned(),
            Self::File(_) | Self::Pipe(_) => String::new(),
        }
    }

    /// Once the peer has ended: how many bytes came.
    pub(crate) fn finish(self) -> Result<u64> {
        match self {
            Self::File(path) => fs::metadata(path)
                .map(|metadata| metadata.len())
                .context("the peer made no file"),
            Self::Pipe(thread) => joined(thread)?.context("the reader failed"),
            Self::Socket(receiver) => receiver.join().context("the receiver failed"),
        }
    }
}
