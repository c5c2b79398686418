//! `tcp-listen://[ADDR]:PORT`: tells where it listens, accepts one peer of those that may connect, and stops listening.
//!
//! A peer that may not connect is reset at once (`SO_LINGER` 0, which an accepted socket inherits): a FIN would look like the end
//! of an empty transfer, and the closed connection would stay in `TIME_WAIT`.

use super::accept::{ACCEPT_TIMEOUT, Accepting, MIN_SIZE, TurnedAway};
use super::admissions::Admissions;
use super::connect::host_and_port;
use super::dial::addresses;
use super::socket::{CLOSE, RCVBUF, SNDBUF};
use super::tcp::{NODELAY, Settings};
use super::{
    Announce, EndPlan, Kind, Least, Network, OpenError, OpenFailure, Opening, OptionSpec, Options,
    PeerPlan, Prepared, PreparedPeer, PreparedSink, PreparedSource, Preview, SinkPlan, Slashes,
    SourcePlan, ValueKind,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError, reason};
use crate::text::visible::named;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// `from`, an option of every end that listens on TCP.
pub(super) const FROM: OptionSpec = OptionSpec {
    name: "from",
    value: ValueKind::Network,
    only: None,
    default: "",
    help: "let only this address or network connect",
};

/// `tcp-listen://`.
pub(super) const KIND: Kind = Kind {
    scheme: "tcp-listen",
    form: "tcp-listen://[ADDR]:PORT",
    slashes: Slashes::Required,
    rest: Rest::Decoded,
    summary: "waits for one connection; port 0 takes any free port",
    options: &[
        NODELAY,
        ACCEPT_TIMEOUT,
        FROM,
        MIN_SIZE,
        CLOSE,
        SNDBUF,
        RCVBUF,
    ],
    source: Some(|uri, options, _| Ok(Box::new(Listen::of(uri, options, KIND.form)?))),
    sink: Some(|uri, options, _| Ok(Box::new(Listen::of(uri, options, KIND.form)?))),
    peer: Some(|uri, options, _| Ok(Box::new(Listen::of(uri, options, KIND.form)?))),
};

const LISTENING: &str = "listening on";

/// A listener on TCP, before it listens.
pub(super) struct Listen {
    pub(super) host: String,
    port: u16,
    pub(super) accepting: Accepting,
    /// The peers that may connect; all if it is empty.
    from: Vec<Network>,
    pub(super) settings: Settings,
}

impl Listen {
    pub(super) fn of(uri: &Uri, options: &Options, form: &str) -> Result<Self, UsageError> {
        let (host, port) = host_and_port(uri, form)?;
        Ok(Self {
            host,
            port,
            accepting: Accepting::of(options, "#from"),
            from: options.networks("from"),
            settings: Settings::of(options),
        })
    }

