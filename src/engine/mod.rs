//! What moves bytes, from an open source to an open sink.
//!
//! `gate` decides when one side of a buffer pauses and drains. A `link` is the buffer between two stages, guarded by gates. A
//! `road` moves bytes from the source through the links to the sink, and `wait` is where it sleeps meanwhile. `throttle` is the
//! rate limit over a given clock, and `limit` that of a transfer.

pub mod gate;
pub mod limit;
pub mod link;
pub mod road;
pub mod throttle;
pub mod wait;
