//! `unxz`: streams of xz, with zeros between them.
//!
//! It takes the memory of the window: 9 MiB for level 6, 65 MiB for level 9. Where there are several blocks whose sizes are
//! known, as `xz -T0` writes them, a worker holds a block and its content: 60 MiB at level 6.

use super::binary;
use super::decoder::{Decoder, Decompressor};
use super::format::{Format, Garbage, Zeros, magic};
use crate::platform::threads;
use crate::transform::compression::since;
use crate::transform::compression::{cores, workers_of};
use crate::transform::{Failure, Group, Input, Key, Kind, Made, Output, ValueKind};
use liblzma::stream::{Action, Error, MtStreamBuilder, Status, Stream};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unxz",
    group: Group::Decompression,
    help: "decompresses xz",
    keys: &[
        Key {
            name: "memory",
            value: ValueKind::Size,
            default: "256M",
            help: "the most memory to use; level 9 of xz needs 65M",
        },
        Key {
            name: "workers",
            value: ValueKind::Number(1, 256),
            default: "all cores",
            help: "how many threads decompress at once, if there is memory for them",
        },
    ],
    example: "xz -c notes.txt | tidegate -t unxz",
    make: |settings| {
        let memory = settings.number("memory").unwrap_or(USUAL_MEMORY);
        let workers = workers_of(settings).unwrap_or_else(cores);
        let engine = Unxz::new(memory, workers);
        Made::Steps(Box::new(Decoder::new(engine)))
    },
};

pub(super) const FORMAT: Format = Format {
    name: "xz",
    begins: |bytes| magic(b"\xfd7zXZ\0", bytes),
    zeros: Zeros::InFours,
    garbage: Garbage::Refused,
    may_be_empty: false,
};

/// The most memory that it takes by default, in bytes: four times what the largest preset needs.
pub(super) const USUAL_MEMORY: u64 = 256 << 20;

pub(super) struct Unxz {
    memory: u64,
    workers: u32,
    stream: Option<Stream>,
}

impl Unxz {
    /// With at most so many bytes of memory, and at most so many workers as the memory allows.
    pub(super) fn new(memory: u64, workers: u32) -> Self {
        Self {
            memory,
            workers,
            stream: None,
        }
    }

    fn failure(&self, error: Error) -> Failure {
        Failure::input(match error {
            Error::Mem => return Failure::other("no memory for xz"),
            Error::MemLimit => {
                let memory = binary(self.memory);
                format!(
                    "the xz data needs more than {memory} of memory; unxz=memory:SIZE allows more"
                )
            }
            Error::Options => "the xz data uses features that are not supported".to_owned(),
            _ => FORMAT.damaged("a wrong checksum, or its contents make no sense"),
        })
    }
}

impl Decompressor for Unxz {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if self.stream.is_none() && self.workers > 1 {
            // liblzma starts its threads when they are needed, in the middle of the stream, and fails if one cannot be started.
            self.workers = threads::available(self.workers);
        }
        let stream = if self.workers > 1 {
            let mut builder = MtStreamBuilder::new();
            builder.threads(self.workers).memlimit_stop(self.memory);
            builder.memlimit_threading(self.memory).decoder()
        } else {
            Stream::new_stream_decoder(self.memory, 0)
        };
        self.stream = Some(stream.map_err(|error| self.failure(error))?);
        Ok(())
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let before = output.filled();
        let is_asked_again = input.is_empty() && self.works_ahead();
        let has_ended = self.process(input, output)?;
        // The first call after one that filled the room does not wait for the workers; a second one does.
        if is_asked_again && !has_ended && output.filled() == before {
            return self.process(input, output);
        }
        Ok(has_ended)
    }

    fn works_ahead(&self) -> bool {
        self.workers > 1
    }
}

impl Unxz {
    fn process(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let Some(stream) = &mut self.stream else {
            return Ok(false);
        };
        let before = (stream.total_in(), stream.total_out());
        let status = stream.process(input.rest(), output.room(), Action::Run);
        input.take(since(before.0, stream.total_in()));
        output.fill(since(before.1, stream.total_out()));
        let status = status.map_err(|error| self.failure(error))?;
        Ok(status == Status::StreamEnd)
    }
}
