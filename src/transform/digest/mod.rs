//! Digests of what passes, which goes on unchanged.
//!
//! A new one is a file that implements [`passer::Hash`], and its line in [`super::KINDS`].

pub(super) mod blake3;
pub(super) mod crc32;
pub(super) mod md5;
pub(super) mod sha256;
pub(super) mod sha512;
pub(super) mod xxh3;

mod line;
mod passer;

pub use line::{sum_line, unreadable};
