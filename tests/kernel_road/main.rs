//! The kernel road in-process, between real ends, with hostile system calls: pieces of any size, "not now" and
//! interruptions at any time, a refusal of the first call, a failure at any byte.
//!
//! What must hold whatever happens: the sink has a prefix of what the source gave, all of it on success, a refusal
//! loses nothing, and never more is held than the mark allows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod broken_pipe;
mod claims;
mod ends;
mod giving_up;
#[path = "../hostile/mod.rs"]
mod hostile;
mod put_off;
mod sinks;
mod syscalls;
mod tee_calls;

use ends::{End, From, To};
use hostile::{Act, acts, data, ended};
use proptest::prelude::*;
use rustix::io::Errno;
use std::io::{self, Seek};
use std::sync::atomic::Ordering;
use std::time::Duration;
use syscalls::{Faults, Hostile, Passed};
use tidegate::endpoint::Least;
use tidegate::engine::link::{LinkSnapshot, Marks};
use tidegate::engine::pipeline::{Controls, Handle, Options, Pipeline};
use tidegate::engine::road::{
    Calls, FlowOptions, Preference, ReaderOutcome, Road, RoadInUse, WriterOutcome,
};

/// Nothing here takes longer, on however slow a machine.
const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
struct Case {
    from: End,
    to: End,
    /// Whether the file system seems to copy by itself.
    copies: bool,
    len: usize,
    acts: Vec<Act>,
    faults: Faults,
    mark: u64,
    low: u64,
    chunk_size: u64,
    skip: u64,
    take: Option<u64>,
    rate: Option<u64>,
    least: Least,
}

impl Case {
    /// Everything at once, between these ends.
    fn plain(from: End, to: End, len: usize) -> Self {
        Self {
            from,
            to,
            copies: false,
            len,
            acts: vec![Act::Move(1 << 20)],
            faults: Faults::default(),
            mark: 1 << 16,
            low: 0,
            chunk_size: 1 << 16,
            skip: 0,
            take: None,
            rate: None,
            least: Least::Nothing,
        }
    }

    fn has_pipe(&self) -> bool {
        self.from == End::Pipe || self.to == End::Pipe
    }

    fn may_copy(&self) -> bool {
        self.copies && (self.from, self.to) == (End::File, End::File)
    }

    fn wanted(&self) -> Vec<u8> {
        let all = data(self.len);
        let skip = usize::try_from(self.skip).unwrap().min(self.len);
        let take = self
            .take
            .map_or(self.len, |it| usize::try_from(it).unwrap());
        all[skip..].iter().copied().take(take).collect()
    }

    fn marks(&self) -> Marks {
        Marks {
            readable: self.mark,
            writable: self.mark,
            low: if self.has_pipe() { 0 } else { self.low },
        }
    }
}

fn errnos(all: &'static [Errno]) -> impl Strategy<Value = Errno> {
    prop::sample::select(all)
}

