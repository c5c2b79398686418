//! How many bytes may go to the sink now; or else what holds them back, and how that is waited for.

use super::ending::Stop;
use super::pump::Pump;
use crate::account::phase::Phase;
use crate::engine::road::outlet::WaitFor;
use crate::engine::throttle::Allowance;
use crate::error::Side;
use std::io;
use std::time::Instant;

/// What may go to the sink now.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grant {
    /// So many bytes.
    Bytes(u64),
    /// Nothing, because of this.
    Not(Obstacle),
}

/// What is between bytes and the sink.
#[derive(Debug, Clone, Copy)]
pub(super) enum Obstacle {
    /// The sink takes nothing now.
    Sink,
    /// The rate limit lets nothing go before this moment.
    Rate(Instant),
}

impl Pump<'_> {
    /// How many of `most` bytes may go to the sink now.
    pub(super) fn granted(&mut self, most: u64) -> Result<Grant, Stop> {
        self.outlet.begin()?;
        let most = match self.outlet.allow(most) {
            Allowance::Bytes(most) => most,
            Allowance::Not(until) => return Ok(Grant::Not(Obstacle::Rate(until))),
        };
        match self.outlet.sink.grant(most) {
            Ok(most) => Ok(Grant::Bytes(most)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Ok(Grant::Not(Obstacle::Sink))
            }
            Err(error) => Err(self.stop_for(Side::Sink, error)),
        }
    }

    /// Waits until the obstacle may be gone. Returns earlier if the buffer `has_room` and the source has more.
    pub(super) fn wait_for_sink(&mut self, obstacle: Obstacle, has_room: bool) -> Result<(), Stop> {
        self.announce_road();
        // A file is always readable.
        let source = (has_room && !self.reads_file()).then(|| self.inlet.source.ready());
        if let Obstacle::Rate(until) = obstacle {
            return Ok(self.outlet.wait_for_rate(until, source)?);
        }
        self.account.enter(Phase::Sink);
        self.outlet.wait(WaitFor {
            sink: true,
            source,
            ..WaitFor::default()
        })?;
        self.account.enter(Phase::Moving);
        Ok(())
    }
}
