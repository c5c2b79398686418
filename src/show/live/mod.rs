//! The live display: rows of a terminal that are redrawn in place.
//!
//! `picture.rs` lays the rows out as text; `bound.rs`, `buffers.rs` and `past.rs` each make one kind of row; `cells.rs` fits a
//! row to the width; `canvas.rs` puts the rows on the terminal.

mod bar;
mod bound;
mod buffers;
mod canvas;
mod cells;
mod past;
mod picture;

pub(super) use bar::Bar;
#[cfg(test)]
pub(super) use past::Past;
#[cfg(test)]
pub(super) use picture::{Screen, picture};
