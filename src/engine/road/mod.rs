//! The roads that bytes can take from the source to the sink: through our own buffers, or through the kernel's alone.
//!
//! `choice` picks one by what the ends can do, not by their kinds. Where the kernel refuses, the kernel road hands the
//! transfer over to the buffered one, and no byte is lost.

mod choice;
mod flow;
mod job;
mod start;
mod taken;

// The two ends, as either road uses them.
mod inlet;
mod outlet;

// Through our own buffers.
mod buffered;
mod program;
mod reader;
mod stage;
mod writer;

// Through the kernel's.
mod kernel;

pub use choice::{EndPair, Impossible, Pipe, Preference, Reason, Road, choose, decide, own_pipe};
pub use flow::Flow;
pub use inlet::ReaderEnd;
pub use job::{Between, RunningRoad};
pub use kernel::{Buffers, Methods, Syscalls};
pub use outlet::WriterEnd;
pub use stage::StageEnd;
pub use start::start;
pub use taken::{Calls, Taken};
