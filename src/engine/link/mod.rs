//! The buffer between two stages, guarded by two gates: `producer ─▶ [readable] ─▶ [writable] ─▶ consumer`.
//!
//! `shared` is the link itself. On the buffered road the bytes are in its queue, and `chunks` moves them; on the kernel
//! road they are in pipes, and `piped` only counts them. Gates, pauses and snapshots are the same on both.
//!
//! A *pause* begins when the writable answers "stop" to a chunk, and ends with its *drain*. Meanwhile the producer may
//! still fill the readable up to its mark.

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
pub use pauses::PauseTotals;
pub use pipes::{Pipes, WatchedPipe};
pub use queue::InputEnd;
pub use shared::Link;
pub use snapshot::{LinkSnapshot, LinkState, Marks, ReadableFill, WritableFill};
