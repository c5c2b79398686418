//! The real binary, as its users meet it: one topic a file, written in the small language of `tide`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod pairs;
mod peer;
mod real_peers;
mod receiving;
mod scripted;
mod smoke;
mod terminal;
mod tide;
