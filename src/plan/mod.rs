//! Turns flags into decisions; nothing after this looks at the command line.
//!
//! A plan is data. Deciding asks nothing of the system but by the [`Facts`] that it is given, opens nothing and builds nothing, and
//! whoever carries a plan out only reads it. [`HeldFiles`] are what a transfer opens besides its ends.

mod both;
mod buffers;
pub mod explain;
mod facts;
pub mod flag_files;
mod held;
mod least;
pub mod refusal;
pub mod resume;
mod shown;
mod sinks;
mod size;
mod sources;

#[cfg(test)]
mod tests;

pub use buffers::most_for_each;
pub use facts::Facts;
pub use held::HeldFiles;
pub use shown::form;

use crate::cli::{Cli, RoadChoice};
use crate::endpoint::proxy::ProxyChoice;
use crate::endpoint::{
    self, Context, PlannedEnd, PlannedPeer, SinkPlan, SourcePlan, sink_half, source_half,
};
use crate::engine::link::Marks;
use crate::engine::road::{FlowOptions, Preference};
use crate::error::{Side, UsageError};
use crate::session::report::Form;
use crate::show::{Drawing, Show, SidePlace};
use crate::text::visible::named;
use crate::transform::{self, Group, Made, PlannedTransform};
use buffers::BufferSizes;
use size::Expected;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A transfer, decided in every respect.
#[derive(Debug)]
pub struct Plan {
    /// Where bytes come from, first.
    pub source: PlannedEnd<dyn SourcePlan>,
    /// Where they come from after that, one after the other.
    pub more_sources: Vec<PlannedEnd<dyn SourcePlan>>,
    /// Where bytes go.
    pub sink: PlannedEnd<dyn SinkPlan>,
    /// Where the same bytes go too.
    pub more_sinks: Vec<PlannedEnd<dyn SinkPlan>>,
    /// The other direction, where bytes go both ways.
    pub back: Option<Back>,
    /// Whether the copy goes on behind what the sink has.
    pub resumes: bool,
    /// What they pass in between, in this order.
    pub transforms: Vec<PlannedTransform>,
    /// For each transform, the end whose file has exactly the bytes that pass it, if there is one.
    pub digested: Vec<Option<PathBuf>>,
    /// How many bytes are moved, in which pieces, and how long a peer may let nothing move.
    pub flow: FlowOptions,
    /// The length of the blocks that are given up where a source cannot be read, in bytes; `None`: that is a failure.
    pub skip_errors: Option<u64>,
    /// The preferred road.
    pub road: Preference,
    /// The marks of the link.
    pub marks: Marks,
    /// The marks of the writables of all sinks, in bytes.
    pub sink_marks: Vec<u64>,
    /// Which sizes are not as large as was asked for, and why.
    pub cut_sizes: Vec<String>,
    /// The most that may leave for the sink, in bytes a second.
    pub rate: Option<u64>,
    /// The credit that may build up for that, in bytes.
    pub burst: u64,
    /// The path of the control socket.
    pub control: Option<PathBuf>,
    /// Whether it listens where the number of its process finds it.
    pub listens_as_process: bool,
    /// The size to expect whatever the source says, in bytes.
    pub size: Option<u64>,
    /// The block device whose size that is to be; [`HeldFiles`] has it.
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

/// The direction from B to A, where bytes go from A to B as well.
#[derive(Debug)]
pub struct Back {
    /// A, the source of the way there.
    pub a: PlannedPeer,
    /// B, the sink of the way there.
    pub b: PlannedPeer,
    /// The plan of the way back, with nothing of what there is but once for both.
    pub plan: Rc<Plan>,
}

/// Where bytes come from and go to.
struct Ends {
    source: PlannedEnd<dyn SourcePlan>,
    more_sources: Vec<PlannedEnd<dyn SourcePlan>>,
    sink: PlannedEnd<dyn SinkPlan>,
    more_sinks: Vec<PlannedEnd<dyn SinkPlan>>,
    back: Option<Back>,
}

impl Ends {
    /// From what one peer says to what the other is told.
    fn of_peers(from: &PlannedPeer, to: &PlannedPeer) -> Self {
        Self {
            source: source_half(from),
            more_sources: Vec::new(),
            sink: sink_half(to),
            more_sinks: Vec::new(),
            back: None,
        }
    }
}

impl Plan {
    /// Decides what the flags ask for.
    ///
    /// # Errors
    /// For everything about the request that can be known to be wrong before an end is opened.
    pub fn from_cli(cli: &Cli, facts: &Facts<'_>) -> Result<Self, UsageError> {
        let context = Context {
            world: facts.world,
            proxy: &ProxyChoice::parse(cli.proxy.as_deref())?,
        };
        if cli.duplex {
            let (a, b) = both::planned(cli, &context)?;
            let back = Self::between(Ends::of_peers(&b, &a), cli, facts)?;
            let mut there = Ends::of_peers(&a, &b);
            there.back = Some(Back {
                a,
                b,
                plan: Rc::new(back),
            });
            return Self::between(there, cli, facts);
        }
        let (source, more_sources) = sources::planned(cli, &context)?;
        let (sink, more_sinks) = sinks::planned(cli, &context)?;
        let ends = Ends {
            source,
            more_sources,
            sink,
            more_sinks,
            back: None,
        };
        Self::between(ends, cli, facts)
    }

