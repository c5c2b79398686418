//! From one source to several sinks of different kinds: each has a prefix of what came, all of it on success, and every byte once, also
//! where the kernel refuses a call, be it the n-th, or makes duplicates of different lengths.

use crate::ends::{End, From, Kept, To};
use crate::hostile::{Act, acts, data, ended};
use crate::tee_calls::{Fault, Kind, TeeCalls, Wrong};
use proptest::prelude::*;
use rustix::io::Errno;
use std::io;
use std::time::{Duration, Instant};
use tidegate::endpoint::{Sink, Source};
use tidegate::engine::link::{LinkSnapshot, Marks};
use tidegate::engine::pipeline::{End as Ending, Handle, MoreSink, Options, Pipeline};
use tidegate::engine::road::{
    Calls, FlowOptions, GivenUp, Preference, Reason, Road, RoadInUse, WriterOutcome,
};

#[derive(Debug, Clone)]
struct Case {
    from: End,
    to: Vec<(End, u64)>,
    len: usize,
    /// Of the source, and of each sink.
    acts: Vec<Vec<Act>>,
    faults: Vec<Fault>,
    mark: u64,
    chunk_size: u64,
    skip: u64,
    take: Option<u64>,
    rate: Option<u64>,
}

impl Case {
    /// Everything at once.
    fn plain(from: End, to: &[End], len: usize) -> Self {
        Self {
            from,
            to: to.iter().map(|end| (*end, 1 << 16)).collect(),
            len,
            acts: vec![vec![Act::Move(1 << 20)]; to.len() + 1],
            faults: Vec::new(),
            mark: 1 << 16,
            chunk_size: 1 << 16,
            skip: 0,
            take: None,
            rate: None,
        }
    }

    fn with_fault(&self, kind: Kind, call: u64, wrong: Wrong) -> Self {
        let mut case = self.clone();
        case.faults.push(Fault { kind, call, wrong });
        case
    }

    fn wanted(&self) -> Vec<u8> {
        let all = data(self.len);
        let skip = usize::try_from(self.skip).unwrap().min(self.len);
        let take = self
            .take
            .map_or(self.len, |it| usize::try_from(it).unwrap());
        all[skip..].iter().copied().take(take).collect()
    }
}

const REFUSALS: [Errno; 4] = [Errno::INVAL, Errno::NOSYS, Errno::PERM, Errno::OPNOTSUPP];
const FAILURES: [Errno; 2] = [Errno::IO, Errno::CONNRESET];

fn faults() -> impl Strategy<Value = Fault> {
    let wrong = prop_oneof![
        4 => prop::sample::select(&REFUSALS[..]).prop_map(Wrong::Says),
        2 => prop::sample::select(&FAILURES[..]).prop_map(Wrong::Says),
        3 => Just(Wrong::Short),
    ];
    let kind = prop_oneof![
        Just(Kind::In),
        Just(Kind::Tee),
        Just(Kind::Last),
        (0usize..4).prop_map(Kind::Out)
    ];
    (kind, 1u64..8, wrong).prop_map(|(kind, call, wrong)| Fault { kind, call, wrong })
}

fn cases() -> impl Strategy<Value = Case> {
    let mark = || prop_oneof![1u64..10, 10u64..3000, 3000u64..70_000, Just(1 << 20)];
    let end = || prop::sample::select(&End::ALL[..]);
    let sinks = prop::collection::vec((end(), mark()), 2..=4);
    let acts = prop_oneof![
        acts(),
        acts().prop_map(|acts| [acts, vec![Act::Move(1 << 20); 40]].concat())
    ];
    let acts = prop::collection::vec(acts, 5);
    let faults = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(faults(), 1..4),
    ];
    let flow = (
        prop::option::weighted(0.2, 0u64..3000),
        prop::option::weighted(0.2, 0u64..40_000),
        prop::option::weighted(0.2, 1_000_000u64..100_000_000),
    );
    (
        (end(), sinks, 0usize..30_000),
        (acts, faults, mark(), mark()),
        flow,
    )
        .prop_map(
            |((from, to, len), (acts, faults, mark, chunk_size), (skip, take, rate))| {
                let least = to.iter().map(|(_, mark)| *mark).fold(mark, u64::min);
                Case {
                    from,
                    to,
                    // So many rounds at most.
                    len: len.min(usize::try_from(least).unwrap() * 500),
                    acts,
                    faults,
                    mark,
                    chunk_size,
                    skip: skip.unwrap_or(0),
                    take,
                    rate,
                }
            },
        )
}

