//! What is known of a connection.

use std::time::Duration;

/// The kernel's account of a TCP connection since it was made (tcp(7), `TCP_INFO`), and what follows from it. What a
/// kernel does not know is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection {
    /// Bytes sent by us that the peer's system has not acknowledged, or that have not gone out (`SIOCOUTQ`).
    pub send_queue: u64,
    /// Bytes received that we have not read (`SIOCINQ`).
    pub receive_queue: u64,
    /// From sending to the acknowledgement, smoothed.
    pub round_trip: Duration,
    /// The shortest there was lately.
    pub least_round_trip: Duration,
    /// Segments that were sent once more.
    pub retransmits: u32,
    /// Of those: that the peer had got already, as it says.
    pub needless: u32,
    /// Whether nothing has been acknowledged for so long that all that is on its way counts as lost.
    pub is_lost: bool,
    /// How fast the peer's system has acknowledged lately, in bytes a second.
    pub delivery_rate: u64,
    /// Bytes of the send queue that have not gone out.
    pub unsent: u64,
    /// How much more than it has acknowledged the peer's system was ready to take, when it last said so.
    pub window: u64,
    /// For how long there was something on its way or to be sent.
    pub busy: Duration,
    /// Of that: the peer's receive window was full, so that the peer's program does not read.
    pub window_limited: Duration,
    /// Of that: our send buffer was full of bytes on their way, so that a larger one (`sndbuf`) would have helped.
    pub buffer_limited: Duration,
    /// Of the rest: what can be put on somebody.
    pub found: Found,
    /// Whether the peer is on this machine, so that there is no network.
    pub is_local: bool,
}

/// Of the time that the kernel does not account for: what can be put on somebody all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// On the program at the other end.
    pub reader: Duration,
    /// On the network.
    pub network: Duration,
}
