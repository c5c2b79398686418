//! The kinds of ends there are, how they are planned and opened, and in `traits` what they can do once they are open.
//!
//! An end never waits: it reads or writes what can be had now, says "not now" with
//! [`std::io::ErrorKind::WouldBlock`], and names what to wait for. All waiting is the road's.
//!
//! A new kind is one file that exports its [`Kind`], its `mod` line, and its row in `kinds.rs`; help, errors and
//! the plan follow from the table.

mod access;
mod claim;
mod claiming;
mod connect;
pub mod connection;
mod descriptor;
mod effects;
mod end_plan;
mod failure;
mod fd;
mod file;
mod file_facts;
mod identity;
mod kind;
mod kinds;
mod least;
mod leftover;
mod links;
mod listen;
mod named_file;
mod names;
mod network;
mod null;
mod options;
mod output;
mod pattern;
pub mod pipe;
mod preview;
mod probe;
mod raw;
mod socket;
mod sparse;
mod staged;
mod stdio;
mod table;
mod traits;
pub mod uri;

pub use end_plan::{Announce, EndPlan, Opening, SinkPlan, SourcePlan};
pub use failure::{OpenError, OpenFailure};
pub use identity::{FileId, Identity};
pub use kind::{Kind, Make, Slashes};
pub use kinds::KINDS;
pub use least::Least;
pub use leftover::Leftover;
pub(crate) use named_file::check_directory;
pub(crate) use names::{descriptor_named, descriptor_words};
pub use network::Network;
pub use options::{OptionSpec, Options, Settled, ValueKind};
pub use preview::Preview;
pub use probe::{EndStatus, PerEnd, Probe};
pub use raw::{Extent, Raw, Unfit};
pub use table::{PlannedEnd, plan_sink, plan_source};
pub use traits::{Delivered, Finish, Sink, Source};
