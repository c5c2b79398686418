//! A sink that would lose what it holds is started once something has come, by every method of the kernel road.

use super::{Case, send};
use crate::ends::{End, From, To};
use crate::hostile::{data, ended};
use std::sync::atomic::Ordering;
use tidegate::endpoint::Least;
use tidegate::engine::road::{Preference, WriterOutcome};

#[test]
fn a_sink_is_emptied_once_bytes_have_come_and_never_for_none() {
    for (from, copies) in [
        (End::File, false),
        (End::File, true),
        (End::Pipe, false),
        (End::Socket, false),
    ] {
        for len in [0, 100_000] {
            let (source, _) = From::new(from, &data(len), false);
            let (sink, kept) = To::new(End::File, true);
            let (sink, started) = sink.that_would_lose();
            let mut case = Case::plain(from, End::File, len);
            (case.copies, case.least) = (copies, Least::OneByteToReplace);
            let playing = send(&case, Preference::Auto, source, sink);
            let writer = ended(playing.handle).writers.remove(0);
            if len == 0 {
                assert!(
                    matches!(writer, WriterOutcome::TooLittle { .. }),
                    "{case:?}: {writer:?}"
                );
            } else {
                assert!(
                    matches!(writer, WriterOutcome::Delivered { .. }),
                    "{case:?}: {writer:?}"
                );
            }
            assert_eq!(started.load(Ordering::SeqCst), len > 0, "{case:?}");
            assert!(kept.bytes() == data(len), "{case:?}");
        }
    }
}

#[test]
fn a_sink_is_started_before_it_gets_a_hole() {
    for least in [Least::Nothing, Least::OneByteToReplace] {
        let (source, _) = From::new(End::File, &data(200_000), false);
        let source = source.that_begins_with_a_hole(100_000);
        let (sink, kept) = To::new(End::File, true);
        let (sink, _) = sink.that_would_lose();
        let mut case = Case::plain(End::File, End::File, 200_000);
        case.least = least;
        let playing = send(&case, Preference::Kernel, source, sink);
        let writer = ended(playing.handle).writers.remove(0);
        assert!(
            matches!(writer, WriterOutcome::Delivered { .. }),
            "{writer:?}"
        );
        assert!(kept.bytes() == data(200_000));
    }
}
