//! `tls://` and `tls-listen://`: TLS over a TCP connection. This process encrypts and decrypts, so the kernel does not move the bytes.
//!
//! `connect` and `listen` make a connection, `client` is what a client asks of it, `handshake` agrees on keys, `credentials` and `verify` say who the peers are and `why` what
//! is wrong with that; `session` is the connection once it stands, `shared` is what its ends share, `source` reads and `sink` writes.

#[cfg(feature = "tls")]
mod client;
#[cfg(feature = "tls")]
mod connect;
#[cfg(feature = "tls")]
mod credentials;
#[cfg(feature = "tls")]
mod ends;
#[cfg(feature = "tls")]
mod handshake;
#[cfg(feature = "tls")]
mod listen;
#[cfg(feature = "tls")]
mod session;
#[cfg(feature = "tls")]
mod shared;
#[cfg(feature = "tls")]
mod sink;
#[cfg(feature = "tls")]
mod source;
#[cfg(feature = "tls")]
mod verify;
#[cfg(feature = "tls")]
mod why;

#[cfg(all(test, feature = "tls"))]
mod tests;

#[cfg(all(feature = "tls", feature = "http"))]
pub(super) use client::TlsClient;

use super::accept::{ACCEPT_TIMEOUT, MIN_SIZE};
use super::connect::{ATTEMPT_TIMEOUT, BIND};
use super::listen::FROM;
use super::retry::RETRY;
use super::socket::{CLOSE, RCVBUF, SNDBUF, option};
use super::tcp::NODELAY;
use super::{Kind, OptionSpec, Slashes, ValueKind};
use crate::endpoint::uri::Rest;
#[cfg(not(feature = "tls"))]
use crate::error::UsageError;

pub(super) const CA: OptionSpec = option(
    "ca",
    ValueKind::Text("FILE"),
    "the system's",
    "trust what these authorities have signed, and the certificates in the file themselves",
);
pub(super) const PIN: OptionSpec = option(
    "pin",
    ValueKind::Pin,
    "",
    "trust the certificate with this digest, and nothing else",
);
pub(super) const VERIFY: OptionSpec = option(
    "verify",
    ValueKind::Word(&["no"]),
    "",
    "trust any certificate: whoever is on the way can read and change everything",
);
pub(super) const NAME: OptionSpec = option(
    "name",
    ValueKind::Text("HOST"),
    "HOST",
    "the name that the certificate has to be for",
);
pub(super) const CERT: OptionSpec = option(
    "cert",
    ValueKind::Text("FILE"),
    "",
    "the certificate to show, in PEM, with those that it depends on",
);
pub(super) const KEY: OptionSpec = option(
    "key",
    ValueKind::Text("FILE"),
    "",
    "its private key, in PEM; without this it is in the file of cert",
);
pub(super) const ALPN: OptionSpec = option(
    "alpn",
    ValueKind::Text("NAME"),
    "",
    "the protocol to agree on (ALPN)",
);
pub(super) const EOF: OptionSpec = OptionSpec {
    name: "eof",
    value: ValueKind::Word(&["close-notify", "fin"]),
    only: None,
    default: "close-notify",
    help: "what ends the input: the peer says so; with fin also that it closes, as a cut does",
};

/// `tls://`.
pub(super) const TLS: Kind = Kind {
    scheme: "tls",
    form: "tls://HOST:PORT",
    slashes: Slashes::Required,
    rest: Rest::Decoded,
    summary: "connects to HOST by TLS, and checks who that is",
    options: &[
        CA,
        PIN,
        VERIFY,
        NAME,
        CERT,
        KEY,
        ALPN,
        EOF,
        NODELAY,
        ATTEMPT_TIMEOUT,
        CLOSE,
        RETRY,
        SNDBUF,
        RCVBUF,
        BIND,
    ],
    #[cfg(feature = "tls")]
    source: Some(|uri, options, context| {
        Ok(Box::new(connect::TlsConnect::of(uri, options, context)?))
    }),
    #[cfg(feature = "tls")]
    sink: Some(|uri, options, context| {
        Ok(Box::new(connect::TlsConnect::of(uri, options, context)?))
    }),
    #[cfg(feature = "tls")]
    peer: Some(|uri, options, context| {
        Ok(Box::new(connect::TlsConnect::of(uri, options, context)?))
    }),
    #[cfg(not(feature = "tls"))]
    source: Some(|_, _, _| Err(left_out("tls://"))),
    #[cfg(not(feature = "tls"))]
    sink: Some(|_, _, _| Err(left_out("tls://"))),
    #[cfg(not(feature = "tls"))]
    peer: Some(|_, _, _| Err(left_out("tls://"))),
};

/// `tls-listen://`.
pub(super) const TLS_LISTEN: Kind = Kind {
    scheme: "tls-listen",
    form: "tls-listen://[ADDR]:PORT",
    slashes: Slashes::Required,
    rest: Rest::Decoded,
    summary: "waits for one connection by TLS",
    options: &[
        CERT,
        KEY,
        option(
            "client-ca",
            ValueKind::Text("FILE"),
            "",
            "let only clients connect whose certificate is in FILE, or signed by one there",
        ),
        ALPN,
        EOF,
        NODELAY,
        ACCEPT_TIMEOUT,
        FROM,
        MIN_SIZE,
        CLOSE,
        SNDBUF,
        RCVBUF,
    ],
    #[cfg(feature = "tls")]
    source: Some(|uri, options, _| Ok(Box::new(listen::TlsListen::of(uri, options)?))),
    #[cfg(feature = "tls")]
    sink: Some(|uri, options, _| Ok(Box::new(listen::TlsListen::of(uri, options)?))),
    #[cfg(feature = "tls")]
    peer: Some(|uri, options, _| Ok(Box::new(listen::TlsListen::of(uri, options)?))),
    #[cfg(not(feature = "tls"))]
    source: Some(|_, _, _| Err(left_out("tls-listen://"))),
    #[cfg(not(feature = "tls"))]
    sink: Some(|_, _, _| Err(left_out("tls-listen://"))),
    #[cfg(not(feature = "tls"))]
    peer: Some(|_, _, _| Err(left_out("tls-listen://"))),
};

#[cfg(not(feature = "tls"))]
fn left_out(scheme: &str) -> UsageError {
    UsageError::left_out(scheme, "tls")
}
