//! The bytes of a link on the buffered road: held once for all consumers, from the oldest that one of them has not completed
//! to the newest that the producer has pushed. A place in the stream is the number of bytes before it.

use super::chunk::Batch;
use super::pool::{Pool, join};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::sync::Arc;

/// The bytes, in pieces of buffers.
#[derive(Debug)]
pub(super) struct Store {
    pieces: VecDeque<StoredPiece>,
    /// The places of the first byte, and behind the last one.
    start: u64,
    end: u64,
    pub(super) pool: Pool,
}

/// A piece of a buffer.
#[derive(Debug)]
enum StoredPiece {
    /// No consumer has a part of it: what follows it in memory becomes part of it.
    Own(BytesMut),
    /// A consumer has, or had, a part of it.
    Shared(Arc<BytesMut>),
}

impl StoredPiece {
    fn len(&self) -> u64 {
        let len = match self {
            StoredPiece::Own(piece) => piece.len(),
            StoredPiece::Shared(piece) => piece.len(),
        };
        len as u64
    }

    /// Another reference to it, for a consumer.
    fn share(&mut self) -> Arc<BytesMut> {
        match self {
            StoredPiece::Shared(piece) => Arc::clone(piece),
            StoredPiece::Own(piece) => {
                let piece = Arc::new(std::mem::take(piece));
                *self = StoredPiece::Shared(Arc::clone(&piece));
                piece
            }
        }
    }

    /// The same piece; our own again if no consumer has a part of it any more.
    fn reclaimed(self) -> Self {
        match self {
            StoredPiece::Shared(piece) => {
                Arc::try_unwrap(piece).map_or_else(StoredPiece::Shared, StoredPiece::Own)
            }
            own @ StoredPiece::Own(_) => own,
        }
    }
}

impl Store {
    /// Nothing yet, for a producer that adds at most `read_len` bytes at a time.
    pub(super) fn new(read_len: u64) -> Self {
        Self {
            pieces: VecDeque::new(),
            start: 0,
            end: 0,
            pool: Pool::new(usize::try_from(read_len).unwrap_or(usize::MAX)),
        }
    }

    /// The next piece begins at this place. Nothing must have been added before.
    pub(super) fn begin_at(&mut self, place: u64) {
        (self.start, self.end) = (place, place);
    }

    /// Adds a piece at the end.
    pub(super) fn push(&mut self, piece: BytesMut) {
        self.end += piece.len() as u64;
        self.append(StoredPiece::Own(piece));
    }

    /// Puts what lies between these places into the batch of a consumer.
    pub(super) fn take(&mut self, from: u64, to: u64, batch: &mut Batch) {
        let (mut index, mut at) = self.find(from);
        while at < to && index < self.pieces.len() {
            self.cut(index, to - at);
            let piece = &mut self.pieces[index];
            let len = piece.len();
            let range = from.saturating_sub(at)..len.min(to - at);
            batch.push(piece.share(), offset(range.start)..offset(range.end));
            (index, at) = (index + 1, at + len);
        }
    }

    /// A consumer has let go of what lies between these places, and all consumers of what lies before `completed`. What no
    /// consumer needs any more is used again. What only waits for a slower consumer is joined again, so that many small pieces
    /// take no more memory than they are long.
    pub(super) fn let_go(&mut self, from: u64, completed: u64) {
        while let Some(piece) = self.pieces.front()
            && self.start + piece.len() <= completed
        {
            self.start += piece.len();
            if let Some(StoredPiece::Own(piece)) =
                self.pieces.pop_front().map(StoredPiece::reclaimed)
            {
                self.pool.put(piece);
            }
        }
        if from >= completed {
            let (index, _) = self.find(from);
            for piece in self.pieces.split_off(index) {
                self.append(piece.reclaimed());
            }
        }
    }

    fn append(&mut self, piece: StoredPiece) {
        let apart = match (self.pieces.back_mut(), piece) {
            (Some(StoredPiece::Own(last)), StoredPiece::Own(piece)) => {
                join(last, piece).map(StoredPiece::Own)
            }
            (_, piece) => Some(piece),
        };
        self.pieces.extend(apart);
    }

