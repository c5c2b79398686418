//! TCP ends on the loopback: a sender that hands over the page cache, a receiver that discards in the kernel.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use rustix::fs::sendfile;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::harness::stop::Deadline;
use crate::pumps::{CALL, joined};

/// A TCP sender or receiver that serves one connection on a thread of its own.
#[derive(Debug)]
pub(crate) struct TcpEnd<T> {
    port: u16,
    thread: JoinHandle<Result<T>>,
}

impl TcpEnd<()> {
    /// Sends `file` to whoever connects.
    pub(crate) fn sending(file: File, deadline: Deadline) -> Result<Self> {
        Self::serve(deadline, move |stream| {
            // A peer that takes nothing more would hold the thread for ever.
            stream.set_write_timeout(Some(deadline.left()))?;
            Ok(send(&file, &stream)?)
        })
    }
}

impl TcpEnd<u64> {
    /// Discards and counts what comes.
    pub(crate) fn discarding(deadline: Deadline) -> Result<Self> {
        Self::serve(deadline, |stream| Ok(swallow(&stream)?))
    }
}

impl<T: Send + 'static> TcpEnd<T> {
    /// Listens on a free port of the loopback for the one connection that `work` is done with.
    fn serve(
        deadline: Deadline,
        work: impl FnOnce(TcpStream) -> Result<T> + Send + 'static,
    ) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen on the loopback")?;
        let port = listener.local_addr()?.port();
        let thread = thread::spawn(move || {
            deadline
                .wait_readable(&listener)
                .context("nobody connected")?;
            work(listener.accept()?.0)
        });
        Ok(Self { port, thread })
    }

    /// The port that was free.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the end of the connection.
    pub(crate) fn join(self) -> Result<T> {
        joined(self.thread)?
    }
}

/// The plainest way from a file to TCP: connect, `sendfile` until the end, close.
pub(crate) fn pump_file(file: &str, port: &str) -> Result<()> {
    let port: u16 = port.parse().context("no port")?;
    let file = File::open(file).with_context(|| format!("cannot open {file}"))?;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect")?;
    send(&file, &stream).context("cannot send")
}

fn send(file: &File, socket: impl AsFd) -> io::Result<()> {
    loop {
        match sendfile(&socket, file, None, CALL) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn swallow(socket: impl AsFd) -> io::Result<u64> {
    // TCP with MSG_TRUNC drops the bytes in the kernel: the buffer stays untouched and only lends its length.
    let mut lent = vec![0; CALL];
    let mut total = 0;
    loop {
        match recv(&socket, lent.as_mut_slice(), RecvFlags::TRUNC) {
            Ok((_, 0)) => return Ok(total),
            Ok((_, len)) => total += len as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
