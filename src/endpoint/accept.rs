//! What every end does that accepts one peer: for how long it waits, whom it turns away, and how much the peer has to send.

use super::{Announce, Least, OpenError, OpenFailure, OptionSpec, Options, ValueKind};
use crate::error::Side;
use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

/// `accept-timeout`, an option of every end that listens.
pub(super) const ACCEPT_TIMEOUT: OptionSpec = OptionSpec {
    name: "accept-timeout",
    value: ValueKind::Duration,
    only: None,
    default: "none",
    help: "give up if nobody connects within D",
};

/// `min-size`, an option of every source that listens.
pub(super) const MIN_SIZE: OptionSpec = OptionSpec {
    name: "min-size",
    value: ValueKind::SizeOrZero,
    only: Some(Side::Source),
    default: "1 to replace a file that is not empty",
    help: "fail (exit 3) if fewer bytes come; an atomic SINK is not replaced",
};

/// A peer that has connected: the connection, or who was turned away.
pub(super) type Admission<T> = Result<T, TurnedAway>;

/// A peer that may not connect.
pub(super) struct TurnedAway {
    /// Its name.
    pub(super) peer: String,
    /// Why, if it was not the option by which peers are turned away.
    pub(super) why: Option<String>,
}

impl From<String> for TurnedAway {
    fn from(peer: String) -> Self {
        Self { peer, why: None }
    }
}

/// How one peer is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepting {
    timeout: Option<Duration>,
    min_size: Option<u64>,
    /// The option by which peers are turned away.
    by: &'static str,
}

impl Accepting {
    pub(super) fn of(options: &Options, by: &'static str) -> Self {
        Self {
            timeout: options.duration(ACCEPT_TIMEOUT.name),
            min_size: options.number(MIN_SIZE.name),
            by,
        }
    }

    /// How many bytes have to come from the peer.
    pub(super) fn least(&self) -> Least {
        self.min_size.map_or(Least::OneByteToReplace, Least::of)
    }

    /// For how long it waits, in words.
    pub(super) fn how_long(&self) -> String {
        match self.timeout {
            None => "for as long as it takes".to_owned(),
            Some(limit) => format!("for {} at most", humantime::format_duration(limit)),
        }
    }

    /// Waits for the first peer that `next` lets in. One that it turns away is closed already, and is told of; one that hung up
    /// while it waited is skipped (accept(2)).
    pub(super) async fn one<T>(
        &self,
        side: Side,
        announce: &dyn Announce,
        next: impl AsyncFn() -> io::Result<Admission<T>>,
    ) -> Result<T, OpenError> {
        let (refused, last_why) = (Cell::new(0), RefCell::new(None));
        let accepted = async {
            loop {
                match next().await {
                    Ok(Ok(connection)) => return Ok(connection),
                    Ok(Err(TurnedAway { peer, why })) => {
                        refused.set(refused.get() + 1);
                        match why {
                            None => announce.refused(side, &peer, self.by),
                            Some(why) => {
                                announce.turned_away(side, &peer, &why);
                                *last_why.borrow_mut() = Some(why);
                            }
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => return Err(OpenError::io("accepting on", error)),
                }
            }
        };
        let Some(limit) = self.timeout else {
            return accepted.await;
        };
        let in_time = tokio::time::timeout(limit, accepted).await;
        in_time.unwrap_or_else(|_| Err(self.nobody_came(limit, refused.get(), last_why.take())))
    }

    fn nobody_came(&self, limit: Duration, refused: u64, last_why: Option<String>) -> OpenError {
        let within = humantime::format_duration(limit);
        let nobody = match (refused, self.by, last_why) {
            (0, ..) => format!("nobody connected within {within}"),
            (n, _, Some(why)) => {
                format!(
                    "nobody was let in within {within}; {n} refused, the last one because {why}"
                )
            }
            (n, by, None) => {
                format!("nobody allowed by {by} connected within {within}; {n} refused")
            }
        };
        OpenError {
            act: "accepting on",
            why: OpenFailure::Timeout(format!("{nobody} (#accept-timeout)")),
        }
    }
}
