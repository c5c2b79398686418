//! A sink that is a pipe without a reader: it says so even while there is nothing to write, and the source may then be at its
//! end, or have something after all.

use crate::hostile::ended;
use std::io::{self, IoSlice, PipeReader, PipeWriter, pipe};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use tidegate::account::clock::Clock;
use tidegate::account::meter::Meter;
use tidegate::endpoint::{Delivered, Finish, Least, Raw, Sink, Source, Unfit};
use tidegate::engine::limit::Limit;
use tidegate::engine::link::{Link, Marks};
use tidegate::engine::road::{self, Between, FlowOptions, Preference, WriterOutcome};
use tidegate::engine::wait::Ready;

const MARK: u64 = 1 << 16;

/// A pipe that was empty when the kernel was asked, and has `late` bytes by the time it is read.
struct Late {
    ended: PipeReader,
    late: usize,
}

impl Source for Late {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.late.min(buf.len());
        self.late -= n;
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Readable(self.ended.as_fd())
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        Ok(Raw::Pipe)
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.ended.as_fd())
    }
}

/// A pipe that nobody reads from.
struct Broken(PipeWriter);

impl Sink for Broken {
    fn write(&mut self, _: &[IoSlice<'_>]) -> io::Result<usize> {
        unreachable!("the kernel moves the bytes")
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Writable(self.0.as_fd())
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        Ok(Finish::Done(Delivered::Written))
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        Ok(Raw::Pipe)
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

/// How a transfer of bytes that come so late ends.
fn end_of(late: usize) -> WriterOutcome {
    let source = Late {
        ended: pipe().unwrap().0,
        late,
    };
    let sink = Broken(pipe().unwrap().1);
    let marks = Marks {
        readable: MARK,
        writable: MARK,
        low: 0,
    };
    let road = road::choose(&source, &sink, Preference::Kernel, marks, false).unwrap();
    let clock = Arc::new(Clock::new());
    let link = Arc::new(Link::new(marks, MARK, Arc::clone(&clock)).unwrap());
    let meter = Arc::new(Meter::new(Arc::clone(&link).into(), clock));
    meter.start();
    let flow = FlowOptions {
        chunk_size: MARK,
        skip: 0,
        take: None,
        expected: None,
        expect_size: None,
        least: Least::Nothing,
        idle_timeout: None,
    };
    let between = Between {
        chain: link.into(),
        transforms: Vec::new(),
        meter,
        limit: Arc::new(Limit::new(None, 0)),
    };
    let running = road::start(road, Box::new(source), Box::new(sink), flow, between).unwrap();
    ended(running.writer)
}

#[test]
fn a_byte_that_comes_while_the_end_is_looked_for_is_not_dropped_under_success() {
    let end = end_of(1);
    assert!(
        matches!(&end, WriterOutcome::Failed { error, .. } if error.kind() == io::ErrorKind::BrokenPipe),
        "{end:?}"
    );
}

#[test]
fn nothing_for_a_pipe_without_a_reader_is_no_failure() {
    let end = end_of(0);
    assert!(matches!(end, WriterOutcome::Delivered { .. }), "{end:?}");
}
