//! The client's side of TLS: whom it trusts, what it shows of itself, and how it agrees on keys over a connection that is made.

use super::credentials::{Credentials, authorities, authorities_of_the_system, certificates};
use super::ends::Established;
use super::handshake::{ciphers, shake_hands};
use super::session::Session;
use super::verify::{Trust, Verifier};
use crate::endpoint::connect::Connect;
use crate::endpoint::uri::Uri;
use crate::endpoint::{Announce, OpenError, OpenFailure, Options};
use crate::error::{Side, UsageError};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::sync::Arc;
use tokio::net::TcpStream;

const SETTING_UP: &str = "setting up";

/// What was asked for of TLS, as a client.
#[derive(Debug, Clone)]
pub(in crate::endpoint) struct TlsClient {
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
struct Setup {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    verifier: Arc<Verifier>,
}

impl TlsClient {
    pub(in crate::endpoint) fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
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

    /// The same, with a protocol to agree on where none was asked for.
    #[cfg(feature = "http")]
    pub(in crate::endpoint) fn speaking(self, protocol: &str) -> Self {
        Self {
            alpn: self.alpn.or_else(|| Some(protocol.to_owned())),
            ..self
        }
    }

    /// The same for another server than the one that was named: our certificate is not for that one, nor is the name.
    #[cfg(feature = "http")]
    pub(in crate::endpoint) fn for_another_server(&self) -> Self {
        Self {
            name: None,
            cert: None,
            key: None,
            ..self.clone()
        }
    }

    /// Connects and agrees on keys.
    pub(in crate::endpoint) async fn connect(
        &self,
        connect: &Connect,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<Established, OpenError> {
        let name = self.name.as_deref().unwrap_or(&connect.host);
        let setup = self.set_up(name).map_err(|why| OpenError {
            act: SETTING_UP,
            why: OpenFailure::Text(why),
        })?;
        if self.is_unverified {
            announce.warning(side, "nobody checks who the peer is (#verify=no)");
        }
        let agree = async |stream| self.agree(stream, &setup, name).await;
        connect.connect(side, announce, agree).await
    }

    /// Agrees on keys with a peer to which there is a connection.
    async fn agree(
        &self,
        stream: TcpStream,
        setup: &Setup,
        name: &str,
    ) -> Result<Established, OpenError> {
        let failed = |why| OpenError {
            act: "connecting to",
            why: OpenFailure::Text(why),
        };
        let tls = ClientConnection::new(Arc::clone(&setup.config), setup.name.clone());
        let mut tls = tls.map_err(|error| failed(error.to_string()))?.into();
        let done = shake_hands(&stream, &mut tls).await;
        done.map_err(|error| failed(error.in_words(setup.verifier.pin_shown().as_deref(), name)))?;
        Ok(Established {
            session: Session::new(tls, self.ends_by_fin),
            stream,
        })
    }

    fn set_up(&self, name: &str) -> Result<Setup, String> {
        let server_name = ServerName::try_from(name.to_owned());
        let server_name = server_name
            .map_err(|_| format!("{name:?} is not a name that a certificate can be for"))?;
        let provider = ciphers();
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
        Ok(Setup {
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

    /// Whom it trusts to be `host`, in words.
    pub(in crate::endpoint) fn words(&self, host: &str) -> String {
        let name = self.name.as_deref().unwrap_or(host);
        match (&self.ca, self.pin, self.is_unverified) {
            (_, _, true) => "takes any certificate for the peer's".to_owned(),
            (_, Some(_), _) => "takes the certificate with that digest and no other".to_owned(),
            (Some(file), ..) => format!("checks the certificate by {file}, for {name}"),
            (None, ..) => {
                format!("checks the certificate by this system's authorities, for {name}")
            }
        }
    }
}

/// Checks certificates by these authorities.
fn by_authorities(
    store: RootCertStore,
) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>, String> {
    let provider = ciphers();
    let by = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
    Ok(by.map_err(|error| error.to_string())?)
}
