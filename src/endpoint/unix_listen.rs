//! `unix-listen:PATH`, `unix-listen:@NAME`: tells where it listens, accepts one peer of those that may connect, and stops
//! listening. A file that it has made is gone by then.
//!
//! The mode of the file decides who may connect. An abstract name has none, so peers are asked who they are.

use super::accept::{ACCEPT_TIMEOUT, Accepting, Admission, MIN_SIZE};
use super::socket::{self, CLOSE, RCVBUF, SNDBUF, SocketSettings};
use super::socket_file::{SocketFile, SocketPath};
use super::socket_halves;
use super::socket_name::SocketName;
use super::unix::{UnixSocket, preview, preview_half};
use super::{
    Announce, EndPlan, Identity, Kind, Least, OpenError, Opening, OptionSpec, Options, PeerPlan,
    Prepared, PreparedPeer, PreparedSink, PreparedSource, Preview, SinkPlan, Slashes, SourcePlan,
    ValueKind,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError};
use crate::platform;
use rustix::fs::Mode;
use rustix::net::{bind, listen};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener as StdListener;
use tokio::net::UnixListener;

/// `unix-listen:`.
pub(super) const KIND: Kind = Kind {
    scheme: "unix-listen",
    form: "unix-listen:PATH",
    slashes: Slashes::Optional,
    rest: Rest::Decoded,
    summary: "waits for one connection on a unix socket",
    options: &[
        OptionSpec {
            name: "mode",
            value: ValueKind::Mode,
            only: None,
            default: "0600",
            help: "who may connect: 0600 only you, 0660 your group too, 0666 everybody",
        },
        ACCEPT_TIMEOUT,
        MIN_SIZE,
        CLOSE,
        SNDBUF,
        RCVBUF,
    ],
    source: Some(|uri, options, _| Ok(Box::new(UnixListen::of(uri, options)?))),
    sink: Some(|uri, options, _| Ok(Box::new(UnixListen::of(uri, options)?))),
    peer: Some(|uri, options, _| Ok(Box::new(UnixListen::of(uri, options)?))),
};

const LISTENING: &str = "listening on";

/// The mode if none is given.
const PRIVATE: u16 = 0o600;

/// How many peers may wait to be accepted (listen(2)): one, or enough that peers to be refused do not keep out the others.
const BACKLOG: i32 = 1;
const BACKLOG_OF_ANYBODY: i32 = 128;

struct UnixListen {
    name: SocketName,
    mode: Mode,
    accepting: Accepting,
    settings: SocketSettings,
}

/// A socket that listens, and its file if it has one.
struct Listening {
    socket: UnixListener,
    file: Option<SocketFile>,
    /// Which file it is, or has taken the place of.
    identity: Option<Identity>,
}

