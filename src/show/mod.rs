//! Shows a transfer: live, in lines and records, and in files that are drawn at its end.
//!
//! It samples the meter on a clock of its own and never holds the flow up. A new display is one file that implements
//! [`Display`], its `mod` line, and its row in [`Show::display`].

#[cfg(test)]
mod consistency;
mod digest_file;
mod direction;
mod drawing;
mod figures;
mod finished;
mod line;
mod live;
#[cfg(feature = "plot")]
pub mod plot;
mod reading;
mod records;
mod route;
mod sample;
mod settings;
#[cfg(test)]
mod several;
mod side_file;
mod stretch;
mod summary;
mod template;
mod theme;
mod trace;
mod verdict;

pub use direction::Direction;
pub use drawing::{Drawing, HeldDrawing};
pub use finished::{FileDigest, Finished};
pub use line::{status, status_of_all};
pub use live::Waiting;
pub use records::{Ending, SinkEnding, Start, Stats, await_reader, message, record, refused};
pub use route::Route;
pub use sample::{Sample, Sampler, SinkSample};
pub use settings::{Progress, Show, StderrKind, Terminals};
pub use side_file::{SideFile, SidePlace, SideProbe};
pub use stretch::Stretch;
pub use summary::{Completion, Summary};
pub use template::{PLACEHOLDERS, Placeholder, Template};
pub use theme::Theme;

/// Shows a running transfer on standard error.
pub trait Display: std::fmt::Debug {
    /// Shows this sample, or one for each direction.
    fn draw(&mut self, samples: &[Sample]);

    /// Removes what is drawn: a message is written next, or the transfer is over.
    fn clear(&mut self);

    /// From now on another of several sources is read.
    fn set_route(&mut self, _route: Route) {}
}
