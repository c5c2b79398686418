//! What happens while bytes are claimed from the source.

use super::{Case, send, send_and};
use crate::ends::{End, From, To};
use crate::hostile::{Act, data, ended};
use rustix::io::Errno;
use std::sync::{Arc, OnceLock};
use tidegate::engine::pipeline::Controls;
use tidegate::engine::road::{Preference, WriterOutcome};

#[test]
fn a_source_that_fails_when_bytes_are_claimed_is_cut_short_after_what_it_gave() {
    for to in End::ALL {
        let (from, _) = From::new(End::File, &data(50_000), false);
        let from = from.that_first(|moved| match moved {
            10_000.. => Err(Errno::IO.into()),
            _ => Ok(()),
        });
        let (to, kept) = To::new(to, true);
        let mut case = Case::plain(End::File, End::File, 50_000);
        (case.chunk_size, case.acts) = (5000, vec![Act::Move(5000)]);
        let playing = send(&case, Preference::Kernel, from, to);
        let end = ended(playing.handle);
        assert!(
            matches!(end.writers[0], WriterOutcome::SourceCut),
            "{end:?}"
        );
        let error = end.reader.unwrap().result.unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::IO));
        let given = usize::try_from(playing.syscalls.passed().came).unwrap();
        assert!(given >= 10_000);
        assert!(
            kept.bytes() == data(50_000)[..given],
            "what it gave is lost"
        );
    }
}

#[test]
fn a_pause_that_is_over_before_the_sink_says_not_now_is_not_waited_for() {
    let controls = Arc::new(OnceLock::<Controls>::new());
    let (from, _) = From::new(End::File, &data(50_000), false);
    // It begins as bytes are about to be sent past the pipe, and is over when they are in the pipe.
    // Nobody is woken by it: who was told to wait for it would.
    let (pauses, mut claims) = (Arc::clone(&controls), 0);
    let from = from.that_first(move |_| {
        pauses.get().unwrap().limit().hold_all(claims == 0);
        claims += 1;
        Ok(())
    });
    let (to, kept) = To::new(End::Socket, true);
    let mut case = Case::plain(End::File, End::Socket, 50_000);
    // All goes into the pipe, the file ends, and the socket takes nothing at first.
    case.acts = vec![Act::Move(1 << 20), Act::Move(1 << 20), Act::NotNow];
    let playing = send_and(&case, Preference::Kernel, from, to, |it| {
        controls.set(it.clone()).unwrap();
    });
    let writer = ended(playing.handle).writers.remove(0);
    assert!(
        matches!(writer, WriterOutcome::Delivered { .. }),
        "{writer:?}"
    );
    assert!(kept.bytes() == data(50_000));
}
