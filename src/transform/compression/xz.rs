//! `xz`: a stream with a CRC-64, as `xz` writes it; liblzma has the workers, each of which compresses a block.
//!
//! A block is three times as long as the window, 1 MiB at least and 24 MiB at level 6, as with `xz -T0`. A worker takes 6 MiB
//! at level 0, 18 at 1, 165 at 6 and 1250 at 9; a single one holds no block, and takes 94 at 6 and 674 at 9.

use super::encoder::{Act, Compressor, Encoder};
use super::{WORKERS, cores, level, level_of, since, workers_of};
use crate::platform::resources::address_space;
use crate::platform::threads;
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use liblzma::stream::{Action, Check, Error, MtStreamBuilder, Status, Stream};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "xz",
    group: Group::Compression,
    help: "compresses as xz does: very small, but slow",
    keys: &[level(0, 9, "6"), WORKERS],
    example: "tidegate -t xz=1 disk.img disk.img.xz",
    make: |settings| {
        let level = level_of(settings, 6);
        let asked = workers_of(settings);
        let make = move || Xz::new(level, workers(level, asked)).map_err(failed);
        Made::Steps(Box::new(Encoder::new(make)))
    },
};

/// The most memory that the workers take together, in bytes, unless their number is set.
const MOST_MEMORY: u64 = 2 << 30;

fn builder(level: u32, workers: u32) -> MtStreamBuilder {
    let mut builder = MtStreamBuilder::new();
    builder.preset(level).threads(workers).check(Check::Crc64);
    builder
}

/// The number of workers: as many as were asked for or as there are cores, reduced to what memory and threads suffice for. A
/// worker takes more than a GiB at level 9. liblzma starts its threads when they are needed, in the middle of the stream, and
/// fails if one cannot be started.
fn workers(level: u32, asked: Option<u32>) -> u32 {
    let most_memory = if asked.is_some() {
        u64::MAX
    } else {
        MOST_MEMORY
    };
    let most_memory = address_space().map_or(most_memory, |limit| most_memory.min(limit / 2));
    let fits = |workers: &u32| builder(level, *workers).memusage() <= most_memory;
    let workers = (1..=asked.unwrap_or_else(cores)).rev().find(fits);
    match workers.unwrap_or(1) {
        1 => 1,
        workers => threads::available(workers),
    }
}

struct Xz {
    stream: Stream,
    /// A single worker goes on in its block after a flush; several begin new blocks.
    flush: Action,
}

impl Xz {
    fn new(level: u32, workers: u32) -> Result<Self, Error> {
        let (stream, flush) = if workers > 1 {
            (builder(level, workers).encoder()?, Action::FullFlush)
        } else {
            let stream = Stream::new_easy_encoder(level, Check::Crc64)?;
            (stream, Action::SyncFlush)
        };
        Ok(Self { stream, flush })
    }
}

impl Compressor for Xz {
    fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
        act: Act,
    ) -> Result<bool, Failure> {
        let action = match act {
            Act::Go => Action::Run,
            Act::Flush => self.flush,
            Act::End => Action::Finish,
        };
        let before = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.process(input.rest(), output.room(), action);
        input.take(since(before.0, self.stream.total_in()));
        output.fill(since(before.1, self.stream.total_out()));
        let status = status.map_err(failed)?;
        Ok(status == Status::StreamEnd)
    }
}

fn failed(error: Error) -> Failure {
    match error {
        Error::Mem => Failure::other("no memory for xz"),
        error => Failure::other(format!("xz: {error}")),
    }
}
