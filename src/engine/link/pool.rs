//! Buffers that are cut into pieces when they are filled, and joined again when the pieces are given back.
//!
//! A small read takes a small piece of a buffer, not a buffer of its own, so that what is held in memory is what the
//! gates count, whatever the sizes of the reads.

use crate::platform::resources::allocate;
use bytes::BytesMut;
use std::io;

/// Buffers are not smaller than this, so that tiny marks do not mean an allocation for every byte.
const SMALLEST_BUFFER: usize = 4096;

/// Joins `piece` to `pieces` if it lies directly behind them in memory, so that nothing is copied; otherwise gives it back.
pub(super) fn join(pieces: &mut BytesMut, piece: BytesMut) -> Option<BytesMut> {
    let follows = !pieces.is_empty() && pieces.as_ptr_range().end == piece.as_ptr();
    if !follows {
        return Some(piece);
    }
    pieces.unsplit(piece);
    None
}

/// Hands out buffers and takes their pieces back, in the order in which they were cut.
#[derive(Debug)]
pub(super) struct Pool {
    buffer_len: usize,
    returning: BytesMut,
    spare: Vec<BytesMut>,
}

impl Pool {
    /// A pool of buffers for reads of at most `read_len` bytes.
    pub(super) fn new(read_len: usize) -> Self {
        Self {
            buffer_len: read_len.max(SMALLEST_BUFFER),
            returning: BytesMut::new(),
            spare: Vec::new(),
        }
    }

    /// An initialised buffer, recycled if there is one.
    ///
    /// # Errors
    /// When there is no memory for another.
    pub(super) fn get(&mut self) -> io::Result<BytesMut> {
        if let Some(buffer) = self.spare.pop() {
            return Ok(buffer);
        }
        allocate(self.buffer_len, || BytesMut::zeroed(self.buffer_len))
    }

    /// How large its buffers are, in bytes.
    pub(super) fn buffer_len(&self) -> usize {
        self.buffer_len
    }

    /// Allocates a buffer before it is needed.
    ///
    /// # Errors
    /// As [`Pool::get`].
    pub(super) fn reserve(&mut self) -> io::Result<()> {
        let buffer = self.get()?;
        self.spare.push(buffer);
        Ok(())
    }

    /// Takes back a piece; once all of a buffer is here it can be handed out again.
    pub(super) fn put(&mut self, piece: BytesMut) {
        if let Some(apart) = join(&mut self.returning, piece) {
            self.returning = apart;
        }
        if self.returning.len() == self.buffer_len {
            self.spare.push(std::mem::take(&mut self.returning));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, SMALLEST_BUFFER};

    #[test]
    fn a_buffer_that_came_back_in_pieces_is_handed_out_again() {
        let mut pool = Pool::new(SMALLEST_BUFFER);
        let mut buffer = pool.get().unwrap();
        let address = buffer.as_ptr();
        for n in [1, 1000, 95, SMALLEST_BUFFER - 1096] {
            pool.put(buffer.split_to(n));
        }
        drop(buffer);
        let again = pool.get().unwrap();
        assert_eq!((again.as_ptr(), again.len()), (address, SMALLEST_BUFFER));
    }
}
