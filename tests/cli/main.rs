//! The real binary, as its users meet it: one topic a file, written in the small language of `tide`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it passes over"
)]

mod completions;
mod endpoints;
mod examples;
mod files;
mod flow;
mod generated;
mod help;
mod live;
mod outcomes;
mod pairs;
mod peer;
mod progress;
mod real_peers;
mod receiving;
mod scripted;
mod signals;
mod small;
mod smoke;
mod stats;
mod telling;
mod terminal;
mod tide;
mod vanishing;
