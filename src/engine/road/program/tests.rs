//! What a program has put out is delivered, whichever half of passing bytes through it fails.

use super::{PipeEnd, TransformContext, pass_through};
use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::engine::link::{Batch, Chain, InputEnd, Marks, Next};
use crate::transform::Failure;
use bytes::BytesMut;
use rustix::io::Errno;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// An end of a pipe that fails once nothing is left to read, or at the first write.
struct Failing<P>(P);

impl<P: AsFd> AsFd for Failing<P> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Read for Failing<PipeReader> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(Errno::IO.into()),
            other => other,
        }
    }
}

impl Write for Failing<PipeWriter> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(Errno::IO.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lets bytes pass between these ends, of which one fails. Returns the failure, and what is delivered.
fn passed(input: impl Write + AsFd + Send, output: impl Read + AsFd) -> (Option<Failure>, Vec<u8>) {
    let marks = Marks {
        readable: 1000,
        writable: 1000,
        low: 0,
    };
    let clock = Arc::new(Clock::new());
    let chain = Chain::new(&["exec"], marks, &[marks.writable], 1000, &clock).unwrap();
    let (from, to) = (chain.first(), chain.last());
    from.push(BytesMut::from(&b"given"[..]));
    from.nothing_more_for_now();
    let context = TransformContext {
        from,
        to,
        meter: &Meter::new(chain.clone(), clock),
        index: 0,
    };
    let input = PipeEnd::new(input, 1000).unwrap();
    let output = PipeEnd::new(output, 1000).unwrap();
    let stop = pass_through(input, output, context).expect_err("a failure");
    let failure = stop.into_failure(&context);
    assert!(from.is_cancelled(), "more is given for nothing");
    let (to, mut batch, mut got) = (to.consumer(), Batch::default(), Vec::new());
    while let Next::Chunks = to.next(&mut batch, true) {
        while !batch.is_empty() {
            got.extend_from_slice(batch.front());
            let n = batch.front().len() as u64;
            to.complete(&mut batch, n);
        }
    }
    let end = to.next(&mut batch, true);
    assert!(matches!(end, Next::End(InputEnd::Cut)), "{end:?}");
    (failure, got)
}

#[test]
fn what_a_program_has_put_out_is_delivered_when_it_cannot_be_fed_or_collected_from_any_more() {
    let (output, mut writer) = io::pipe().unwrap();
    writer.write_all(b"made").unwrap();
    let unfed = passed(Failing(writer), output);

    let (_input, writer) = io::pipe().unwrap();
    let (output, mut open) = io::pipe().unwrap();
    open.write_all(b"made").unwrap();
    let uncollected = passed(writer, Failing(output));

    for (failure, got) in [unfed, uncollected] {
        assert_eq!(got, b"made");
        assert_eq!(failure, Some(Failure::system(&Errno::IO.into())));
    }
}