    async fn bind(&self) -> Result<TcpListener, OpenError> {
        let addresses = self.addresses().await?;
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match self.listen_on(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => failure = error,
            }
        }
        Err(OpenError::io(LISTENING, failure))
    }

    /// The addresses to listen on. Without a host it is all interfaces: the IPv6 wildcard takes IPv4 too, where there is IPv6.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, OpenError> {
        if self.host.is_empty() {
            let port = self.port;
            return Ok(vec![
                (Ipv6Addr::UNSPECIFIED, port).into(),
                (Ipv4Addr::UNSPECIFIED, port).into(),
            ]);
        }
        let found = addresses(&self.host, self.port).await;
        found.map_err(|error| OpenError {
            act: LISTENING,
            why: OpenFailure::Text(reason(&error)),
        })
    }

    fn listen_on(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(!self.host.is_empty())?;
        }
        // A port whose last connection is in TIME_WAIT can be listened on at once (socket(7)).
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        self.settings.apply_early(&socket)?;
        socket.bind(&address.into())?;
        socket.listen(self.backlog())?;
        TcpListener::from_std(socket.into())
    }

    /// How many peers may wait to be accepted (listen(2)): one, or enough that peers to be refused do not keep out the others.
    fn backlog(&self) -> i32 {
        if self.from.is_empty() { 1 } else { 128 }
    }

    fn lets_in(&self, peer: IpAddr) -> bool {
        self.from.is_empty() || self.from.iter().any(|from| from.contains(peer))
    }

    /// Binds the listener, and tells where it listens, with another hint.
    pub(super) async fn listen(
        &self,
        side: Side,
        announce: &dyn Announce,
        hint: &str,
    ) -> Result<TcpListener, OpenError> {
        let listener = self.bind().await?;
        let address = listener.local_addr();
        let address = address.map_err(|error| OpenError::io(LISTENING, error))?;
        let hints = [reach(address), hint]
            .into_iter()
            .filter(|it| !it.is_empty());
        let hints = hints.collect::<Vec<_>>().join("; ");
        let hints = if hints.is_empty() {
            hints
        } else {
            format!(" ({hints})")
        };
        announce.listening(side, &address.to_string(), &hints);
        Ok(listener)
    }

    /// Waits for the first peer that `admit` does not turn away, and asks it of several at once. The listener is closed once one is
    /// accepted.
    pub(super) async fn accept<T>(
        &self,
        listener: TcpListener,
        side: Side,
        announce: &dyn Announce,
        admit: impl AsyncFn(TcpStream) -> Result<T, String>,
    ) -> Result<T, OpenError> {
        let place = listener.local_addr().map(|it| format!(" on {it}"));
        let place = place.unwrap_or_default();
        announce.waiting(side, format!("waiting for a connection{place}"));
        let admissions = Admissions::new();
        let admit = async |stream, peer: SocketAddr| {
            let admitted = admit(stream).await;
            admitted.map_err(|why| TurnedAway {
                peer: peer.to_string(),
                why: Some(why),
            })
        };
        let next = async || loop {
            let (stream, peer) = tokio::select! {
                // Whoever is let in ends the wait before another one is accepted.
                biased;
                admitted = admissions.next() => return Ok(admitted),
                accepted = listener.accept(), if admissions.has_room() => accepted?,
            };
            let peer = canonical(peer);
            if !self.lets_in(peer.ip()) {
                drop(stream);
                return Ok(Err(peer.to_string().into()));
            }
            admissions.add(admit(stream, peer));
        };
        self.accepting.one(side, announce, next).await
    }

    /// Where it listens, in words.
    fn place(&self) -> String {
        let port = match self.port {
            0 => "any free port".to_owned(),
            port => format!("port {port}"),
        };
        match self.host.parse::<IpAddr>() {
            _ if self.host.is_empty() => {
                format!("every address of this machine ([::] and 0.0.0.0), {port}")
            }
            Ok(address) => format!("the address {address}, {port}"),
            Err(_) => format!("the address of the host {}, {port}", named(&self.host)),
        }
    }
}

/// Whoever has connected is let in.
async fn admit(stream: TcpStream) -> Result<TcpStream, String> {
    Ok(stream)
}

/// A hint behind the address, which scripts take from the word before it.
fn reach(address: SocketAddr) -> &'static str {
    if address.ip().is_unspecified() {
        "all interfaces"
    } else {
        ""
    }
}

/// The address of a peer. On a socket for IPv6 and IPv4, that of an IPv4 peer comes wrapped in an IPv6 address.
fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        ip if ip == peer.ip() => peer,
        ip => SocketAddr::new(ip, peer.port()),
    }
}

impl Listen {
    /// What it was parsed as, and what opening it does, in words.
    pub(super) fn words(&self) -> (String, String) {
        let how_long = self.accepting.how_long();
        let of = if self.from.is_empty() {
            String::new()
        } else {
            let from: Vec<_> = self.from.iter().map(ToString::to_string).collect();
            format!(" of {}", from.join(" or "))
        };
        let opening = format!(
            "says where it listens on standard error, waits for one peer{of} {how_long}, and refuses every other"
        );
        (format!("listens on {}", self.place()), opening)
    }
}

impl EndPlan for Listen {
    fn listens(&self) -> bool {
        true
    }

    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        self.settings.preview(side, parsed, opening)
    }
}

impl SourcePlan for Listen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async move {
            let listener = self.listen(Side::Source, announce, "").await?;
            Ok(Prepared::new(None, async move {
                let stream = self.accept(listener, Side::Source, announce, admit).await?;
                let source = self.settings.source(stream);
                source.map_err(|error| OpenError::io("setting up", error))
            }))
        })
    }

    fn least(&self) -> Least {
        self.accepting.least()
    }
}

impl SinkPlan for Listen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async move {
            let listener = self.listen(Side::Sink, announce, "").await?;
            Ok(Prepared::new(None, async move {
                let stream = self.accept(listener, Side::Sink, announce, admit).await?;
                let sink = self.settings.sink(stream);
                sink.map_err(|error| OpenError::io("setting up", error))
            }))
        })
    }
}

impl PeerPlan for Listen {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        Box::pin(async move {
            let listener = self.listen(side, announce, "").await?;
            Ok(Prepared::new(None, async move {
                let stream = self.accept(listener, side, announce, admit).await?;
                let halves = self.settings.halves(stream);
                halves.map_err(|error| OpenError::io("setting up", error))
            }))
        })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        self.settings.preview_half(side, parsed, opening)
    }
}
