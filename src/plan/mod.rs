//! Turns flags into decisions; nothing after this looks at the command line.
//!
//! Deciding opens and changes nothing. [`Plan::hold`] opens what a transfer needs besides its ends.

mod buffers;
pub mod explain;
pub mod flag_files;
mod least;
pub mod refusal;

use crate::cli::{Cli, ProgressChoice, RoadChoice, SummaryChoice};
use crate::endpoint::{self, PlannedEnd, SinkPlan, SourcePlan};
use crate::engine::link::Marks;
use crate::engine::road::{FlowOptions, Preference};
use crate::error::{UsageError, reason};
use crate::session::control::SocketPath;
use crate::session::report::Form;
use crate::show::{
    Drawing, HeldDrawing, Progress, Show, SideFile, SidePlace, StderrKind, Template, Theme,
};
use crate::text::size::parse_size;
use crate::text::visible::named;
use crate::transform::{self, Group, Made, PlannedTransform};
use buffers::BufferSizes;
use flag_files::{FlagFile, check_distinct};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// A transfer, decided in every respect.
#[derive(Debug)]
pub struct Plan {
    /// Where bytes come from.
    pub source: PlannedEnd<dyn SourcePlan>,
    /// Where bytes go.
    pub sink: PlannedEnd<dyn SinkPlan>,
    /// What they pass in between, in this order.
    pub transforms: Vec<PlannedTransform>,
    /// For each transform, the end whose file has exactly the bytes that pass it, if there is one.
    pub digested: Vec<Option<PathBuf>>,
    /// How many bytes are moved, in which pieces, and how long a peer may let nothing move.
    pub flow: FlowOptions,
    /// The preferred road.
    pub road: Preference,
    /// The marks of the link.
    pub marks: Marks,
    /// What the user is told before the transfer begins, since it is not what was asked for.
    pub warnings: Vec<String>,
    /// The most that may leave for the sink, in bytes a second.
    pub rate: Option<u64>,
    /// The credit that may build up for that, in bytes.
    pub burst: u64,
    /// The path of the control socket.
    pub control: Option<PathBuf>,
    /// The size to expect whatever the source says, in bytes.
    pub size: Option<u64>,
    /// The block device whose size that is to be, which [`Plan::hold`] finds out.
    pub size_of_device: Option<PathBuf>,
    /// Where the records go.
    pub stats: Vec<SidePlace>,
    /// What is drawn at the end.
    pub drawings: Vec<Drawing>,
    /// What is shown.
    pub show: Show,
    /// What standard error is made of.
    pub form: Form,
}

/// What a transfer has opened besides its ends before it begins. Nothing of it is changed, made or waited for yet.
#[derive(Debug)]
pub struct HeldFiles {
    /// The files for records.
    pub stats: Vec<SideFile>,
    /// The files for what is drawn at the end.
    pub drawings: Vec<HeldDrawing>,
    /// Where the control socket is to be made.
    pub control: Option<SocketPath>,
}

impl Plan {
    /// Decides what the flags ask for.
    ///
    /// # Errors
    /// For everything about the request that can be known to be wrong before an end is opened.
    pub fn from_cli(cli: &Cli) -> Result<Self, UsageError> {
        let buffers = BufferSizes::of(cli)?;
        let source = endpoint::plan_source(&cli.source)?;
        let sink = endpoint::plan_sink(&cli.sink)?;
        let least = least::least(cli, &source)?;
        let size = cli.size.as_deref().map(parse_expected_size).transpose()?;
        let (size, size_of_device) = match size {
            Some(Expected::Bytes(bytes)) => (Some(bytes), None),
            Some(Expected::OfDevice(path)) => (None, Some(path)),
            None => (None, None),
        };
        let transforms = cli.transform.iter().map(|spec| transform::plan(spec));
        let transforms: Vec<_> = transforms.collect::<Result<_, _>>()?;
        check_digests(cli, &transforms)?;
        let digested = digested(&transforms, source.end.path(), sink.end.path());
        if cli.digest_file.is_some() {
            check_names(&transforms, &digested)?;
        }
        Ok(Self {
            digested,
            source,
            sink,
            transforms,
            flow: FlowOptions {
                chunk_size: buffers.chunk_size,
                skip: cli.skip,
                take: cli.take,
                expect_size: cli.expect_size,
                least,
                idle_timeout: cli.idle_timeout,
            },
            road: match cli.road {
                // A mark for the reading side asks for a buffer that only the buffered road has.
                RoadChoice::Auto if cli.read_high_water_mark.is_some() => Preference::ReadingBuffer,
                RoadChoice::Auto => Preference::Auto,
                RoadChoice::Buffered => Preference::Buffered,
                RoadChoice::Kernel => Preference::Kernel,
            },
            marks: buffers.marks,
            warnings: buffers.warnings,
            rate: cli.rate,
            burst: burst(cli)?,
            size,
            size_of_device,
            stats: stats(cli),
            drawings: drawings(cli)?,
            show: show(cli)?,
            form: form(cli),
            control: cli.control.clone(),
        })
    }

