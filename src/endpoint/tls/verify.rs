//! Who a peer has to be: one whose certificate an authority has signed, one with a certificate that is known, or of servers anybody.

use super::credentials::pin_of;
use crate::platform::sync::Lock;
use data_encoding::HEXLOWER;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;

/// Which certificates are trusted.
#[derive(Debug)]
pub(super) enum Trust {
    /// Those that these authorities have signed, for the name that was asked for; and these themselves.
    Authorities(Arc<dyn ServerCertVerifier>, Vec<CertificateDer<'static>>),
    /// The one with this SHA-256.
    Pin([u8; 32]),
    /// All.
    Anybody,
}

/// Checks the certificate that a server shows, and remembers its digest.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    shown: Lock<Option<[u8; 32]>>,
}

impl Verifier {
    pub(super) fn new(trust: Trust, provider: Arc<CryptoProvider>) -> Self {
        Self {
            trust,
            provider,
            shown: Lock::default(),
        }
    }

    /// The SHA-256 of the certificate that was shown, in hexadecimal digits.
    pub(super) fn pin_shown(&self) -> Option<String> {
        self.shown.lock().map(|digest| HEXLOWER.encode(&digest))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let pin = pin_of(shown);
        *self.shown.lock() = Some(pin);
        let is_trusted = match &self.trust {
            Trust::Authorities(_, known) => known.iter().any(|it| it == shown),
            Trust::Pin(wanted) if pin == *wanted => true,
            Trust::Pin(_) => return Err(CertificateError::ApplicationVerificationFailure.into()),
            Trust::Anybody => true,
        };
        match &self.trust {
            Trust::Authorities(by, _) if !is_trusted => {
                by.verify_server_cert(shown, chain, name, ocsp, now)
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Checks the certificate that a client shows.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    /// Checks it by authorities.
    pub(super) by: Arc<dyn ClientCertVerifier>,
    /// Certificates that are trusted themselves.
    pub(super) known: Vec<CertificateDer<'static>>,
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.by.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.known.iter().any(|it| it == shown) {
            return Ok(ClientCertVerified::assertion());
        }
        self.by.verify_client_cert(shown, chain, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by.supported_verify_schemes()
    }
}
