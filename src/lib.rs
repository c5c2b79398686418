//! tidegate streams bytes between files, sockets and pipes, and shows where they are stuck.
//!
//! This is the map, in the order in which a byte, and before it the request to move it, meets the rooms. No arrow runs from
//! what moves bytes up to what asks for it or shows it; `tests/house.rs` holds that.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)
)]

// The command line: flags, help, and what is generated from them.
pub mod cli;

// What was asked for, as decisions; and what would come of them.
pub mod plan;

// One transfer from opening its ends to its outcome: signals, control, messages, the exit status.
pub mod session;

// The ends: the table of kinds, and what an open one can do.
pub mod endpoint;

// What may stand between them: the table of kinds, and no I/O.
pub mod transform;

// What moves bytes: gates, links, roads, the rate limit.
pub mod engine;

// What has passed, and where the time went.
pub mod account;

// Showing it: on a terminal, in lines, records, plots and traces.
pub mod show;

// Sizes, durations and names as people write and read them.
pub mod text;

// What can go wrong.
pub mod error;

// What the system has to give, and what differs between systems.
pub mod platform;

mod sys;
