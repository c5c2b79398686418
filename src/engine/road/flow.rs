//! What a road has to know of the flow, and where it counts.

use crate::account::meter::WriterAccount;
use crate::endpoint::Least;
use crate::engine::limit::Limit;
use crate::engine::link::{Consumer, Link};
use std::time::Duration;

/// What a road has to know about the flow.
#[derive(Debug, Clone, Copy)]
pub struct FlowOptions {
    /// The most one read takes, in bytes.
    pub chunk_size: u64,
    /// Bytes to leave out at the beginning.
    pub skip: u64,
    /// Bytes to stop after.
    pub take: Option<u64>,
    /// How many bytes are expected to come to the sink, if that is known. There may come more or fewer.
    pub expected: Option<u64>,
    /// The only number of delivered bytes that is a success.
    pub expect_size: Option<u64>,
    /// The least that has to come from the source, left out or not, for its end to be one.
    pub least: Least,
    /// Whether all writing ends as soon as one of several sinks has failed.
    pub fail_fast: bool,
    /// How long a peer may let nothing move. Who holds the handle watches over that; the road only checks the send queue often
    /// enough.
    pub idle_timeout: Option<Duration>,
}

impl FlowOptions {
    /// Everything, in pieces of up to 1 MiB. Chosen by measurement: a whole mark at once costs the fewest wake-ups, which
    /// matters most for sockets; pipes give what they hold in any case.
    pub const DEFAULT: Self = Self {
        expected: None,
        chunk_size: 1 << 20,
        skip: 0,
        take: None,
        expect_size: None,
        least: Least::Nothing,
        fail_fast: false,
        idle_timeout: None,
    };
}

impl FlowOptions {
    /// What is left of the flow where the sink has `done` bytes of it already, and the source is behind them.
    #[must_use]
    pub fn behind(self, done: u64) -> Self {
        let less = |bytes: Option<u64>| bytes.map(|bytes| bytes.saturating_sub(done));
        Self {
            skip: if done > 0 { 0 } else { self.skip },
            take: less(self.take),
            expected: less(self.expected),
            expect_size: less(self.expect_size),
            ..self
        }
    }
}

impl Default for FlowOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the writing thread works on and counts in.
#[derive(Debug, Clone, Copy)]
pub(super) struct WriterContext<'a> {
    /// The link that the source fills.
    pub(super) first: &'a Link,
    /// The sink's place at the link that it empties; the same link without transforms.
    pub(super) consumer: Consumer<'a>,
    pub(super) account: &'a WriterAccount<'a>,
    /// `None`: the reader keeps to it.
    pub(super) limit: Option<&'a Limit>,
}
