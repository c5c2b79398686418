//! Makes a connection over TCP: looks a host up, and tries each of its addresses a moment after the one before.

use super::tcp::Settings;
use super::{OpenError, OpenFailure};
use crate::error::reason;
use crate::platform::resources::ensure_descriptors;
use crate::platform::threads;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long one address may be silent before the next is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// The descriptors that a lookup needs, to read a file or to ask two name servers.
const LOOKUP_DESCRIPTORS: usize = 3;

/// What a socket is before it is connected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dial {
    /// The local address that was asked for.
    pub(super) bind: Option<SocketAddr>,
    pub(super) settings: Settings,
}

impl Dial {
    /// Connects with a host, whichever of its addresses answers first.
    pub(super) async fn to(self, host: &str, port: u16) -> Result<TcpStream, OpenError> {
        let found = addresses(host, port).await;
        let mut addresses = found.map_err(|error| unresolved(&error))?;
        addresses.retain(|it| self.can_reach(it));
        let connected = if addresses.is_empty() {
            Err("the host has no address of the same kind (IPv4 or IPv6) as #bind".to_owned())
        } else {
            first_of(addresses, |address| self.connect(address)).await
        };
        connected.map_err(|why| OpenError {
            act: "connecting to",
            why: OpenFailure::Text(why),
        })
    }

    /// Whether `address` is of the family of the local address that was asked for.
    fn can_reach(self, address: &SocketAddr) -> bool {
        self.bind
            .is_none_or(|bind| bind.is_ipv4() == address.is_ipv4())
    }

    async fn connect(self, address: SocketAddr) -> Result<TcpStream, String> {
        self.try_address(address)
            .await
            .map_err(|error| reason(&error))
    }

    async fn try_address(self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        self.settings.apply_early(&socket)?;
        if let Some(bind) = self.bind {
            socket.set_reuseaddr(true)?;
            socket.bind(bind)?;
        }
        let stream = socket.connect(address).await?;
        // Connecting to a local port of the ephemeral range on which no socket listens, a socket may be given that very port
        // and be connected to itself. A socket that was reset already has no peer address; its next use tells.
        if stream.peer_addr().ok() == Some(stream.local_addr()?) {
            return Err(rustix::io::Errno::CONNREFUSED.into());
        }
        Ok(stream)
    }
}

/// The addresses of a host. A name server may take long to answer, so it is asked on a thread that is left behind if the
/// transfer is interrupted.
pub(super) async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    let lookup = move || match (host, port).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => {
            // Without descriptors for the lookup, the C library reports that there is no such host.
            ensure_descriptors(LOOKUP_DESCRIPTORS)?;
            Err(error)
        }
    };
    threads::apart("resolver", lookup)?.await
}

/// The failure of a lookup.
pub(super) fn unresolved(error: &io::Error) -> OpenError {
    let text = reason(error);
    let why = text
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(&text)
        .to_owned();
    OpenError {
        act: "resolving the host of",
        why: OpenFailure::Text(why),
    }
}

/// The first connection that is made to one of these addresses, each of which is tried a moment after the one before. The error
/// tells why of all.
pub(super) async fn first_of<F>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<TcpStream, String>
where
    F: Future<Output = Result<TcpStream, String>> + Send + 'static,
{
    let mut waiting = VecDeque::from(addresses);
    let mut running = JoinSet::new();
    let mut failures = Vec::new();
    while !(waiting.is_empty() && running.is_empty()) {
        if let Some(address) = waiting.pop_front() {
            let connect = connect(address);
            running.spawn(async move { connect.await.map_err(|why| (address, why)) });
        }
        tokio::select! {
            Some(done) = running.join_next() => match done {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(failure)) => failures.push(failure),
                Err(error) => return Err(error.to_string()),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if !waiting.is_empty() => {}
        }
    }
    Err(all_failed(failures))
}

fn all_failed(mut failures: Vec<(SocketAddr, String)>) -> String {
    if failures.len() == 1 {
        return failures.remove(0).1;
    }
    let told = failures
        .iter()
        .map(|(address, why)| format!("{address}: {why}"));
    told.collect::<Vec<_>>().join("; ")
}