fn faults() -> impl Strategy<Value = Faults> {
    let refusal = || {
        let refusals = &[
            Errno::INVAL,
            Errno::NOSYS,
            Errno::XDEV,
            Errno::PERM,
            Errno::OPNOTSUPP,
        ];
        prop::option::weighted(0.15, errnos(refusals))
    };
    let failure = || {
        let failures = &[Errno::IO, Errno::NOSPC, Errno::CONNRESET];
        prop::option::weighted(0.2, (0u64..40_000, errnos(failures)))
    };
    let never = &[Errno::INVAL, Errno::NOSYS, Errno::CONNRESET];
    let never = prop::option::weighted(0.4, errnos(never));
    (refusal(), refusal(), refusal(), never, failure(), failure()).prop_map(
        |(refuses_in, refuses_out, refuses_copy, refuses_send, fails_in, fails_out)| Faults {
            refuses_in,
            refuses_out,
            refuses_copy,
            refuses_send,
            fails_in,
            fails_out,
        },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let size = prop_oneof![1u64..10, 10u64..3000, 3000u64..70_000, Just(1 << 20)];
    let end = || prop::sample::select(&End::ALL[..]);
    let ends = (end(), end(), any::<bool>());
    let flow = (
        (size.clone(), 0u64..3000, size),
        prop::option::weighted(0.2, 0u64..3000),
        prop::option::weighted(0.2, 0u64..40_000),
        // A transfer at a rate takes 30 ms at most.
        prop::option::weighted(0.3, 1_000_000u64..100_000_000),
    );
    let acts = prop_oneof![
        acts(),
        // Large pieces, with something in between.
        acts().prop_map(|acts| [acts, vec![Act::Move(1 << 20); 40]].concat()),
    ];
    (ends, 0usize..30_000, acts, faults(), flow).prop_map(
        |((from, to, copies), len, acts, faults, ((mark, low, chunk_size), skip, take, rate))| {
            Case {
                from,
                to,
                copies,
                len,
                acts,
                faults,
                mark,
                low: low % mark,
                chunk_size,
                skip: skip.unwrap_or(0),
                take,
                rate,
                least: Least::Nothing,
            }
        },
    )
}

/// A pipeline under way.
struct Playing {
    handle: Handle,
    syscalls: Hostile,
}

/// Sends along the kernel road, by hostile system calls.
fn send(case: &Case, preference: Preference, from: From, to: To) -> Playing {
    send_and(case, preference, from, to, |_| {})
}

/// The same, after something was done with the controls.
fn send_and(
    case: &Case,
    preference: Preference,
    from: From,
    to: To,
    before: impl FnOnce(&Controls),
) -> Playing {
    let most = if case.may_copy() || case.has_pipe() {
        0
    } else {
        case.mark
    };
    let syscalls = Hostile::new(
        from.fd(),
        to.fd(),
        most.max(case.mark),
        case.acts.clone(),
        case.faults,
    );
    let (from, chosen) = if case.may_copy() {
        let (from, chosen) = from.that_copies();
        (from, Some(chosen))
    } else {
        (from, None)
    };
    let options = Options {
        marks: case.marks(),
        flow: FlowOptions {
            chunk_size: case.chunk_size,
            skip: case.skip,
            take: case.take,
            least: case.least,
            ..FlowOptions::default()
        },
        rate: case.rate,
        ..Options::default()
    };
    let mut pipeline = Pipeline::new(Box::new(from), Box::new(to), options).unwrap();
    let road = pipeline.choose(preference).expect("the kernel road");
    assert!(matches!(road, Road::Kernel(_)), "{road:?}");
    if let Some(chosen) = chosen {
        chosen.store(true, Ordering::SeqCst);
    }
    before(pipeline.controls());
    let road = road.with_syscalls(Box::new(syscalls.clone()));
    Playing {
        handle: pipeline.start(road).unwrap(),
        syscalls,
    }
}

struct Played {
    got: Vec<u8>,
    reader: ReaderOutcome,
    writer: WriterOutcome,
    link: LinkSnapshot,
    passed: Passed,
    bytes_in: u64,
    bytes_out: u64,
    road: &'static str,
    calls: Option<&'static str>,
    /// Where a file would be read on.
    offset: Option<u64>,
}

fn play(case: &Case, preference: Preference) -> Played {
    let (from, _) = From::new(case.from, &data(case.len), false);
    let (to, kept) = To::new(case.to, true);
    let mut file = (case.from == End::File).then(|| from.watch());
    let playing = send(case, preference, from, to);
    let controls = playing.handle.controls().clone();
    let mut end = ended(playing.handle);
    let (road, mut snapshot) = (controls.road(), controls.meter().snapshot());
    Played {
        got: kept.bytes(),
        reader: end.reader.expect("how reading ended"),
        writer: end.writers.remove(0),
        link: snapshot.links.remove(0),
        passed: playing.syscalls.passed(),
        bytes_in: snapshot.bytes_in,
        bytes_out: snapshot.bytes_out,
        road: road.map_or("none", RoadInUse::name),
        calls: road.and_then(RoadInUse::calls).map(Calls::name),
        offset: file.as_mut().map(|file| file.stream_position().unwrap()),
    }
}

/// What must hold of the numbers, whatever has happened.
fn numbers_hold(case: &Case, played: &Played) -> Result<(), TestCaseError> {
    let link = &played.link;
    let (pauses, drains) = (link.pauses, link.drains);
    prop_assert!(
        drains <= pauses && pauses <= drains + 1,
        "{pauses} pauses, {drains} drains"
    );
    prop_assert_eq!(played.bytes_out, played.got.len() as u64);
    prop_assert!(played.bytes_in >= played.bytes_out);
    let through = [Some("splice through a pipe"), Some("sendfile")];
    if through.contains(&played.calls) || played.road == "buffered" {
        let fill = link.writable().expect("a writable side");
        prop_assert_eq!(fill.mark, case.mark);
        prop_assert!(fill.max_len <= case.mark, "the mark is a hard bound");
    }
    if played.calls == Some("copy_file_range") {
        prop_assert!(link.readable.is_none() && link.writable().is_none());
    }
    if played.calls == Some("splice") {
        prop_assert_eq!(link.readable.is_some(), case.from == End::Pipe);
        prop_assert_eq!(link.writable().is_some(), case.to == End::Pipe);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_delivered_is_a_prefix_and_all_of_it_on_success(case in cases()) {
        let played = play(&case, Preference::Auto);
        let wanted = case.wanted();
        prop_assert!(wanted.starts_with(&played.got), "not a prefix");
        numbers_hold(&case, &played)?;
        let passed = &played.passed;
        // Only a refusal leads to the other road, and it always does.
        prop_assert_eq!(played.road, if passed.refused { "buffered" } else { "kernel" });
        match &played.writer {
            WriterOutcome::Delivered { .. } => {
                prop_assert_eq!(played.got.len(), wanted.len());
                prop_assert_eq!(played.bytes_in, wanted.len() as u64);
                prop_assert!(played.reader.result.is_ok() && passed.failed.is_none());
                if let Some(offset) = played.offset {
                    let end = case.skip + wanted.len() as u64;
                    let read_all = wanted.is_empty() && case.take != Some(0);
                    prop_assert!(offset == end || read_all, "{offset} is not {end}");
                }
            }
            WriterOutcome::SourceCut => {
                prop_assert!(passed.failed.is_some() && played.reader.result.is_err());
                prop_assert_eq!(played.got.len() as u64, passed.came, "what was read is delivered");
            }
            WriterOutcome::Failed { error, .. } => {
                prop_assert_eq!(passed.failed, Errno::from_io_error(error));
                prop_assert_eq!(played.got.len() as u64, passed.went);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_refused_kernel_road_that_was_insisted_on_moves_nothing(case in cases()) {
        let played = play(&case, Preference::Kernel);
        if played.passed.refused {
            prop_assert!(matches!(played.writer, WriterOutcome::NoRoad { .. }), "{:?}", played.writer);
            prop_assert_eq!(played.got.len(), 0);
            prop_assert_eq!(played.bytes_out, 0);
        } else {
            prop_assert!(!matches!(played.writer, WriterOutcome::NoRoad { .. }), "{:?}", played.writer);
        }
    }
}

#[test]
fn a_refusal_after_the_pipe_was_filled_loses_nothing_of_what_is_in_it() {
    for (from, to) in [
        (End::File, End::File),
        (End::File, End::Socket),
        (End::Socket, End::File),
    ] {
        for mark in [1, 4096, 1 << 16] {
            let mut case = Case::plain(from, to, 300_000);
            (case.mark, case.take) = (mark, (mark == 1).then_some(3000));
            case.faults.refuses_out = Some(Errno::INVAL);
            case.faults.refuses_send = Some(Errno::INVAL);
            let played = play(&case, Preference::Auto);
            assert!(matches!(played.writer, WriterOutcome::Delivered { .. }));
            assert!(played.passed.came > 0, "something was in the pipe");
            assert!(played.got == case.wanted());
            assert_eq!(
                (played.road, played.bytes_in),
                ("buffered", played.got.len() as u64)
            );
        }
    }
}

#[test]
fn a_later_refusal_where_the_kernel_road_is_insisted_on_fails_after_what_the_source_gave() {
    let mut at_sink = Case::plain(End::File, End::File, 300_000);
    at_sink.faults.fails_out = Some((10_000, Errno::INVAL));
    // The pipe is filled, and refused more when the sink has taken some of it.
    let mut at_source = Case::plain(End::File, End::File, 300_000);
    at_source.low = 40_000;
    at_source.acts = vec![Act::Move(1 << 20), Act::Move(40_000), Act::NotNow];
    at_source.faults.fails_in = Some((1 << 16, Errno::INVAL));
    for (case, refuses_sink) in [(at_sink, true), (at_source, false)] {
        let played = play(&case, Preference::Kernel);
        let source = played
            .reader
            .result
            .as_ref()
            .err()
            .map(io::Error::to_string);
        let why = match &played.writer {
            WriterOutcome::Failed { error, .. } if refuses_sink => Some(error.to_string()),
            WriterOutcome::SourceCut if !refuses_sink => source,
            other => panic!("{other:?}"),
        };
        assert!(why.is_some_and(|why| why.contains("--road auto goes on")));
        assert_eq!((played.road, played.passed.came), ("kernel", 1 << 16));
        assert!(
            played.got == case.wanted()[..1 << 16],
            "what it gave is lost"
        );
        assert_eq!(played.bytes_out, 1 << 16);
    }
}

#[test]
fn the_calls_told_while_bytes_are_skipped_are_those_that_will_be_made() {
    let (from, _) = From::new(End::File, &data(50_000), false);
    let (asks, asked) = std::sync::mpsc::channel::<()>();
    let (goes_on, may_go_on) = std::sync::mpsc::channel::<()>();
    // It asks when the bytes have been skipped and none has moved.
    let from = from.that_first(move |_| {
        let _ = asks.send(());
        let _ = may_go_on.recv_timeout(DEADLINE);
        Ok(())
    });
    let (to, _kept) = To::new(End::File, true);
    let mut case = Case::plain(End::File, End::File, 50_000);
    // With a limit nothing is copied, though this file system copies.
    (case.copies, case.skip, case.rate) = (true, 10_000, Some(1 << 30));
    let playing = send(&case, Preference::Kernel, from, to);
    asked.recv_timeout(DEADLINE).unwrap();
    let told = playing.handle.controls().road();
    drop(goes_on);
    ended(playing.handle);
    assert_eq!(told, Some(RoadInUse::Kernel(Calls::SpliceThroughPipe)));
}

#[test]
fn a_source_that_fails_while_the_first_bytes_wait_for_a_sink_that_refuses_is_cut_short_after_them()
{
    let mut case = Case::plain(End::File, End::File, 50_000);
    case.faults.fails_in = Some((20_000, Errno::IO));
    case.faults.refuses_out = Some(Errno::NOSYS);
    let played = play(&case, Preference::Auto);
    assert!(matches!(played.writer, WriterOutcome::SourceCut));
    assert_eq!(
        played.reader.result.unwrap_err().raw_os_error(),
        Some(Errno::IO.raw_os_error())
    );
    assert!(played.got == data(50_000)[..20_000]);
}

#[test]
fn when_the_sink_fails_after_the_source_both_say_why() {
    let mut case = Case::plain(End::File, End::File, 50_000);
    case.faults.fails_in = Some((20_000, Errno::IO));
    case.faults.fails_out = Some((10_000, Errno::NOSPC));
    let played = play(&case, Preference::Kernel);
    let why = |error: &io::Error| Errno::from_io_error(error);
    let WriterOutcome::Failed { error, .. } = &played.writer else {
        panic!("{:?}", played.writer);
    };
    assert_eq!(why(error), Some(Errno::NOSPC));
    let source = played.reader.result.as_ref().err();
    assert_eq!(source.and_then(why), Some(Errno::IO));
    assert_eq!(played.got.len(), 10_000);
}

#[test]
fn a_file_system_that_refuses_to_copy_is_gone_round_through_a_pipe() {
    let mut case = Case::plain(End::File, End::File, 300_000);
    case.copies = true;
    let copied = play(&case, Preference::Kernel);
    assert_eq!(copied.calls, Some("copy_file_range"));
    assert!(copied.got == case.wanted() && copied.passed.went == 300_000);

    case.faults.refuses_copy = Some(Errno::XDEV);
    let piped = play(&case, Preference::Kernel);
    assert!(piped.passed.copy_refused);
    assert_eq!(piped.calls, Some("splice through a pipe"));
    assert!(piped.got == case.wanted());

    case.faults.refuses_in = Some(Errno::NOSYS);
    let buffered = play(&case, Preference::Auto);
    assert_eq!((buffered.road, buffered.calls), ("buffered", None));
    assert!(buffered.got == case.wanted());
}

#[test]
fn what_a_socket_takes_of_a_file_at_once_is_spared_the_pipe_and_counted_all_the_same() {
    let mut case = Case::plain(End::File, End::Socket, 300_000);
    case.acts = vec![Act::Move(1 << 20); 40];
    let sent = play(&case, Preference::Kernel);
    assert_eq!((sent.calls, sent.passed.sent), (Some("sendfile"), 300_000));
    case.faults.refuses_send = Some(Errno::INVAL);
    let piped = play(&case, Preference::Kernel);
    assert_eq!(piped.calls, Some("splice through a pipe"));
    assert_eq!(piped.passed.sent, 0);
    for played in [sent, piped] {
        assert!(played.got == case.wanted());
        assert_eq!((played.link.pauses, played.link.drains), (4, 4));
        assert_eq!(played.link.writable().unwrap().max_len, 1 << 16);
    }
}

#[test]
fn a_pipe_that_is_out_of_slots_before_it_is_out_of_bytes_is_a_pause() {
    // A byte of a file takes up a slot, of which a pipe has one for each page it may hold.
    let mut case = Case::plain(End::File, End::Socket, 1000);
    case.acts = vec![Act::Move(1)];
    let played = play(&case, Preference::Kernel);
    assert!(played.got == case.wanted());
    let fill = played.link.writable().unwrap();
    assert!(fill.max_len < 1000 && fill.max_len < case.mark, "{fill:?}");
    let wanted = 1000_u64.div_ceil(fill.max_len);
    assert!(
        played.link.pauses.abs_diff(wanted) <= 1,
        "{:?}",
        played.link
    );
}
