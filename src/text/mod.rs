//! Sizes, durations, moments, names and lines as people write and read them.

pub mod duration;
pub mod size;
pub mod suggest;
pub mod visible;
pub(crate) mod wall_clock;
pub mod words;
pub(crate) mod wrap;
