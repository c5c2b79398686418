//! `tcp://HOST:PORT`: connects, trying every address of the host, each a moment after the one before.

use super::retry::{RETRY, Retries};
use super::socket::{CLOSE, RCVBUF, SNDBUF, option};
use super::tcp::{NODELAY, Settings};
use super::{
    Announce, EndPlan, Kind, OpenError, OpenFailure, Opening, OptionSpec, Options, PeerPlan,
    Prepared, PreparedPeer, PreparedSink, PreparedSource, Preview, SinkPlan, Slashes, SourcePlan,
    ValueKind,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError, reason};
use crate::platform::resources::ensure_descriptors;
use crate::platform::threads;
use crate::text::visible::named;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one address may be silent before the next is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// The descriptors that a lookup needs, to read a file or to ask two name servers.
const LOOKUP_DESCRIPTORS: usize = 3;

/// `connect-timeout`, an option of every end that connects over TCP.
pub(super) const ATTEMPT_TIMEOUT: OptionSpec = option(
    "connect-timeout",
    ValueKind::Duration,
    "10s",
    "give up an attempt to connect after D",
);

/// `bind`, another one.
pub(super) const BIND: OptionSpec = option(
    "bind",
    ValueKind::Address,
    "",
    "connect from this local IP address, or ADDR:PORT; with a zone: fe80::1%eth0",
);

/// `tcp://`.
pub(super) const KIND: Kind = Kind {
    scheme: "tcp",
    form: "tcp://HOST:PORT",
    slashes: Slashes::Required,
    rest: Rest::Decoded,
    summary: "connects to HOST; write an IPv6 address in brackets",
    options: &[NODELAY, ATTEMPT_TIMEOUT, CLOSE, RETRY, SNDBUF, RCVBUF, BIND],
    source: Some(|uri, options, _| Ok(Box::new(Connect::of(uri, options, KIND.form)?))),
    sink: Some(|uri, options, _| Ok(Box::new(Connect::of(uri, options, KIND.form)?))),
    peer: Some(|uri, options, _| Ok(Box::new(Connect::of(uri, options, KIND.form)?))),
};

/// Nothing is to be done with a connection over TCP before it is used.
async fn as_it_is(stream: TcpStream) -> Result<TcpStream, OpenError> {
    Ok(stream)
}

/// Splits `HOST:PORT`; an IPv6 address stands in brackets. The caller decides whether the host may be empty.
pub(super) fn host_and_port(uri: &Uri, form: &str) -> Result<(String, u16), UsageError> {
    let wrong = |why: &str| UsageError::new(format!("'{uri}': {why}; write {form}"));
    let text = std::str::from_utf8(&uri.rest).map_err(|_| wrong("the host is not UTF-8"))?;
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("no PORT"))?;
    let port = port
        .parse()
        .map_err(|_| wrong(&format!("'{}' is not a port number", named(port))))?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if bare.is_none() && host.contains([':', '/', '[', ']', '@']) {
        return Err(wrong(&format!(
            "'{}' is not a host (write an IPv6 address in brackets)",
            named(host)
        )));
    }
    Ok((bare.unwrap_or(host).to_owned(), port))
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

/// A connection over TCP, before it is made.
#[derive(Clone)]
pub(super) struct Connect {
    pub(super) host: String,
    port: u16,
    bind: Option<SocketAddr>,
    attempt_timeout: Duration,
    retries: Retries,
    pub(super) settings: Settings,
}

impl Connect {
    pub(super) fn of(uri: &Uri, options: &Options, form: &str) -> Result<Self, UsageError> {
        let (host, port) = host_and_port(uri, form)?;
        if host.is_empty() {
            return Err(UsageError::new(format!("'{uri}': no HOST; write {form}")));
        }
        Ok(Self {
            retries: Retries::of(options),
            ..Self::to(&host, port, options)
        })
    }

    /// A connection to this host, without a retry.
    pub(super) fn to(host: &str, port: u16, options: &Options) -> Self {
        Self {
            host: host.to_owned(),
            port,
            bind: options.address("bind"),
            attempt_timeout: options
                .duration("connect-timeout")
                .unwrap_or(CONNECT_TIMEOUT),
            retries: Retries::NONE,
            settings: Settings::of(options),
        }
    }

