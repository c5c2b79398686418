//! The ends of a transfer that cost next to nothing: bytes come from the page cache and vanish in the kernel.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::pipe::{SpliceFlags, splice};

use crate::stop::Deadline;

/// Bytes asked for in one call.
const CALL: usize = 1 << 20;

/// Splices `bytes` bytes of `file` into `pipe`, starting over at the end of the file. Nothing is copied.
pub(crate) fn feed(file: &File, pipe: impl AsFd, bytes: u64) -> io::Result<()> {
    let len = file.metadata()?.len();
    let (mut offset, mut left) = (0, bytes);
    while left > 0 {
        if offset == len {
            offset = 0;
        }
        let want = left.min(len - offset).min(CALL as u64);
        let want = usize::try_from(want).map_err(io::Error::other)?;
        match splice(
            file,
            Some(&mut offset),
            &pipe,
            None,
            want,
            SpliceFlags::empty(),
        ) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(moved) => left -= moved as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Splices `pipe` into `/dev/null` until its end, keeping count in `drained`.
pub(crate) fn drain(pipe: impl AsFd, drained: &AtomicU64) -> io::Result<()> {
    let null = File::options().write(true).open("/dev/null")?;
    loop {
        match splice(&pipe, None, &null, None, CALL, SpliceFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(moved) => _ = drained.fetch_add(moved as u64, Ordering::Relaxed),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A TCP receiver that takes one connection and discards what comes.
#[derive(Debug)]
pub(crate) struct TcpSink {
    port: u16,
    thread: JoinHandle<Result<u64>>,
}

impl TcpSink {
    /// Listens on a free port of the loopback.
    pub(crate) fn listen(deadline: Deadline) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen on the loopback")?;
        let port = listener.local_addr()?.port();
        let thread = thread::spawn(move || swallow(&listener, deadline));
        Ok(Self { port, thread })
    }

    /// The port that was free.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the end of the connection and says how many bytes came.
    pub(crate) fn received(self) -> Result<u64> {
        joined(self.thread)?.context("the TCP receiver failed")
    }
}

fn swallow(listener: &TcpListener, deadline: Deadline) -> Result<u64> {
    deadline
        .wait_readable(listener)
        .context("nobody connected")?;
    let (stream, _) = listener.accept()?;
    // TCP with MSG_TRUNC drops the bytes in the kernel: the buffer stays untouched and only lends its length.
    let mut lent = vec![0; CALL];
    let mut total = 0;
    loop {
        match recv(&stream, lent.as_mut_slice(), RecvFlags::TRUNC) {
            Ok((_, 0)) => return Ok(total),
            Ok((_, len)) => total += len as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The result of a thread of the harness.
pub(crate) fn joined<T>(thread: JoinHandle<T>) -> Result<T> {
    thread
        .join()
        .map_err(|_| anyhow::anyhow!("a thread of the harness panicked"))
}
