//! `tls-listen://[ADDR]:PORT`: listens as `tcp-listen://` does, and lets in who agrees on keys.

use super::credentials::{Credentials, authorities, certificates, pin_of};
use super::ends::{self, Established};
use super::handshake::{HandshakeError, ciphers, shake_hands};
use super::session::Session;
use super::verify::ClientVerifier;
use crate::endpoint::listen::Listen;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, EndPlan, Least, OpenError, OpenFailure, Opening, Options, PeerPlan, Prepared,
    PreparedPeer, PreparedSink, PreparedSource, Preview, SinkPlan, SourcePlan,
};
use crate::error::{Side, UsageError};
use data_encoding::HEXLOWER;
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long a client may take for the handshake, so that one that says nothing does not keep the others out.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A listener for TLS, before it listens.
pub(super) struct TlsListen {
    listen: Listen,
    cert: Option<String>,
    key: Option<String>,
    client_ca: Option<String>,
    alpn: Option<String>,
    ends_by_fin: bool,
}

/// What clients are answered with, and the hint that tells them whom to trust.
struct Server {
    config: Arc<ServerConfig>,
    hint: String,
}

impl TlsListen {
    pub(super) fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        let text = |name| options.text(name).map(ToOwned::to_owned);
        if options.has("key") && !options.has("cert") {
            return Err(UsageError::new(format!("'{uri}': key needs cert=FILE")));
        }
        Ok(Self {
            listen: Listen::of(uri, options, super::TLS_LISTEN.form)?,
            cert: text("cert"),
            key: text("key"),
            client_ca: text("client-ca"),
            alpn: text("alpn"),
            ends_by_fin: options.word("eof") == Some("fin"),
        })
    }

    fn server(&self) -> Result<Server, String> {
        let credentials = match &self.cert {
            Some(cert) => Credentials::read(cert, self.key.as_deref())?,
            None => Credentials::made()?,
        };
        let pin = credentials.chain.first().map(pin_of).unwrap_or_default();
        let pin = format!("pin sha256:{}", HEXLOWER.encode(&pin));
        let provider = ciphers();
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        let config = match &self.client_ca {
            None => config.with_no_client_auth(),
            Some(file) => {
                let known = certificates(file)?;
                let store = authorities(file, &known)?;
                let by = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
                let by = by.build().map_err(|error| format!("{file}: {error}"))?;
                config.with_client_cert_verifier(Arc::new(ClientVerifier { by, known }))
            }
        };
        let config = config.with_single_cert(credentials.chain, credentials.key);
        let mut config = config.map_err(|error| {
            let file = self.cert.as_deref().unwrap_or("the certificate");
            format!("{file}: {error}")
        })?;
        let alpn = self.alpn.iter().map(|it| it.clone().into_bytes());
        config.alpn_protocols = alpn.collect();
        // Nobody comes back with a ticket; and a peer that only sends, as `ncat --send-only`, does not read it, so that its
        // system resets the connection at its end.
        config.send_tls13_tickets = 0;
        Ok(Server {
            config: Arc::new(config),
            hint: if self.cert.is_none() {
                pin
            } else {
                String::new()
            },
        })
    }

    /// Binds the listener, and tells where it listens.
    async fn listen(
        &self,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<(TcpListener, Server), OpenError> {
        let server = self.server().map_err(|why| OpenError {
            act: "setting up",
            why: OpenFailure::Text(why),
        })?;
        let listener = self.listen.listen(side, announce, &server.hint).await?;
        Ok((listener, server))
    }

    /// Waits for a peer that agrees on keys.
    async fn accept(
        &self,
        (listener, server): (TcpListener, Server),
        side: Side,
        announce: &dyn Announce,
    ) -> Result<Established, OpenError> {
        let admit = async |stream| self.admit(stream, &server).await;
        self.listen.accept(listener, side, announce, admit).await
    }

    async fn admit(&self, stream: TcpStream, server: &Server) -> Result<Established, String> {
        let tls = ServerConnection::new(Arc::clone(&server.config));
        let mut tls = tls.map_err(|error| error.to_string())?.into();
        let done = timeout(HANDSHAKE_TIMEOUT, shake_hands(&stream, &mut tls)).await;
        let done = done.unwrap_or(Err(HandshakeError::Silent));
        done.map_err(|error| error.in_words(None, ""))?;
        Ok(Established {
            session: Session::new(tls, self.ends_by_fin),
            stream,
        })
    }

    fn words(&self) -> (String, String) {
        let (parsed, opening) = self.listen.words();
        let with = match &self.cert {
            Some(cert) => format!("shows the certificate in {cert}"),
            None => "shows a certificate made for this run".to_owned(),
        };
        (parsed + " for TLS", format!("{opening}, and {with}"))
    }
}

impl EndPlan for TlsListen {
    fn listens(&self) -> bool {
        true
    }

    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview(self.listen.settings, side, parsed, opening)
    }
}

impl SourcePlan for TlsListen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async move {
            let listening = self.listen(Side::Source, announce).await?;
            Ok(Prepared::new(None, async move {
                let opened = self.accept(listening, Side::Source, announce).await?;
                opened.source(self.listen.settings)
            }))
        })
    }

    fn least(&self) -> Least {
        self.listen.accepting.least()
    }
}

impl SinkPlan for TlsListen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async move {
            let listening = self.listen(Side::Sink, announce).await?;
            Ok(Prepared::new(None, async move {
                let opened = self.accept(listening, Side::Sink, announce).await?;
                opened.sink(self.listen.settings)
            }))
        })
    }
}

impl PeerPlan for TlsListen {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        Box::pin(async move {
            let listening = self.listen(side, announce).await?;
            Ok(Prepared::new(None, async move {
                let opened = self.accept(listening, side, announce).await?;
                opened.halves(self.listen.settings)
            }))
        })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview_half(self.listen.settings, side, parsed, opening)
    }
}
