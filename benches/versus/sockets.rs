//! Socket ends on this machine: a sender that hands over the page cache, a receiver that discards, over TCP in the kernel.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use rustix::fs::sendfile;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::harness::stop::Deadline;
use crate::pumps::{CALL, joined};

/// Which sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// TCP on a free port of the loopback.
    Tcp,
    /// Unix sockets with an abstract name that is free (unix(7), Autobind).
    Unix,
}

impl Family {
    /// A socket that listens, and its port or name.
    fn listen(self) -> Result<(Socket, String)> {
        let (domain, any) = match self {
            Self::Tcp => {
                let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
                (Domain::IPV4, any.into())
            }
            Self::Unix => (Domain::UNIX, SockAddr::unix("")?),
        };
        let socket = Socket::new(domain, Type::STREAM, None)?;
        socket.bind(&any)?;
        socket.listen(1)?;
        let address = socket.local_addr()?;
        let port = address.as_socket().map(|it| it.port().to_string());
        let name = address.as_abstract_namespace();
        let name = name.map(|it| String::from_utf8_lossy(it).into_owned());
        Ok((socket, port.or(name).context("no port and no name")?))
    }
}

/// A sender or receiver that serves one connection on a thread of its own.
#[derive(Debug)]
pub(crate) struct SocketEnd<T> {
    place: String,
    thread: JoinHandle<Result<T>>,
}

impl SocketEnd<()> {
    /// Sends `file` to whoever connects.
    pub(crate) fn sending(family: Family, file: File, deadline: Deadline) -> Result<Self> {
        Self::serve(family, deadline, move |stream| {
            // A peer that takes nothing more would hold the thread for ever.
            stream.set_write_timeout(Some(deadline.left()))?;
            Ok(send(&file, &stream)?)
        })
    }
}

impl SocketEnd<u64> {
    /// Discards and counts what comes.
    pub(crate) fn discarding(family: Family, deadline: Deadline) -> Result<Self> {
        Self::serve(family, deadline, |stream| Ok(swallow(&stream)?))
    }
}

impl<T: Send + 'static> SocketEnd<T> {
    /// Listens for the one connection that `work` is done with.
    pub(crate) fn serve(
        family: Family,
        deadline: Deadline,
        work: impl FnOnce(Socket) -> Result<T> + Send + 'static,
    ) -> Result<Self> {
        let (listener, place) = family.listen().context("cannot listen")?;
        let thread = thread::spawn(move || {
            deadline
                .wait_readable(&listener)
                .context("nobody connected")?;
            work(listener.accept()?.0)
        });
        Ok(Self { place, thread })
    }

    /// The port or the name that was free.
    pub(crate) fn place(&self) -> &str {
        &self.place
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

pub(crate) fn send(file: &File, socket: impl AsFd) -> io::Result<()> {
    loop {
        match sendfile(&socket, file, None, CALL) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub(crate) fn swallow(socket: impl AsFd) -> io::Result<u64> {
    // TCP with MSG_TRUNC drops the bytes in the kernel: the buffer stays untouched and only lends its length. From a Unix socket
    // they are copied into it.
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
