//! `--proxy`: a connection that somebody else makes for us, over one that we make with them.
//!
//! `url` is what is typed, and `environment` what the variables say. `socks5` and `connect` are what is said to a proxy and what
//! it answers, without any I/O, and `answer` is what both have in common. Here it is said. Not a byte is read behind the last
//! answer of the proxy, so that the connection is from then on as any other, for the kernel too.

mod answer;
pub mod connect;
#[cfg(feature = "http")]
mod environment;
pub mod socks5;
mod url;

pub use self::{
    answer::{Parsed, Refusal},
    url::{Proxy, ProxyChoice, has_password},
};

#[cfg(feature = "http")]
pub(super) use environment::HttpProxies;

use super::dial::{Dial, addresses, first_of, unresolved};
use super::{OpenError, OpenFailure};
use crate::error::{UsageError, reason};
use crate::text::visible::named;
use answer::Target;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Protocol;

/// How many answers may come before the final one (RFC 9110, section 15.2).
const MOST_INTERIM: usize = 16;

impl Proxy {
    /// Checks that it can be told of a host.
    ///
    /// # Errors
    /// When the host has a name that only this system could look up.
    pub(super) fn check(&self, host: &str, port: u16) -> Result<(), UsageError> {
        match self.protocol {
            Protocol::Socks5 => Ok(()),
            Protocol::Socks5h | Protocol::Http => Target::of(host, port).map(drop),
        }
    }

    /// Connects with a host by way of the proxy.
    pub(super) async fn connect(
        self: &Arc<Self>,
        dial: Dial,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, OpenError> {
        let connected = match self.protocol {
            Protocol::Socks5 => {
                let found = addresses(host, port).await;
                let found = found.map_err(|error| unresolved(&error))?;
                first_of(found, |address| {
                    let proxy = Arc::clone(self);
                    async move { proxy.connect_with(dial, &Target::Address(address)).await }
                })
                .await
            }
            Protocol::Socks5h | Protocol::Http => {
                let target = Target::of(host, port).map_err(|error| OpenError {
                    act: "connecting to",
                    why: OpenFailure::Usage(error.to_string()),
                })?;
                self.connect_with(dial, &target).await
            }
        };
        connected.map_err(|why| OpenError {
            act: "connecting to",
            why: OpenFailure::Text(why),
        })
    }

    /// The same with a target. The error names the proxy.
    async fn connect_with(&self, dial: Dial, target: &Target<'_>) -> Result<TcpStream, String> {
        let reached = dial.to(&self.host, self.port).await;
        let mut stream = reached.map_err(|error| {
            let why = error.reason();
            format!("the proxy {self} cannot be reached: {why}")
        })?;
        let asked = match self.protocol {
            Protocol::Socks5 | Protocol::Socks5h => self.ask_by_socks(&mut stream, target).await,
            Protocol::Http => self.ask_by_http(&mut stream, target).await,
        };
        asked.map_err(|refusal| self.told(refusal))?;
        Ok(stream)
    }

    async fn ask_by_socks(
        &self,
        stream: &mut TcpStream,
        target: &Target<'_>,
    ) -> Result<(), Refusal> {
        let login = self.login.as_ref();
        say(stream, &socks5::greeting(login.is_some())).await?;
        let wants_login = |bytes: &[u8]| socks5::wants_login(bytes, login.is_some());
        let wants_login = hear(stream, wants_login).await?;
        if let Some(login) = login.filter(|_| wants_login) {
            say(stream, &socks5::login(login)).await?;
            hear(stream, socks5::admitted).await?;
        }
        say(stream, &socks5::request(target)).await?;
        hear(stream, socks5::connected).await
    }

    async fn ask_by_http(
        &self,
        stream: &mut TcpStream,
        target: &Target<'_>,
    ) -> Result<(), Refusal> {
        let login = self.login.as_ref();
        say(stream, &connect::request(target, login)).await?;
        for _ in 0..=MOST_INTERIM {
            let status = hear(stream, connect::status).await?;
            if !status.is_interim() {
                return status.check(login.is_some());
            }
        }
        let why = format!("sent more than {MOST_INTERIM} interim answers (1xx)");
        Err(Refusal::Other(why))
    }

    /// A refusal with the name of the proxy, and with what can be done.
    fn told(&self, refusal: Refusal) -> String {
        let variable = self.variable.unwrap_or("TIDEGATE_PROXY");
        let whole = self.with_login("USER:PASSWORD@");
        let remedy = format!("set {variable}={whole} in the environment");
        let user = self.login.as_ref().map(|it| OsStr::from_bytes(&it.user));
        let user = user.map(named).unwrap_or_default();
        let has_password = self.login.as_ref().is_some_and(|it| it.password.is_some());
        let why = match refusal {
            Refusal::WantsLogin => format!("wants a user and a password; {remedy}"),
            Refusal::RefusesLogin if has_password => {
                format!("refused the user '{user}' with that password")
            }
            Refusal::RefusesLogin => {
                format!("refused the user '{user}' without a password; {remedy}")
            }
            Refusal::Other(why) => why,
        };
        format!("the proxy {self} {why}")
    }

    /// What it does for a connection with a host, in words.
    pub(super) fn words(&self, host: &str) -> String {
        let how = match self.protocol {
            _ if host.parse::<IpAddr>().is_ok() => "connect",
            Protocol::Socks5 => {
                "connect with an address of the host, which is looked up here (not yet)"
            }
            Protocol::Socks5h | Protocol::Http => "look the host up and connect",
        };
        format!("has the proxy {self} {how}")
    }
}

async fn say(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), Refusal> {
    let said = stream.write_all(bytes).await;
    said.map_err(|error| ended(&error, true))
}

/// Reads an answer, and not a byte behind it, which would be the peer's.
async fn hear<T>(
    stream: &mut TcpStream,
    parse: impl Fn(&[u8]) -> Result<Parsed<T>, Refusal>,
) -> Result<T, Refusal> {
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes)? {
            Parsed::Whole(answer) => return Ok(answer),
            Parsed::Needs(more) => {
                let heard = bytes.len();
                bytes.resize(heard + more, 0);
                let read = stream.read_exact(&mut bytes[heard..]).await;
                read.map_err(|error| ended(&error, heard == 0))?;
            }
        }
    }
}

/// The connection with the proxy has ended before the answer has.
fn ended(error: &io::Error, is_silent: bool) -> Refusal {
    Refusal::Other(match error.kind() {
        ErrorKind::UnexpectedEof if is_silent => {
            "closed the connection without an answer".to_owned()
        }
        ErrorKind::UnexpectedEof => "closed the connection amid its answer".to_owned(),
        _ => format!("cut the connection: {}", reason(error)),
    })
}
