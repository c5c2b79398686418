//! What is wrong with a TLS connection, in words that say what to do.

use rustls::{AlertDescription, CertificateError, Error};
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};

/// A TLS 1.2 session has reached the limit of its cipher.
pub(super) const NO_MORE_RECORDS: &str =
    "TLS 1.2 carries no more than this by one connection; TLS 1.3 does";

/// A failure of TLS itself, as a text.
#[derive(Debug)]
pub(super) struct TlsFailure(String);

impl TlsFailure {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// What the library says of a connection that stands.
    pub(super) fn of(error: &Error) -> io::Error {
        Self(in_words(error, None, "")).into()
    }

    /// Whether this is such a failure.
    pub(super) fn is(error: &io::Error) -> bool {
        let inner = error.get_ref();
        inner.is_some_and(<dyn StdError + Send + Sync>::is::<Self>)
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for TlsFailure {}

impl From<TlsFailure> for io::Error {
    fn from(failure: TlsFailure) -> Self {
        io::Error::new(ErrorKind::InvalidData, failure)
    }
}

/// What the library says, in words. `pin` is that of the certificate that was shown, `name` the one that it has to be for.
pub(super) fn in_words(error: &Error, pin: Option<&str>, name: &str) -> String {
    match error {
        Error::InvalidCertificate(why) => certificate(why, pin, name),
        Error::NoCertificatesPresented => {
            "the peer shows no certificate, and #client-ca asks for one".to_owned()
        }
        Error::AlertReceived(alert) => alert_in_words(*alert),
        Error::InvalidMessage(_) => "the peer does not speak TLS".to_owned(),
        Error::PeerIncompatible(_) => {
            "the peer has none of what we speak: TLS 1.3 or 1.2, with AES-GCM or ChaCha20-Poly1305"
                .to_owned()
        }
        Error::NoApplicationProtocol => "the peer does not speak the protocol of #alpn".to_owned(),
        Error::DecryptError => "what comes was changed on its way".to_owned(),
        other => other.to_string(),
    }
}

/// What is wrong with the peer's certificate.
fn certificate(why: &CertificateError, pin: Option<&str>, name: &str) -> String {
    let trust = pin.map_or_else(String::new, |pin| {
        format!("; to trust it all the same: #pin=sha256:{pin}")
    });
    let what = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the peer's certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the peer's certificate is not valid yet".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<_> = presented.iter().map(|it| bare_name(it)).collect();
            let names = names.join(", ");
            let names = if names.is_empty() { "no name" } else { &names };
            format!("the peer's certificate is for {names}, not for {name} (#name)")
        }
        CertificateError::NotValidForName => {
            format!("the peer's certificate is not for {name} (#name)")
        }
        CertificateError::Revoked => "the peer's certificate was revoked".to_owned(),
        CertificateError::ApplicationVerificationFailure => {
            let shown = pin.map(|pin| format!(" but sha256:{pin}"));
            return format!(
                "the peer's certificate is not the one of #pin{}",
                shown.unwrap_or_default()
            );
        }
        // A certificate that has signed itself, or of an authority of somebody's own, which may have the name of one that is known.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::Other(_) => {
            return format!(
                "the peer's certificate is of nobody who is trusted here{trust}, or #ca=FILE with the authority that has signed it"
            );
        }
        other => return format!("the peer's certificate is no good: {other}"),
    };
    what + &trust
}

/// A name as the library shows it: `DnsName("host.example")`, `IpAddress(192.0.2.1)`.
fn bare_name(shown: &str) -> &str {
    let inner = shown.split_once('(').map_or(shown, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

fn alert_in_words(alert: AlertDescription) -> String {
    let what = match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            return "the peer wants a certificate of ours: #cert=FILE,key=FILE".to_owned();
        }
        AlertDescription::UnknownCA => "it does not know who has signed our certificate",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate => "it does not take our certificate",
        AlertDescription::CertificateExpired => "our certificate has expired",
        AlertDescription::UnrecognisedName => {
            "it does not know the name that was asked for (#name)"
        }
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "it finds no cipher of TLS that both have"
        }
        AlertDescription::ProtocolVersion => "it wants another version of TLS",
        AlertDescription::NoApplicationProtocol => "it does not speak the protocol of #alpn",
        AlertDescription::UserCanceled => "it has given up",
        other => return format!("the peer has ended the connection: {other:?}"),
    };
    format!("the peer has ended the connection: {what}")
}
