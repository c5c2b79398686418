//! Says where a listening end listens, and whom it does not let in.

use crate::endpoint::Announce;
use crate::error::Side;
use crate::plan::Plan;
use crate::session::report::{Form, StderrWriter};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The most refusals that are told in a second, so that nobody fills a disk by being refused.
const MOST_TOLD: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// An end that listens, and where.
pub(super) type Heard = (Side, String);

/// Tells people at once, and keeps for the records what is told as soon as there are any.
pub(super) struct Announcer {
    stderr: StderrWriter,
    source: Door,
    sink: Door,
    /// Whether refusals are to be told.
    tells_refusals: bool,
    heard: RefCell<Vec<Heard>>,
}

/// One end, as those meet it who are refused.
struct Door {
    /// What is being done there, with the name of the transfer if it has one.
    doing: String,
    refusals: Cell<Refusals>,
}

impl Announcer {
    pub(super) fn new(plan: &Plan, stderr: &StderrWriter) -> Self {
        let door = |uri: &str| Door {
            doing: plan.show.theme.named(&format!("accepting on {uri}")),
            refusals: Cell::default(),
        };
        Self {
            stderr: stderr.clone(),
            source: door(&plan.source.uri),
            sink: door(&plan.sink.uri),
            tells_refusals: plan.show.tells_refusals,
            heard: RefCell::default(),
        }
    }

    /// Where the ends listen.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Nobody is waited for any more: tells how many refusals were not told.
    pub(super) fn stop(&self) {
        for door in [&self.source, &self.sink] {
            let untold = door.refusals.take().untold;
            if self.tells_refusals && untold > 0 {
                self.tell_more(door, untold);
            }
        }
    }

    fn tell_more(&self, door: &Door, untold: u64) {
        let doing = &door.doing;
        self.stderr
            .remark(&format!("{doing}: refused {untold} more (#from)"));
    }
}

impl Announce for Announcer {
    fn listening(&self, side: Side, address: SocketAddr) {
        if self.stderr.form() == Form::Lines {
            let reach = reach(address);
            self.stderr
                .announce(&format!("listening on {address}{reach}"));
        }
        let heard = (side, address.to_string());
        self.heard.borrow_mut().push(heard);
    }

    fn refused(&self, side: Side, peer: SocketAddr) {
        if !self.tells_refusals {
            return;
        }
        let door = match side {
            Side::Source => &self.source,
            Side::Sink => &self.sink,
        };
        let mut refusals = door.refusals.get();
        let before = refusals.count(Instant::now());
        door.refusals.set(refusals);
        let Some(untold) = before else { return };
        if untold > 0 {
            self.tell_more(door, untold);
        }
        let (doing, peer) = (&door.doing, canonical(peer));
        self.stderr
            .remark(&format!("{doing}: refused {peer} (#from)"));
    }
}

/// What is worth knowing of an address besides: scripts take it from the word before.
fn reach(address: SocketAddr) -> &'static str {
    if address.ip().is_unspecified() {
        " (all interfaces)"
    } else {
        ""
    }
}

/// An IPv4 peer as one, on a socket that takes both.
fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        ip if ip == peer.ip() => peer,
        ip => SocketAddr::new(ip, peer.port()),
    }
}

/// Who was refused, counted so that no more than [`MOST_TOLD`] are told in a second.
#[derive(Debug, Clone, Copy, Default)]
struct Refusals {
    /// When the present second began.
    since: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Refusals {
    /// One more. `None`: it is not to be told. Otherwise how many were not told before it.
    fn count(&mut self, now: Instant) -> Option<u64> {
        let goes_on = |since: Instant| now.saturating_duration_since(since) < SECOND;
        if !self.since.is_some_and(goes_on) {
            (self.since, self.told) = (Some(now), 0);
        }
        if self.told < MOST_TOLD {
            self.told += 1;
            Some(std::mem::take(&mut self.untold))
        } else {
            self.untold += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_TOLD, Refusals, SECOND};
    use std::time::Instant;

    #[test]
    fn of_many_refusals_the_first_of_each_second_are_told_and_the_others_counted() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        let told = (0..1000).filter(|_| refusals.count(start).is_some());
        assert_eq!(told.count(), MOST_TOLD as usize);
        assert_eq!(
            refusals.count(start + SECOND),
            Some(1000 - u64::from(MOST_TOLD))
        );
        assert_eq!(refusals.count(start + SECOND), Some(0));
        assert_eq!(refusals.untold, 0);
    }
}
