//! Transforms, which stand between the source and the sink and change or examine the bytes: `-t SPEC`.
//!
//! A transform does no I/O and does not wait. It works between two cursors, and a full output is the backpressure.
//! `engine/road/transform.rs` runs it, on a thread of its own. A new one is a file and its line in `kinds.rs`.

mod cursor;
mod kind;
mod kinds;
mod program;
mod settings;
mod spec;
mod traits;

// What tests share; a build that leaves kinds out has not all of their tests.
#[cfg(test)]
#[cfg_attr(not(feature = "default"), allow(dead_code))]
mod driven;
#[cfg(test)]
#[cfg_attr(not(feature = "default"), allow(dead_code))]
mod peers;

// The kinds.
#[cfg(feature = "compression")]
mod compression;
#[cfg(feature = "compression")]
mod decompression;
mod digest;
mod exec;
mod text;

pub use cursor::{Input, Output, pass};
pub use digest::{sum_line, unreadable};
pub use kind::{Group, Kind, Made, Make};
pub use kinds::{KINDS, groups};
pub use program::Program;
pub use settings::{Key, Setting, Settings, ValueKind};
pub use spec::{PlannedTransform, help, plan};
pub use traits::{Digest, Failure, Pending, Transform};