/// A pipeline under way.
fn send(case: &Case, preference: Preference, from: From, to: Vec<To>) -> (Handle, TeeCalls) {
    let fds = to.iter().map(To::fd).collect();
    let calls = TeeCalls::new(from.fd(), fds, case.acts.clone(), case.faults.clone());
    let sinks = to.into_iter().zip(&case.to);
    let mut sinks: Vec<_> = sinks
        .map(|(sink, (_, mark))| MoreSink {
            sink: Box::new(sink) as Box<dyn Sink>,
            mark: Some(*mark),
        })
        .collect();
    let first = sinks.remove(0);
    let options = Options {
        sink_mark: first.mark,
        more_sinks: sinks,
        marks: Marks {
            readable: case.mark,
            writable: case.mark,
            low: 0,
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
    let mut pipeline = Pipeline::new(Box::new(from), first.sink, options).unwrap();
    let road = pipeline.choose(preference).expect("the kernel road");
    assert!(matches!(road, Road::Kernel(_)), "{road:?}");
    let road = road.with_syscalls(Box::new(calls.clone()));
    (pipeline.start(road).unwrap(), calls)
}

struct Played {
    got: Vec<Vec<u8>>,
    end: Ending,
    calls: TeeCalls,
    link: LinkSnapshot,
    bytes_in: u64,
    bytes_out: Vec<u64>,
    road: Option<RoadInUse>,
}

fn play(case: &Case, preference: Preference) -> Played {
    let (from, _) = From::new(case.from, &data(case.len), false);
    let (to, kept): (Vec<_>, Vec<_>) = case.to.iter().map(|(end, _)| To::new(*end, true)).unzip();
    let (handle, calls) = send(case, preference, from, to);
    let controls = handle.controls().clone();
    let end = ended(handle);
    let mut snapshot = controls.meter().snapshot();
    Played {
        got: kept.into_iter().map(Kept::bytes).collect(),
        end,
        calls,
        link: snapshot.links.remove(0),
        bytes_in: snapshot.bytes_in,
        bytes_out: snapshot.sinks.iter().map(|it| it.bytes_out).collect(),
        road: controls.road(),
    }
}

fn says(fault: &Fault, errnos: &[Errno]) -> bool {
    matches!(fault.wrong, Wrong::Says(errno) if errnos.contains(&errno))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_sink_has_every_byte_once_whatever_is_refused(case in cases()) {
        let played = play(&case, Preference::Auto);
        let (wanted, happened) = (case.wanted(), played.calls.happened());
        // Any refusal between pipes, but those alone of the calls at a sink and of one that comes from the source.
        let fails_in = happened.iter().any(|it| it.kind == Kind::In && says(it, &FAILURES));
        let mut is_whole = true;
        for (sink, got) in played.got.iter().enumerate() {
            prop_assert!(wanted.starts_with(got), "not a prefix");
            prop_assert_eq!(played.bytes_out[sink], got.len() as u64);
            let fails = happened.iter().any(|it| it.kind == Kind::Out(sink) && (says(it, &FAILURES) || it.wrong == Wrong::Short));
            match &played.end.writers[sink] {
                WriterOutcome::Delivered { .. } => prop_assert_eq!(got.len(), wanted.len()),
                WriterOutcome::SourceCut => {
                    prop_assert!(fails_in && played.end.reader.as_ref().unwrap().result.is_err());
                    prop_assert_eq!(got.len() as u64, played.calls.came(), "what was read is delivered");
                }
                WriterOutcome::Failed { .. } => prop_assert!(fails),
                other => prop_assert!(false, "{other:?}"),
            }
            is_whole &= played.end.writers[sink].is_delivered();
            let most = played.link.consumers[sink].writable.unwrap().max_len;
            prop_assert!(most <= case.to[sink].1, "the mark is a hard bound");
        }
        if is_whole {
            prop_assert_eq!(played.bytes_in, wanted.len() as u64);
            let between = |it: &Fault| match it.kind {
                Kind::In => says(it, &REFUSALS),
                Kind::Tee | Kind::Last => matches!(it.wrong, Wrong::Says(_)),
                Kind::Out(_) => false,
            };
            let is_short = |it: &Fault| it.wrong == Wrong::Short && matches!(it.kind, Kind::Tee | Kind::Last);
            let road = played.road.map(RoadInUse::name);
            if happened.iter().any(between) {
                prop_assert_eq!(road, Some("buffered"));
            } else if !happened.iter().any(is_short) {
                prop_assert_eq!(road, Some("kernel"));
            }
        }
        prop_assert!(played.link.readable.unwrap().max_len <= case.mark);
        let stops: u64 = played.link.consumers.iter().map(|it| it.stops).sum();
        prop_assert!(played.link.pauses <= stops);
    }
}

const ALL: [End; 4] = [End::File, End::Pipe, End::Socket, End::UnixSocket];

#[test]
fn bytes_from_any_source_go_to_sinks_of_all_kinds_by_duplicates() {
    for from in End::ALL {
        let played = play(&Case::plain(from, &ALL, 3_000_000), Preference::Kernel);
        assert!(played.end.is_delivered(), "{:?}", played.end);
        assert_eq!(played.road, Some(RoadInUse::Kernel(Calls::Tee)));
        assert!(played.got.iter().all(|it| *it == data(3_000_000)));
        assert!(played.calls.count(Kind::Tee) >= 3 * 40);
        let drains: u64 = played.link.consumers.iter().map(|it| it.drains).sum();
        assert!(drains > 0 && played.link.pauses > 0);
    }
}

#[test]
fn duplicates_of_different_lengths_reach_nobody_and_the_buffered_road_takes_over() {
    let case = Case::plain(End::File, &ALL, 1_000_000);
    // The second of three duplicates in the first round, and in a later one; then the last sink, which gets bytes that the others have
    // only as duplicates.
    let short_last = case.with_fault(Kind::Last, 3, Wrong::Short);
    for (case, is_let_be) in [
        (case.with_fault(Kind::Tee, 2, Wrong::Short), false),
        (case.with_fault(Kind::Tee, 12, Wrong::Short), false),
        (case.with_fault(Kind::Tee, 1, Wrong::Short), true),
        (short_last.clone(), true),
        (
            short_last.with_fault(Kind::Last, 4, Wrong::Says(Errno::INVAL)),
            false,
        ),
    ] {
        let played = play(&case, Preference::Auto);
        assert!(played.end.is_delivered(), "{:?}", played.end);
        assert!(
            played.got.iter().all(|it| *it == data(1_000_000)),
            "{case:?}"
        );
        assert_eq!(played.bytes_in, 1_000_000);
        let road = if is_let_be { "kernel" } else { "buffered" };
        assert_eq!(played.road.map(RoadInUse::name), Some(road), "{case:?}");
    }
}

#[test]
fn a_refusal_at_any_call_loses_and_doubles_nothing() {
    let case = Case::plain(End::File, &ALL, 1_000_000);
    for call in [1, 2, 3, 5, 9] {
        for (kind, road) in [
            (Kind::In, "buffered"),
            (Kind::Tee, "buffered"),
            (Kind::Last, "buffered"),
            (Kind::Out(0), "kernel"),
            (Kind::Out(2), "kernel"),
        ] {
            let case = case.with_fault(kind, call, Wrong::Says(Errno::INVAL));
            let played = play(&case, Preference::Auto);
            assert_eq!(played.calls.happened().len(), 1);
            assert!(
                played.end.is_delivered(),
                "{kind:?} {call} {:?}",
                played.end
            );
            assert!(played.got.iter().all(|it| *it == data(1_000_000)));
            assert_eq!(played.bytes_in, 1_000_000);
            assert_eq!(played.road.map(RoadInUse::name), Some(road));
        }
    }
}

#[test]
fn where_the_kernel_road_is_insisted_on_a_first_refusal_moves_nothing_and_a_later_one_loses_nothing()
 {
    let case = Case::plain(End::File, &ALL, 1_000_000);
    for kind in [Kind::In, Kind::Tee, Kind::Last] {
        let case = case.with_fault(kind, 1, Wrong::Says(Errno::INVAL));
        let played = play(&case, Preference::Kernel);
        let writers = &played.end.writers;
        let none = |it: &WriterOutcome| matches!(it, WriterOutcome::NoRoad { .. });
        assert!(writers.iter().all(none), "{writers:?}");
        assert!(played.got.iter().all(Vec::is_empty));
    }
    for kind in [Kind::In, Kind::Tee, Kind::Last] {
        let case = case.with_fault(kind, 7, Wrong::Says(Errno::INVAL));
        let played = play(&case, Preference::Kernel);
        let writers = &played.end.writers;
        let cut = |it: &WriterOutcome| matches!(it, WriterOutcome::SourceCut);
        assert!(writers.iter().all(cut), "{writers:?}");
        let why = played.end.reader.unwrap().result.unwrap_err();
        assert!(why.to_string().contains("--road auto goes on"), "{why}");
        let given = usize::try_from(played.calls.came()).unwrap();
        assert!(given > 0 && played.got.iter().all(|it| *it == data(1_000_000)[..given]));
    }
    for (call, is_first) in [(1, true), (3, false)] {
        let case = case.with_fault(Kind::Out(1), call, Wrong::Says(Errno::INVAL));
        let played = play(&case, Preference::Kernel);
        for (sink, writer) in played.end.writers.iter().enumerate() {
            match writer {
                WriterOutcome::NoRoad { .. } => assert!(sink == 1 && is_first),
                WriterOutcome::Failed { .. } => assert!(sink == 1 && !is_first),
                other => assert!(other.is_delivered() && sink != 1, "{other:?}"),
            }
        }
    }
}

#[test]
fn a_source_that_fails_is_cut_short_at_every_sink_after_what_it_gave() {
    let case = Case::plain(End::File, &ALL, 1_000_000);
    for refused in [None, Some(2)] {
        let mut case = case.with_fault(Kind::In, 3, Wrong::Says(Errno::IO));
        if let Some(call) = refused {
            let wrong = Wrong::Says(Errno::NOSYS);
            case = case.with_fault(Kind::Tee, 3 * call, wrong);
        }
        let played = play(&case, Preference::Auto);
        let error = played.end.reader.unwrap().result.unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::IO));
        let given = usize::try_from(played.calls.came()).unwrap();
        assert!(given > 0);
        assert!(played.got.iter().all(|it| *it == data(1_000_000)[..given]));
    }
}

