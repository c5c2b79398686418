//! The live display: rows of a terminal that are redrawn in place.
//!
//! `picture.rs` lays them out as text, `rows.rs` those below the first two; `route_row.rs`, `bound.rs`, `buffers.rs` and `past.rs` make
//! rows of their kinds, `short.rs` the only one of `-p short`, `waiting.rs` those before both ends are open; `cells.rs` fits a row to the width; `canvas.rs` puts the rows on the
//! terminal, which `terminal.rs` claims.

mod bar;
mod bound;
mod buffers;
mod canvas;
mod cells;
mod past;
mod picture;
mod route_row;
mod rows;
mod short;
mod sinks;
mod terminal;
mod waiting;

pub(super) use bar::{Bar, Short};
pub(super) use canvas::columns;
#[cfg(test)]
pub(super) use past::Past;
#[cfg(test)]
pub(super) use picture::{View, picture};
#[cfg(test)]
pub(super) use rows::Screen;
pub use waiting::Waiting;
