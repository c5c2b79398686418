//! The chunks of a link on the buffered road, and which of its sides wait.

use super::chunk::Pool;
use bytes::BytesMut;
use std::collections::VecDeque;

/// How the input of a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEnd {
    /// At the end of input.
    Whole,
    /// By an error: what was read is still to be delivered, but it is not all there should have been.
    Cut,
}

/// How many bytes a consumer waits for, up to [`GATHER_TIME`](crate::engine::wait::GATHER_TIME), while the producer is
/// making more. Every write wakes the process that reads from the sink, and every wake-up of the consumer costs two
/// context switches, so that a few chunks are worth one. Chosen by measurement.
pub(super) const BATCH: u64 = 1 << 20;

/// The chunks of a link, and which of its sides wait.
#[derive(Debug)]
pub(super) struct Queue {
    /// The chunks in the readable.
    pub(super) readable: VecDeque<BytesMut>,
    /// The chunks in the writable, without those that the consumer has taken and not completed.
    pub(super) writable: VecDeque<BytesMut>,
    pub(super) pool: Pool,
    /// How the input has ended; `None` while it goes on, and if the link was cancelled before.
    pub(super) input_end: Option<InputEnd>,
    /// How many bytes are a batch while the producer is making more.
    pub(super) batch_len: u64,
    /// Whether the producer is making more.
    pub(super) more_comes: bool,
    /// Whether the producer is to be woken when there is room.
    pub(super) producer_waits: bool,
    /// Whether the consumer is to be woken when there is a batch, or the end.
    pub(super) consumer_waits: bool,
}

impl Queue {
    /// No chunks yet, for a producer that adds at most `read_len` bytes at a time and a writable of this mark.
    pub(super) fn new(read_len: u64, mark: u64) -> Self {
        Self {
            readable: VecDeque::new(),
            writable: VecDeque::new(),
            pool: Pool::new(usize::try_from(read_len).unwrap_or(usize::MAX)),
            input_end: None,
            batch_len: BATCH.min(mark),
            more_comes: false,
            producer_waits: false,
            consumer_waits: false,
        }
    }
}
