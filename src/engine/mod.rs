//! What moves bytes, from an open source to an open sink.
//!
//! `gate` decides when one side of a buffer pauses and drains. A `link` is the buffer between two stages, guarded by
//! two gates. A `road` moves bytes from the source through the links to the sink, and `wait` is where its threads sleep
//! meanwhile. `throttle` is the rate limit over a given clock, and `limit` that of a transfer under way.
//!
//! # How a chunk goes
//!
//! On the buffered road the reader thread asks its link for room, reads no more than that, and pushes the chunk into
//! the readable side of the link. While the readable flows, the chunk passes on to the writable side. The writer thread
//! takes all chunks that are there, writes them, and completes what the sink has taken. A transform does both: it is
//! the consumer of one link and the producer of the next. On the kernel road one thread moves everything, the bytes are
//! in pipes of the kernel, and the link only counts them.
//!
//! # Pause and drain
//!
//! When a chunk fills the writable up to its mark, the writable answers "stop", and the readable is paused. The
//! producer goes on until the readable is full as well, and then sleeps. Once the consumer has emptied the writable (or
//! brought it down to the low-water mark), the writable drains: the readable flows again, and a producer that sleeps is
//! woken.
//!
//! # Failure
//!
//! When the source fails, its link ends as [`InputEnd::Cut`](link::InputEnd): what has been read is still delivered, but the sink
//! is not finished as a whole. A transform that fails ends the link after it in the same way, and cancels the link
//! before it. When the sink fails, its link is cancelled, and a stage that finds one of its links cancelled cancels the
//! other one too; when the user gives up, all links are cancelled at once. A cancelled stage is woken and stops. Each
//! stage reports how it ended, and the session tells the user.

pub mod gate;
pub mod limit;
pub mod link;
pub mod road;
pub mod throttle;
pub mod wait;
