//! What the three benchmarks have in common: flags, command lines and their processes, the schedule of the runs, the machine,
//! and how results are written.
//!
//! Each benchmark includes this folder by its path. `versus` uses all of it, and so tells what nobody uses any more.

pub(crate) mod console;
pub(crate) mod file_system;
pub(crate) mod files;
pub(crate) mod flags;
pub(crate) mod machine;
pub(crate) mod noise;
pub(crate) mod peer;
pub(crate) mod pipeline;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod publish;
pub(crate) mod rounds;
pub(crate) mod stats;
pub(crate) mod stop;
pub(crate) mod table;
mod terminal;
pub(crate) mod timing;
