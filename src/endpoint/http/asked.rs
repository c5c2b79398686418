//! What was asked for at an `http://` or `https://` end, and the connection that it is asked over.

use super::answer::reason;
use super::fields::Field;
use super::netrc;
use super::url::{Scheme, Url};
use crate::endpoint::connect::Connect;
use crate::endpoint::proxy::HttpProxies;
#[cfg(feature = "tls")]
use crate::endpoint::tls::TlsClient;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, Context, Halves, OpenError, OpenFailure, Options, PeerPlan, Raw, Sink, Source, Unfit,
};
use crate::engine::wait::{self, Ready};
use crate::engine::wakeup::Wakeup;
use crate::error::{Side, UsageError};
use crate::platform::threads;
use crate::text::visible::named;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Read as _};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::sleep_until;

pub(super) const SETTING_UP: &str = "setting up";
pub(super) const ASKING: &str = "asking for";

/// The most bytes of a file of header fields or passwords.
const MOST_OF_FILE: u64 = 64 * 1024;

/// How long the connection is waited for to take our end, once all is done.
pub(super) const CLOSE_TIME: Duration = Duration::from_millis(500);

/// An object of a server, and what is sent when it is asked for.
pub(super) struct Asked {
    pub(super) url: Url,
    given: Vec<Field>,
    file: Option<String>,
    /// Where passwords may stand.
    netrc: Option<PathBuf>,
    connect: Connect,
    proxies: HttpProxies,
    #[cfg(feature = "tls")]
    tls: TlsClient,
}

