//! The roads that bytes can take from the source to the sink: through our own buffers, or through the kernel's alone.
//!
//! `choice` picks one by what the ends can do, not by their kinds. Where the kernel refuses, the kernel road hands the
//! transfer over to the buffered one, and no byte is lost.

mod choice;
mod choice_for_sinks;
mod flow;
mod in_use;
mod job;
mod progress;

// The two ends, as either road uses them.
mod inlet;
mod outlet;
mod small_pieces;

// Through our own buffers.
pub(super) mod buffered;
pub(super) mod forked;
mod program;
mod reader;
mod transform;
mod writer;

// Through the kernel's.
pub(super) mod kernel;

pub use choice::{EndPair, Impossible, Preference, Reason, Road, choose, choose_for};
pub use choice_for_sinks::{ManyEnds, choose_for_many, choose_for_open_sinks};
pub use flow::FlowOptions;
pub use in_use::{Calls, RoadInUse};
pub use inlet::ReaderOutcome;
pub use job::GRACE;
pub(super) use job::{Job, Leftovers, Shared, WriterStage};
pub(super) use kernel::TeeRoad;
pub use kernel::{Buffers, Methods, OwnPipe, Syscalls, TeePipes};
pub use outlet::{GivenUp, WriterOutcome};
pub(super) use progress::Progress;
pub use progress::{End, Event};
pub use transform::TransformOutcome;
