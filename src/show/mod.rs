//! Showing a transfer: samples the meter on its own clock, never touches the flow.
//!
//! A new display is one file that implements [`Display`], its `mod` line, and its row in [`Show::display`].

mod digest_file;
mod drawing;
mod figures;
mod finished;
mod line;
mod live;
pub mod plot;
mod records;
mod sample;
mod settings;
#[cfg(test)]
mod shown;
mod side_file;
mod template;
mod theme;
mod trace;
mod verdict;

pub use drawing::{Drawing, HeldDrawing};
pub use finished::{FileDigest, Finished};
pub use line::{Completion, status, summary};
pub use records::{Ending, Start, Stats, await_reader, message, record, refused};
pub use sample::{Sample, Sampler, Stretch};
pub use settings::{Progress, Show, StderrKind, Terminals};
pub use side_file::{SideFile, SidePlace, SideProbe};
pub use template::{PLACEHOLDERS, Placeholder, Template};
pub use theme::Theme;

/// Shows a running transfer on standard error.
pub trait Display: std::fmt::Debug {
    /// Shows how things stand now.
    fn draw(&mut self, sample: &Sample);

    /// Takes away what is to be seen no longer: something else is said next, or nothing is to be left over.
    fn clear(&mut self);
}
