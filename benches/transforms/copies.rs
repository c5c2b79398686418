//! What the rows read: the data, and what the tools of reference have made of it for the decoders.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::harness::console::say;
use crate::harness::files::Files;
use crate::harness::peer::{Names, Peer};
use crate::harness::pipeline::Pipeline;
use crate::harness::stop::Deadline;

/// What a row reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The data itself.
    Data,
    /// The data, compressed by zstd.
    Zstd,
    /// By pigz.
    Gzip,
    /// By xz.
    Xz,
    /// By lz4.
    Lz4,
}

impl Input {
    /// The name of its file, in the report too.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Data => "DATA",
            Self::Zstd => "DATA.zst",
            Self::Gzip => "DATA.gz",
            Self::Xz => "DATA.xz",
            Self::Lz4 => "DATA.lz4",
        }
    }

    /// How it is made, if it has to be.
    fn maker(self) -> Option<Peer> {
        match self {
            Self::Data => None,
            Self::Zstd => Some(Peer::new("zstd -q -3 -c {file} > {out}")),
            Self::Gzip => Some(Peer::new("pigz -6 -c {file} > {out}")),
            Self::Xz => Some(Peer::new("xz -T0 -1 -c {file} > {out}")),
            Self::Lz4 => Some(Peer::new("lz4 -q -1 -c {file} > {out}")),
        }
    }
}

/// Makes the copy that `input` stands for; none for the data itself.
pub(crate) fn make(files: &Files, input: Input, limit: Duration) -> Result<()> {
    let Some(maker) = input.maker() else {
        return Ok(());
    };
    say(&format!("making {}", input.label()));
    let [data, copy] = [Input::Data, input].map(|it| files.path(it.label()));
    run(maker, &[("file", &data), ("out", &copy)], limit)?.reap()?;
    // As with the data itself.
    let copy = files.open(input.label())?;
    copy.sync_all().context("cannot sync a copy")
}

/// Runs a command line to its end, in `limit`. Its processes are still to be reaped.
pub(crate) fn run(peer: Peer, names: &Names<impl AsRef<str>>, limit: Duration) -> Result<Pipeline> {
    let deadline = Deadline::after(limit);
    let mut pipeline = Pipeline::spawn(&peer.stages(names), Stdio::null(), Stdio::null())?;
    match pipeline.wait(deadline) {
        Ok(()) => Ok(pipeline),
        Err(error) => Err(pipeline.blame(error)),
    }
}
