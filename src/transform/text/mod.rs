//! Transforms that read bytes as text, or write them as text.

pub(super) mod base64;
pub(super) mod crlf;
pub(super) mod hex;
pub(super) mod lf;
pub(super) mod lines;
pub(super) mod unbase64;
pub(super) mod unhex;

mod decode;
mod encode;
