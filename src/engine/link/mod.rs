//! The buffer between a stage that fills it and those that empty it, guarded by gates:
//!
//! ```text
//!                              ┌▶ [writable] ─▶ consumer
//! producer ─▶ [readable] ──────┤
//!                              └▶ [writable] ─▶ consumer
//! ```
//!
//! `shared` is the link itself. On the buffered road the bytes are in its `store`, once for all consumers, and `chunks` moves
//! them; on the kernel road they are in pipes, and `piped` only counts them, or `duplicates` where there are several consumers. Gates, pauses and snapshots are the same on both:
//! `count` has them, and `numbers` is what displays read of it.
//!
//! A *pause* begins when a writable answers "stop" to what is offered, and ends once each that did so has drained. Meanwhile
//! the producer may still fill the readable up to its mark.

mod chain;
mod chunk;
mod chunks;
mod count;
mod duplicates;
mod history;
mod levels;
mod numbers;
mod occupancy;
mod pauses;
mod piped;
mod pipes;
mod pool;
mod shared;
mod snapshot;
mod stops;
mod store;

pub use chain::Chain;
pub use chunk::Batch;
pub use chunks::{Consumer, Next, Room};
pub use duplicates::Passable;
pub use history::{History, Piece, Pieces};
pub use levels::Levels;
#[cfg(test)]
pub(crate) use pauses::MOST_PAUSES;
pub use pauses::PauseTotals;
pub use piped::{Passed, PipedLink};
pub use pipes::{Pipes, WatchedPipe};
pub use shared::{InputEnd, Link};
pub use snapshot::{ConsumerSnapshot, LinkSnapshot, LinkState, Marks, ReadableFill, WritableFill};
