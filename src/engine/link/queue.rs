//! The chunks of a link of the buffered road.

use super::chunk::Pool;
use bytes::BytesMut;
use std::collections::VecDeque;

/// How the readable side ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the end of input.
    Whole,
    /// By an error: what was read is still to be delivered, but it is not all there should have been.
    Cut,
}

/// What is written at once while the source has more at once, in bytes. Every write wakes whoever reads behind the
/// sink, and every waking of the writer costs two context switches, so a few chunks are worth one. Chosen by
/// measurement.
pub(super) const BATCH: u64 = 1 << 20;

/// The chunks of a link, and who waits for them.
#[derive(Debug)]
pub(super) struct Queue {
    /// The readable's chunks.
    pub(super) ahead: VecDeque<BytesMut>,
    /// The writable's chunks, less those in flight.
    pub(super) offered: VecDeque<BytesMut>,
    pub(super) pool: Pool,
    pub(super) end: End,
    /// How the input has ended, if it has, and had not been given up before.
    pub(super) input_end: Option<End>,
    /// So many bytes are a batch though the reader goes on reading.
    pub(super) batch_len: u64,
    /// Whether the reader is reading on.
    pub(super) more_comes: bool,
    pub(super) reader_waits: bool,
    pub(super) writer_waits: bool,
}

impl Queue {
    /// No chunks yet, for a reader that takes at most `read_len` bytes at a time and a writable of this mark.
    pub(super) fn new(read_len: u64, mark: u64) -> Self {
        Self {
            ahead: VecDeque::new(),
            offered: VecDeque::new(),
            pool: Pool::new(usize::try_from(read_len).unwrap_or(usize::MAX)),
            end: End::Whole,
            input_end: None,
            batch_len: BATCH.min(mark),
            more_comes: false,
            reader_waits: false,
            writer_waits: false,
        }
    }
}
