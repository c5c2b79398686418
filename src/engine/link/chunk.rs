//! Buffers that are cut into chunks when they are filled, and joined again when the chunks are given back.
//!
//! A small read takes a small piece of a buffer, not a buffer of its own, so that what is held in memory is what the
//! gates count, whatever the sizes of the reads.

use crate::platform::resources::allocate;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;

/// Buffers are not smaller than this, so that tiny marks do not mean an allocation for every byte.
const SMALLEST_BUFFER: usize = 4096;

/// Appends `piece` to `chunks`; a piece that follows the last one in memory becomes part of it.
pub(crate) fn append(chunks: &mut VecDeque<BytesMut>, piece: BytesMut) {
    match chunks.back_mut() {
        Some(last) if follows(last, &piece) => last.unsplit(piece),
        _ => chunks.push_back(piece),
    }
}

/// Takes up to `n` bytes, at least 1, from the front of `chunks`: a whole chunk or a piece of one.
pub(crate) fn take_front(chunks: &mut VecDeque<BytesMut>, n: u64) -> Option<BytesMut> {
    debug_assert!(n > 0, "an empty chunk would be written as nothing");
    let front = chunks.front_mut()?;
    match usize::try_from(n) {
        Ok(n) if n < front.len() => Some(front.split_to(n)),
        _ => chunks.pop_front(),
    }
}

/// Whether `piece` lies directly behind `chunk` in memory, so that joining them copies nothing.
fn follows(chunk: &BytesMut, piece: &BytesMut) -> bool {
    !chunk.is_empty() && chunk.as_ptr_range().end == piece.as_ptr()
}

/// Hands out buffers and takes their pieces back, in the order in which they were cut.
#[derive(Debug)]
pub(crate) struct Pool {
    buffer_len: usize,
    returning: BytesMut,
    spare: Vec<BytesMut>,
}

impl Pool {
    /// A pool of buffers for reads of at most `read_len` bytes.
    pub(crate) fn new(read_len: usize) -> Self {
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
    pub(crate) fn get(&mut self) -> io::Result<BytesMut> {
        if let Some(buffer) = self.spare.pop() {
            return Ok(buffer);
        }
        allocate(self.buffer_len, || BytesMut::zeroed(self.buffer_len))
    }

    /// How large its buffers are, in bytes.
    pub(crate) fn buffer_len(&self) -> usize {
        self.buffer_len
    }

    /// Allocates a buffer before it is needed.
    ///
    /// # Errors
    /// As [`Pool::get`].
    pub(crate) fn reserve(&mut self) -> io::Result<()> {
        let buffer = self.get()?;
        self.spare.push(buffer);
        Ok(())
    }

    /// Takes back a piece; once all of a buffer is here it can be handed out again.
    pub(crate) fn put(&mut self, piece: BytesMut) {
        if follows(&self.returning, &piece) {
            self.returning.unsplit(piece);
        } else {
            self.returning = piece;
        }
        if self.returning.len() == self.buffer_len {
            self.spare.push(std::mem::take(&mut self.returning));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, SMALLEST_BUFFER, append, take_front};
    use std::collections::VecDeque;

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

    #[test]
    fn neighbouring_pieces_are_one_chunk() {
        let mut pool = Pool::new(SMALLEST_BUFFER);
        let mut buffer = pool.get().unwrap();
        let mut chunks = VecDeque::new();
        for _ in 0..100 {
            append(&mut chunks, buffer.split_to(1));
        }
        assert_eq!((chunks.len(), chunks[0].len()), (1, 100));
        append(&mut chunks, pool.get().unwrap());
        assert_eq!(chunks.len(), 2);
        assert_eq!(
            take_front(&mut chunks, 30).map(|piece| piece.len()),
            Some(30)
        );
        assert_eq!(
            take_front(&mut chunks, 500).map(|piece| piece.len()),
            Some(70)
        );
    }
}
