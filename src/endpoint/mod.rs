//! The kinds of ends: the table of them, how an end is planned and opened, and in `traits` what an open end can do.
//!
//! An open end never waits: it reads or writes what it can now, otherwise returns
//! [`WouldBlock`](std::io::ErrorKind::WouldBlock), and names what to wait for. The road does all waiting.
//!
//! A new kind is one file that exports its [`Kind`], its `mod` line, and its row in `kinds.rs`; help, errors and
//! the plan follow from the table.

mod accept;
mod address;
mod admissions;
mod claim;
mod claiming;
mod command;
mod command_halves;
mod connect;
pub mod connection;
mod context;
mod descriptor;
mod dial;
mod effects;
mod end_plan;
mod exec;
mod failure;
mod fd;
mod file;
mod file_facts;
mod file_sink;
mod half;
mod halves;
pub mod http;
mod identity;
mod kept;
mod kind;
mod kinds;
mod least;
mod leftover;
mod links;
mod listen;
mod meant;
mod named_file;
mod names;
mod network;
mod null;
mod option_value;
mod options;
mod output;
mod path;
mod pattern;
mod permissions;
pub mod pipe;
mod preview;
mod probe;
pub mod proxy;
mod raw;
mod retry;
mod send_queue;
mod sequence;
mod sink_policy;
mod skipping;
mod socket;
mod socket_file;
mod socket_halves;
mod socket_name;
mod sparse;
mod staged;
mod stdio;
mod stdio_halves;
mod table;
mod tcp;
mod text_only;
mod tls;
mod traits;
mod unix;
mod unix_listen;
pub mod uri;
mod world;

pub use context::Context;
pub use end_plan::{
    Announce, EndPlan, Opening, PeerPlan, Prepared, PreparedPeer, PreparedSink, PreparedSource,
    SinkPlan, SourcePlan,
};
pub use failure::{OpenError, OpenFailure, SourceChanged};
pub use half::{PlannedPeer, sink_half, source_half};
pub use halves::{Halves, OtherHalfFailed};
pub use identity::{FileId, Identity};
pub use kept::{COMPARED, Kept, NotResumed};
pub use kind::{Kind, Make, Slashes};
pub use kinds::KINDS;
pub use least::Least;
pub use leftover::Leftover;
pub(crate) use named_file::check_directory;
pub(crate) use names::descriptor_words;
pub use network::Network;
pub use option_value::ValueKind;
pub use options::{OptionSpec, Options, Settled};
pub use preview::Preview;
pub use probe::{EndId, EndStatus, PerEnd, Probe};
pub use raw::{Extent, Raw, Unfit};
pub use sequence::{NextSource, Sequence};
pub use sink_policy::{SINK_OPTIONS, SinkPolicy};
pub use skipping::{Gap, Skipping, Unreadable};
pub use socket_file::{SocketFile, SocketPath};
pub use table::{PlannedEnd, parse, plan_peer, plan_sink, plan_source, without_options};
pub use traits::{
    Backchannel, Delivered, Finish, KernelSink, KernelSource, Sink, SinkFacts, Source, SourceFacts,
};
pub use world::{Inherited, SizeAt, System, World};