/// Waits until this holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + super::DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} never comes");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_sink_that_takes_nothing_holds_the_others_up_until_it_is_given_up_with_its_pipe_full() {
    let len = 20_000_000;
    let case = Case::plain(End::File, &[End::Socket, End::File, End::Pipe], len);
    for refused in [false, true] {
        // Where the kernel has refused to move bytes to it, it is given up in a write.
        let refusal = case.with_fault(Kind::Out(0), 1, Wrong::Says(Errno::INVAL));
        let case = if refused { refusal } else { case.clone() };
        let (from, _) = From::new(End::File, &data(len), false);
        let (stuck, far) = To::new(End::Socket, false);
        let (file, kept) = To::new(End::File, true);
        let (pipe, read) = To::new(End::Pipe, true);
        let (handle, _) = send(&case, Preference::Auto, from, vec![stuck, file, pipe]);
        let controls = handle.controls().clone();
        until("a pause", || {
            let now = controls.meter().snapshot();
            now.still > Duration::from_millis(50) && now.links[0].consumers[0].is_stopped()
        });
        controls.give_up_sink(0, GivenUp::Detached);
        let end = ended(handle);
        assert!(
            matches!(
                end.writers[..],
                [
                    WriterOutcome::GivenUp(GivenUp::Detached),
                    WriterOutcome::Delivered { .. },
                    WriterOutcome::Delivered { .. }
                ]
            ),
            "{end:?}"
        );
        drop(far);
        assert!(kept.bytes() == data(len) && read.bytes() == data(len));
    }
}

