//! The real binary, as its users meet it: one topic a file, written in the small language of `tide`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod endpoints;
mod files;
mod flow;
mod live;
mod outcomes;
mod signals;
mod small;
mod smoke;
mod stats;
mod telling;
mod tide;
mod vanishing;
