//! What a road has to know of the flow, and where it counts.

use crate::account::meter::Meter;
use crate::endpoint::Least;
use crate::engine::limit::Limit;
use crate::engine::link::Link;
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
    /// How long a peer may let nothing move. The session watches over that; the road only checks the send queue often
    /// enough.
    pub idle_timeout: Option<Duration>,
}

/// What the writing thread works on and counts in.
#[derive(Debug, Clone, Copy)]
pub(super) struct WriterContext<'a> {
    /// The link that the source fills.
    pub(super) first: &'a Link,
    /// The link that the sink empties; the same one without transforms.
    pub(super) link: &'a Link,
    pub(super) meter: &'a Meter,
    pub(super) limit: &'a Limit,
}
