//! What moves bytes, from an open source to an open sink.
//!
//! A `pipeline` is an open source, an open sink, and what stands between them, as one value: it is started on a road, and
//! answers with one handle. A `road` moves bytes from the source through the links to the sink; `wait` is where its
//! threads wait for descriptors and for each other, `wakeup` how they wake each other. A `link` is the buffer between a stage and
//! those that it feeds, guarded by gates; `gate` decides when one side of a buffer pauses and drains, `gates` passes bytes on. `throttle` is the rate limit
//! over a given clock, and `limit` that of a pipeline under way.
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
//! To several sinks there is a thread for each on either road, with the same link between them and the reader. On the kernel road the reader
//! fills a pipe, which is the readable, and duplicates what is in it into a pipe for each sink, which are the writables.
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
//! woken, and stop. A program that closes its input cancels the link before it, and a stage that finds one of its links
//! cancelled cancels the other one too. When the pipeline is given up, or the writer has ended without having delivered
//! everything, all links are cancelled at once.
//!
//! When the source fails, on the buffered road its link ends as [`InputEnd::Cut`](link::InputEnd): what has been read is still delivered, but
//! the sink is not finished as a whole. The kernel road keeps the error until its pipe is empty. A transform that fails ends the link after it in the same way, and cancels the
//! link before it. Each stage notes how it ended, and the handle tells it: once the writer has ended, and the others too or
//! half a second later.
//!
//! # Who calls what
//!
//! Whoever makes a pipeline holds its handle: a session on the main thread, as a task; a test or a benchmark, as a thread that
//! sleeps. The handle tells the road as soon as it is clear, and the end; it cancels all links when the pipeline is to be given
//! up. The source is left by the road, after the last read and before the sink is finished, so that it can still say that what it
//! gave is no success. It is closed by who gets the end, once everything is delivered. If anything fails, the source is dropped
//! instead, so that a peer can tell. The `Controls` change a limit or the marks, and wake the stage that may be waiting by the
//! old ones: the consumer of the last link, on whose wakeup the thread of the kernel road sleeps too.
//!
//! # Words
//!
//! - *ours*: a buffer that this process has made; a *neighbour* is the process at the other side of a pipe that is an end.
//! - *paced*: a sink that limits its own speed; *narrow*: a pipe that is an end and holds less than its mark.
//! - *left out*: bytes that are skipped at the beginning; *least*: how many bytes the source has to give.
//! - *would lose*: a sink that replaces a file with something in it, and may be *put off* until bytes have come.
//! - *grain*: the most that the rate limit lets go at once, beside the burst.
//! - *to gather*: to let the bytes of a fast source become many before they are moved.
//! - *backchannel*: what the peer says on the connection that is the sink, or the command that is by its exit; *send queue*: the
//!   bytes that its system has not acknowledged.

pub mod gate;
pub mod gates;
pub mod limit;
pub mod link;
pub mod pipeline;
pub mod road;
pub mod throttle;
pub mod wait;
pub mod wakeup;
