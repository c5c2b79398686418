//! Gathers everything that is to be explained, in the order in which a transfer would find it out.

use crate::endpoint::{Identity, OpenError, Preview};
use crate::engine::road::{self, EndPair, Impossible, Road};
use crate::error::{Class, Side, TransferError, UsageError};
use crate::plan::Plan;
use crate::plan::flag_files::{FlagFile, check_distinct};
use crate::plan::refusal::{self, EndFiles};
use crate::session::control::SocketPath;
use crate::show::{SidePlace, SideProbe};

/// Everything that is to be explained.
pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) source: Preview,
    pub(super) sink: Preview,
    /// Why one of them cannot be opened, if that is clear.
    pub(super) obstacle: Option<TransferError>,
    /// The road, unless an end cannot be opened.
    pub(super) road: Option<Road>,
    pub(super) records: Vec<SideProbe>,
    pub(super) drawings: Vec<SideProbe>,
    pub(super) control: Option<SocketPath>,
}

impl<'a> View<'a> {
    /// Looks at the ends, the files beside them and the road.
    pub(super) fn of(plan: &'a Plan) -> Result<Self, UsageError> {
        let records = plan.stats.iter().map(SidePlace::inspect);
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        let drawings = plan.drawings.iter().map(|it| it.place.inspect());
        let drawings: Vec<_> = drawings.collect::<Result<_, _>>()?;
        let control = plan.control.as_deref().map(SocketPath::at).transpose()?;
        let stats = records.iter().map(|it: &SideProbe| it.as_flag_file(true));
        let drawn = drawings.iter().map(|it: &SideProbe| it.as_flag_file(false));
        let socket = control.iter().map(SocketPath::as_flag_file);
        let flag_files: Vec<_> = stats.chain(drawn).chain(socket).collect();
        check_distinct(&flag_files)?;
        let mut source = plan.source.end.preview(Side::Source);
        let mut sink = plan.sink.end.preview(Side::Sink);
        let obstacle = obstacle(plan, source.obstacle.take(), sink.obstacle.take());
        let view = Self {
            plan,
            source,
            sink,
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
        let (source, sink) = (&self.plan.source.end, &self.plan.sink.end);
        let ends = EndFiles {
            source: Identity::of_end(self.source.file_id, source.path()),
            sink: Identity::of_end(self.sink.file_id, sink.path()),
        };
        refusal::same_file(self.plan, &ends, flag_files)?;
        let decided = decided(self.plan, &self.source, &self.sink);
        let road = Some(decided.map_err(|why| refusal::no_road(self.plan, &why))?);
        Ok(Self { road, ..self })
    }
}

/// The first reason why the ends cannot be opened.
fn obstacle(
    plan: &Plan,
    source: Option<OpenError>,
    sink: Option<OpenError>,
) -> Option<TransferError> {
    let source = source.map(|error| error.at(Side::Source, &plan.source.uri));
    let sink = sink.map(|error| error.at(Side::Sink, &plan.sink.uri));
    source.or(sink)
}

/// The road for ends that turn out as they are expected to.
fn decided(plan: &Plan, source: &Preview, sink: &Preview) -> Result<Road, Impossible> {
    let pair = EndPair {
        from: source.raw,
        to: sink.raw,
        // A pipe may be enlarged that far, unless the limit for all pipes of the user is reached (pipe(7)).
        source_pipe: source.holds.map(|now| now.max(plan.marks.readable)),
        sink_pipe: sink.holds.map(|now| now.max(plan.marks.writable)),
        copies: source.copies,
        is_paced: sink.is_paced,
        is_transformed: !plan.transforms.is_empty(),
    };
    road::choose_for(&pair, plan.road, plan.marks, road::OwnPipe::new)
}
