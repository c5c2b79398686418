//! The table of all kinds of transforms.

use super::{Kind, compression, decompression, digest, exec, text};

/// Every kind, in the order of help.
pub const KINDS: &[&Kind] = &[
    &compression::gzip::KIND,
    &compression::zstd::KIND,
    &compression::xz::KIND,
    &compression::lz4::KIND,
    &compression::brotli::KIND,
    &compression::bzip2::KIND,
    &decompression::gunzip::KIND,
    &decompression::unzstd::KIND,
    &decompression::unxz::KIND,
    &decompression::unlz4::KIND,
    &decompression::unbrotli::KIND,
    &decompression::bunzip2::KIND,
    &decompression::decompress::KIND,
    &digest::algorithms::SHA256,
    &digest::algorithms::SHA512,
    &digest::algorithms::BLAKE3,
    &digest::algorithms::MD5,
    &digest::algorithms::CRC32,
    &digest::algorithms::XXH3,
    &text::lines::KIND,
    &text::crlf::KIND,
    &text::lf::KIND,
    &text::base64::KIND,
    &text::unbase64::KIND,
    &text::hex::KIND,
    &text::unhex::KIND,
    &exec::KIND,
];
