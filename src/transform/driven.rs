//! Runs transforms in tests at any pace that their contract allows, and checks that they keep it.

use super::{Failure, Input, Made, Output, Pending, Transform, plan};
use proptest::prelude::*;
use std::sync::OnceLock;

/// A transform for a SPEC.
#[track_caller]
pub(super) fn made(spec: &str) -> Box<dyn Transform> {
    match plan(spec).map(|planned| planned.make()) {
        Ok(Made::Steps(transform)) => transform,
        other => panic!("{spec}: {other:?}"),
    }
}

/// What became of an input.
#[derive(Debug)]
pub(super) struct Driven {
    /// All that was put out.
    pub(super) output: Vec<u8>,
    /// How many bytes of the input were taken.
    pub(super) taken: usize,
    /// How it ended.
    pub(super) result: Result<(), Failure>,
}

/// In which pieces a transform gets its input, and how much room for output.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// The lengths of pieces of input, repeated in this order; none is 0.
    pub(super) pieces: Vec<usize>,
    /// The lengths of rooms for output, repeated in this order; none is 0.
    pub(super) rooms: Vec<usize>,
    /// Whether it is flushed after each piece.
    pub(super) flushes: bool,
}

impl Pace {
    /// Everything at once.
    pub(super) fn at_once() -> Self {
        Self {
            pieces: vec![usize::MAX],
            rooms: vec![1 << 16],
            flushes: false,
        }
    }

    /// A byte at a time.
    pub(super) fn by_bytes() -> Self {
        Self {
            pieces: vec![1],
            rooms: vec![1],
            flushes: false,
        }
    }
}

/// Any pace, from a byte at a time to everything at once.
pub(super) fn paces() -> impl Strategy<Value = Pace> {
    let size = || prop_oneof![Just(1), 1usize..8, 1usize..5000, 1usize..(1 << 20)];
    let sizes = move || prop::collection::vec(size(), 1..6);
    (sizes(), sizes(), any::<bool>()).prop_map(|(pieces, rooms, flushes)| Pace {
        pieces,
        rooms,
        flushes,
    })
}

/// A little over a megabyte of bytes without a pattern, always the same.
pub(super) fn noise() -> &'static [u8] {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    NOISE.get_or_init(|| {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()
        };
        (0..150_001).flat_map(|_| next()).collect()
    })
}

/// `len` bytes like those that people compress: lines of text, numbers, zeros and noise, by turns.
pub(super) fn mixed(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 5000);
    let mut state = seed | 1;
    let mut random = move || {
        // Xorshift: the numbers need not be good ones.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    while bytes.len() < len {
        let (kind, n) = (random() % 4, random() % 4000);
        match kind {
            0 => (0..n / 20).for_each(|line| {
                bytes.extend_from_slice(format!("line {line} of {}\n", random() % 50).as_bytes());
            }),
            1 => (0..n / 8).for_each(|i| bytes.extend_from_slice(&(i * 3).to_be_bytes())),
            2 => bytes.extend(std::iter::repeat_n(0, usize::try_from(n).unwrap())),
            _ => (0..n / 8).for_each(|_| bytes.extend_from_slice(&random().to_le_bytes())),
        }
    }
    bytes.truncate(len);
    bytes
}

/// Puts `input` through at this pace.
pub(super) fn drive(transform: &mut dyn Transform, input: &[u8], pace: &Pace) -> Driven {
    let mut driver = Driver {
        output: Vec::new(),
        taken: 0,
        rooms: Box::new(pace.rooms.clone().into_iter().cycle()),
        buffer: vec![0; pace.rooms.iter().copied().max().unwrap_or(1)],
    };
    let result = driver.drive(transform, input, pace);
    Driven {
        output: driver.output,
        taken: driver.taken,
        result,
    }
}

struct Driver {
    output: Vec<u8>,
    taken: usize,
    rooms: Box<dyn Iterator<Item = usize>>,
    /// What a step puts its output into: as long as the largest room.
    buffer: Vec<u8>,
}

impl Driver {
    fn drive(
        &mut self,
        transform: &mut dyn Transform,
        input: &[u8],
        pace: &Pace,
    ) -> Result<(), Failure> {
        let mut sizes = pace.pieces.iter().copied().cycle();
        let mut rest = input;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
            rest = later;
            let mut cursor = Input::new(piece);
            while !cursor.is_empty() {
                let before = cursor.taken();
                let (result, is_full) = self.put_out(|output| transform.step(&mut cursor, output));
                assert!(
                    cursor.taken() > before || is_full || result.is_err(),
                    "it does not go on"
                );
                self.taken += cursor.taken() - before;
                result?;
            }
            if pace.flushes {
                self.empty(|output| transform.flush(output))?;
            }
        }
        self.empty(|output| transform.finish(output))
    }

    /// Calls until nothing is held.
    fn empty(
        &mut self,
        mut call: impl FnMut(&mut Output<'_>) -> Result<Pending, Failure>,
    ) -> Result<(), Failure> {
        loop {
            let (pending, is_full) = self.put_out(&mut call);
            match pending? {
                Pending::Nothing => return Ok(()),
                Pending::More => assert!(is_full, "it holds back what fits"),
            }
        }
    }

    /// Gives `call` the next room and keeps what it puts out; also says whether it filled the room.
    fn put_out<T>(&mut self, call: impl FnOnce(&mut Output<'_>) -> T) -> (T, bool) {
        let room = self.rooms.next().unwrap_or(1);
        let mut output = Output::new(&mut self.buffer[..room]);
        let result = call(&mut output);
        let (n, is_full) = (output.filled(), output.is_full());
        self.output.extend_from_slice(&self.buffer[..n]);
        (result, is_full)
    }
}

/// Puts `input` through at once; it has to succeed.
#[track_caller]
pub(super) fn through(spec: &str, input: &[u8]) -> Vec<u8> {
    let driven = drive(&mut *made(spec), input, &Pace::at_once());
    assert_eq!(driven.result, Ok(()), "{spec}");
    driven.output
}

/// The digest that SPEC makes of `input`, which it has to pass on.
#[track_caller]
pub(super) fn digest(spec: &str, input: &[u8]) -> String {
    let mut transform = made(spec);
    let driven = drive(&mut *transform, input, &Pace::at_once());
    assert_eq!((driven.result, driven.taken), (Ok(()), input.len()));
    assert!(driven.output == input, "{spec} changes what passes");
    transform.digest().expect("a digest").hex
}

/// `input` fails after `taken` bytes of it, and after `output`, for this reason; however it comes.
#[track_caller]
pub(super) fn fails(spec: &str, input: &[u8], output: &[u8], taken: usize, why: &str) {
    for pace in [Pace::at_once(), Pace::by_bytes()] {
        let driven = drive(&mut *made(spec), input, &pace);
        assert_eq!(driven.result, Err(Failure::input(why)), "{input:?}");
        assert_eq!((&*driven.output, driven.taken), (output, taken), "{why}");
    }
}
