//! The live display: rows of a terminal that are redrawn in place.
//!
//! `picture.rs` lays them out as text, `rows.rs` those below the first; `bound.rs`, `buffers.rs` and `past.rs` make rows of their kinds; `cells.rs` fits a
//! row to the width; `canvas.rs` puts the rows on the terminal.

mod bar;
mod bound;
mod buffers;
mod canvas;
mod cells;
mod past;
mod picture;
mod rows;

pub(super) use bar::Bar;
#[cfg(test)]
pub(super) use past::Past;
#[cfg(test)]
pub(super) use picture::picture;
#[cfg(test)]
pub(super) use rows::Screen;
