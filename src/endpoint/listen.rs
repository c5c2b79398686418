//! `tcp-listen://[ADDR]:PORT`: tells where it listens, accepts one peer of those that may connect, and stops listening.
//!
//! A peer that may not connect is reset at once (`SO_LINGER` 0, which an accepted socket inherits): a FIN would look like the end
//! of an empty transfer, and the closed connection would stay in `TIME_WAIT`.

use super::connect::{addresses, host_and_port};
use super::socket::{CLOSE, RCVBUF, SNDBUF};
use super::tcp::{NODELAY, Settings};
use super::{
    Announce, EndPlan, Kind, Least, Network, OpenError, OpenFailure, Opening, OptionSpec, Options,
    Prepared, PreparedSink, PreparedSource, Preview, SinkPlan, Slashes, SourcePlan, ValueKind,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError, reason};
use crate::text::visible::named;
use socket2::{Domain, Protocol, Socket, Type};
use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// `tcp-listen://`.
pub(super) const KIND: Kind = Kind {
    scheme: "tcp-listen",
    form: "tcp-listen://[ADDR]:PORT",
    slashes: Slashes::Required,
    rest: Rest::Decoded,
    summary: "waits for one connection; port 0 takes any free port",
    options: &[
        NODELAY,
        OptionSpec {
            name: "accept-timeout",
            value: ValueKind::Duration,
            only: None,
            default: "none",
            help: "give up if nobody connects within D",
        },
        OptionSpec {
            name: "from",
            value: ValueKind::Network,
            only: None,
            default: "",
            help: "let only this address or network connect",
        },
        OptionSpec {
            name: "min-size",
            value: ValueKind::SizeOrZero,
            only: Some(Side::Source),
            default: "1 to replace a file that is not empty",
            help: "fail (exit 3) if fewer bytes come; an atomic SINK is not replaced",
        },
        CLOSE,
        SNDBUF,
        RCVBUF,
    ],
    source: Some(|uri, options, _| Ok(Box::new(Listen::of(uri, options)?))),
    sink: Some(|uri, options, _| Ok(Box::new(Listen::of(uri, options)?))),
};

const LISTENING: &str = "listening on";

struct Listen {
    host: String,
    port: u16,
    accept_timeout: Option<Duration>,
    /// The peers that may connect; all if it is empty.
    from: Vec<Network>,
    min_size: Option<u64>,
    settings: Settings,
}

impl Listen {
    fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        let (host, port) = host_and_port(uri, KIND.form)?;
        Ok(Self {
            host,
            port,
            accept_timeout: options.duration("accept-timeout"),
            from: options.networks("from"),
            min_size: options.number("min-size"),
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

    /// Binds the listener, and tells where it listens.
    async fn listen(&self, side: Side, announce: &dyn Announce) -> Result<TcpListener, OpenError> {
        let listener = self.bind().await?;
        let address = listener.local_addr();
        let address = address.map_err(|error| OpenError::io(LISTENING, error))?;
        announce.listening(side, address);
        Ok(listener)
    }

    /// Waits for the peer. The listener is closed once it is accepted.
    async fn accept(
        &self,
        listener: TcpListener,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<TcpStream, OpenError> {
        let refused = Cell::new(0);
        let place = listener.local_addr().map(|it| format!(" on {it}"));
        let place = place.unwrap_or_default();
        announce.waiting(side, format!("waiting for a connection{place}"));
        let accepted = self.accept_one(&listener, |peer| {
            refused.set(refused.get() + 1);
            announce.refused(side, peer);
        });
        let result = match self.accept_timeout {
            None => accepted.await,
            Some(limit) => match tokio::time::timeout(limit, accepted).await {
                Ok(result) => result,
                Err(_) => return Err(nobody_came(limit, refused.get())),
            },
        };
        result.map_err(|error| OpenError::io("accepting on", error))
    }

    /// Accepts the next peer that may connect. A peer that may not is reset and reported to `refused`; one that hung up while it
    /// waited is skipped (accept(2)).
    async fn accept_one(
        &self,
        listener: &TcpListener,
        refused: impl Fn(SocketAddr),
    ) -> io::Result<TcpStream> {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) if self.lets_in(peer.ip()) => return Ok(stream),
                Ok((stream, peer)) => {
                    // The connection is closed before the peer is reported.
                    drop(stream);
                    refused(peer);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
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

fn nobody_came(limit: Duration, refused: u64) -> OpenError {
    let within = humantime::format_duration(limit);
    let nobody = match refused {
        0 => format!("nobody connected within {within}"),
        n => format!("nobody allowed by #from connected within {within}; {n} refused"),
    };
    OpenError {
        act: "accepting on",
        why: OpenFailure::Timeout(format!("{nobody} (#accept-timeout)")),
    }
}

impl EndPlan for Listen {
    fn listens(&self) -> bool {
        true
    }

    fn preview(&self, side: Side) -> Preview {
        let how_long = match self.accept_timeout {
            None => "for as long as it takes".to_owned(),
            Some(limit) => format!("for {} at most", humantime::format_duration(limit)),
        };
        let of = if self.from.is_empty() {
            String::new()
        } else {
            let from: Vec<_> = self.from.iter().map(ToString::to_string).collect();
            format!(" of {}", from.join(" or "))
        };
        let opening = format!(
            "says where it listens on standard error, waits for one peer{of} {how_long}, and refuses every other"
        );
        let parsed = format!("listens on {}", self.place());
        self.settings.preview(side, parsed, opening)
    }
}

impl SourcePlan for Listen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async move {
            let listener = self.listen(Side::Source, announce).await?;
            Ok(Prepared::new(None, async move {
                let stream = self.accept(listener, Side::Source, announce).await?;
                let source = self.settings.source(stream);
                source.map_err(|error| OpenError::io("setting up", error))
            }))
        })
    }

    fn least(&self) -> Least {
        self.min_size.map_or(Least::OneByteToReplace, Least::of)
    }
}

impl SinkPlan for Listen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async move {
            let listener = self.listen(Side::Sink, announce).await?;
            Ok(Prepared::new(None, async move {
                let stream = self.accept(listener, Side::Sink, announce).await?;
                let sink = self.settings.sink(stream);
                sink.map_err(|error| OpenError::io("setting up", error))
            }))
        })
    }
}
