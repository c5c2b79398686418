//! A connection by TLS that stands becomes an end that reads, one that writes, or both as halves of a peer; and what is known of
//! these before.

use super::session::Session;
use super::shared::{BY_US, Sending, Talk, TlsConnection};
use super::sink::TlsSink;
use super::source::TlsSource;
use crate::endpoint::tcp::Settings;
use crate::endpoint::{Halves, OpenError, Preview, Sink, Source};
use crate::error::Side;
use crate::platform::sync::Lock;
use std::sync::Arc;
use tokio::net::TcpStream;

/// What is known of a connection before it is made.
pub(super) fn preview(settings: Settings, side: Side, parsed: String, opening: String) -> Preview {
    let of_tcp = settings.preview(side, parsed, opening);
    let ending = match side {
        Side::Source => {
            "when the peer says that this is the end (close_notify); closing without a word is a failure".to_owned()
        }
        Side::Sink => of_tcp.ending.clone(),
    };
    Preview {
        raw: Err(BY_US),
        ending,
        ..of_tcp
    }
}

/// What is known of one half of a connection before it is made.
pub(super) fn preview_half(
    settings: Settings,
    side: Side,
    parsed: String,
    opening: String,
) -> Preview {
    Preview {
        raw: Err(BY_US),
        ..settings.preview_half(side, parsed, opening)
    }
}

/// A session that stands, and its connection.
pub(in crate::endpoint) struct Established {
    pub(super) session: Session,
    pub(super) stream: TcpStream,
}

impl Established {
    pub(super) fn source(self, settings: Settings) -> Result<Box<dyn Source>, OpenError> {
        let shared = self.shared(settings, false)?;
        Ok(Box::new(TlsSource::new(shared)))
    }

    pub(super) fn sink(self, settings: Settings) -> Result<Box<dyn Sink>, OpenError> {
        let shared = self.shared(settings, false)?;
        Ok(Box::new(TlsSink::new(shared)))
    }

    pub(in crate::endpoint) fn halves(self, settings: Settings) -> Result<Halves, OpenError> {
        let talking = Settings {
            nodelay: true,
            ..settings
        };
        let shared = self.shared(talking, true)?;
        Ok(Halves {
            source: Box::new(TlsSource::new(Arc::clone(&shared))),
            sink: Box::new(TlsSink::new(shared)),
        })
    }

    fn shared(self, settings: Settings, is_two_way: bool) -> Result<Arc<TlsConnection>, OpenError> {
        let socket = settings.connected(self.stream);
        Ok(Arc::new(TlsConnection {
            socket: socket.map_err(|error| OpenError::io("setting up", error))?,
            is_two_way,
            close_timeout: settings.socket.close_timeout,
            state: Lock::new(Talk {
                session: self.session,
                error: None,
                is_given_up: false,
                heard: 0,
                has_peer_ended: false,
                is_source_closed: false,
                writing: Sending::UnderWay,
            }),
        }))
    }
}
