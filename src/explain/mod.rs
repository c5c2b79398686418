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

use crate::control::Socket;
use crate::display::{SidePlace, SideSeen};
use crate::endpoint::{OpenError, Prospect};
use crate::error::{Class, Side, TransferError, UsageError};
use crate::plan::Plan;
use crate::refusal::{self, EndFiles};
use crate::road::Decision;
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
    control: Option<&'static str>,
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
        let control = plan.control.as_deref().map(Socket::look).transpose()?;
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
            None => view.on_its_road().map_err(UsageError::new),
        }
    }

    /// With the road, which is chosen once both ends are known to be different files.
    fn on_its_road(self) -> Result<Self, TransferError> {
        let ends = EndFiles {
            source: self.source.file_id,
            sink: self.sink.file_id,
        };
        let of = |seen: &SideSeen| (seen.flag, seen.id);
        let records: Vec<_> = self.records.iter().map(of).collect();
        let drawings: Vec<_> = self.drawings.iter().map(of).collect();
        refusal::same_file(self.plan, ends, &records, &drawings)?;
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