    /// Cuts a piece of our own behind `len` bytes: the producer may add to the rest.
    fn cut(&mut self, index: usize, len: u64) {
        if let StoredPiece::Own(piece) = &mut self.pieces[index]
            && offset(len) < piece.len()
        {
            let front = piece.split_to(offset(len));
            self.pieces.insert(index, StoredPiece::Own(front));
        }
    }

    /// The piece in which this place is, and where that begins. Searched for from the end, which is near for all but the
    /// slowest consumer.
    fn find(&self, place: u64) -> (usize, u64) {
        let (mut index, mut at) = (self.pieces.len(), self.end);
        while at > place && index > 0 {
            index -= 1;
            at -= self.pieces[index].len();
        }
        (index, at)
    }
}

/// A length within a piece, which is in memory.
fn offset(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Batch, Store};
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn push(store: &mut Store, buffer: &mut bytes::BytesMut, bytes: &[u8]) {
        if buffer.len() < bytes.len() {
            *buffer = store.pool.get().unwrap();
        }
        buffer[..bytes.len()].copy_from_slice(bytes);
        store.push(buffer.split_to(bytes.len()));
    }

    proptest! {
        /// Each step pushes some bytes, or lets a consumer take all there is and complete a part of it.
        #[test]
        fn every_consumer_gets_every_byte_in_order_and_no_buffer_is_used_before_all_are_done(
            consumers in 1_usize..4,
            steps in prop::collection::vec((0_usize..8, 1_usize..600), 1..200),
        ) {
            let (mut store, mut buffer) = (Store::new(1024), bytes::BytesMut::new());
            let mut sent: Vec<u8> = Vec::new();
            let mut taken = vec![0_u64; consumers];
            let mut got: Vec<Vec<u8>> = vec![Vec::new(); consumers];
            let mut batches: Vec<Batch> = (0..consumers).map(|_| Batch::default()).collect();
            for (step, n) in steps {
                if step >= consumers {
                    let bytes: Vec<u8> = (0..n).map(|at| u8::try_from((sent.len() + at) * 7 % 251).unwrap()).collect();
                    sent.extend(&bytes);
                    push(&mut store, &mut buffer, &bytes);
                    continue;
                }
                let batch = &mut batches[step];
                if batch.is_empty() {
                    store.take(taken[step], store.end, batch);
                    taken[step] = store.end;
                }
                let n = batch.len().min(n as u64);
                let from = taken[step] - batch.len();
                let slices = batch.slices(n, usize::MAX);
                let read: Vec<u8> = slices.iter().flat_map(|it| it.to_vec()).collect();
                got[step].extend(read);
                batch.advance(n);
                let completed = taken.iter().zip(&mut batches).map(|(taken, batch)| taken - batch.len());
                let completed = completed.min().unwrap();
                store.let_go(from, completed);
                for got in &got {
                    prop_assert_eq!(&got[..], &sent[..got.len()]);
                }
            }
        }
    }

    #[test]
    fn small_pieces_that_wait_for_a_slow_consumer_lie_together_again() {
        let (mut store, mut buffer, mut batch) =
            (Store::new(4096), bytes::BytesMut::new(), Batch::default());
        for n in 0..1000 {
            push(&mut store, &mut buffer, &[7]);
            // The fast one takes every byte by itself, and completes it.
            store.take(n, n + 1, &mut batch);
            batch.advance(1);
            store.let_go(n, 0);
        }
        assert_eq!(store.pieces.len(), 1);
        store.take(0, 1000, &mut batch);
        assert_eq!(batch.front().len(), 1000);
    }

    #[test]
    fn buffers_are_used_again_once_the_last_consumer_is_done() {
        let (mut store, mut batches) = (Store::new(4096), [Batch::default(), Batch::default()]);
        let mut addresses = HashSet::new();
        for n in 0..100 {
            let buffer = store.pool.get().unwrap();
            addresses.insert(buffer.as_ptr());
            store.push(buffer);
            for batch in &mut batches {
                store.take(n * 4096, (n + 1) * 4096, batch);
                batch.advance(4096);
            }
            store.let_go(n * 4096, (n + 1) * 4096);
        }
        assert_eq!(addresses.len(), 1);
    }
}
