//! Pipelines with transforms in them: whatever comes of them is what they make of the whole, in as little memory.

use crate::ends::{HostileSink, HostileSource, start};
use crate::hostile::{Act, acts, data, ended};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidegate::account::meter::Snapshot;
use tidegate::engine::link::Marks;
use tidegate::engine::pipeline::Options;
use tidegate::engine::road::{FlowOptions, ReaderOutcome, TransformOutcome, WriterOutcome};
use tidegate::error::Class;
use tidegate::transform::{Failure, Input, Made, Output, Pending, Transform};

/// What a transform of these tests does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    /// Each byte twice.
    Double,
    /// Every second byte.
    Halve,
    /// Everything as it is, but up to so many bytes later.
    Hold(usize),
    /// Gives up after so many bytes.
    Fail(usize),
}

impl Does {
    fn name(self) -> &'static str {
        match self {
            Does::Double => "double",
            Does::Halve => "halve",
            Does::Hold(_) => "hold",
            Does::Fail(_) => "fail",
        }
    }

    /// What is to come of `input`.
    fn of(self, input: &[u8]) -> Vec<u8> {
        match self {
            Does::Double => input.iter().flat_map(|byte| [*byte; 2]).collect(),
            Does::Halve => input.iter().copied().step_by(2).collect(),
            Does::Hold(_) => input.to_vec(),
            Does::Fail(at) => input[..at.min(input.len())].to_vec(),
        }
    }
}

struct Activity {
    does: Does,
    taken: usize,
    held: VecDeque<u8>,
}

impl Activity {
    /// Puts out what is held, but for the last so many bytes.
    fn put_out(&mut self, output: &mut Output<'_>, keeps: usize) {
        while self.held.len() > keeps && !output.is_full() {
            output.put(&[self.held.pop_front().unwrap()]);
        }
    }
}

impl Transform for Activity {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        assert!(!input.is_empty() && !output.is_full(), "called for nothing");
        let keeps = match self.does {
            Does::Hold(most) => most,
            _ => 0,
        };
        self.put_out(output, keeps);
        while !input.is_empty() && !output.is_full() {
            if matches!(self.does, Does::Fail(at) if at == self.taken) {
                return Err(Failure::input("it had to be"));
            }
            let byte = input.take(1)[0];
            match self.does {
                Does::Double => self.held.extend([byte; 2]),
                Does::Halve if self.taken % 2 == 1 => {}
                _ => self.held.push_back(byte),
            }
            self.taken += 1;
            self.put_out(output, keeps);
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        self.put_out(output, 0);
        Ok(if self.held.is_empty() {
            Pending::Nothing
        } else {
            Pending::More
        })
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        self.flush(output)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) len: usize,
    pub(crate) source: Vec<Act>,
    pub(crate) sink: Vec<Act>,
    pub(crate) source_fails_at: Option<usize>,
    pub(crate) sink_fails_at: Option<usize>,
    pub(crate) marks: (u64, u64),
    pub(crate) low: u64,
    pub(crate) chunk_size: u64,
    pub(crate) transforms: Vec<Does>,
}

fn cases() -> impl Strategy<Value = Case> {
    let size = prop_oneof![1u64..10, 10u64..3000, Just(1 << 20)];
    let point = || prop::option::weighted(0.2, 0usize..10_000);
    let does = prop_oneof![
        2 => Just(Does::Double),
        2 => Just(Does::Halve),
        2 => (0usize..5000).prop_map(Does::Hold),
        1 => (0usize..5000).prop_map(Does::Fail),
    ];
    (
        (0usize..10_000, acts(), acts(), point(), point()),
        (size.clone(), size.clone(), 0u64..3000, size),
        prop::collection::vec(does, 1..4),
    )
        .prop_map(
            |(
                (len, source, sink, source_fails_at, sink_fails_at),
                (read, write, low, chunk_size),
                transforms,
            )| Case {
                len,
                source,
                sink,
                source_fails_at,
                sink_fails_at,
                marks: (read, write),
                low: low % write,
                chunk_size,
                transforms,
            },
        )
}

pub(crate) struct Played {
    pub(crate) got: Vec<u8>,
    pub(crate) reader: ReaderOutcome,
    pub(crate) transforms: Vec<TransformOutcome>,
    pub(crate) writer: WriterOutcome,
    pub(crate) now: Snapshot,
}

impl Does {
    pub(crate) fn made(self) -> (&'static str, Made) {
        let doing = Activity {
            does: self,
            taken: 0,
            held: VecDeque::new(),
        };
        (self.name(), Made::Steps(Box::new(doing)))
    }
}

fn play_own(case: &Case) -> Played {
    play(case, case.transforms.iter().map(|it| it.made()).collect())
}

