//! Whole pipelines in-process under hostile I/O: pieces of any size, "not now" at any time, an error at any byte.
//!
//! What must hold whatever happens: the sink has a prefix of what the source gave, all of it on success, and never
//! more is held than the marks allow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "../hostile/mod.rs"]
mod hostile;

mod chain;
mod codecs;
mod ends;
mod expected;
mod marks;
mod sinks;

use ends::{Full, HostileSink, HostileSource, Silent, UnderWay, start};
use hostile::{Act, acts, data, ended};
use proptest::prelude::*;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidegate::endpoint::{Delivered, Source};
use tidegate::engine::link::{LinkSnapshot, LinkState, Marks};
use tidegate::engine::pipeline::{End, Options, Pipeline};
use tidegate::engine::road::{FlowOptions, ReaderOutcome, Reason, Road, WriterOutcome};
use tidegate::engine::wait::Ready;

/// The same mark on both sides.
fn marks(mark: u64) -> Marks {
    Marks {
        readable: mark,
        writable: mark,
        low: 0,
    }
}

#[derive(Debug, Clone)]
struct Case {
    len: usize,
    source: Vec<Act>,
    sink: Vec<Act>,
    source_fails_at: Option<usize>,
    sink_fails_at: Option<usize>,
    marks: (u64, u64),
    low: u64,
    chunk_size: u64,
    skip: u64,
    take: Option<u64>,
    rate: Option<u64>,
}

fn cases() -> impl Strategy<Value = Case> {
    let size = prop_oneof![1u64..10, 10u64..3000, Just(1 << 20)];
    let point = || prop::option::weighted(0.3, 0usize..20_000);
    (
        (0usize..20_000, acts(), acts(), point(), point()),
        (size.clone(), size.clone(), 0u64..3000, size),
        (
            prop::option::weighted(0.2, 0u64..3000),
            prop::option::weighted(0.2, 0u64..20_000),
            // A transfer at a rate takes 20 ms at most.
            prop::option::weighted(0.3, 1_000_000u64..100_000_000),
        ),
    )
        .prop_map(
            |(
                (len, source, sink, source_fails_at, sink_fails_at),
                (read, write, low, chunk_size),
                (skip, take, rate),
            )| {
                let (low, skip) = (low % write, skip.unwrap_or(0));
                Case {
                    len,
                    source,
                    sink,
                    source_fails_at,
                    sink_fails_at,
                    marks: (read, write),
                    low,
                    chunk_size,
                    skip,
                    take,
                    rate,
                }
            },
        )
}

struct Played {
    data: Vec<u8>,
    got: Vec<u8>,
    reader: ReaderOutcome,
    writer: WriterOutcome,
    link: LinkSnapshot,
}

