//! Certificates and keys: read from PEM files, or made for one run. Nothing of a key is ever shown.

use crate::error::reason;
use crate::text::visible::named;
use aws_lc_rs::digest::{SHA256, digest};
use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate, with those that it depends on, and its private key.
pub(super) struct Credentials {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Credentials {
    /// Reads them. Without a file for the key it is in that of the certificate.
    ///
    /// # Errors
    /// Which file cannot be read or lacks what, as a text.
    pub(super) fn read(cert: &str, key: Option<&str>) -> Result<Self, String> {
        let key_file = key.unwrap_or(cert);
        let chain = certificates(cert)?;
        let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| match error {
            PemError::NoItemsFound if key.is_none() => {
                format!(
                    "{} has no private key; name its file: #key=FILE",
                    named(key_file)
                )
            }
            error => told(key_file, &error, "private key"),
        })?;
        Ok(Self { chain, key })
    }

    /// Makes them for one run: they are signed by themselves.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn made() -> Result<Self, String> {
        let made =
            rcgen::generate_simple_self_signed(["tidegate".to_owned(), "localhost".to_owned()]);
        let made = made.map_err(|error| format!("making a certificate: {error}"))?;
        Ok(Self {
            chain: vec![made.cert.der().clone()],
            key: PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into(),
        })
    }
}

/// The certificates in a file, of which there is at least one.
///
/// # Errors
/// Why there is none, as a text.
pub(super) fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let told = |error| told(file, &error, "certificate");
    let all = CertificateDer::pem_file_iter(file).map_err(told)?;
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(told)?;
    if all.is_empty() {
        return Err(told(PemError::NoItemsFound));
    }
    Ok(all)
}

fn told(file: &str, error: &PemError, what: &str) -> String {
    let file = named(file);
    match error {
        PemError::Io(error) => format!("{file}: {}", reason(error)),
        PemError::NoItemsFound => format!("{file} has no {what} in PEM"),
        error => format!("{file} is not PEM: {error}"),
    }
}

/// These authorities.
///
/// # Errors
/// When one of them is no certificate, as a text.
pub(super) fn authorities(
    file: &str,
    certificates: &[CertificateDer<'static>],
) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        let added = store.add(certificate.clone());
        added.map_err(|error| format!("{}: {error}", named(file)))?;
    }
    Ok(store)
}

/// The authorities that this system trusts.
///
/// # Errors
/// When it has none, as a text.
pub(super) fn authorities_of_the_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}"));
        let why = why.unwrap_or_default();
        return Err(format!(
            "this system trusts no authority{why}; name some by #ca=FILE, or the certificate by #pin"
        ));
    }
    Ok(store)
}

/// The SHA-256 of a certificate.
pub(super) fn pin_of(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut pin = [0; 32];
    pin.copy_from_slice(digest(&SHA256, certificate).as_ref());
    pin
}
