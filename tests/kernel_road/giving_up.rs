//! A transfer that is given up ends wherever its thread waits.

use super::{Case, DEADLINE, send};
use crate::ends::{End, From, To};
use crate::hostile::{Act, data, ended};
use std::time::{Duration, Instant};
use tidegate::account::phase::Phase;
use tidegate::engine::road::{Preference, WriterOutcome};

/// Gives up once everything that comes has moved, it waits on account of `phase`, and nothing moves.
fn is_given_up(case: &Case, (from, to): (From, To), phase: Phase) {
    let playing = send(case, Preference::Kernel, from, to);
    let deadline = Instant::now() + DEADLINE;
    let bytes = (case.len as u64).saturating_sub(case.skip);
    let waits = || {
        let now = playing.handle.controls().meter().snapshot();
        now.bytes_out >= bytes && now.phase == phase && now.still > Duration::from_millis(20)
    };
    while !waits() {
        assert!(Instant::now() < deadline, "{case:?} does not wait");
        std::thread::sleep(Duration::from_millis(1));
    }
    playing.handle.controls().cancel();
    let end = ended(playing.handle);
    assert!(
        matches!(end.writers[0], WriterOutcome::Cancelled),
        "{case:?}: {end:?}"
    );
}

#[test]
fn giving_up_wakes_it_while_it_waits_for_a_silent_source() {
    for from in [End::Pipe, End::Socket] {
        for to in End::ALL {
            for len in [0, 100, 100_000] {
                let (source, open) = From::new(from, &data(len), true);
                let (sink, kept) = To::new(to, true);
                is_given_up(&Case::plain(from, to, len), (source, sink), Phase::Source);
                assert!(kept.bytes() == data(len), "what came before is through");
                drop(open);
            }
        }
    }
}

#[test]
fn giving_up_wakes_it_while_it_waits_for_a_sink_that_takes_nothing() {
    // More than the system's own buffers hold.
    let much = data(20_000_000);
    for from in End::ALL {
        for to in [End::Pipe, End::Socket] {
            let (source, _) = From::new(from, &much, false);
            let (sink, kept) = To::new(to, false);
            is_given_up(&Case::plain(from, to, 0), (source, sink), Phase::Sink);
            drop(kept);
        }
    }
}

#[test]
fn giving_up_wakes_it_while_it_waits_for_the_end_of_its_sink() {
    for from in End::ALL {
        for to in End::ALL {
            let (source, _) = From::new(from, &data(1000), false);
            let (sink, kept) = To::new(to, true);
            let ends = (source, sink.that_never_finishes());
            is_given_up(&Case::plain(from, to, 1000), ends, Phase::Sink);
            assert!(kept.bytes() == data(1000));
        }
    }
}

#[test]
fn giving_up_ends_it_while_it_skips() {
    let (source, _open) = From::new(End::Pipe, &data(100), true);
    let (sink, kept) = To::new(End::File, true);
    let mut case = Case::plain(End::Pipe, End::File, 0);
    case.skip = 1000;
    is_given_up(&case, (source, sink), Phase::Source);
    assert_eq!(kept.bytes(), b"");
}

#[test]
fn giving_up_ends_it_though_the_kernel_always_says_not_now() {
    for from in End::ALL {
        for to in End::ALL {
            for copies in [false, true] {
                let (source, _) = From::new(from, &data(100_000), false);
                let (sink, _kept) = To::new(to, true);
                let mut case = Case::plain(from, to, 100_000);
                // What a script has as its last act moves a few bytes: many calls, and much is left.
                (case.acts, case.copies) = (vec![Act::Interrupt; 50], copies);
                let playing = send(&case, Preference::Kernel, source, sink);
                let deadline = Instant::now() + DEADLINE;
                while !playing.syscalls.was_called(200) {
                    assert!(Instant::now() < deadline, "{case:?}");
                }
                playing.handle.controls().cancel();
                let end = ended(playing.handle);
                assert!(
                    matches!(end.writers[0], WriterOutcome::Cancelled),
                    "{end:?}"
                );
            }
        }
    }
}