    /// Decides the same for these ends.
    fn between(ends: Ends, cli: &Cli, facts: &Facts<'_>) -> Result<Self, UsageError> {
        let world = facts.world;
        let Ends {
            source,
            more_sources,
            sink,
            more_sinks,
            back,
        } = ends;
        let all_sinks = std::iter::once(&sink).chain(&more_sinks);
        let buffers = BufferSizes::of(cli, all_sinks.map(|it| it.policy.mark), world)?;
        let least = least::least(cli, &source)?;
        let size = cli.size.as_deref().map(|size| size::parse(size, world));
        let (size, size_of_device) = match size.transpose()? {
            Some(Expected::Bytes(bytes)) => (Some(bytes), None),
            Some(Expected::OfDevice(path)) => (None, Some(path)),
            None => (None, None),
        };
        let transforms = cli.transform.iter().map(|spec| transform::plan(spec));
        let transforms: Vec<_> = transforms.collect::<Result<_, _>>()?;
        check_digests(cli, &transforms)?;
        // What passes is no single file of several.
        let source_file = source.end.path().filter(|_| more_sources.is_empty());
        let digested = digested(&transforms, source_file, sink.end.path());
        if cli.digest_file.is_some() {
            check_names(&transforms, &digested)?;
        }
        Ok(Self {
            digested,
            source,
            more_sources,
            sink,
            more_sinks,
            back,
            resumes: cli.resume,
            transforms,
            flow: FlowOptions {
                chunk_size: buffers.chunk_size,
                skip: cli.skip,
                take: cli.take,
                // Known once the source is open; see `size_for_sink`.
                expected: None,
                expect_size: cli.expect_size,
                least,
                fail_fast: cli.fail_fast,
                idle_timeout: cli.idle_timeout,
            },
            skip_errors: cli.skip_errors.then_some(cli.error_block),
            road: match cli.road {
                // A mark for the reading side asks for a buffer that only the buffered road has.
                RoadChoice::Auto if cli.read_high_water_mark.is_some() => Preference::ReadingBuffer,
                RoadChoice::Auto => Preference::Auto,
                RoadChoice::Buffered => Preference::Buffered,
                RoadChoice::Kernel => Preference::Kernel,
            },
            marks: buffers.marks,
            sink_marks: buffers.sink_marks,
            cut_sizes: buffers.warnings,
            rate: cli.rate,
            burst: burst(cli)?,
            size,
            size_of_device,
            stats: shown::stats(cli, world),
            drawings: shown::drawings(cli, world)?,
            show: shown::show(cli, facts)?,
            form: shown::form(cli),
            control: cli.control.clone(),
            listens_as_process: facts.listens_as_process,
        })
    }

    /// All sources, in the order in which they are read.
    pub fn sources(&self) -> impl Iterator<Item = &PlannedEnd<dyn SourcePlan>> {
        std::iter::once(&self.source).chain(&self.more_sources)
    }

