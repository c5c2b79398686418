//! `--explain`: what would happen, and why, with nothing opened or moved for it.
//!
//! The ends say what they are (`Preview`), the choice of a road is the real one, and what is left out here is only
//! what opening them alone can tell.

mod amount;
mod ends;
mod outcome;
mod road;
mod sheet;
mod shown;
mod transforms;
mod view;

use crate::error::UsageError;
use crate::plan::Plan;
use sheet::Sheet;
use view::View;

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
