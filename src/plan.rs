//! Flags become decisions already made; nothing after this looks at the command line.

use crate::cli::{Cli, ProgressChoice, RoadChoice, SummaryChoice};
use crate::control::Socket;
use crate::display::{Look, Progress, Show, StatsFile, Template, Watched};
use crate::endpoint::{self, Planned, SinkPlan, SourcePlan};
use crate::error::{UsageError, reason};
use crate::link::Marks;
use crate::road::{Flow, Wish};
use crate::size::parse_size;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// A transfer, decided in every respect.
#[derive(Debug)]
pub struct Plan {
    /// Where bytes come from.
    pub source: Planned<dyn SourcePlan>,
    /// Where bytes go.
    pub sink: Planned<dyn SinkPlan>,
    /// How much of them, in which pieces.
    pub flow: Flow,
    /// Which road is wished for.
    pub road: Wish,
    /// The marks of the link.
    pub marks: Marks,
    /// The most that may leave for the sink, in bytes a second.
    pub rate: Option<u64>,
    /// The credit that may build up for that, in bytes.
    pub burst: u64,
    /// Where others may tell it to change.
    pub control: Option<Socket>,
    /// The size to expect, where the source cannot tell.
    pub size: Option<u64>,
    /// Where the records go.
    pub stats: Vec<StatsFile>,
    /// What is shown.
    pub show: Show,
}

impl Plan {
    /// Decides.
    ///
    /// # Errors
    /// For everything about the request that can be known to be wrong before an end is opened.
    pub fn from_cli(cli: &Cli) -> Result<Self, UsageError> {
        let marks = marks(cli)?;
        let source = endpoint::plan_source(&cli.source)?;
        let sink = endpoint::plan_sink(&cli.sink)?;
        let found_elsewhere = cli.size.as_deref().map(expected_size).transpose()?;
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
            road: match cli.road {
                // A mark for the reading side asks for a buffer that is only there on this road.
                RoadChoice::Auto if cli.read_high_water_mark.is_some() => Wish::Buffered,
                RoadChoice::Auto => Wish::Auto,
                RoadChoice::Buffered => Wish::Buffered,
                RoadChoice::Kernel => Wish::Kernel,
            },
            marks,
            rate: cli.rate,
            burst: burst(cli)?,
            size: found_elsewhere.or(cli.expect_size),
            stats: stats(cli)?,
            show: show(cli)?,
            control: cli.control.as_deref().map(Socket::bind).transpose()?,
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

fn burst(cli: &Cli) -> Result<u64, UsageError> {
    match cli.burst {
        Some(_) if cli.rate.is_none() => Err(UsageError::new(
            "--burst is credit for --rate, which is not given".to_owned(),
        )),
        burst => Ok(burst.unwrap_or(0)),
    }
}

fn show(cli: &Cli) -> Result<Show, UsageError> {
    Ok(Show {
        progress: match cli.progress {
            _ if cli.quiet => Progress::None,
            ProgressChoice::Auto if cli.format.is_some() => Progress::Line,
            ProgressChoice::Auto => Progress::Auto,
            ProgressChoice::Bar => Progress::Bar,
            ProgressChoice::Line => Progress::Line,
            ProgressChoice::Json | ProgressChoice::None => Progress::None,
        },
        summary: match cli.summary {
            _ if cli.quiet => Some(false),
            SummaryChoice::Auto => cli.verbose.then_some(true),
            SummaryChoice::Always => Some(true),
            SummaryChoice::Never => Some(false),
        },
        template: template(cli)?,
        says_road: cli.verbose,
        interval: cli.interval,
        watched: Watched::stderr(),
        look: Look::from_environment(
            cli.name
                .as_deref()
                .map(|name| crate::uri::display(OsStr::new(name))),
        ),
    })
}

fn template(cli: &Cli) -> Result<Option<Template>, UsageError> {
    let is_for_lines = matches!(cli.progress, ProgressChoice::Auto | ProgressChoice::Line);
    match &cli.format {
        Some(_) if !is_for_lines => Err(UsageError::new(
            "--format says what lines look like, and --progress asks for none".to_owned(),
        )),
        format => format.as_deref().map(Template::parse).transpose(),
    }
}

/// Every place that records go to.
fn stats(cli: &Cli) -> Result<Vec<StatsFile>, UsageError> {
    let mut files = Vec::new();
    if let Some(path) = &cli.stats {
        files.push(StatsFile::open(path)?);
    }
    if cli.progress == ProgressChoice::Json && !cli.quiet {
        files.push(StatsFile::stderr()?);
    }
    Ok(files)
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
