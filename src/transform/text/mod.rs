//! Transforms that take bytes for text.

pub(super) mod crlf;
pub(super) mod lines;