#[test]
fn a_sink_that_is_given_up_in_a_call_that_does_not_return_holds_nobody_up() {
    let len = 5_000_000;
    let case = Case::plain(End::File, &[End::UnixSocket, End::File, End::Pipe], len);
    let (from, _) = From::new(End::File, &data(len), false);
    let (stuck, far) = To::new(End::UnixSocket, false);
    let (file, kept) = To::new(End::File, true);
    let (pipe, read) = To::new(End::Pipe, true);
    let to = vec![stuck.that_sleeps(), file, pipe];
    let (handle, _) = send(&case, Preference::Auto, from, to);
    let controls = handle.controls().clone();
    until("a pause", || {
        let now = controls.meter().snapshot();
        now.still > Duration::from_millis(50) && now.links[0].consumers[0].is_stopped()
    });
    controls.give_up_sink(0, GivenUp::Detached);
    let end = ended(handle);
    assert!(
        end.writers[1..].iter().all(WriterOutcome::is_delivered),
        "{end:?}"
    );
    assert!(end.reader.is_some(), "the source is not given back");
    assert!(kept.bytes() == data(len) && read.bytes() == data(len));
    drop(far);
}

#[test]
fn giving_up_ends_it_wherever_it_waits() {
    for stays in [false, true] {
        let len = if stays { 100_000 } else { 20_000_000 };
        let case = Case::plain(End::Pipe, &[End::Socket, End::Pipe], len);
        let (from, open) = From::new(End::Pipe, &data(len), stays);
        let (first, far) = To::new(End::Socket, stays);
        let (second, kept) = To::new(End::Pipe, true);
        let (handle, _) = send(&case, Preference::Auto, from, vec![first, second]);
        let controls = handle.controls().clone();
        until("a rest", || {
            let now = controls.meter().snapshot();
            now.still > Duration::from_millis(50) && now.bytes_in > 0
        });
        controls.cancel();
        let end = ended(handle);
        let cancelled = |it: &WriterOutcome| matches!(it, WriterOutcome::Cancelled);
        assert!(end.writers.iter().all(cancelled), "{end:?}");
        assert!(end.reader.is_some());
        drop((open, far));
        assert!(data(len).starts_with(&kept.bytes()));
    }
}

