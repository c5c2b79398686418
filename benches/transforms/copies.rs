//! The files of a benchmark: the data, and what the tools of reference have made of it for the decoders.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::command::{Names, Peer, Ports};
use crate::console::say;
use crate::pipeline::Pipeline;
use crate::stop::Deadline;
use crate::{mix, stop};

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

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
    /// The name of its file in the report.
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

/// The data and its copies, in a directory that goes away with this value.
#[derive(Debug)]
pub(crate) struct Files {
    size: u64,
    dir: TempDir,
}

impl Files {
    /// Makes the data, `size` bytes of it, in a new directory in `parent`.
    pub(crate) fn create(parent: &Path, size: u64) -> Result<Self> {
        let cannot = || format!("cannot make data in {}", parent.display());
        let dir = TempDir::with_prefix_in("transforms-", parent).with_context(cannot)?;
        let file = File::create_new(dir.path().join(Input::Data.label()));
        mix::fill(&file.with_context(cannot)?, size).with_context(cannot)?;
        Ok(Self { size, dir })
    }

    /// Makes the copy that `input` stands for; none for the data itself.
    pub(crate) fn make_copy(&self, input: Input, limit: Duration) -> Result<()> {
        let Some(maker) = input.maker() else {
            return Ok(());
        };
        say(&format!("making {}", input.label()));
        let (data, out) = (self.path(Input::Data)?, self.path(input)?);
        run(maker, &names("", &data, &out), limit)?.reap()?;
        // As with the data itself.
        File::open(out)?.sync_all().context("cannot sync a copy")
    }

    /// The path of what a row reads, as it goes into command lines.
    pub(crate) fn path(&self, input: Input) -> Result<String> {
        self.named(input.label())
    }

    /// The path of the file that a counted run writes.
    pub(crate) fn out(&self) -> Result<String> {
        self.named("out")
    }

    /// The size of the data.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Reads `input` once, so that all of it is in the page cache.
    pub(crate) fn warm(&self, input: Input) -> Result<()> {
        let file = File::open(self.path(input)?).context("cannot open the data")?;
        stop::check_signals()?;
        io::copy(&mut BufReader::with_capacity(BLOCK, file), &mut io::sink())
            .context("cannot read the data")?;
        Ok(())
    }

    /// How long the file is that a counted run has written, which is removed.
    pub(crate) fn count_out(&self) -> Result<u64> {
        let out = self.out()?;
        let length = fs::metadata(&out).context("nothing was written")?.len();
        fs::remove_file(&out).context("cannot remove what was written")?;
        Ok(length)
    }

    fn named(&self, name: &str) -> Result<String> {
        let path = self.dir.path().join(name).into_os_string().into_string();
        path.ok()
            .context("the path of the data directory is not UTF-8")
    }
}

/// What the names in a command line stand for here.
pub(crate) fn names<'a>(program: &'a str, file: &'a str, out: &'a str) -> Names<'a> {
    static NONE: Ports = Ports {
        from: String::new(),
        to: String::new(),
    };
    Names {
        program,
        harness: "",
        script: "",
        file,
        out,
        picture: "",
        ports: &NONE,
    }
}

/// Runs a command line to its end, in `limit`. Nobody has reaped its processes yet.
pub(crate) fn run(peer: Peer, names: &Names<'_>, limit: Duration) -> Result<Pipeline> {
    let deadline = Deadline::after(limit);
    let mut pipeline = Pipeline::spawn(&peer.stages(*names), Stdio::null(), Stdio::null())?;
    match pipeline.wait(deadline) {
        Ok(()) => Ok(pipeline),
        Err(error) => Err(pipeline.blame(error)),
    }
}
