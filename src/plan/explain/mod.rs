//! `--explain`: what would happen, and why, with nothing opened or moved for it.
//!
//! The ends say what they are (`Preview`), and the road is decided as in a transfer. What only opening the ends can tell is
//! left open.

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

/// The text of it.
///
/// # Errors
/// The usage errors of the transfer itself, as far as they are known before its ends are open.
pub fn text(plan: &Plan) -> Result<String, UsageError> {
    let first_line = "This is what would happen. Nothing has been opened, changed or moved.";
    let Some(back) = &plan.back else {
        return text_of_one(plan, first_line);
    };
    let there = text_of_one(plan, &format!("{first_line}\n\nFrom A to B"))?;
    let back = text_of_one(&back.plan, "From B to A")?;
    Ok(format!("{there}\n{back}"))
}

/// The text of one direction.
fn text_of_one(plan: &Plan, first_line: &str) -> Result<String, UsageError> {
    let view = View::of(plan)?;
    let mut sheet = Sheet::new(first_line);
    ends::source(&mut sheet, &view);
    ends::sinks(&mut sheet, &view);
    transforms::write(&mut sheet, &view);
    road::write(&mut sheet, &view);
    amount::write(&mut sheet, &view);
    outcome::write(&mut sheet, &view);
    shown::write(&mut sheet, &view);
    Ok(sheet.text())
}