    /// The source that is read as this one, counted from 0.
    #[must_use]
    pub fn source_at(&self, part: usize) -> &PlannedEnd<dyn SourcePlan> {
        let later = part.checked_sub(1).and_then(|it| self.more_sources.get(it));
        later.unwrap_or(&self.source)
    }

    /// All sinks; the first is the one that is typed last.
    pub fn sinks(&self) -> impl Iterator<Item = &PlannedEnd<dyn SinkPlan>> {
        std::iter::once(&self.sink).chain(&self.more_sinks)
    }

    /// The sink at this place, counted from 0.
    #[must_use]
    pub fn sink_at(&self, place: usize) -> &PlannedEnd<dyn SinkPlan> {
        let more = place.checked_sub(1).and_then(|it| self.more_sinks.get(it));
        more.unwrap_or(&self.sink)
    }

    /// What the sinks are called on the screen, each by a name of its own.
    #[must_use]
    pub fn sink_names(&self) -> Vec<String> {
        let short = |uri: &str| match uri {
            "-" => "stdout".to_owned(),
            uri => endpoint::without_options(uri).into_owned(),
        };
        let sinks: Vec<_> = self.sinks().map(|it| (short(&it.uri), &it.uri)).collect();
        let names = sinks.iter().enumerate().map(|(place, (name, uri))| {
            let others = sinks
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place);
            let mut others = others.map(|(_, it)| it);
            let number = place + 1;
            match others.clone().any(|(other, _)| other == name) {
                false => name.clone(),
                true if others.any(|(_, other)| other == uri) => format!("{uri} ({number})"),
                true => (*uri).clone(),
            }
        });
        names.collect()
    }

    /// Whether there are several sinks.
    #[must_use]
    pub fn has_several_sinks(&self) -> bool {
        !self.more_sinks.is_empty()
    }

    /// Bytes that all sources have, where the first one, which is open, has `first`, and all others are known.
    #[must_use]
    pub fn size_of_all(&self, first: Option<u64>) -> Option<u64> {
        let more = self.more_sources.iter();
        let mut more = more.map(|it| it.end.preview(Side::Source).size.ok());
        more.try_fold(first?, |sum, size| sum.checked_add(size?))
    }

    /// What the user is told before the transfer begins, since it may not be what was meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mistyped = self.sinks().filter_map(|sink| {
            let (uri, hint) = (&sink.uri, sink.hint.as_ref()?);
            Some(format!("{uri} is taken for the name of a new file; {hint}"))
        });
        self.cut_sizes.iter().cloned().chain(mistyped).collect()
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

    /// The size that the flags state, in bytes; of a block device (`--size @DEVICE`) it is the `device_size` that was found.
    #[must_use]
    pub fn stated_size(&self, device_size: Option<u64>) -> Option<u64> {
        // With transforms, what comes is not as much as what is delivered.
        let delivered = self.flow.expect_size.filter(|_| self.transforms.is_empty());
        self.size.or(device_size).or(delivered)
    }

    /// The size to expect, in bytes, where the flags state one or the source says that it has `found` bytes left.
    #[must_use]
    pub fn expected_size(&self, stated: Option<u64>, found: Option<u64>) -> Option<u64> {
        let rest = found.map(|found| found.saturating_sub(self.flow.skip));
        let rest = stated.or(rest);
        match (rest, self.flow.take) {
            (Some(rest), Some(take)) => Some(rest.min(take)),
            (rest, take) => rest.or(take),
        }
    }

    /// How many bytes are expected to come to the sink, where `expected` come from the source.
    #[must_use]
    pub fn size_for_sink(&self, expected: Option<u64>) -> Option<u64> {
        let passes = self.transforms.iter().all(|it| it.kind.passes());
        self.flow.expect_size.or(expected.filter(|_| passes))
    }
}

fn burst(cli: &Cli) -> Result<u64, UsageError> {
    match cli.burst {
        Some(_) if cli.rate.is_none() => Err(UsageError::new("--burst needs --rate".to_owned())),
        burst => Ok(burst.unwrap_or(0)),
    }
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
            "--digest-file needs a digest; add one, such as -t sha256",
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
                "--digest-file cannot list the {name} of {file}: {why}; -t sha256 can be listed"
            )));
        }
    }
    Ok(())
}