/// A source like one, but with another source behind it.
struct Followed(From);

impl Source for Followed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }

    fn ready(&self) -> tidegate::engine::wait::Ready<'_> {
        self.0.ready()
    }

    fn kernel(
        &mut self,
    ) -> Result<
        (
            tidegate::endpoint::Raw,
            &mut dyn tidegate::endpoint::KernelSource,
        ),
        tidegate::endpoint::Unfit,
    > {
        self.0.kernel()
    }

    fn is_last_part(&self) -> bool {
        false
    }
}

#[test]
fn what_duplicates_cannot_do_is_told_before_anything_moves() {
    let with = |marks: Marks, is_followed: bool| {
        let (from, _) = From::new(End::File, b"", false);
        let source: Box<dyn Source> = if is_followed {
            Box::new(Followed(from))
        } else {
            Box::new(from)
        };
        let more = MoreSink {
            sink: Box::new(To::new(End::File, true).0),
            mark: None,
        };
        let options = Options {
            marks,
            more_sinks: vec![more],
            ..Options::default()
        };
        let first = Box::new(To::new(End::File, true).0);
        Pipeline::new(source, first, options).unwrap()
    };
    let wide = Marks {
        writable: 2 << 20,
        ..Marks::DEFAULT
    };
    let low = Marks {
        low: 1,
        ..Marks::DEFAULT
    };
    for (marks, is_followed, is_impossible) in [
        (Marks::DEFAULT, false, false),
        (wide, false, true),
        (low, false, true),
        (Marks::DEFAULT, true, true),
    ] {
        let road = with(marks, is_followed).choose(Preference::Auto).unwrap();
        let is_told = matches!(&road, Road::Buffered(Reason::Impossible(why)) if why.len() == 1);
        assert_eq!(is_told, is_impossible, "{road:?}");
        let insisted = with(marks, is_followed).choose(Preference::Kernel);
        assert_eq!(insisted.is_err(), is_impossible);
    }
}
