//! A link with one to three consumers that take and complete in any order, and marks that are changed while bytes pass.

use crate::hostile::data;
use proptest::prelude::*;
use std::sync::Arc;
use tidegate::account::clock::Clock;
use tidegate::engine::link::{Batch, Consumer, InputEnd, Link, LinkState, Marks, Next, Room};

/// What is done with a link.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// The producer adds so many bytes, or as many as there is room for.
    Push(usize),
    /// A consumer takes what is there, unless it has something in flight.
    Take(usize),
    /// A consumer is done with so many bytes of what it has in flight.
    Complete(usize, usize),
    /// Another mark.
    Mark(u64),
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        3 => (1usize..300).prop_map(Does::Push),
        2 => (0usize..3).prop_map(Does::Take),
        3 => (0usize..3, 1usize..300).prop_map(|(consumer, n)| Does::Complete(consumer, n)),
        1 => (1u64..500).prop_map(Does::Mark),
    ]
}

/// A link with all of its stages in one thread.
struct Stages {
    link: Link,
    given: usize,
    consumers: Vec<Taken>,
}

/// What one consumer has.
#[derive(Default)]
struct Taken {
    batch: Batch,
    got: Vec<u8>,
}

impl Stages {
    fn new(mark: u64, low: u64, consumers: usize) -> Self {
        let marks = Marks {
            readable: mark,
            writable: mark,
            low,
        };
        Self {
            link: Link::new(marks, consumers, 1000, Arc::new(Clock::new())).unwrap(),
            given: 0,
            consumers: (0..consumers).map(|_| Taken::default()).collect(),
        }
    }

    fn play(&mut self, does: Does, all: &[u8]) {
        match does {
            Does::Push(most) => self.push(most, all),
            Does::Take(consumer) => self.take(consumer % self.consumers.len()),
            Does::Complete(consumer, most) => self.complete(consumer % self.consumers.len(), most),
            Does::Mark(mark) => self.link.set_marks(mark),
        }
    }

    /// Passes the rest, each round of which moves something.
    fn finish(&mut self, all: &[u8]) {
        let mut has_ended = false;
        while self.got() < all.len() * self.consumers.len() {
            let before = (self.given, self.got());
            self.push(usize::MAX, all);
            if self.given == all.len() && !has_ended {
                self.link.end(InputEnd::Whole);
                has_ended = true;
            }
            for consumer in 0..self.consumers.len() {
                self.take(consumer);
                self.complete(consumer, usize::MAX);
            }
            assert_ne!((self.given, self.got()), before, "it stands still");
        }
    }

    /// How many bytes all consumers have together.
    fn got(&self) -> usize {
        self.consumers.iter().map(|it| it.got.len()).sum()
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

    fn take(&mut self, consumer: usize) {
        let batch = &mut self.consumers[consumer].batch;
        if batch.is_empty() {
            let next = consumer_of(&self.link, consumer).next(batch, true);
            let has_chunks = matches!(next, Next::Chunks);
            assert_eq!(has_chunks, !batch.front().is_empty(), "an empty chunk");
        }
    }

    fn complete(&mut self, consumer: usize, most: usize) {
        let Taken { batch, got } = &mut self.consumers[consumer];
        let done = &batch.front()[..most.min(batch.front().len())];
        got.extend_from_slice(done);
        let n = done.len() as u64;
        if n > 0 {
            consumer_of(&self.link, consumer).complete(batch, n);
        }
    }
}

fn consumer_of(link: &Link, consumer: usize) -> Consumer<'_> {
    link.consumers().nth(consumer).unwrap()
}

proptest! {
    #[test]
    fn whatever_the_marks_become_every_byte_reaches_every_consumer_and_no_chunk_is_empty(
        (mark, low) in (1u64..500).prop_flat_map(|mark| (Just(mark), 0..mark)),
        consumers in 1usize..4,
        list in prop::collection::vec(does(), 0..60),
    ) {
        let all = data(5000);
        let mut stages = Stages::new(mark, low, consumers);
        for does in list {
            stages.play(does, &all);
        }
        // Whatever has happened, it goes on.
        stages.finish(&all);
        for (consumer, taken) in stages.consumers.iter().enumerate() {
            prop_assert!(taken.got == all);
            let end = consumer_of(&stages.link, consumer).next(&mut Batch::default(), true);
            prop_assert!(matches!(end, Next::End(InputEnd::Whole)), "{end:?}");
        }
    }

    #[test]
    fn no_side_holds_more_than_its_mark_and_the_slowest_consumer_decides(
        mark in 1u64..500, consumers in 1usize..4, list in prop::collection::vec(does(), 0..200),
    ) {
        let all = data(100_000);
        let mut stages = Stages::new(mark, 0, consumers);
        for does in list {
            if matches!(does, Does::Mark(_)) {
                continue;
            }
            stages.play(does, &all);
            let link = stages.link.snapshot();
            let got = stages.consumers.iter().map(|it| it.got.len());
            let slowest = got.min().unwrap();
            prop_assert!(stages.given - slowest <= 2 * usize::try_from(mark).unwrap());
            prop_assert!(link.readable.unwrap().len <= mark);
            for (consumer, taken) in link.consumers.iter().zip(&stages.consumers) {
                let fill = consumer.writable.unwrap();
                prop_assert!(fill.max_len <= mark);
                let passed = stages.given as u64 - link.readable.unwrap().len;
                prop_assert_eq!(fill.len, passed - taken.got.len() as u64);
                prop_assert!(consumer.stops >= consumer.drains);
            }
            // It is paused exactly as long as a consumer has not drained.
            let awaited = link.consumers.iter().any(|it| it.stops > it.drains);
            prop_assert_eq!(link.state == LinkState::Paused, awaited);
        }
    }
}
