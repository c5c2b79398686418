//! What the tests of the roads have in common: scripts of hostile acts, bytes to send, and an end that comes in time.

use proptest::prelude::*;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tidegate::engine::pipeline::{End, Handle};

/// What is done at the next call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Moves at most so many bytes.
    Move(usize),
    NotNow,
    Interrupt,
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1usize..20).prop_map(Act::Move),
        2 => (20usize..5000).prop_map(Act::Move),
        2 => Just(Act::NotNow),
        1 => Just(Act::Interrupt),
    ];
    prop::collection::vec(act, 1..40)
}

/// Plays a script over and over; one without a move would never get anywhere.
pub(crate) struct Script(VecDeque<Act>);

impl Script {
    pub(crate) fn new(mut acts: Vec<Act>) -> Self {
        acts.push(Act::Move(7));
        Self(acts.into())
    }

    pub(crate) fn next(&mut self, most: usize) -> io::Result<usize> {
        self.0.rotate_left(1);
        match self.0.back() {
            Some(Act::Move(n)) => Ok(most.min(*n)),
            Some(Act::Interrupt) => Err(io::ErrorKind::Interrupted.into()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// The bytes of position and length are such that no piece looks like another.
pub(crate) fn data(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap())
        .collect()
}

/// How a pipeline ends, which it does before the deadline.
pub(crate) fn ended(mut handle: Handle) -> End {
    handle
        .wait_for(Duration::from_secs(60))
        .expect("still running")
}
