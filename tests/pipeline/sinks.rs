//! One source and up to five sinks of different speeds, marks and ends.

use crate::ends::{Full, HostileSink, HostileSource, UnderWay};
use crate::hostile::{Act, acts, data, ended};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidegate::endpoint::Sink;
use tidegate::engine::link::{LinkSnapshot, Marks};
use tidegate::engine::pipeline::{End, Handle, MoreSink, Options, Pipeline};
use tidegate::engine::road::{FlowOptions, GivenUp, Reason, Road, WriterOutcome};

#[derive(Debug, Clone)]
struct SinkCase {
    acts: Vec<Act>,
    fails_at: Option<usize>,
    mark: Option<u64>,
}

#[derive(Debug, Clone)]
struct Case {
    len: usize,
    source: Vec<Act>,
    source_fails_at: Option<usize>,
    sinks: Vec<SinkCase>,
    marks: (u64, u64),
    take: Option<u64>,
    rate: Option<u64>,
    fail_fast: bool,
}

fn sink_cases() -> impl Strategy<Value = SinkCase> {
    let fails_at = prop::option::weighted(0.3, 0usize..20_000);
    let mark = prop::option::weighted(0.5, 1u64..3000);
    (acts(), fails_at, mark).prop_map(|(acts, fails_at, mark)| SinkCase {
        acts,
        fails_at,
        mark,
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let mark = || prop_oneof![1u64..10, 10u64..3000, Just(1 << 20)];
    (
        (
            0usize..20_000,
            acts(),
            prop::option::weighted(0.2, 0usize..20_000),
        ),
        prop::collection::vec(sink_cases(), 1..=5),
        (mark(), mark(), any::<bool>()),
        (
            prop::option::weighted(0.2, 0u64..20_000),
            prop::option::weighted(0.2, 1_000_000u64..100_000_000),
        ),
    )
        .prop_map(
            |((len, source, source_fails_at), sinks, (read, write, fail_fast), (take, rate))| {
                Case {
                    len,
                    source,
                    source_fails_at,
                    sinks,
                    marks: (read, write),
                    take,
                    rate,
                    fail_fast,
                }
            },
        )
}

struct Played {
    got: Vec<Vec<u8>>,
    end: End,
    link: LinkSnapshot,
}

fn play(case: &Case) -> Played {
    let (read, write) = case.marks;
    let marks = case.sinks.iter().map(|it| it.mark.unwrap_or(write));
    let under_way = Arc::new(UnderWay::to(case.sinks.len()));
    let got: Vec<_> = case
        .sinks
        .iter()
        .map(|_| Arc::new(Mutex::new(Vec::new())))
        .collect();
    let source = HostileSource {
        fails_at: case.source_fails_at,
        under_way: Arc::clone(&under_way),
        bound: read + marks.max().unwrap(),
        ..HostileSource::new(case.len, case.source.clone())
    };
    let sinks = case.sinks.iter().zip(&got).enumerate();
    let sinks = sinks.map(|(id, (it, got))| MoreSink {
        sink: Box::new(HostileSink {
            id,
            fails_at: it.fails_at,
            under_way: Arc::clone(&under_way),
            ..HostileSink::new(got, it.acts.clone())
        }),
        mark: it.mark,
    });
    let options = Options {
        marks: Marks {
            readable: read,
            writable: write,
            low: 0,
        },
        flow: FlowOptions {
            take: case.take,
            fail_fast: case.fail_fast,
            ..FlowOptions::default()
        },
        rate: case.rate,
        ..Options::default()
    };
    let handle = start(source, sinks.collect(), options);
    let meter = Arc::clone(handle.controls().meter());
    let end = ended(handle);
    Played {
        got: got
            .iter()
            .map(|it| std::mem::take(&mut *it.lock().unwrap()))
            .collect(),
        end,
        link: meter.snapshot().links.remove(0),
    }
}

/// Starts a pipeline from a hostile source to these sinks.
fn start(source: HostileSource, mut sinks: Vec<MoreSink>, options: Options) -> Handle {
    let first = sinks.remove(0);
    let options = Options {
        sink_mark: first.mark,
        more_sinks: sinks,
        ..options
    };
    let pipeline = Pipeline::new(Box::new(source), first.sink, options).unwrap();
    pipeline.start(Road::Buffered(Reason::Asked)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_sink_has_a_prefix_and_all_of_it_on_success_whatever_becomes_of_the_others(case in cases()) {
        let Played { got, end, link } = play(&case);
        let whole = data(case.len);
        let take = case.take.map_or(usize::MAX, |take| usize::try_from(take).unwrap());
        let wanted = &whole[..whole.len().min(take)];
        let has_failed = end.writers.iter().any(|it| matches!(it, WriterOutcome::Failed { .. }));
        let all_have_failed = end.writers.iter().all(|it| matches!(it, WriterOutcome::Failed { .. }));
        prop_assert_eq!(end.writers.len(), case.sinks.len());
        for ((got, writer), sink) in got.iter().zip(&end.writers).zip(&case.sinks) {
            prop_assert!(wanted.starts_with(got), "not a prefix");
            match writer {
                WriterOutcome::Delivered { .. } => prop_assert_eq!(got.len(), wanted.len()),
                WriterOutcome::SourceCut => {
                    let read = case.source_fails_at.expect("only a failing source is cut");
                    prop_assert_eq!(got.len(), read.min(wanted.len()), "what was read is delivered");
                }
                WriterOutcome::Failed { .. } => prop_assert_eq!(Some(got.len()), sink.fails_at),
                WriterOutcome::Cancelled => prop_assert!(case.fail_fast && has_failed),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        // One that fails alone ends nobody else.
        if !case.fail_fast && !all_have_failed && case.source_fails_at.is_none() {
            for (writer, sink) in end.writers.iter().zip(&case.sinks) {
                let may_fail = sink.fails_at.is_some_and(|at| at < wanted.len());
                prop_assert_eq!(writer.is_delivered(), !may_fail, "{:?}", writer);
            }
        }
        for (consumer, sink) in link.consumers.iter().zip(&case.sinks) {
            let most = consumer.writable.map(|it| it.max_len);
            prop_assert!(most <= Some(sink.mark.unwrap_or(case.marks.1)), "the mark is a hard bound");
        }
        let stops: u64 = link.consumers.iter().map(|it| it.stops).sum();
        prop_assert!(link.pauses <= stops, "{} pauses of {stops} stops", link.pauses);
    }
}

/// Waits until this holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} never comes");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A pipeline from a source of so many bytes to a sink that takes nothing and one that takes all it gets, with marks of 100.
fn with_one_that_takes_nothing(len: usize, got: &Arc<Mutex<Vec<u8>>>) -> Handle {
    let sinks: [Box<dyn Sink>; 2] = [
        Box::new(Full),
        Box::new(HostileSink::new(got, vec![Act::Move(1000)])),
    ];
    let sinks = sinks.map(|sink| MoreSink { sink, mark: None });
    let options = Options {
        marks: crate::marks(100),
        ..Options::default()
    };
    let source = HostileSource::new(len, vec![Act::Move(1000)]);
    start(source, sinks.into(), options)
}

#[test]
fn the_slowest_sink_holds_the_source_up_until_it_is_given_up_and_the_others_get_everything() {
    let got = Arc::default();
    let handle = with_one_that_takes_nothing(10_000, &got);
    let controls = handle.controls().clone();
    let link = || controls.meter().snapshot().links.remove(0);
    until("a full buffer", || {
        controls.meter().snapshot().bytes_in == 200
    });
    until("a drain of the fast one", || {
        link().consumers[1].drains == 1
    });
    let link = link();
    assert!(link.consumers[0].is_stopped() && !link.consumers[1].is_stopped());
    assert_eq!(got.lock().unwrap().len(), 100);
    controls.give_up_sink(0, GivenUp::Detached);
    let end = ended(handle);
    assert!(
        matches!(
            end.writers[..],
            [
                WriterOutcome::GivenUp(GivenUp::Detached),
                WriterOutcome::Delivered { .. }
            ]
        ),
        "{end:?}"
    );
    assert!(*got.lock().unwrap() == data(10_000));
}

#[test]
fn where_all_sinks_are_given_up_the_source_is_read_no_more() {
    let got = Arc::default();
    let handle = with_one_that_takes_nothing(1 << 20, &got);
    let controls = handle.controls().clone();
    until("a full buffer", || {
        controls.meter().snapshot().bytes_in == 200
    });
    for sink in [1, 0] {
        controls.give_up_sink(sink, GivenUp::Idle);
    }
    let end = ended(handle);
    assert!(!end.is_delivered());
    assert!(end.reader.is_some(), "the reader has not ended");
    assert_eq!(controls.meter().snapshot().bytes_in, 200);
}

#[test]
fn the_rate_limit_is_on_the_side_of_the_source_and_is_what_every_sink_waits_for() {
    let got = [Arc::default(), Arc::default()];
    let sinks = got.iter().map(|got| MoreSink {
        sink: Box::new(HostileSink::new(got, vec![Act::Move(5000)])),
        mark: None,
    });
    let options = Options {
        marks: crate::marks(10_000),
        rate: Some(100_000),
        ..Options::default()
    };
    let source = HostileSource::new(30_000, vec![Act::Move(5000)]);
    let handle = start(source, sinks.collect(), options);
    let meter = Arc::clone(handle.controls().meter());
    assert!(ended(handle).is_delivered());
    let now = meter.snapshot();
    assert!(
        now.elapsed >= Duration::from_millis(280),
        "{:?}",
        now.elapsed
    );
    for sink in now.sinks {
        let limited = sink.waits.of(tidegate::account::phase::Phase::Rate);
        assert!(
            limited > now.elapsed / 2,
            "{:?} of {:?}",
            sink.waits,
            now.elapsed
        );
    }
}