fn play(case: &Case) -> Played {
    let (read, write) = case.marks;
    let under_way = Arc::new(UnderWay::default());
    let got = Arc::new(Mutex::new(Vec::new()));
    let source = HostileSource {
        fails_at: case.source_fails_at,
        under_way: Arc::clone(&under_way),
        // What is skipped counts as given and is never taken.
        bound: read + write + case.skip,
        ..HostileSource::new(case.len, case.source.clone())
    };
    let sink = HostileSink {
        fails_at: case.sink_fails_at,
        under_way,
        ..HostileSink::new(&got, case.sink.clone())
    };
    let options = Options {
        marks: Marks {
            readable: read,
            writable: write,
            low: case.low,
        },
        flow: FlowOptions {
            chunk_size: case.chunk_size,
            skip: case.skip,
            take: case.take,
            ..FlowOptions::default()
        },
        rate: case.rate,
        ..Options::default()
    };
    let handle = start(source, sink, options);
    let meter = Arc::clone(handle.controls().meter());
    let End {
        reader,
        mut writers,
        ..
    } = ended(handle);
    let got = std::mem::take(&mut *got.lock().unwrap());
    Played {
        data: data(case.len),
        got,
        reader: reader.expect("how reading ended"),
        writer: writers.remove(0),
        link: meter.snapshot().links.remove(0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_delivered_is_a_prefix_and_all_of_it_on_success(case in cases()) {
        let played = play(&case);
        let skip = usize::try_from(case.skip).unwrap().min(case.len);
        let take = case.take.map_or(usize::MAX, |take| usize::try_from(take).unwrap());
        let wanted = &played.data[skip..];
        let wanted = &wanted[..wanted.len().min(take)];
        prop_assert!(wanted.starts_with(&played.got), "not a prefix");
        match played.writer {
            WriterOutcome::Delivered { how, .. } => {
                prop_assert_eq!(how, Delivered::Written);
                prop_assert_eq!(played.got.len(), wanted.len());
                prop_assert!(played.reader.result.is_ok());
                prop_assert_eq!(played.link.readable.map(|it| it.len), Some(0));
                prop_assert_eq!(played.link.writable().map(|it| it.len), Some(0));
            }
            WriterOutcome::SourceCut => {
                let read = case.source_fails_at.expect("only a failing source is cut").saturating_sub(skip);
                prop_assert_eq!(played.got.len(), read.min(wanted.len()), "what was read is delivered");
                prop_assert!(played.reader.result.is_err());
            }
            WriterOutcome::Failed { .. } => prop_assert_eq!(Some(played.got.len()), case.sink_fails_at),
            other => prop_assert!(false, "{other:?}"),
        }
        let most = played.link.writable().map(|it| it.max_len);
        prop_assert!(most <= Some(case.marks.1), "the mark is a hard bound");
        let (pauses, drains) = (played.link.pauses, played.link.drains);
        prop_assert!(drains <= pauses && pauses <= drains + 1, "{pauses} pauses, {drains} drains");
    }
}

#[test]
fn a_sink_that_is_always_slower_pauses_the_source_once_for_every_mark() {
    let case = Case {
        len: 64_000,
        source: vec![Act::Move(5000)],
        // One byte for every sixteen calls: the reader is always ahead.
        sink: [vec![Act::NotNow; 15], vec![Act::Move(1)]].concat(),
        source_fails_at: None,
        sink_fails_at: None,
        marks: (4000, 4000),
        low: 0,
        chunk_size: 700,
        skip: 0,
        take: None,
        rate: None,
    };
    let pauses = play(&case).link.pauses;
    assert!(
        (15..=17).contains(&pauses),
        "{pauses} pauses for 64000 bytes through a mark of 4000"
    );
}

#[test]
fn giving_up_wakes_both_sides_wherever_they_wait() {
    let endless = || HostileSource::new(1 << 20, vec![Act::Move(100)]);
    let sources: [Box<dyn Source>; 2] = [Box::new(Silent), Box::new(endless())];
    for source in sources {
        let options = Options {
            marks: marks(100),
            ..Options::default()
        };
        let pipeline = Pipeline::new(source, Box::new(Full), options).unwrap();
        let handle = pipeline.start(Road::Buffered(Reason::Asked)).unwrap();
        handle.controls().cancel();
        let end = ended(handle);
        assert!(matches!(end.writers[0], WriterOutcome::Cancelled));
        assert!(end.reader.is_some(), "the reader has not ended");
    }
}

/// A source that gives nothing before a moment, and no end of it from then on.
struct Late(Instant);

impl Source for Late {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if Instant::now() < self.0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(buf.len())
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(self.0)
    }
}

#[test]
fn time_stands_once_a_pipeline_has_ended_for_a_link_that_is_paused_too() {
    let much = Duration::from_millis(100);
    let options = Options {
        marks: marks(100),
        ..Options::default()
    };
    let handle = start(Late(Instant::now() + much), Full, options);
    let meter = Arc::clone(handle.controls().meter());
    let deadline = Instant::now() + Duration::from_secs(60);
    while meter.snapshot().links[0].state != LinkState::Paused {
        assert!(Instant::now() < deadline, "it is never paused");
    }
    handle.controls().cancel();
    ended(handle);
    let then = meter.snapshot();
    // So long it would go on.
    std::thread::sleep(much);
    let now = meter.snapshot();
    assert_eq!(now.elapsed, then.elapsed);
    let goes_on = now.links[0].paused.abs_diff(then.links[0].paused);
    assert!(goes_on < much / 2, "{goes_on:?}");
}
