//! `zstd`: a frame with a checksum, as `zstd` writes it; libzstd has the workers.
//!
//! Without workers it takes 4 MiB at level 3, 8 at 9, 80 at 19 and 700 at 22. A worker has a piece of the input that is four
//! times as long as the window, and takes 35 MiB at level 3, 50 at 9, 90 at 15, 150 at 19, and more than a GiB from 20 on.

use super::encoder::{Act, Compressor, Encoder};
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use zstd_safe::zstd_sys::{ZSTD_EndDirective, ZSTD_ErrorCode as Code};
use zstd_safe::{
    CCtx, CParameter, InBuffer, OutBuffer, ResetDirective, SafeResult, get_error_name,
    is_error_kind,
};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "zstd",
    group: Group::Compression,
    help: "compresses as zstd does: fast, and smaller than gzip",
    keys: &[level(1, 22, "3"), WORKERS],
    example: "tidegate -t zstd=19 disk.img disk.img.zst",
    make: |settings| {
        let level = level_of(settings, 3);
        let workers = workers_of(settings).unwrap_or_else(|| usual_workers(level));
        let make = move || Zstd::new(level, workers);
        Made::Steps(Box::new(Encoder::new(make)))
    },
};

/// From this level on a worker takes more than a GiB, so that there are none unless they are asked for.
const HEAVY: u32 = 20;

fn usual_workers(level: u32) -> u32 {
    if level < HEAVY { cores() } else { 1 }
}

struct Zstd {
    context: CCtx<'static>,
    workers: u32,
    /// Whether it has taken or put out something.
    has_begun: bool,
}

impl Zstd {
    fn new(level: u32, workers: u32) -> Result<Self, Failure> {
        let context = CCtx::try_create().ok_or_else(|| Failure::other("no memory for zstd"))?;
        let mut zstd = Self {
            context,
            workers: 0,
            has_begun: false,
        };
        zstd.set(CParameter::CompressionLevel(
            i32::try_from(level).unwrap_or(3),
        ))?;
        zstd.set(CParameter::ChecksumFlag(true))?;
        zstd.set_workers(workers)?;
        Ok(zstd)
    }

    fn set_workers(&mut self, workers: u32) -> Result<(), Failure> {
        // Instead of a single worker this thread compresses: it would only wait for the worker.
        self.workers = if workers > 1 { workers } else { 0 };
        self.set(CParameter::NbWorkers(self.workers))
    }

    /// Begins again with half as many workers, where threads or memory do not suffice.
    fn with_fewer(&mut self) -> Result<(), Failure> {
        checked(self.context.reset(ResetDirective::SessionOnly))?;
        self.set_workers(self.workers / 2)
    }

    fn set(&mut self, parameter: CParameter) -> Result<(), Failure> {
        checked(self.context.set_parameter(parameter)).map(|_| ())
    }
}

impl Compressor for Zstd {
    fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
        act: Act,
    ) -> Result<bool, Failure> {
        let mut from = InBuffer::around(input.rest());
        let mut to = OutBuffer::around(output.room());
        let directive = match act {
            Act::Go => ZSTD_EndDirective::ZSTD_e_continue,
            Act::Flush => ZSTD_EndDirective::ZSTD_e_flush,
            Act::End => ZSTD_EndDirective::ZSTD_e_end,
        };
        let held = self.context.compress_stream2(&mut to, &mut from, directive);
        let filled = to.pos();
        let taken = from.pos();
        input.take(taken);
        output.fill(filled);
        self.has_begun |= taken > 0 || filled > 0;
        if held.is_err() && !self.has_begun && self.workers > 0 {
            self.with_fewer()?;
            return self.run(input, output, act);
        }
        Ok(checked(held)? == 0)
    }
}

fn checked(result: SafeResult) -> Result<usize, Failure> {
    result.map_err(|code| {
        if is_error_kind(code, Code::ZSTD_error_memory_allocation) {
            Failure::other("no memory for zstd")
        } else {
            Failure::other(format!("zstd: {}", get_error_name(code)))
        }
    })
}