impl Asked {
    pub(super) fn of(
        scheme: Scheme,
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, UsageError> {
        let name = scheme.name();
        let wrong =
            |why: String| UsageError::new(format!("'{uri}': {why}; write {name}://HOST/PATH"));
        let url = Url::parse(scheme, &uri.rest).map_err(wrong)?;
        let given = options.texts("header").map(|text| {
            Field::parse(text)
                .map_err(|why| UsageError::new(format!("option 'header' of '{uri}': {why}")))
        });
        let proxies = HttpProxies::of(context);
        let proxy = proxies.to(scheme == Scheme::Https, &url.host)?;
        Ok(Self {
            given: given.collect::<Result<_, _>>()?,
            file: options.text("header-file").map(ToOwned::to_owned),
            netrc: context
                .world
                .variable("HOME")
                .map(|home| Path::new(&home).join(".netrc")),
            connect: Connect::to(&url.host, url.port, options).by(proxy)?,
            proxies,
            #[cfg(feature = "tls")]
            tls: TlsClient::of(uri, options)?.speaking("http/1.1"),
            url,
        })
    }

    /// The fields that were asked for. Those of a file are read now, once, and so is a password.
    pub(super) async fn fields(&self) -> Result<Vec<Field>, OpenError> {
        let mut fields = self.given.clone();
        if let Some(path) = &self.file {
            let wrong = |why: String| OpenError {
                act: SETTING_UP,
                why: OpenFailure::Text(format!("header-file {}: {why}", named(path))),
            };
            let text = read_small(path.into()).await;
            let text = text.map_err(|error| wrong(crate::error::reason(&error)))?;
            fields.extend(Field::parse_lines(&text).map_err(wrong)?);
        }
        let is_said = fields.iter().any(|it| it.is("authorization"));
        if let Some(user) = self.url.user.as_ref().filter(|_| !is_said) {
            fields.push(Field::login(user, &self.password_of(user).await?));
        }
        Ok(fields)
    }

    /// The password of a user at the host, which stands in `~/.netrc` if there is one.
    async fn password_of(&self, user: &[u8]) -> Result<String, OpenError> {
        let Some(netrc) = &self.netrc else {
            return Ok(String::new());
        };
        let wrong = |why: &str| OpenError {
            act: SETTING_UP,
            why: OpenFailure::Text(format!("{}: {why}", named(netrc))),
        };
        let text = match read_small(netrc.clone()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            text => text.map_err(|error| wrong(&crate::error::reason(&error)))?,
        };
        let text = std::str::from_utf8(&text).map_err(|_| wrong("it is not UTF-8"))?;
        let user = std::str::from_utf8(user).ok();
        let found = user.and_then(|user| netrc::password(text, &self.url.host, user));
        Ok(found.unwrap_or_default())
    }

    /// Connects with the host of `url`.
    pub(super) async fn connect(
        &self,
        url: &Url,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<Halves, OpenError> {
        // A redirect may lead to where another proxy does, or none.
        let connect = self.connect.elsewhere(&url.host, url.port);
        let proxy = self.proxies.to(url.scheme == Scheme::Https, &url.host);
        let connect = proxy.and_then(|proxy| connect.by(proxy));
        let connect = connect.map_err(|error| OpenError {
            act: SETTING_UP,
            why: OpenFailure::Usage(error.to_string()),
        })?;
        match url.scheme {
            Scheme::Http => {
                let peer: &dyn PeerPlan = &connect;
                peer.prepare(side, announce).await?.open().await
            }
            Scheme::Https => self.connect_by_tls(&connect, url, side, announce).await,
        }
    }

    #[cfg(feature = "tls")]
    async fn connect_by_tls(
        &self,
        connect: &Connect,
        url: &Url,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<Halves, OpenError> {
        let tls = if url.has_same_origin(&self.url) {
            &self.tls
        } else {
            &self.tls.for_another_server()
        };
        let established = tls.connect(connect, side, announce).await?;
        established.halves(connect.settings)
    }

    /// A redirect may lead to what this build leaves out.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_async, reason = "with the feature it has to wait")]
    async fn connect_by_tls(
        &self,
        _: &Connect,
        _: &Url,
        _: Side,
        _: &dyn Announce,
    ) -> Result<Halves, OpenError> {
        let why = UsageError::left_out("https://", "tls").to_string();
        Err(OpenError {
            act: SETTING_UP,
            why: OpenFailure::Text(why),
        })
    }

    /// What it was parsed as, and what opening it does first, in words.
    pub(super) fn words(&self) -> (String, String) {
        let (_, opening) = self.connect.words();
        #[cfg(feature = "tls")]
        let opening = match self.url.scheme {
            Scheme::Http => opening,
            Scheme::Https => format!("{opening}, and {}", self.tls.words(&self.url.host)),
        };
        (format!("{}", self.url), opening)
    }

    /// What the ends of the connection are to the kernel.
    pub(super) fn raw(&self) -> Result<Raw, Unfit> {
        match self.url.scheme {
            Scheme::Http => Ok(Raw::Socket),
            Scheme::Https => Err("TLS is done by this program"),
        }
    }
}

/// Reads a file that may not be large.
async fn read_small(path: PathBuf) -> io::Result<Vec<u8>> {
    let read = move || {
        let mut text = Vec::new();
        File::open(path)?
            .take(MOST_OF_FILE + 1)
            .read_to_end(&mut text)?;
        if text.len() as u64 > MOST_OF_FILE {
            return Err(io::Error::other("it is too large"));
        }
        Ok(text)
    };
    threads::apart("header file", read)?.await
}

/// The descriptor that is waited for, if it is one.
pub(super) fn fd_of(ready: Ready<'_>) -> Option<BorrowedFd<'_>> {
    match ready {
        Ready::Readable(fd)
        | Ready::Writable(fd)
        | Ready::ReadableOrWritable(fd)
        | Ready::Failed(fd) => Some(fd),
        Ready::At(_) => None,
    }
}

/// Waits until an end is ready, while others go on.
pub(super) async fn ready(end: Ready<'_>) -> io::Result<()> {
    let interest = match end {
        Ready::Writable(_) => Interest::WRITABLE,
        Ready::ReadableOrWritable(_) => Interest::READABLE | Interest::WRITABLE,
        Ready::Readable(_) | Ready::Failed(_) => Interest::READABLE,
        Ready::At(moment) => {
            sleep_until(moment.into()).await;
            return Ok(());
        }
    };
    let Some(fd) = fd_of(end) else { return Ok(()) };
    // A second descriptor of the connection, to wait by: both sides of this are done with before the bytes move.
    let second = std::net::TcpStream::from(fd.try_clone_to_owned()?);
    TcpStream::from_std(second)?.ready(interest).await.map(drop)
}

/// Sends all of `bytes`, and what the sink holds of them itself.
pub(super) async fn send(sink: &mut dyn Sink, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match sink.write(&[IoSlice::new(bytes)]) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready(sink.ready()).await?,
            Err(error) => return Err(error),
        }
    }
    while let Some(backchannel) = sink.backchannel()
        && let Some(full @ Ready::Writable(_)) = backchannel.ready()
    {
        ready(full).await?;
        backchannel.hear()?;
    }
    Ok(())
}

/// Waits at most until `until` for an end, where no other thing is left to be done. Returns whether that moment has come.
pub(super) fn wait_briefly(end: Ready<'_>, until: Instant) -> bool {
    let wakeup = Wakeup::new();
    let waited = wakeup.and_then(|wakeup| wait::wait(&wakeup, &[end], Some(until)));
    waited.is_err() || Instant::now() >= until
}

/// Closes a connection cleanly, after everything was delivered. That takes no longer than `time`.
pub(super) fn close(source: Box<dyn Source>, sink: &mut dyn Sink, time: Duration) {
    source.close();
    let until = Instant::now() + time;
    while let Ok(crate::endpoint::Finish::Wait {
        ready, until: next, ..
    }) = sink.finish()
    {
        let next = next.min(until);
        if wait_briefly(ready.unwrap_or(Ready::At(next)), next) && Instant::now() >= until {
            break;
        }
    }
}

/// Asking for something has failed like this.
pub(super) fn not_answered(error: &io::Error) -> OpenError {
    OpenError {
        act: ASKING,
        why: OpenFailure::Text(reason(error)),
    }
}
