//! `unix:PATH`, `unix:@NAME`: connects to a Unix socket; and what every connected Unix socket is as an end.

use super::retry::{RETRY, Retries};
use super::socket::{self, CLOSE, RCVBUF, SNDBUF, SocketSettings, StreamSocket};
use super::socket_file::is_served;
use super::socket_halves;
use super::socket_name::SocketName;
use super::{
    Announce, EndPlan, EndStatus, Kind, OpenError, Opening, Options, PeerPlan, Prepared,
    PreparedPeer, PreparedSink, PreparedSource, Preview, Probe, SinkPlan, Slashes, SourcePlan,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError, reason};
use crate::platform::{self, threads};
use rustix::io::{Errno, ioctl_fionbio, retry_on_intr};
use rustix::net::{SocketAddrUnix, connect};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// `unix:`.
pub(super) const KIND: Kind = Kind {
    scheme: "unix",
    form: "unix:PATH",
    slashes: Slashes::Optional,
    rest: Rest::Decoded,
    summary: "connects to a unix socket, PATH or @NAME (abstract)",
    options: &[CLOSE, RETRY, SNDBUF, RCVBUF],
    source: Some(|uri, options, _| Ok(Box::new(UnixConnect::of(uri, options)?))),
    sink: Some(|uri, options, _| Ok(Box::new(UnixConnect::of(uri, options)?))),
    peer: Some(|uri, options, _| Ok(Box::new(UnixConnect::of(uri, options)?))),
};

const CONNECTING: &str = "connecting to";

/// A connected Unix socket.
#[derive(Debug)]
pub(super) struct UnixSocket(pub(super) OwnedFd);

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl StreamSocket for UnixSocket {
    fn probe(&self) -> Probe {
        Probe::Known(EndStatus::UnixSocket)
    }

    fn peer(&self) -> Option<String> {
        let peer = platform::peer(self.as_fd()).ok()??;
        Some(format!("pid {}", peer.process?.as_raw_nonzero()))
    }
}

/// What is known of a connection on this side before it is made.
pub(super) fn preview(
    settings: &SocketSettings,
    side: Side,
    parsed: String,
    opening: String,
) -> Preview {
    let ending = match side {
        Side::Source => {
            "when the peer closes the connection, or its side of it; one that is killed looks the same"
                .to_owned()
        }
        Side::Sink => format!(
            "once the peer has read every byte, and has closed too (closed) or has kept its side open for {} \
             (acknowledged)",
            humantime::format_duration(settings.close_timeout)
        ),
    };
    socket::preview(parsed, opening, ending)
}

/// What is known of one half of a connection before it is made.
pub(super) fn preview_half(side: Side, parsed: String, opening: String) -> Preview {
    let ending = match side {
        Side::Source => {
            "when the peer closes the connection, or its side of it; one that is killed looks the same"
        }
        Side::Sink => "once the peer has read every byte (acknowledged)",
    };
    socket::preview(parsed, opening, ending.to_owned())
}

struct UnixConnect {
    name: SocketName,
    retries: Retries,
    settings: SocketSettings,
}

impl UnixConnect {
    fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        Ok(Self {
            name: SocketName::of(uri)?,
            retries: Retries::of(options),
            settings: SocketSettings::of(options),
        })
    }

    /// Connects, and tries again as often as was asked for.
    async fn connect(&self, side: Side, announce: &dyn Announce) -> Result<UnixSocket, OpenError> {
        let doing = format!("connecting to {}", self.name);
        announce.waiting(side, doing.clone());
        let has_to_wait = || {
            let why = "as many wait there already as may";
            announce.waiting(side, format!("{doing} ({why})"));
        };
        let attempt = async || {
            let attempt = self.attempt(has_to_wait).await;
            attempt.map_err(|error| OpenError::io(CONNECTING, error))
        };
        let failed = |attempt: &str, error: &OpenError| {
            let why = error.reason();
            announce.waiting(side, format!("{doing} ({attempt}: {why})"));
        };
        self.retries.connected(attempt, failed).await
    }

    /// Tries once. Where the queue of the listener is full it says so, and waits for a place.
    async fn attempt(&self, has_to_wait: impl Fn()) -> io::Result<UnixSocket> {
        let (socket, address) = (platform::unix_socket()?, self.name.address()?);
        self.settings.apply(&socket)?;
        match connect(&socket, &address) {
            Ok(()) => Ok(UnixSocket(socket)),
            // Only a full queue keeps it from being done at once (connect(2)).
            Err(Errno::AGAIN) => {
                has_to_wait();
                Ok(UnixSocket(connected_in_turn(socket, address).await?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is at its path, in words.
    fn now(&self) -> Option<String> {
        match &self.name {
            SocketName::Path(path) => Some(now(path)),
            SocketName::Abstract(_) => None,
        }
    }
}

/// Connects `socket` as soon as there is a place in the queue of the listener. No event tells of one, so a thread sleeps in the
/// call, and is left behind if the transfer is interrupted.
async fn connected_in_turn(socket: OwnedFd, address: SocketAddrUnix) -> io::Result<OwnedFd> {
    let connecting = threads::apart("connector", move || {
        ioctl_fionbio(&socket, false)?;
        retry_on_intr(|| connect(&socket, &address))?;
        ioctl_fionbio(&socket, true)?;
        Ok(socket)
    });
    connecting?.await
}

/// What is at the path of a socket, in words.
fn now(path: &Path) -> String {
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist".to_owned(),
        Err(error) => format!("cannot be looked at: {}", reason(&error)),
        Ok(found) if !found.file_type().is_socket() => "exists, and is no socket".to_owned(),
        Ok(_) => match is_served(path) {
            Ok(true) => "a socket that somebody has".to_owned(),
            Ok(false) => "a socket that nobody listens on any more".to_owned(),
            Err(error) => format!("a socket that cannot be connected to: {}", reason(&error)),
        },
    }
}

impl UnixConnect {
    /// What it was parsed as, and what opening it does, in words.
    fn words(&self) -> (String, String) {
        let parsed = match &self.name {
            SocketName::Path(_) => format!("connects to the unix socket {}", self.name),
            SocketName::Abstract(_) => {
                format!(
                    "connects to the unix socket {}, an abstract name",
                    self.name
                )
            }
        };
        let again = self.retries.words();
        let opening = format!("connects, and waits for a place if many do{again}");
        (parsed, opening)
    }
}

impl EndPlan for UnixConnect {
    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        Preview {
            now: self.now(),
            ..preview(&self.settings, side, parsed, opening)
        }
    }
}

impl SourcePlan for UnixConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let connect = async {
            let stream = self.connect(Side::Source, announce).await?;
            Ok(socket::source(stream))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl SinkPlan for UnixConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let connect = async {
            let stream = self.connect(Side::Sink, announce).await?;
            Ok(self.settings.sink(stream))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl PeerPlan for UnixConnect {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        let connect = async move {
            let stream = self.connect(side, announce).await?;
            Ok(socket_halves::of(stream))
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        Preview {
            now: self.now(),
            ..preview_half(side, parsed, opening)
        }
    }
}