    /// Opens what is needed besides the ends: a device for its size, the files beside the sink.
    ///
    /// # Errors
    /// When the system refuses one of them, or two of them are one file.
    pub fn hold(&mut self) -> Result<HeldFiles, UsageError> {
        if let Some(path) = self.size_of_device.take() {
            self.size = Some(device_size(&path)?);
        }
        let stats = self.stats.iter().map(SidePlace::hold);
        let drawings = self.drawings.iter().map(Drawing::hold);
        let held = HeldFiles {
            stats: stats.collect::<Result<_, _>>()?,
            drawings: drawings.collect::<Result<_, _>>()?,
            control: self.control.as_deref().map(SocketPath::at).transpose()?,
        };
        check_distinct(&held.files())?;
        Ok(held)
    }

    /// The transforms themselves, in their order, to be set to work.
    #[must_use]
    pub fn make_transforms(&self) -> Vec<Made> {
        self.transforms.iter().map(PlannedTransform::make).collect()
    }

    /// What the transforms are called, in their order.
    #[must_use]
    pub fn transform_names(&self) -> Vec<&'static str> {
        self.transforms.iter().map(|it| it.kind.name).collect()
    }

    /// The size that the flags state, in bytes.
    #[must_use]
    pub fn stated_size(&self) -> Option<u64> {
        // With transforms, what comes is not as much as what is delivered.
        let delivered = self.flow.expect_size.filter(|_| self.transforms.is_empty());
        self.size.or(delivered)
    }

    /// The size to expect of a source that says it has `found` bytes left, in bytes.
    #[must_use]
    pub fn expected_size(&self, found: Option<u64>) -> Option<u64> {
        let rest = found.map(|found| found.saturating_sub(self.flow.skip));
        let rest = self.stated_size().or(rest);
        match (rest, self.flow.take) {
            (Some(rest), Some(take)) => Some(rest.min(take)),
            (rest, take) => rest.or(take),
        }
    }
}

