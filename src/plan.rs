//! Flags become decisions already made; nothing after this looks at the command line.

use crate::cli::{Cli, RoadChoice, SummaryChoice};
use crate::endpoint::{self, FileId, Planned, SinkPlan, SourcePlan};
use crate::error::{UsageError, reason};
use crate::link::Marks;
use crate::road::Flow;
use crate::size::parse_size;
use crate::sys;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

/// A transfer, decided in every respect.
#[derive(Debug)]
pub struct Plan {
    /// Where bytes come from.
    pub source: Planned<dyn SourcePlan>,
    /// Where bytes go.
    pub sink: Planned<dyn SinkPlan>,
    /// How much of them, in which pieces.
    pub flow: Flow,
    /// The marks of the link.
    pub marks: Marks,
    /// The size to expect, where the source cannot tell.
    pub size: Option<u64>,
    /// Time between two samples.
    pub interval: Duration,
    /// Where the records go.
    pub stats: Option<StatsFile>,
    /// Whether a complete transfer is summed up in a line.
    pub summary: bool,
    /// Whether a person watches: there is a live line.
    pub live: bool,
}

/// The file of the records, open but not emptied: it might be one of the ends.
#[derive(Debug)]
pub struct StatsFile {
    file: File,
    /// Which file it is, unless it is a device: records and data must not meet there.
    pub id: Option<FileId>,
    /// Whether what it held is to be replaced.
    empties: bool,
}

impl Plan {
    /// Decides.
    ///
    /// # Errors
    /// For everything about the request that can be known to be wrong before an end is opened.
    pub fn from_cli(cli: &Cli) -> Result<Self, UsageError> {
        if cli.road == RoadChoice::Kernel {
            return Err(UsageError::new(
                "--road kernel: this version has the buffered road only",
            ));
        }
        let marks = marks(cli)?;
        let source = endpoint::plan_source(&cli.source)?;
        let sink = endpoint::plan_sink(&cli.sink)?;
        let found_elsewhere = cli.size.as_deref().map(expected_size).transpose()?;
        let stderr_is_seen = std::io::stderr().is_terminal() && !sink_is_terminal(&cli.sink);
        Ok(Self {
            source,
            sink,
            flow: Flow {
                chunk_size: cli.chunk_size,
                skip: cli.skip,
                take: cli.take,
                expect_size: cli.expect_size,
                idle_timeout: cli.idle_timeout,
            },
            marks,
            size: found_elsewhere.or(cli.expect_size),
            interval: cli.interval,
            stats: cli.stats.as_deref().map(StatsFile::open).transpose()?,
            live: stderr_is_seen && !cli.quiet && !source_is_terminal(&cli.source) && !is_dumb(),
            summary: match cli.summary {
                SummaryChoice::Always => !cli.quiet,
                SummaryChoice::Auto => stderr_is_seen && !cli.quiet,
                SummaryChoice::Never => false,
            },
        })
    }

    /// The size to expect of a source that says it has `found` bytes left.
    #[must_use]
    pub fn expected(&self, found: Option<u64>) -> Option<u64> {
        let rest = found.map(|found| found.saturating_sub(self.flow.skip));
        let rest = self.size.or(rest);
        match (rest, self.flow.take) {
            (Some(rest), Some(take)) => Some(rest.min(take)),
            (rest, take) => rest.or(take),
        }
    }
}

fn marks(cli: &Cli) -> Result<Marks, UsageError> {
    let marks = Marks {
        readable: cli.read_high_water_mark.unwrap_or(cli.high_water_mark),
        writable: cli.write_high_water_mark.unwrap_or(cli.high_water_mark),
        low: cli.low_water_mark,
    };
    if marks.low >= marks.writable {
        let message = format!(
            "--low-water-mark {} is not below the high-water mark of the writing side, {}",
            marks.low, marks.writable
        );
        return Err(UsageError::new(message));
    }
    Ok(marks)
}

/// Whether what is written is seen where the display would be.
fn sink_is_terminal(sink: &OsStr) -> bool {
    let is_stdout = ["-", "stdout:", "fd:1"]
        .iter()
        .any(|name| sink == OsStr::new(name));
    is_stdout && std::io::stdout().is_terminal()
}

/// Whether somebody types what is sent, on the terminal that the live line would be drawn on.
fn source_is_terminal(source: &OsStr) -> bool {
    let is_stdin = ["-", "stdin:", "fd:0"]
        .iter()
        .any(|name| source == OsStr::new(name));
    is_stdin && std::io::stdin().is_terminal()
}

/// Whether the terminal cannot redraw a line (terminfo(5), `dumb`).
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// `--size`: a SIZE, or `@PATH` for the size of a file or block device.
fn expected_size(argument: &OsStr) -> Result<u64, UsageError> {
    let shown = crate::uri::display(argument);
    let wrong = |why: String| UsageError::new(format!("--size {shown}: {why}"));
    match argument.as_bytes().strip_prefix(b"@") {
        Some(path) => size_of_path(Path::new(OsStr::from_bytes(path))).map_err(wrong),
        None => parse_size(&argument.to_string_lossy()).map_err(|error| wrong(error.to_string())),
    }
}

fn size_of_path(path: &Path) -> Result<u64, String> {
    let metadata = path.metadata().map_err(|error| reason(&error))?;
    if metadata.file_type().is_block_device() {
        let end = File::open(path).and_then(|mut device| device.seek(SeekFrom::End(0)));
        return end.map_err(|error| reason(&error));
    }
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err("neither a file nor a block device".to_owned())
    }
}

impl StatsFile {
    fn open(path: &Path) -> Result<Self, UsageError> {
        let wrong = |error: std::io::Error| {
            UsageError::new(format!(
                "--stats {}: {}",
                crate::uri::display(path.as_os_str()),
                reason(&error)
            ))
        };
        let inherited = path
            .to_str()
            .and_then(|text| text.strip_prefix("fd:"))
            .and_then(|n| n.parse().ok());
        if let Some(number) = inherited {
            let file = sys::adopt(number).map(File::from).map_err(wrong)?;
            return Self::new(file, false).map_err(wrong);
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(wrong)?;
        Self::new(file, true).map_err(wrong)
    }

    fn new(file: File, by_path: bool) -> std::io::Result<Self> {
        let metadata = file.metadata()?;
        let id = FileId {
            device: metadata.dev(),
            inode: metadata.ino(),
        };
        Ok(Self {
            file,
            id: Some(id).filter(|_| !metadata.file_type().is_char_device()),
            empties: by_path && metadata.is_file(),
        })
    }

    /// The file, emptied.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn into_empty(self) -> std::io::Result<File> {
        if self.empties {
            self.file.set_len(0)?;
        }
        Ok(self.file)
    }
}
