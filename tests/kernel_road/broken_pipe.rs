//! A sink that is a pipe without a reader: it says so even while there is nothing to write, and the source may then be at its
//! end, or have something after all; and the reader may go at any time.

use crate::ends::{End, From};
use crate::hostile::{Act, data, ended};
use crate::syscalls::{Faults, Hostile};
use std::io::{self, IoSlice, PipeReader, PipeWriter, Write, pipe};
use std::os::fd::{AsFd, AsRawFd};
use tidegate::endpoint::pipe::NeighbourPipe;
use tidegate::endpoint::{Delivered, Finish, KernelSink, KernelSource, Raw, Sink, Source, Unfit};
use tidegate::engine::pipeline::{Options, Pipeline};
use tidegate::engine::road::{Preference, WriterOutcome};
use tidegate::engine::wait::Ready;
use tidegate::platform::FdAt;

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

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((Raw::Pipe, self))
    }
}

impl KernelSource for Late {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.ended.as_fd().into())
    }
}

/// A pipe that nobody reads from.
struct Broken {
    pipe: PipeWriter,
    /// What is known of it if it may grow.
    grown: Option<NeighbourPipe>,
}

impl Sink for Broken {
    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.grown.as_ref()
    }

    fn write(&mut self, _: &[IoSlice<'_>]) -> io::Result<usize> {
        unreachable!("the kernel moves the bytes")
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Writable(self.pipe.as_fd())
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        Ok(Finish::Done(Delivered::Written))
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((Raw::Pipe, self))
    }
}

impl KernelSink for Broken {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.pipe.as_fd().into())
    }
}

/// How a transfer between these ends ends, by these calls if they are given.
fn end_of(source: impl Source + 'static, sink: Broken, calls: Option<Hostile>) -> WriterOutcome {
    let options = Options::default();
    let mut pipeline = Pipeline::new(Box::new(source), Box::new(sink), options).unwrap();
    let mut road = pipeline.choose(Preference::Kernel).unwrap();
    if let Some(calls) = calls {
        road = road.with_syscalls(Box::new(calls));
    }
    ended(pipeline.start(road).unwrap()).writers.remove(0)
}

/// How a transfer of bytes that come so late ends.
fn end_of_late(late: usize) -> WriterOutcome {
    let source = Late {
        ended: pipe().unwrap().0,
        late,
    };
    let sink = Broken {
        pipe: pipe().unwrap().1,
        grown: None,
    };
    end_of(source, sink, None)
}

#[test]
fn a_byte_that_comes_while_the_end_is_looked_for_is_not_dropped_under_success() {
    let end = end_of_late(1);
    assert!(
        matches!(&end, WriterOutcome::Failed { error, .. } if error.kind() == io::ErrorKind::BrokenPipe),
        "{end:?}"
    );
}

#[test]
fn nothing_for_a_pipe_without_a_reader_is_no_failure() {
    let end = end_of_late(0);
    assert!(matches!(end, WriterOutcome::Delivered { .. }), "{end:?}");
}

#[test]
fn a_reader_that_goes_while_its_enlarged_pipe_is_full_ends_the_transfer() {
    let (reader, mut writer) = pipe().unwrap();
    let grown = NeighbourPipe::new(&writer).unwrap();
    grown.let_grow(1 << 20);
    if !grown.grow() {
        return;
    }
    // More than it held before it was enlarged, so that it cannot be made smaller again.
    writer.write_all(&vec![0; 100 << 10]).unwrap();
    let (source, _) = From::new(End::File, &data(1000), false);
    // The kernel says "not now" of the full pipe, and then the reader goes.
    let acts = vec![Act::NotNow];
    let calls = Hostile::new(
        source.fd(),
        writer.as_raw_fd(),
        1 << 20,
        acts,
        Faults::default(),
    );
    drop(reader);
    let sink = Broken {
        pipe: writer,
        grown: Some(grown),
    };
    let end = end_of(source, sink, Some(calls));
    assert!(
        matches!(&end, WriterOutcome::Failed { error, .. } if error.kind() == io::ErrorKind::BrokenPipe),
        "{end:?}"
    );
}
