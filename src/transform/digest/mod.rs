//! Digests of the bytes, which pass unchanged.
//!
//! A new one is a row in `algorithms.rs`, and its line in [`super::KINDS`].

#[cfg(feature = "digests")]
pub(super) mod algorithms;
mod line;
#[cfg(feature = "digests")]
mod passer;

pub use line::{sum_line, unreadable};
