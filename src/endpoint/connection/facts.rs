//! The numbers that describe a TCP connection.

use std::time::Duration;

/// The kernel's account of a TCP connection since it was made (tcp(7), `TCP_INFO`), and what follows from it. Fields that
/// a kernel does not know are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection {
    /// Bytes written that the peer's system has not acknowledged, sent or not (`SIOCOUTQ`).
    pub send_queue: u64,
    /// Bytes received that this program has not read (`SIOCINQ`).
    pub receive_queue: u64,
    /// The round trip time, smoothed.
    pub round_trip: Duration,
    /// The shortest recent round trip time.
    pub least_round_trip: Duration,
    /// Segments that were sent again.
    pub retransmits: u32,
    /// Of those: segments that the peer has reported to have had already.
    pub needless: u32,
    /// Whether a retransmission timeout has passed, so that all segments on their way count as lost.
    pub is_lost: bool,
    /// How fast the peer's system has recently acknowledged bytes, in bytes a second.
    pub delivery_rate: u64,
    /// Bytes of the send queue that have not gone out.
    pub unsent: u64,
    /// How much more than it has acknowledged the peer's system was ready to take, when it last said so.
    pub window: u64,
    /// For how long there was something on its way or to be sent.
    pub busy: Duration,
    /// Of that: the peer's receive window was full, so that the peer's program does not read.
    pub window_limited: Duration,
    /// Of that: the send buffer was full of bytes on their way, so that a larger one (`sndbuf`) would have helped.
    pub buffer_limited: Duration,
    /// Of the rest: what is attributed to the reader or the network.
    pub attributed: Attributed,
    /// Whether the peer is on this machine, so that there is no network.
    pub is_local: bool,
}

/// The parts of the busy time that the kernel does not account for and that evidence attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributed {
    /// To the program at the other end, which does not read.
    pub reader: Duration,
    /// To the network.
    pub network: Duration,
}
