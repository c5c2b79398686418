//! Marks that are changed while bytes pass.

use crate::hostile::data;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use tidegate::account::clock::Clock;
use tidegate::engine::link::{InputEnd, Link, Marks, Next, Room};

/// What is done with a link.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// The producer adds so many bytes, or as many as there is room for.
    Push(usize),
    /// The consumer takes what is there, unless it has something in flight.
    Take,
    /// The consumer is done with so many bytes of what it has in flight.
    Complete(usize),
    /// Another mark.
    Mark(u64),
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        3 => (1usize..300).prop_map(Does::Push),
        2 => Just(Does::Take),
        3 => (1usize..300).prop_map(Does::Complete),
        1 => (1u64..500).prop_map(Does::Mark),
    ]
}

/// A link with both of its stages in one thread.
struct Stages {
    link: Link,
    given: usize,
    chunks: VecDeque<bytes::BytesMut>,
    got: Vec<u8>,
}

impl Stages {
    fn new(mark: u64, low: u64) -> Self {
        let marks = Marks {
            readable: mark,
            writable: mark,
            low,
        };
        Self {
            link: Link::new(marks, 1000, Arc::new(Clock::new())).unwrap(),
            given: 0,
            chunks: VecDeque::new(),
            got: Vec::new(),
        }
    }

    fn play(&mut self, does: Does, all: &[u8]) {
        match does {
            Does::Push(most) => self.push(most, all),
            Does::Take => self.take(),
            Does::Complete(most) => self.complete(most),
            Does::Mark(mark) => self.link.set_marks(mark),
        }
    }

    /// Passes the rest, each round of which moves something.
    fn finish(&mut self, all: &[u8]) {
        let mut has_ended = false;
        while self.got.len() < all.len() {
            let before = (self.given, self.got.len());
            self.push(usize::MAX, all);
            if self.given == all.len() && !has_ended {
                self.link.end(InputEnd::Whole);
                has_ended = true;
            }
            self.take();
            self.complete(usize::MAX);
            assert_ne!((self.given, self.got.len()), before, "it stands still");
        }
    }

    fn push(&mut self, most: usize, all: &[u8]) {
        let Room::Bytes(room) = self.link.ask_for_room() else {
            return;
        };
        let mut buffer = self.link.buffer().unwrap();
        let most = most.min(usize::try_from(room).unwrap()).min(buffer.len());
        let piece = &all[self.given..][..most.min(all.len() - self.given)];
        if !piece.is_empty() {
            buffer[..piece.len()].copy_from_slice(piece);
            self.link.push(buffer.split_to(piece.len()));
            self.given += piece.len();
        }
    }

    fn take(&mut self) {
        if self.chunks.is_empty() && matches!(self.link.next(&mut self.chunks, true), Next::Chunks)
        {
            assert!(
                self.chunks.iter().all(|chunk| !chunk.is_empty()),
                "an empty chunk"
            );
        }
    }

    fn complete(&mut self, most: usize) {
        if let Some(mut chunk) = self.chunks.pop_front() {
            let done = chunk.split_to(most.min(chunk.len()));
            self.got.extend_from_slice(&done);
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
            self.link.complete([done], !self.chunks.is_empty());
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_marks_become_every_byte_passes_and_no_chunk_is_empty(
        (mark, low) in (1u64..500).prop_flat_map(|mark| (Just(mark), 0..mark)),
        list in prop::collection::vec(does(), 0..60),
    ) {
        let all = data(5000);
        let mut stages = Stages::new(mark, low);
        for does in list {
            stages.play(does, &all);
        }
        // Whatever has happened, it goes on.
        stages.finish(&all);
        prop_assert!(stages.got == all);
        let end = stages.link.next(&mut VecDeque::new(), true);
        prop_assert!(matches!(end, Next::End(InputEnd::Whole)), "{end:?}");
    }
}
