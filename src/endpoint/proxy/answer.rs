//! What a proxy is asked for, and what its answers come to, whichever protocol it speaks.

use crate::error::UsageError;
use crate::text::visible::named;
use std::net::{IpAddr, SocketAddr};

/// The longest name of a host that a proxy can be told, in bytes (RFC 1928, section 5).
const LONGEST_NAME: usize = 255;

/// Whom a proxy is to connect with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// A host that it looks up, by a name of printable ASCII without a colon.
    Name(&'a str, u16),
    Address(SocketAddr),
}

/// What has come of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed<T> {
    /// So many bytes more have to come, at least.
    Needs(usize),
    /// All of it, and no byte more.
    Whole(T),
}

/// Why a proxy does not connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It wants a user and a password, and was told none.
    WantsLogin,
    /// It does not let this user in.
    RefusesLogin,
    /// Something else, in words that follow its name.
    Other(String),
}

impl<'a> Target<'a> {
    /// The host as it was typed, which the proxy looks up unless it is an address.
    pub(super) fn of(host: &'a str, port: u16) -> Result<Self, UsageError> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Self::Address(SocketAddr::new(address, port)));
        }
        let shown = named(host);
        if host.len() > LONGEST_NAME {
            return Err(UsageError::new(format!(
                "'{shown}': a proxy can be told names of up to {LONGEST_NAME} bytes"
            )));
        }
        if !host.bytes().all(|it| it.is_ascii_graphic() && it != b':') {
            return Err(UsageError::new(format!(
                "'{shown}' is no name that a proxy can look up; write it in its ASCII form (xn--…), or an address without a zone"
            )));
        }
        Ok(Self::Name(host, port))
    }
}
