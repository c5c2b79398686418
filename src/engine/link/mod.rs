//! What stands between two stages, guarded by the gates: `SOURCE ─▶ [readable] ─▶ [writable] ─▶ SINK`.
//!
//! `shared` is the link itself. On the buffered road the bytes are in its queue, and `chunks` moves them; on the kernel road
//! they are in pipes and only counted, in `piped`. Gates, pauses and what is shown of them are the same.

mod chain;
mod chunk;
mod chunks;
mod gates;
mod history;
mod levels;
mod occupancy;
mod pauses;
mod piped;
mod pipes;
mod queue;
mod shared;
mod snapshot;

pub use chain::Chain;
pub(crate) use chunk::take_front;
pub use chunks::{Next, Room};
pub use history::{History, Piece, Pieces};
pub use levels::Levels;
#[cfg(test)]
pub(crate) use pauses::MOST_PAUSES;
pub use pauses::Pauses;
pub use pipes::{Pipes, WatchedPipe};
pub use queue::End;
pub use shared::Link;
pub use snapshot::{LinkSnapshot, LinkState, Marks, ReadableFill, WritableFill};
