//! The kinds that undo compression, and what they share.
//!
//! Each has a [`decoder::Decompressor`], which undoes one stream after the other, and a [`format::Format`], which says how a
//! stream begins and what may follow it.

mod decoder;
mod format;
mod legacy_lz4;

pub(super) mod bunzip2;
pub(super) mod decompress;
pub(super) mod gunzip;
pub(super) mod unbrotli;
pub(super) mod unlz4;
pub(super) mod unxz;
pub(super) mod unzstd;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests;

/// So many bytes as one writes it in KiB, MiB or GiB.
fn binary(bytes: u64) -> String {
    humansize::format_size(bytes, humansize::BINARY)
}
