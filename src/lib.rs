//! tidegate streams bytes between files, sockets and pipes, and shows where they are stuck.
//!
//! This is the map, in the order in which a byte, and before it the request to move it, meets the modules.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)
)]

// The command line as typed.
pub mod cli;

// Sizes as typed.
pub mod size;

// Durations as typed.
pub mod duration;

// Ends as typed.
pub mod uri;

// What others named, made visible.
pub mod visible;

// What was probably meant by a misspelt name.
pub mod suggest;

// Flags become decisions.
pub mod plan;

// What would come of them, told and not done.
pub mod explain;

// What two ends together are refused for.
pub mod refusal;

// One transfer from opening its ends to its outcome.
pub mod run;

// The ends: what they can do, and the table of kinds.
pub mod endpoint;

// What the kernel says of a connection.
pub mod connection;

// What the kernel says of a pipe.
pub mod pipe;

// What may stand between them.
pub mod transform;

// The roads from source to sink.
pub mod road;

// The buffer between two stages.
pub mod link;

// Backpressure as a pure state machine.
pub mod gate;

// Where a stage sleeps.
pub mod wait;

// The rate limit, over a given clock.
pub mod throttle;

// The rate limit of a transfer under way.
pub mod limit;

// Asking a transfer under way, and telling it what to change.
pub mod control;

// Threads, memory and descriptors, where they are scarce.
pub mod resources;
pub mod threads;

// Time, less the time we were stopped.
pub mod clock;

// What the writer does, and for how long.
pub mod phase;

// What the transforms do, and which is waited for.
pub mod stages;

// What has passed and where the time went.
pub mod meter;

// What happened when, in a bounded number of spans.
pub mod span;

// A transfer over time.
pub mod recording;

// What would have been with other buffers.
pub mod replay;

// Showing it.
pub mod display;

// Speaking to the user.
pub mod report;

// Breaking text into lines.
mod wrap;

// Signals from outside.
pub mod signal;

// What can go wrong.
pub mod error;

// The exit status.
pub mod exit;

mod platform;
mod sys;
