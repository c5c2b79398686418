//! What moves bytes, from an open source to an open sink.
//!
//! `gate` decides when one side of a buffer pauses and drains. A `link` is the buffer between two stages, guarded by
//! two gates. A `road` moves bytes from the source through the links to the sink, and `wait` is where its threads wait
//! for descriptors and for each other. `throttle` is the rate limit over a given clock, and `limit` that of a transfer
//! under way.
//!
//! # How a chunk goes
//!
//! On the buffered road the reader thread asks its link for room, reads no more than that, and pushes the chunk into
//! the readable side of the link. While the readable flows, the chunk passes on to the writable side. The writer thread
//! takes all chunks that are there, writes them, and completes what the sink has taken. A transform does both: it is
//! the consumer of one link and the producer of the next.
//!
//! On the kernel road one thread moves everything by one of three methods: directly from one end to the other, one of
//! which is a pipe; through a pipe of our own, the writable of the link, or past it by sendfile(2), from a file to a socket;
//! or by copying within the file system. What is delivered never enters our memory. The link counts them, and its count is the only record of what is in our own pipe.
//!
//! # Pause and drain
//!
//! When a chunk fills the writable up to its mark, the writable answers "stop", and the readable is paused. The
//! producer goes on until the readable is full as well, and then sleeps. Once the consumer has emptied the writable (or
//! brought it down to the low-water mark), the writable drains: the readable flows again, and a producer that sleeps is
//! woken.
//!
//! # Cancellation and failure
//!
//! To cancel a link says that nobody wants more from it, which is not in itself a failure: the stages on both sides are
//! woken, and stop. A program that closes its input cancels the link before it. A writer that has not delivered
//! everything cancels its link, and a stage that finds one of its links cancelled cancels the other one too; when the
//! user gives up, or the writer has ended without having delivered everything, the session cancels all links at once.
//!
//! When the source fails, on the buffered road its link ends as [`InputEnd::Cut`](link::InputEnd): what has been read is still delivered, but
//! the sink is not finished as a whole. The kernel road keeps the error until its pipe is empty. A transform that fails ends the link after it in the same way, and cancels the
//! link before it. Each stage reports how it ended, and the session tells the user.
//!
//! # Who calls what
//!
//! The session calls everything that is not called by a stage, on the main thread: it chooses and starts a road, cancels
//! all links when the transfer is to be given up, and closes the source once everything is delivered. If anything fails,
//! the source is dropped instead, so that a peer can tell. What comes over the control socket is done on the same thread:
//! `set_marks` wakes a producer by itself, while `set_rate` and `hold_all` leave it to the caller to wake the consumer of
//! the last link. The thread of the kernel road sleeps on that consumer's wakeup.
//!
//! # Words
//!
//! - *ours*: a buffer that this process has made; a *neighbour* is the process at the other side of a pipe that is an end.
//! - *paced*: a sink that limits its own speed; *narrow*: a pipe that is an end and holds less than its mark.
//! - *left out*: bytes that are skipped at the beginning; *least*: how many bytes the source has to give.
//! - *would lose*: a sink that replaces a file with something in it, and may be *put off* until bytes have come.
//! - *grain*: the most that the rate limit lets go at once, beside the burst.
//! - *to gather*: to let the bytes of a fast source become many before they are moved.
//! - *backchannel*: what the peer says on the connection that is the sink; *send queue*: the bytes that its system has not
//!   acknowledged.

pub mod gate;
pub mod limit;
pub mod link;
pub mod pipeline;
pub mod road;
pub mod throttle;
pub mod wait;
