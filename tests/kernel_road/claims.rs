//! What happens while bytes are claimed from the source.

use super::{Case, send};
use crate::ends::{End, From, To};
use crate::hostile::{Act, data, ended};
use rustix::io::Errno;
use tidegate::engine::road::{Preference, WriterEnd};

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
        let writer = ended(playing.running.writer);
        assert!(matches!(writer, WriterEnd::SourceCut), "{writer:?}");
        let error = ended(playing.running.reader).result.unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::IO));
        let given = usize::try_from(playing.syscalls.passed().came).unwrap();
        assert!(given >= 10_000);
        assert!(
            kept.bytes() == data(50_000)[..given],
            "what it gave is lost"
        );
    }
}
