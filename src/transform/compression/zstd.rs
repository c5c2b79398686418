//! `zstd`: a frame with a checksum, as `zstd` writes it; libzstd has the workers.
//!
//! Alone it takes 4 MiB at level 3, 8 at 9, 80 at 19 and 700 at 22. With workers each has a piece of the input, four times
//! as long as the window: it takes 35 MiB at level 3, 50 at 9, 90 at 15, 150 at 19, and more than a GiB from 20 on.

use super::encoder::{Act, Encoder, Engine};
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::transform::{Failure, Group, Input, Kind, Made, Output};
use zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, SafeResult, get_error_name};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "zstd",
    group: Group::Compression,
    help: "compresses for unzstd, quickly and well",
    keys: &[level(1, 22, "3"), WORKERS],
    example: "tidegate -t zstd=19 disk.img disk.img.zst",
    make: |settings| {
        let level = level_of(settings, 3);
        let workers = workers_of(settings).unwrap_or_else(|| usual_workers(level));
        let engine = Zstd::new(level, workers);
        let engine = engine.map_err(|why| crate::error::UsageError::new(why.why))?;
        Ok(Made::Steps(Box::new(Encoder::new(engine))))
    },
};

/// From this level on a worker takes more than a GiB: there is but one, without a piece of its own, unless more are asked
/// for.
const HEAVY: u32 = 20;

fn usual_workers(level: u32) -> u32 {
    if level < HEAVY { cores() } else { 1 }
}

struct Zstd {
    context: CCtx<'static>,
}

impl Zstd {
    fn new(level: u32, workers: u32) -> Result<Self, Failure> {
        let context = CCtx::try_create().ok_or_else(|| Failure::other("no memory for zstd"))?;
        let mut zstd = Self { context };
        zstd.set(CParameter::CompressionLevel(
            i32::try_from(level).unwrap_or(3),
        ))?;
        zstd.set(CParameter::ChecksumFlag(true))?;
        // A single one is this thread: nothing is gained by another that it would wait for.
        zstd.set(CParameter::NbWorkers(if workers > 1 { workers } else { 0 }))?;
        Ok(zstd)
    }

    fn set(&mut self, parameter: CParameter) -> Result<(), Failure> {
        checked(self.context.set_parameter(parameter)).map(|_| ())
    }
}

impl Engine for Zstd {
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
        input.take(from.pos());
        output.fill(filled);
        Ok(checked(held)? == 0)
    }
}

fn checked(result: SafeResult) -> Result<usize, Failure> {
    result.map_err(|code| Failure::other(format!("zstd: {}", get_error_name(code))))
}
