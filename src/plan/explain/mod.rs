//! `--explain`: what would happen, and why, with nothing opened or moved for it.
//!
//! The ends say what they are ([`Prospect`]), the choice of a road is the real one, and what is left out here is only
//! what opening them alone can tell.

mod amount;
mod ends;
mod outcome;
mod road;
mod sheet;
mod shown;
mod transforms;

use crate::endpoint::{Identity, OpenError, Prospect};
use crate::engine::road::Decision;
use crate::error::{Class, Side, TransferError, UsageError};
use crate::plan::Plan;
use crate::plan::refusal::{self, Beside, EndFiles};
use crate::session::control::Place;
use crate::show::{SidePlace, SideSeen};
use sheet::Sheet;

/// Everything that is told.
struct View<'a> {
    plan: &'a Plan,
    source: Prospect,
    sink: Prospect,
    /// Why one of them cannot be opened, if that is clear.
    obstacle: Option<TransferError>,
    /// The road, unless an end cannot be opened.
    road: Option<Decision>,
    records: Vec<SideSeen>,
    drawings: Vec<SideSeen>,
    control: Option<Place>,
}

/// Tells it.
///
/// # Errors
/// The usage errors of the transfer itself, as far as they can be known.
pub fn text(plan: &Plan) -> Result<String, UsageError> {
    let view = View::of(plan)?;
    let mut sheet =
        Sheet::new("This is what would happen. Nothing has been opened, changed or moved.");
    ends::source(&mut sheet, &view);
    ends::sink(&mut sheet, &view);
    transforms::tell(&mut sheet, &view);
    road::tell(&mut sheet, &view);
    amount::tell(&mut sheet, &view);
    outcome::tell(&mut sheet, &view);
    shown::tell(&mut sheet, &view);
    Ok(sheet.text())
}

impl<'a> View<'a> {
    /// Looks, in the order in which a transfer finds out.
    fn of(plan: &'a Plan) -> Result<Self, UsageError> {
        let records = plan.stats.iter().map(SidePlace::look);
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        let drawings = plan.drawings.iter().map(|it| it.place.look());
        let drawings: Vec<_> = drawings.collect::<Result<_, _>>()?;
        let control = plan.control.as_deref().map(Place::at).transpose()?;
        let stats = records.iter().map(|it: &SideSeen| it.beside(true));
        let drawn = drawings.iter().map(|it: &SideSeen| it.beside(false));
        let socket = control.iter().map(Place::beside);
        let beside: Vec<_> = stats.chain(drawn).chain(socket).collect();
        refusal::side_by_side(&beside)?;
        let mut source = plan.source.end.prospect(Side::Source);
        let mut sink = plan.sink.end.prospect(Side::Sink);
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
            None => view.on_its_road(&beside).map_err(UsageError::new),
        }
    }

    /// With the road, which is chosen once both ends are known to be different files.
    fn on_its_road(self, beside: &[Beside]) -> Result<Self, TransferError> {
        let (source, sink) = (&self.plan.source.end, &self.plan.sink.end);
        let ends = EndFiles {
            source: Identity::of_end(self.source.file_id, source.path()),
            sink: Identity::of_end(self.sink.file_id, sink.path()),
        };
        refusal::same_file(self.plan, &ends, beside)?;
        let decided = road::decided(self.plan, &self.source, &self.sink);
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