    /// The same to another host.
    #[cfg(feature = "http")]
    pub(super) fn elsewhere(&self, host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            ..self.clone()
        }
    }

    /// Connects, does with the connection what `then` does, and tries both again as often as was asked for. The time limit of an
    /// attempt is on both.
    pub(super) async fn connect<T>(
        &self,
        side: Side,
        announce: &dyn Announce,
        then: impl AsyncFn(TcpStream) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let doing = format!("connecting to {}", self.place());
        announce.waiting(side, doing.clone());
        let attempt = async || {
            let connected = async { then(self.attempt().await?).await };
            let attempt = timeout(self.attempt_timeout, connected).await;
            attempt.unwrap_or_else(|_| Err(self.timed_out()))
        };
        let failed = |attempt: &str, error: &OpenError| {
            let why = error.reason();
            announce.waiting(side, format!("{doing} ({attempt}: {why})"));
        };
        self.retries.connected(attempt, failed).await
    }

    /// Where it connects to, in words.
    pub(super) fn place(&self) -> String {
        let (host, port) = (named(&self.host), self.port);
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    fn timed_out(&self) -> OpenError {
        let after = humantime::format_duration(self.attempt_timeout);
        let why = OpenFailure::Timeout(format!("no answer within {after} (#connect-timeout)"));
        OpenError {
            act: "connecting to",
            why,
        }
    }

    /// Tries all addresses once.
    async fn attempt(&self) -> Result<TcpStream, OpenError> {
        let found = addresses(&self.host, self.port).await;
        let addresses = found.map_err(|error| unresolved(&error))?;
        let mut waiting: VecDeque<_> = addresses
            .iter()
            .copied()
            .filter(|it| self.can_reach(it))
            .collect();
        let mut running = JoinSet::new();
        let mut failures = Vec::new();
        while !(waiting.is_empty() && running.is_empty()) {
            if let Some(address) = waiting.pop_front() {
                running.spawn(try_address(address, self.bind, self.settings));
            }
            tokio::select! {
                Some(done) = running.join_next() => match done.map_err(io::Error::other) {
                    Ok(Ok(stream)) => return Ok(stream),
                    Ok(Err(failure)) => failures.push(failure),
                    Err(error) => return Err(OpenError::io("connecting to", error)),
                },
                () = sleep(NEXT_ADDRESS_AFTER), if !waiting.is_empty() => {}
            }
        }
        Err(refused_by_all(&failures))
    }

    /// Whether `address` is of the family of the local address that was asked for.
    fn can_reach(&self, address: &SocketAddr) -> bool {
        self.bind
            .is_none_or(|bind| bind.is_ipv4() == address.is_ipv4())
    }
}

async fn try_address(
    address: SocketAddr,
    bind: Option<SocketAddr>,
    settings: Settings,
) -> Result<TcpStream, (SocketAddr, io::Error)> {
    let connect = async {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        settings.apply_early(&socket)?;
        if let Some(bind) = bind {
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
    };
    connect.await.map_err(|error| (address, error))
}

fn unresolved(error: &io::Error) -> OpenError {
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

fn refused_by_all(failures: &[(SocketAddr, io::Error)]) -> OpenError {
    let told: Vec<_> = failures
        .iter()
        .map(|(address, error)| format!("{address}: {}", reason(error)))
        .collect();
    let why = match failures {
        [] => "the host has no address of the same kind (IPv4 or IPv6) as #bind".to_owned(),
        [(_, error)] => reason(error),
        _ => told.join("; "),
    };
    OpenError {
        act: "connecting to",
        why: OpenFailure::Text(why),
    }
}

impl Connect {
    /// What it was parsed as, and what opening it does, in words.
    pub(super) fn words(&self) -> (String, String) {
        let (host, port) = (&self.host, self.port);
        let limit = humantime::format_duration(self.attempt_timeout);
        let (parsed, reached) = match host.parse::<IpAddr>() {
            Ok(address) => (
                format!("connects to the address {address}, port {port}"),
                "connects".to_owned(),
            ),
            Err(_) => (
                format!("connects to the host {}, port {port}", named(host)),
                "looks the host up (not yet) and tries its addresses".to_owned(),
            ),
        };
        let again = self.retries.words();
        (parsed, format!("{reached}, for {limit} at most{again}"))
    }
}

impl EndPlan for Connect {
    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        self.settings.preview(side, parsed, opening)
    }
}

impl SourcePlan for Connect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let connect = async {
            let stream = self.connect(Side::Source, announce, as_it_is).await?;
            let source = self.settings.source(stream);
            source.map_err(|error| OpenError::io("setting up", error))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl SinkPlan for Connect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let connect = async {
            let stream = self.connect(Side::Sink, announce, as_it_is).await?;
            let sink = self.settings.sink(stream);
            sink.map_err(|error| OpenError::io("setting up", error))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl PeerPlan for Connect {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        let connect = async move {
            let stream = self.connect(side, announce, as_it_is).await?;
            let halves = self.settings.halves(stream);
            halves.map_err(|error| OpenError::io("setting up", error))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        Settings::preview_half(side, parsed, opening)
    }
}
