//! Showing a transfer: samples the meter on its own clock, never touches the flow.
//!
//! A new display is one file that implements [`Display`], its `mod` line, and its row in [`Show::display`].

mod bar;
mod bound;
mod buffers;
mod canvas;
mod cells;
mod digest_file;
mod drawing;
mod figures;
mod finished;
mod line;
mod message;
mod past;
mod picture;
pub mod plot;
mod record;
mod sample;
mod settings;
#[cfg(test)]
mod shown;
mod side_file;
mod stats;
mod template;
mod theme;
mod trace;
mod verdict;

pub use drawing::{Drawing, HeldDrawing};
pub use finished::{Finished, Sum};
pub use line::{Summed, status, summary};
pub use message::{message, refused};
pub use record::{Ending, Start, record};
pub use sample::{Sample, Sampler, Stretch};
pub use settings::{Progress, Show, StderrKind, Terminals};
pub use side_file::{SideFile, SidePlace, SideSeen};
pub use stats::{Stats, await_reader};
pub use template::{PLACEHOLDERS, Placeholder, Template};
pub use theme::Theme;

/// Shows a running transfer on standard error.
pub trait Display: std::fmt::Debug {
    /// Shows how things stand now.
    fn draw(&mut self, sample: &Sample);

    /// Takes away what is to be seen no longer: something else is said next, or nothing is to be left over.
    fn clear(&mut self);
}