/// Plays a case with these transforms of these names.
pub(crate) fn play(case: &Case, transforms: Vec<(&'static str, Made)>) -> Played {
    play_into(case, transforms, &Arc::default())
}

fn play_into(
    case: &Case,
    transforms: Vec<(&'static str, Made)>,
    got: &Arc<Mutex<Vec<u8>>>,
) -> Played {
    let source = HostileSource {
        fails_at: case.source_fails_at,
        ..HostileSource::new(case.len, case.source.clone())
    };
    let sink = HostileSink {
        fails_at: case.sink_fails_at,
        ..HostileSink::new(got, case.sink.clone())
    };
    let options = Options {
        marks: Marks {
            readable: case.marks.0,
            writable: case.marks.1,
            low: case.low,
        },
        flow: FlowOptions {
            chunk_size: case.chunk_size,
            ..FlowOptions::default()
        },
        transforms,
        ..Options::default()
    };
    let handle = start(source, sink, options);
    let meter = Arc::clone(handle.controls().meter());
    let mut end = ended(handle);
    let got = std::mem::take(&mut *got.lock().unwrap());
    let told = |it: Option<TransformOutcome>| it.expect("how a transform ended");
    Played {
        got,
        reader: end.reader.expect("how reading ended"),
        transforms: end.transforms.into_iter().map(told).collect(),
        writer: end.writers.remove(0),
        now: meter.snapshot(),
    }
}

/// What is to come of it all, and whether a transform is to fail at it.
fn wanted(case: &Case) -> (Vec<u8>, bool) {
    let given = case.source_fails_at.unwrap_or(case.len).min(case.len);
    let mut bytes = data(case.len)[..given].to_vec();
    let mut fails = false;
    for does in &case.transforms {
        fails |= matches!(does, Does::Fail(at) if *at < bytes.len());
        bytes = does.of(&bytes);
    }
    (bytes, fails)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_delivered_is_what_the_transforms_make_of_it_and_all_of_it_on_success(case in cases()) {
        let played = play_own(&case);
        let (wanted, fails) = wanted(&case);
        prop_assert!(wanted.starts_with(&played.got), "not a prefix");
        let has_failed = |end: &TransformOutcome| end.failure.is_some();
        match played.writer {
            WriterOutcome::Delivered { .. } => {
                prop_assert_eq!(&played.got, &wanted);
                prop_assert!(!fails && played.reader.result.is_ok());
                prop_assert!(!played.transforms.iter().any(has_failed));
            }
            WriterOutcome::SourceCut => {
                prop_assert!(fails || case.source_fails_at.is_some());
                prop_assert_eq!(played.transforms.iter().any(has_failed), fails, "who has failed");
                prop_assert_eq!(&played.got, &wanted, "what was made is delivered");
            }
            WriterOutcome::Failed { .. } => prop_assert_eq!(Some(played.got.len()), case.sink_fails_at),
            other => prop_assert!(false, "{other:?}"),
        }
        for link in &played.now.links {
            let most = link.writable().map(|it| it.max_len);
            prop_assert!(most <= Some(case.marks.1), "the mark is a hard bound");
            prop_assert!(link.readable.map(|it| it.max_len) <= Some(case.marks.0));
            let (pauses, drains) = (link.pauses, link.drains);
            prop_assert!(drains <= pauses && pauses <= drains + 1, "{pauses} pauses, {drains} drains");
        }
    }
}

/// Passes a byte at a time, and goes on once the sink has all it has passed before.
struct InStep {
    got: Arc<Mutex<Vec<u8>>>,
    passed: usize,
}

impl Transform for InStep {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.got.lock().unwrap().len() < self.passed {
            if Instant::now() > deadline {
                return Err(Failure::other("what was made is held back"));
            }
            // What the sink has is seen by looking; and a slow step is what this is about.
            std::thread::sleep(Duration::from_millis(1));
        }
        self.passed += output.put(input.take(1));
        std::thread::sleep(Duration::from_millis(1));
        Ok(())
    }
}

#[test]
fn what_a_slow_transform_has_made_does_not_wait_for_what_it_makes_next() {
    let case = Case {
        len: 200,
        source: vec![Act::Move(200)],
        sink: vec![Act::Move(200)],
        source_fails_at: None,
        sink_fails_at: None,
        marks: (1 << 20, 1 << 20),
        low: 0,
        chunk_size: 1 << 20,
        transforms: Vec::new(),
    };
    let got = Arc::new(Mutex::new(Vec::new()));
    let in_step = InStep {
        got: Arc::clone(&got),
        passed: 0,
    };
    let played = play_into(&case, vec![("slow", Made::Steps(Box::new(in_step)))], &got);
    assert!(
        matches!(played.writer, WriterOutcome::Delivered { .. }),
        "{:?}",
        played.transforms
    );
}

#[test]
fn a_failure_names_the_byte_at_which_it_came() {
    let case = Case {
        len: 5000,
        source: vec![Act::Move(100)],
        sink: vec![Act::Move(7)],
        source_fails_at: None,
        sink_fails_at: None,
        marks: (64, 64),
        low: 0,
        chunk_size: 10,
        transforms: vec![Does::Double, Does::Fail(1234)],
    };
    let played = play_own(&case);
    let failure = played.transforms[1].failure.clone().unwrap();
    assert_eq!(failure.class, Class::Io);
    assert_eq!(failure.why, "it had to be, at byte 1234 of its input");
    assert_eq!(played.transforms[0].failure, None);
    assert_eq!(played.got.len(), 1234);
}

#[test]
fn a_sink_that_takes_nothing_stops_the_source_through_all_transforms() {
    let case = Case {
        len: 64_000,
        source: vec![Act::Move(5000)],
        // One byte for every sixteen calls.
        sink: [vec![Act::NotNow; 15], vec![Act::Move(1)]].concat(),
        source_fails_at: None,
        sink_fails_at: None,
        marks: (4000, 4000),
        low: 0,
        chunk_size: 700,
        transforms: vec![Does::Hold(0), Does::Hold(10)],
    };
    let played = play_own(&case);
    let pauses: Vec<_> = played.now.links.iter().map(|link| link.pauses).collect();
    for pauses in &pauses {
        assert!(
            (10..=20).contains(pauses),
            "{pauses} pauses for 64000 bytes through a mark of 4000"
        );
    }
}
