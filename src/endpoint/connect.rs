//! `tcp://HOST:PORT`: connects, by way of a proxy if there is one.

use super::dial::Dial;
use super::proxy::Proxy;
use super::retry::{RETRY, Retries};
use super::socket::{CLOSE, RCVBUF, SNDBUF, option};
use super::tcp::{NODELAY, Settings};
use super::{
    Announce, Context, EndPlan, Kind, OpenError, OpenFailure, Opening, OptionSpec, Options,
    PeerPlan, Prepared, PreparedPeer, PreparedSink, PreparedSource, Preview, SinkPlan, Slashes,
    SourcePlan, ValueKind,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError};
use crate::text::visible::named;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
    source: Some(|uri, options, context| {
        Ok(Box::new(Connect::of(uri, options, context, KIND.form)?))
    }),
    sink: Some(|uri, options, context| {
        Ok(Box::new(Connect::of(uri, options, context, KIND.form)?))
    }),
    peer: Some(|uri, options, context| {
        Ok(Box::new(Connect::of(uri, options, context, KIND.form)?))
    }),
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

/// A connection over TCP, before it is made.
#[derive(Clone)]
pub(super) struct Connect {
    pub(super) host: String,
    port: u16,
    bind: Option<SocketAddr>,
    attempt_timeout: Duration,
    retries: Retries,
    proxy: Option<Arc<Proxy>>,
    pub(super) settings: Settings,
}

impl Connect {
    pub(super) fn of(
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
        form: &str,
    ) -> Result<Self, UsageError> {
        let (host, port) = host_and_port(uri, form)?;
        if host.is_empty() {
            return Err(UsageError::new(format!("'{uri}': no HOST; write {form}")));
        }
        let connect = Self {
            retries: Retries::of(options),
            ..Self::to(&host, port, options)
        };
        connect.by(context.proxy.proxy())
    }

    /// A connection to this host, without a retry and without a proxy.
    pub(super) fn to(host: &str, port: u16, options: &Options) -> Self {
        Self {
            host: host.to_owned(),
            port,
            bind: options.address("bind"),
            attempt_timeout: options
                .duration("connect-timeout")
                .unwrap_or(CONNECT_TIMEOUT),
            retries: Retries::NONE,
            proxy: None,
            settings: Settings::of(options),
        }
    }

    /// The same by way of this proxy, which has to be able to look the host up.
    pub(super) fn by(mut self, proxy: Option<Arc<Proxy>>) -> Result<Self, UsageError> {
        if let Some(proxy) = &proxy {
            proxy.check(&self.host, self.port)?;
        }
        self.settings.is_proxied = proxy.is_some();
        self.proxy = proxy;
        Ok(self)
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
        let by = self.proxy.as_ref();
        let by = by.map(|proxy| format!(" by the proxy {}", proxy.place()));
        let doing = format!("connecting to {}{}", self.place(), by.unwrap_or_default());
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
        let by = self.proxy.as_ref();
        let by = by.map(|proxy| format!(" by the proxy {proxy}"));
        let by = by.unwrap_or_default();
        let why = OpenFailure::Timeout(format!("no answer within {after}{by} (#connect-timeout)"));
        OpenError {
            act: "connecting to",
            why,
        }
    }

    /// Connects once, by way of the proxy if there is one.
    async fn attempt(&self) -> Result<TcpStream, OpenError> {
        let dial = Dial {
            bind: self.bind,
            settings: self.settings,
        };
        match &self.proxy {
            Some(proxy) => proxy.connect(dial, &self.host, self.port).await,
            None => dial.to(&self.host, self.port).await,
        }
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
        let reached = self
            .proxy
            .as_ref()
            .map_or(reached, |proxy| proxy.words(host));
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
        self.settings.preview_half(side, parsed, opening)
    }
}
