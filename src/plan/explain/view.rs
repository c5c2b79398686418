//! Gathers everything that is to be explained, in the order in which a transfer would find it out.

use crate::endpoint::{Identity, Preview};
use crate::engine::road::{self, EndPair, Impossible, ManyEnds, Road};
use crate::error::{Class, Side, TransferError, UsageError};
use crate::plan::Plan;
use crate::plan::flag_files::{FlagFile, check_distinct};
use crate::plan::refusal::{self, EndFiles};
use crate::plan::resume;
use crate::session::control::ControlPath;
use crate::show::{SidePlace, SideProbe};

/// Everything that is to be explained.
pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) source: Preview,
    /// The sources after the first one.
    pub(super) more_sources: Vec<Preview>,
    /// Every sink; there is at least one.
    pub(super) sinks: Vec<Preview>,
    /// Why one of them cannot be opened, if that is clear.
    pub(super) obstacle: Option<TransferError>,
    /// The road, unless an end cannot be opened.
    pub(super) road: Option<Road>,
    pub(super) records: Vec<SideProbe>,
    pub(super) drawings: Vec<SideProbe>,
    pub(super) control: Option<ControlPath>,
}

impl<'a> View<'a> {
    /// Looks at the ends, the files beside them and the road.
    pub(super) fn of(plan: &'a Plan) -> Result<Self, UsageError> {
        let records = plan.stats.iter().map(SidePlace::inspect);
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        let drawings = plan.drawings.iter().map(|it| it.place.inspect());
        let drawings: Vec<_> = drawings.collect::<Result<_, _>>()?;
        let control = plan.control.as_deref().map(ControlPath::at).transpose()?;
        let stats = records.iter().map(|it: &SideProbe| it.as_flag_file(true));
        let drawn = drawings.iter().map(|it: &SideProbe| it.as_flag_file(false));
        let socket = control.iter().map(ControlPath::as_flag_file);
        let flag_files: Vec<_> = stats.chain(drawn).chain(socket).collect();
        check_distinct(&flag_files)?;
        let sources = plan.sources();
        let mut sources: Vec<_> = sources.map(|it| it.end.preview(Side::Source)).collect();
        let sinks = plan.sinks();
        let mut sinks: Vec<_> = sinks.map(|it| it.end.preview(Side::Sink)).collect();
        let obstacle = obstacle(plan, &mut sources, &mut sinks)
            .or_else(|| resume::check_previews(plan, &sources[0], &sinks[0]).err());
        let more_sources = sources.split_off(1);
        let Some(source) = sources.pop() else {
            return Err(UsageError::new("no SOURCE"));
        };
        let view = Self {
            plan,
            source,
            more_sources,
            sinks,
            obstacle,
            road: None,
            records,
            drawings,
            control,
        };
        match view.obstacle {
            Some(error) if error.class == Class::Usage => Err(UsageError::new(error)),
            Some(_) => Ok(view),
            None => view.on_its_road(&flag_files).map_err(UsageError::new),
        }
    }

    /// With the road, which is chosen once both ends are known to be different files.
    fn on_its_road(self, flag_files: &[FlagFile]) -> Result<Self, TransferError> {
        let ends = EndFiles {
            sources: self.identities(),
            sinks: self.sinks.iter().map(|it| it.identity.clone()).collect(),
        };
        refusal::same_file(self.plan, &ends, flag_files)?;
        let decided = decided(&self);
        let road = Some(decided.map_err(|why| refusal::no_road(self.plan, &why))?);
        Ok(Self { road, ..self })
    }

    /// The first sink.
    pub(super) fn sink(&self) -> &Preview {
        &self.sinks[0]
    }

    /// Which files the sources are.
    fn identities(&self) -> Vec<Option<Identity>> {
        let previews = std::iter::once(&self.source).chain(&self.more_sources);
        previews.map(|it| it.identity.clone()).collect()
    }
}

/// The first reason why the ends cannot be opened.
fn obstacle(plan: &Plan, sources: &mut [Preview], sinks: &mut [Preview]) -> Option<TransferError> {
    let sources = plan.sources().zip(sources);
    let mut sources = sources.filter_map(|(planned, preview)| {
        let error = preview.obstacle.take()?;
        Some(error.at(Side::Source, &planned.uri))
    });
    let sinks = plan.sinks().zip(sinks);
    let mut sinks = sinks.filter_map(|(planned, preview)| {
        let error = preview.obstacle.take()?;
        Some(error.at(Side::Sink, &planned.uri))
    });
    sources.next().or_else(|| sinks.next())
}

/// The road for ends that turn out as they are expected to.
fn decided(view: &View<'_>) -> Result<Road, Impossible> {
    let plan = view.plan;
    let pairs = view.sinks.iter().zip(&plan.sink_marks);
    let pairs: Vec<_> = pairs
        .map(|(sink, mark)| pair(plan, &view.source, sink, *mark))
        .collect();
    if let [pair] = &pairs[..] {
        return road::choose_for(pair, plan.road, plan.marks, road::OwnPipe::new);
    }
    let ends = ManyEnds {
        pairs,
        sink_marks: plan.sink_marks.clone(),
        has_more_sources: !view.more_sources.is_empty(),
    };
    road::choose_for_many(&ends, plan.road, plan.marks, road::TeePipes::new)
}

/// The source and one of the sinks.
fn pair(plan: &Plan, source: &Preview, sink: &Preview, mark: u64) -> EndPair {
    EndPair {
        from: source.raw,
        to: sink.raw,
        // A pipe may be enlarged that far, unless the limit for all pipes of the user is reached (pipe(7)).
        source_pipe: source.holds.map(|now| now.max(plan.marks.readable)),
        sink_pipe: sink.holds.map(|now| now.max(mark)),
        copies: source.copies,
        is_paced: sink.is_paced,
        is_transformed: !plan.transforms.is_empty(),
    }
}