impl UnixListen {
    fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        let (name, mode) = (
            SocketName::of(uri)?,
            Mode::from_raw_mode(options.mode("mode").unwrap_or(PRIVATE).into()),
        );
        let is_abstract = matches!(name, SocketName::Abstract(_));
        // To connect is to write (unix(7)).
        if is_abstract && mode.contains(Mode::WGRP) && !mode.contains(Mode::WOTH) {
            return Err(UsageError::new(format!(
                "option 'mode={:04o}' of '{uri}': an abstract name belongs to no group; mode=0600 lets you and root \
                 connect, mode=0666 everybody",
                mode.bits()
            )));
        }
        Ok(Self {
            name,
            mode,
            accepting: Accepting::of(options, "#mode"),
            settings: SocketSettings::of(options),
        })
    }

    fn bind(&self) -> io::Result<Listening> {
        let (socket, file, identity) = match &self.name {
            SocketName::Path(path) => {
                let place = SocketPath::at(path)?;
                let (socket, file) = place.bind(self.mode, BACKLOG)?;
                (socket, Some(file), place.identity)
            }
            SocketName::Abstract(_) => {
                let socket = platform::unix_socket()?;
                bind(&socket, &self.name.address()?)?;
                listen(&socket, BACKLOG_OF_ANYBODY)?;
                (socket, None, None)
            }
        };
        Ok(Listening {
            socket: UnixListener::from_std(StdListener::from(socket))?,
            file,
            identity,
        })
    }

    /// Binds the listener, and tells where it listens.
    fn listen(&self, side: Side, announce: &dyn Announce) -> Result<Listening, OpenError> {
        let listening = self.bind();
        let listening = listening.map_err(|error| OpenError::io(LISTENING, error))?;
        announce.listening(side, &self.name.to_string(), "");
        Ok(listening)
    }

    /// Waits for the peer. Once it is accepted the file is removed and the listener closed.
    async fn accept(
        &self,
        listening: Listening,
        side: Side,
        announce: &dyn Announce,
    ) -> Result<UnixSocket, OpenError> {
        announce.waiting(side, format!("waiting for a connection on {}", self.name));
        let next = async || {
            let (stream, _) = listening.socket.accept().await?;
            Ok(self.admission(stream.into_std()?.into()))
        };
        let socket = self.accepting.one(side, announce, next).await?;
        drop(listening.file);
        let set_up = self.settings.apply(&socket.0);
        set_up.map_err(|error| OpenError::io("setting up", error))?;
        Ok(socket)
    }

    /// The connection, unless its peer may not have it.
    fn admission(&self, socket: OwnedFd) -> Admission<UnixSocket> {
        if matches!(self.name, SocketName::Path(_)) || self.mode.contains(Mode::WOTH) {
            return Ok(UnixSocket(socket));
        }
        match platform::stranger(&socket) {
            Ok(None) => Ok(UnixSocket(socket)),
            Ok(Some(peer)) => {
                let user = format!("user {}", peer.user);
                let process = peer.process.map(rustix::process::Pid::as_raw_nonzero);
                let name = process.map_or_else(|| user.clone(), |pid| format!("{user}, pid {pid}"));
                Err(name.into())
            }
            Err(_) => Err("a peer whose user is not known".to_owned().into()),
        }
    }

    /// Whom it lets in, in words.
    fn whom(&self) -> String {
        match self.name {
            SocketName::Path(_) => format!("whom mode {:04o} lets connect", self.mode.bits()),
            SocketName::Abstract(_) if self.mode.contains(Mode::WOTH) => {
                "whoever connects".to_owned()
            }
            SocketName::Abstract(_) => "you and root alone".to_owned(),
        }
    }
}

impl UnixListen {
    /// What is known before it is open, given how a `connection` is described that was parsed and is opened in these words.
    fn preview_of(&self, connection: impl FnOnce(String, String) -> Preview) -> Preview {
        let (whom, how_long) = (self.whom(), self.accepting.how_long());
        let says = "says where it listens on standard error";
        let (parsed, opening, place) = match &self.name {
            SocketName::Path(path) => (
                format!("listens on the unix socket {}", self.name),
                format!(
                    "makes the socket, {says}, waits for one peer of those {whom} {how_long}, and removes the socket"
                ),
                Some(SocketPath::at(path)),
            ),
            SocketName::Abstract(_) => (
                format!("listens on the unix socket {}, an abstract name", self.name),
                format!("{says}, waits for one peer {how_long}, and lets in {whom}"),
                None,
            ),
        };
        let base = connection(parsed, opening);
        match place {
            None => base,
            Some(Err(error)) => Preview {
                obstacle: Some(OpenError::io(LISTENING, error)),
                ..base
            },
            Some(Ok(place)) => Preview {
                now: Some(
                    if place.has_dead_socket {
                        "a socket that nobody listens on any more, which is replaced"
                    } else {
                        "does not exist"
                    }
                    .to_owned(),
                ),
                identity: place.identity,
                ..base
            },
        }
    }
}

impl EndPlan for UnixListen {
    fn listens(&self) -> bool {
        true
    }

    fn preview(&self, side: Side) -> Preview {
        self.preview_of(|parsed, opening| preview(&self.settings, side, parsed, opening))
    }
}

impl SourcePlan for UnixListen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async move {
            let mut listening = self.listen(Side::Source, announce)?;
            Ok(Prepared::new(listening.identity.take(), async move {
                let socket = self.accept(listening, Side::Source, announce).await?;
                Ok(socket::source(socket))
            }))
        })
    }

    fn least(&self) -> Least {
        self.accepting.least()
    }
}

impl SinkPlan for UnixListen {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async move {
            let mut listening = self.listen(Side::Sink, announce)?;
            Ok(Prepared::new(listening.identity.take(), async move {
                let socket = self.accept(listening, Side::Sink, announce).await?;
                Ok(self.settings.sink(socket))
            }))
        })
    }
}

impl PeerPlan for UnixListen {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        Box::pin(async move {
            let mut listening = self.listen(side, announce)?;
            Ok(Prepared::new(listening.identity.take(), async move {
                let socket = self.accept(listening, side, announce).await?;
                Ok(socket_halves::of(socket))
            }))
        })
    }

    fn preview_half(&self, side: Side) -> Preview {
        self.preview_of(|parsed, opening| preview_half(side, parsed, opening))
    }
}