impl HeldFiles {
    /// All of them, for the check that no two are the same file.
    #[must_use]
    pub fn files(&self) -> Vec<FlagFile> {
        let stats = self.stats.iter().map(|it| it.probe.as_flag_file(true));
        let drawings = self
            .drawings
            .iter()
            .map(|it| it.file.probe.as_flag_file(false));
        let control = self.control.iter().map(SocketPath::as_flag_file);
        stats.chain(drawings).chain(control).collect()
    }
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
        tells_refusals: cli.verbose && !cli.quiet,
        interval: cli.interval,
        stderr: StderrKind::stderr(),
        theme: Theme::from_environment(cli.name.as_deref()),
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

/// What standard error is made of.
#[must_use]
pub fn form(cli: &Cli) -> Form {
    if cli.progress == ProgressChoice::Json && !cli.quiet {
        Form::Json
    } else {
        Form::Lines
    }
}

/// Every place that records go to.
fn stats(cli: &Cli) -> Vec<SidePlace> {
    let mut places = Vec::new();
    let path = cli.stats.as_deref();
    places.extend(path.map(|path| SidePlace::parse("--stats", path)));
    if form(cli) == Form::Json {
        places.push(SidePlace::stderr("--progress json"));
    }
    places
}

/// For each transform, the file that has exactly the bytes that pass it: the sink, if neither it nor a later one changes them,
/// or the source, if no earlier one does.
fn digested(
    transforms: &[PlannedTransform],
    source: Option<&Path>,
    sink: Option<&Path>,
) -> Vec<Option<PathBuf>> {
    let pass = |transforms: &[PlannedTransform]| transforms.iter().all(|it| it.kind.passes());
    let file = |place: usize| {
        let sink = sink.filter(|_| pass(&transforms[place..]));
        let source = source.filter(|_| pass(&transforms[..place]));
        sink.or(source).map(Path::to_owned)
    };
    (0..transforms.len()).map(file).collect()
}

fn check_digests(cli: &Cli, transforms: &[PlannedTransform]) -> Result<(), UsageError> {
    let has_digest = transforms.iter().any(|it| it.kind.group == Group::Digest);
    match &cli.digest_file {
        Some(_) if !has_digest => Err(UsageError::new(
            "--digest-file has nothing to write without a digest, as -t sha256 makes one",
        )),
        _ => Ok(()),
    }
}

/// Refuses a file name that the tool of the digest could not read in `--digest-file`, or would read as another one.
fn check_names(
    transforms: &[PlannedTransform],
    digested: &[Option<PathBuf>],
) -> Result<(), UsageError> {
    let digests = transforms.iter().zip(digested);
    for (it, file) in digests.filter(|(it, _)| it.kind.group == Group::Digest) {
        let Some(file) = file else { continue };
        if let Some(why) = transform::unreadable(it.kind.name, file) {
            let (name, file) = (it.kind.name, named(file));
            return Err(UsageError::new(format!(
                "--digest-file cannot have the {name} of {file}: {why}; that of -t sha256 it can"
            )));
        }
    }
    Ok(())
}

/// What is to be drawn at the end.
fn drawings(cli: &Cli) -> Result<Vec<Drawing>, UsageError> {
    let trace = cli.trace.as_deref().map(Drawing::trace);
    let plot = cli.plot.as_deref().map(Drawing::plot).transpose()?;
    let digests = cli.digest_file.as_deref().map(Drawing::digests);
    Ok(trace.into_iter().chain(plot).chain(digests).collect())
}

/// What `--size` comes to.
enum Expected {
    Bytes(u64),
    /// As much as this block device holds, which is known once it is open.
    OfDevice(PathBuf),
}

/// `--size`: a SIZE, or `@PATH` for the size of a file or block device.
fn parse_expected_size(argument: &OsStr) -> Result<Expected, UsageError> {
    match argument.as_bytes().strip_prefix(b"@") {
        Some(path) => size_of_path(Path::new(OsStr::from_bytes(path))),
        None => argument
            .to_str()
            .ok_or_else(|| "it is no UTF-8".to_owned())
            .and_then(|text| parse_size(text).map_err(|error| error.to_string()))
            .map(Expected::Bytes)
            .map_err(|why| wrong_size(argument, &why)),
    }
}

fn wrong_size(argument: &OsStr, why: &str) -> UsageError {
    UsageError::new(format!("--size {}: {why}", named(argument)))
}

fn wrong_path(path: &Path, why: &str) -> UsageError {
    let argument: Vec<_> = [b"@", path.as_os_str().as_bytes()].concat();
    wrong_size(OsStr::from_bytes(&argument), why)
}

fn size_of_path(path: &Path) -> Result<Expected, UsageError> {
    let metadata = path.metadata();
    let metadata = metadata.map_err(|error| wrong_path(path, &reason(&error)))?;
    if metadata.file_type().is_block_device() {
        Ok(Expected::OfDevice(path.to_owned()))
    } else if metadata.is_file() {
        Ok(Expected::Bytes(metadata.len()))
    } else {
        Err(wrong_path(path, "neither a file nor a block device"))
    }
}

fn device_size(path: &Path) -> Result<u64, UsageError> {
    let end = File::open(path).and_then(|mut device| device.seek(SeekFrom::End(0)));
    end.map_err(|error| wrong_path(path, &reason(&error)))
}
