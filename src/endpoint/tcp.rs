//! TCP connections as ends: their options, what is known of one before it is made, and what a socket is set to once it is connected.

use super::connection::Connected;
use super::socket::{self, SocketSettings, StreamSocket, option};
use super::socket_halves;
use super::{Halves, OptionSpec, Options, Preview, Probe, Sink, Source, ValueKind};
use crate::error::Side;
use rustix::net::sockopt;
use std::io;
use std::os::fd::AsFd;
use tokio::net::TcpStream;

/// `nodelay`, an option of every TCP end.
pub(super) const NODELAY: OptionSpec = option(
    "nodelay",
    ValueKind::Flag,
    "",
    "send small pieces without delay (TCP_NODELAY)",
);

/// The options of a TCP connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) nodelay: bool,
    /// Whether the socket is connected with a proxy, which has the connection with the peer.
    pub(super) is_proxied: bool,
    pub(super) socket: SocketSettings,
}

impl Settings {
    pub(super) fn of(options: &Options) -> Self {
        Self {
            nodelay: options.has("nodelay"),
            is_proxied: false,
            socket: SocketSettings::of(options),
        }
    }

    /// Sets what has to be set before connecting or listening: the sizes of the buffers limit the window that is agreed on then
    /// (tcp(7)). An accepted socket inherits it.
    pub(super) fn apply_early(&self, socket: impl AsFd) -> io::Result<()> {
        self.socket.apply(socket)
    }

    /// What is known of a connection on this side before it is made.
    pub(super) fn preview(&self, side: Side, parsed: String, opening: String) -> Preview {
        let ending = match side {
            Side::Source => {
                "when the peer closes the connection (FIN); a reset is a failure".to_owned()
            }
            Side::Sink => format!(
                "once {} system has acknowledged every byte, and the peer has closed too (closed) or has kept \
                 its side open for {} (acknowledged)",
                self.whose(),
                humantime::format_duration(self.socket.close_timeout)
            ),
        };
        socket::preview(parsed, opening, ending)
    }

    pub(super) fn source(&self, stream: TcpStream) -> io::Result<Box<dyn Source>> {
        Ok(socket::source(self.connected(stream)?))
    }

    pub(super) fn sink(&self, stream: TcpStream) -> io::Result<Box<dyn Sink>> {
        Ok(self.socket.sink(self.connected(stream)?))
    }

    /// What is known of one half of a connection before it is made.
    pub(super) fn preview_half(&self, side: Side, parsed: String, opening: String) -> Preview {
        let ending = match side {
            Side::Source => {
                "when the peer closes its side of the connection (FIN); a reset is a failure"
                    .to_owned()
            }
            Side::Sink => format!(
                "once {} system has acknowledged every byte (acknowledged)",
                self.whose()
            ),
        };
        socket::preview(parsed, opening, ending)
    }

    /// Whose system acknowledges bytes.
    fn whose(&self) -> &'static str {
        if self.is_proxied {
            "the proxy's"
        } else {
            "the peer's"
        }
    }

    /// Small pieces are sent without delay in any case: the peer may be waiting for one to answer it, and may take up to half a
    /// second to acknowledge the one before, for which this one would be held back (RFC 896; RFC 1122, section 4.2.3.2).
    pub(super) fn halves(self, stream: TcpStream) -> io::Result<Halves> {
        let talking = Self {
            nodelay: true,
            ..self
        };
        Ok(socket_halves::of(talking.connected(stream)?))
    }

    pub(super) fn connected(&self, stream: TcpStream) -> io::Result<Connected> {
        sockopt::set_socket_keepalive(&stream, true)?;
        sockopt::set_tcp_nodelay(&stream, self.nodelay)?;
        let connected = Connected::new(stream.into_std()?.into());
        Ok(if self.is_proxied {
            connected.with_a_proxy()
        } else {
            connected
        })
    }
}

impl StreamSocket for Connected {
    fn probe(&self) -> Probe {
        Probe::Connection(self.probe())
    }

    fn peer(&self) -> Option<String> {
        Connected::peer(self)
    }

    fn hangs_up_only_when_cut(&self) -> bool {
        true
    }
}
