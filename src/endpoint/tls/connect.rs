//! `tls://HOST:PORT`: connects as `tcp://` does, and checks who has answered.

use super::credentials::{Credentials, authorities, authorities_of_the_system, certificates};
use super::ends::{self, Established};
use super::handshake::shake_hands;
use super::session::Session;
use super::verify::{Trust, Verifier};
use crate::endpoint::connect::Connect;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, EndPlan, OpenError, OpenFailure, Opening, Options, PeerPlan, Prepared, PreparedPeer,
    PreparedSink, PreparedSource, Preview, SinkPlan, SourcePlan,
};
use crate::error::{Side, UsageError};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::sync::Arc;
use tokio::net::TcpStream;

const SETTING_UP: &str = "setting up";

/// A TLS connection, before it is made.
pub(super) struct TlsConnect {
    connect: Connect,
    /// The name that the certificate has to be for, if it is not the host.
    name: Option<String>,
    ca: Option<String>,
    pin: Option<[u8; 32]>,
    is_unverified: bool,
    cert: Option<String>,
    key: Option<String>,
    alpn: Option<String>,
    ends_by_fin: bool,
}

/// What a connection is made with, once its files are read.
struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    verifier: Arc<Verifier>,
}

impl TlsConnect {
    pub(super) fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        let text = |name| options.text(name).map(ToOwned::to_owned);
        let trusts = ["ca", "pin", "verify"]
            .into_iter()
            .filter(|it| options.has(it));
        if let [one, other, ..] = trusts.collect::<Vec<_>>()[..] {
            return Err(UsageError::new(format!(
                "'{uri}': {one} and {other} are two answers to whom to trust; give one"
            )));
        }
        if options.has("key") && !options.has("cert") {
            return Err(UsageError::new(format!("'{uri}': key needs cert=FILE")));
        }
        Ok(Self {
            connect: Connect::of(uri, options, super::TLS.form)?,
            name: text("name"),
            ca: text("ca"),
            pin: options.pin("pin"),
            is_unverified: options.has("verify"),
            cert: text("cert"),
            key: text("key"),
            alpn: text("alpn"),
            ends_by_fin: options.word("eof") == Some("fin"),
        })
    }

    /// The name that the certificate has to be for.
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.connect.host)
    }

    fn client(&self) -> Result<Client, String> {
        let name = self.name();
        let server_name = ServerName::try_from(name.to_owned());
        let server_name = server_name
            .map_err(|_| format!("{name:?} is not a name that a certificate can be for"))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new(self.trust()?, Arc::clone(&provider));
        let verifier = Arc::new(verifier);
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        let config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<_>);
        let mut config = match &self.cert {
            None => config.with_no_client_auth(),
            Some(cert) => {
                let Credentials { chain, key } = Credentials::read(cert, self.key.as_deref())?;
                let config = config.with_client_auth_cert(chain, key);
                config.map_err(|error| format!("{cert}: {error}"))?
            }
        };
        let alpn = self.alpn.iter().map(|it| it.clone().into_bytes());
        config.alpn_protocols = alpn.collect();
        Ok(Client {
            config: Arc::new(config),
            name: server_name,
            verifier,
        })
    }

    fn trust(&self) -> Result<Trust, String> {
        if self.is_unverified {
            return Ok(Trust::Anybody);
        }
        if let Some(pin) = self.pin {
            return Ok(Trust::Pin(pin));
        }
        let (store, known) = match &self.ca {
            None => (authorities_of_the_system()?, Vec::new()),
            Some(file) => {
                let certificates = certificates(file)?;
                (authorities(file, &certificates)?, certificates)
            }
        };
        let by = by_authorities(store)?;
        Ok(Trust::Authorities(by, known))
    }

    /// Connects and agrees on keys.
    async fn open(&self, side: Side, announce: &dyn Announce) -> Result<Established, OpenError> {
        let client = self.client().map_err(|why| OpenError {
            act: SETTING_UP,
            why: OpenFailure::Text(why),
        })?;
        if self.is_unverified {
            announce.warning(side, "nobody checks who the peer is (#verify=no)");
        }
        let agree = async |stream| self.agree(stream, &client).await;
        self.connect.connect(side, announce, agree).await
    }

    /// Agrees on keys with a peer to which there is a connection.
    async fn agree(&self, stream: TcpStream, client: &Client) -> Result<Established, OpenError> {
        let failed = |why| OpenError {
            act: "connecting to",
            why: OpenFailure::Text(why),
        };
        let tls = ClientConnection::new(Arc::clone(&client.config), client.name.clone());
        let mut tls = tls.map_err(|error| failed(error.to_string()))?.into();
        let done = shake_hands(&stream, &mut tls).await;
        done.map_err(|error| {
            failed(error.in_words(client.verifier.pin_shown().as_deref(), self.name()))
        })?;
        Ok(Established {
            session: Session::new(tls, self.ends_by_fin),
            stream,
        })
    }

    fn words(&self) -> (String, String) {
        let (parsed, opening) = self.connect.words();
        let whom = match (&self.ca, self.pin, self.is_unverified) {
            (_, _, true) => "takes any certificate for the peer's".to_owned(),
            (_, Some(_), _) => "takes the certificate with that digest and no other".to_owned(),
            (Some(file), ..) => format!("checks the certificate by {file}, for {}", self.name()),
            (None, ..) => format!(
                "checks the certificate by this system's authorities, for {}",
                self.name()
            ),
        };
        (parsed + " by TLS", format!("{opening}, and {whom}"))
    }
}

/// Checks certificates by these authorities.
fn by_authorities(
    store: RootCertStore,
) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let by = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
    Ok(by.map_err(|error| error.to_string())?)
}

impl EndPlan for TlsConnect {
    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview(self.connect.settings, side, parsed, opening)
    }
}

impl SourcePlan for TlsConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let connect = async {
            let opened = self.open(Side::Source, announce).await?;
            opened.source(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl SinkPlan for TlsConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let connect = async {
            let opened = self.open(Side::Sink, announce).await?;
            opened.sink(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl PeerPlan for TlsConnect {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        let connect = async move {
            let opened = self.open(side, announce).await?;
            opened.halves(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview_half(side, parsed, opening)
    }
}
