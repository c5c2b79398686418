//! `unzstd`: frames of zstd, skippable ones among them.
//!
//! It takes the memory of the window: 2 MiB for level 3, 8 MiB for level 19, 128 MiB for level 22.

use super::binary;
use super::decoder::{Decoder, Decompressor};
use super::format::{Format, Garbage, Zeros, magic, skippable};
use crate::transform::{Failure, Group, Input, Key, Kind, Made, Output, ValueKind};
use zstd_safe::zstd_sys::ZSTD_ErrorCode as Code;
use zstd_safe::{DCtx, DParameter, ErrorCode, InBuffer, OutBuffer, ResetDirective, is_error_kind};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unzstd",
    group: Group::Decompression,
    help: "decompresses zstd",
    keys: &[Key {
        name: "long",
        value: ValueKind::Number(10, LARGEST_WINDOW_LOG as u64),
        default: "27",
        help: "the largest window allowed, as a power of two, as zstd counts it",
    }],
    example: "zstd -c notes.txt | tidegate -t unzstd",
    make: |settings| {
        let long = settings.number("long").and_then(|n| u32::try_from(n).ok());
        let engine = Unzstd::new(long.unwrap_or(USUAL_WINDOW_LOG));
        Made::Steps(Box::new(Decoder::new(engine)))
    },
};

pub(super) const FORMAT: Format = Format {
    name: "zstd",
    begins: |bytes| magic(&[0x28, 0xb5, 0x2f, 0xfd], bytes).or(skippable(bytes)),
    zeros: Zeros::None,
    garbage: Garbage::Refused,
    may_be_empty: false,
};

/// 128 MiB, as with `zstd -d`.
pub(super) const USUAL_WINDOW_LOG: u32 = 27;

/// 2 GiB, the largest that zstd knows.
const LARGEST_WINDOW_LOG: u32 = 31;

/// The length of the header of a block. It is not given to the library together with the block before, whose output would be
/// lost if the header were damaged.
const BLOCK_HEADER: usize = 3;

pub(super) struct Unzstd {
    window_log: u32,
    context: Option<DCtx<'static>>,
    /// How many bytes the library wants next: the rest of a block, mostly with the header of the next.
    wanted: usize,
}

impl Unzstd {
    /// With windows of at most `1 << window_log` bytes.
    pub(super) fn new(window_log: u32) -> Self {
        Self {
            window_log,
            context: None,
            wanted: 1,
        }
    }

    fn failure(&self, code: ErrorCode) -> Failure {
        let is = |kind| is_error_kind(code, kind);
        if is(Code::ZSTD_error_memory_allocation) {
            return Failure::other("no memory for zstd");
        }
        Failure::input(if is(Code::ZSTD_error_frameParameter_windowTooLarge) {
            self.too_large()
        } else if is(Code::ZSTD_error_checksum_wrong) {
            FORMAT.damaged("wrong checksum")
        } else if is(Code::ZSTD_error_dictionary_wrong) {
            "the zstd data was made with a dictionary".to_owned()
        } else {
            FORMAT.damaged("its contents make no sense")
        })
    }

    fn too_large(&self) -> String {
        let window = binary(1 << self.window_log);
        let larger = format!("the zstd data has a window larger than {window}");
        match self.window_log {
            LARGEST_WINDOW_LOG => larger,
            _ => format!("{larger}; unzstd=long:31 allows up to 2 GiB"),
        }
    }
}

impl Decompressor for Unzstd {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn begin(&mut self) -> Result<(), Failure> {
        self.wanted = 1;
        if self.context.is_none() {
            let context = DCtx::try_create();
            let mut context = context.ok_or_else(|| Failure::other("no memory for zstd"))?;
            let window_log = DParameter::WindowLogMax(self.window_log);
            let set = context.set_parameter(window_log);
            set.map_err(|code| self.failure(code))?;
            self.context = Some(context);
        } else if let Some(context) = &mut self.context {
            let reset = context.reset(ResetDirective::SessionOnly);
            reset.map_err(|code| self.failure(code))?;
        }
        Ok(())
    }

    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure> {
        let Some(context) = &mut self.context else {
            return Ok(false);
        };
        let rest = input.rest();
        let most = match self.wanted {
            wanted if wanted > BLOCK_HEADER => wanted - BLOCK_HEADER,
            wanted => wanted,
        };
        let mut from = InBuffer::around(&rest[..rest.len().min(most)]);
        let mut to = OutBuffer::around(output.room());
        let wanted = context.decompress_stream(&mut to, &mut from);
        let filled = to.pos();
        input.take(from.pos());
        output.fill(filled);
        let wanted = wanted.map_err(|code| self.failure(code))?;
        self.wanted = wanted.max(1);
        Ok(wanted == 0)
    }
}
