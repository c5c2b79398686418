//! What a consumer has taken of a link and not completed: chunks that it shares with the other consumers, or what is in a pipe of its
//! own.

use bytes::BytesMut;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;
use std::sync::Arc;

/// A part of a piece of a buffer, to be read by one consumer. The buffer is used again once no consumer has such a part.
#[derive(Debug)]
struct Chunk {
    piece: Arc<BytesMut>,
    range: Range<usize>,
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        &self.piece[self.range.clone()]
    }
}

/// What a consumer has taken and not completed: chunks in their order, of which none is empty, or bytes in its pipe.
#[derive(Debug, Default)]
pub struct Batch {
    chunks: VecDeque<Chunk>,
    in_pipe: u64,
    len: u64,
}

impl Batch {
    /// Whether everything that was taken is completed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes were taken and are not completed.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The first of them that lie together in memory; empty if there are none.
    #[must_use]
    pub fn front(&self) -> &[u8] {
        self.chunks.front().map_or(&[], Chunk::bytes)
    }

    /// The first `most` bytes, in at most `most_slices` slices.
    #[must_use]
    pub fn slices(&self, most: u64, most_slices: usize) -> Vec<IoSlice<'_>> {
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        let mut slices = Vec::with_capacity(self.chunks.len().min(most_slices));
        for chunk in self.chunks.iter().take(most_slices) {
            let bytes = chunk.bytes();
            let n = bytes.len().min(left);
            if n == 0 {
                break;
            }
            slices.push(IoSlice::new(&bytes[..n]));
            left -= n;
        }
        slices
    }

    /// How many of them are in the consumer's pipe; if any are, all are.
    #[must_use]
    pub fn in_pipe(&self) -> u64 {
        self.in_pipe
    }

    /// All that was in the consumer's pipe is these bytes, and has been read.
    pub fn was_read(&mut self, bytes: BytesMut) {
        debug_assert_eq!(self.in_pipe, bytes.len() as u64);
        (self.len, self.in_pipe) = (self.len - self.in_pipe, 0);
        let range = 0..bytes.len();
        self.push(Arc::new(bytes), range);
    }

    /// Adds `n` bytes that are in the consumer's pipe.
    pub(super) fn push_in_pipe(&mut self, n: u64) {
        self.len += n;
        self.in_pipe += n;
    }

    /// Adds a part of a piece.
    pub(super) fn push(&mut self, piece: Arc<BytesMut>, range: Range<usize>) {
        self.len += range.len() as u64;
        self.chunks.push_back(Chunk { piece, range });
    }

    /// Lets go of the first `n` bytes.
    pub(super) fn advance(&mut self, n: u64) {
        debug_assert!(n <= self.len, "let go of {n} of {} bytes", self.len);
        self.len -= n;
        let from_pipe = self.in_pipe.min(n);
        self.in_pipe -= from_pipe;
        let mut left = usize::try_from(n - from_pipe).unwrap_or(usize::MAX);
        while left > 0
            && let Some(chunk) = self.chunks.front_mut()
        {
            let gone = chunk.range.len().min(left);
            chunk.range.start += gone;
            left -= gone;
            if chunk.range.is_empty() {
                self.chunks.pop_front();
            }
        }
    }
}
