//! The table of all kinds of transforms.

#[cfg(feature = "digests")]
use super::digest::algorithms;
use super::{Group, Kind, exec, text};
#[cfg(feature = "compression")]
use super::{compression, decompression};

/// The row of a kind that takes a feature of Cargo's. In a build without it, the row has the name alone, and refuses.
macro_rules! takes {
    ($feature:literal, $name:literal, $kind:path) => {{
        #[cfg(feature = $feature)]
        {
            &$kind
        }
        #[cfg(not(feature = $feature))]
        {
            &Kind {
                name: $name,
                group: Group::LeftOut { feature: $feature },
                help: concat!("takes the feature ", $feature),
                keys: &[],
                example: "",
                make: |_| unreachable!("a SPEC with this name is refused"),
            }
        }
    }};
}

/// Every kind, in the order of help.
pub const KINDS: &[&Kind] = &[
    takes!("compression", "gzip", compression::gzip::KIND),
    takes!("compression", "zstd", compression::zstd::KIND),
    takes!("compression", "xz", compression::xz::KIND),
    takes!("compression", "lz4", compression::lz4::KIND),
    takes!("compression", "brotli", compression::brotli::KIND),
    takes!("compression", "bzip2", compression::bzip2::KIND),
    takes!("compression", "gunzip", decompression::gunzip::KIND),
    takes!("compression", "unzstd", decompression::unzstd::KIND),
    takes!("compression", "unxz", decompression::unxz::KIND),
    takes!("compression", "unlz4", decompression::unlz4::KIND),
    takes!("compression", "unbrotli", decompression::unbrotli::KIND),
    takes!("compression", "bunzip2", decompression::bunzip2::KIND),
    takes!("compression", "decompress", decompression::decompress::KIND),
    takes!("digests", "sha256", algorithms::SHA256),
    takes!("digests", "sha512", algorithms::SHA512),
    takes!("digests", "blake3", algorithms::BLAKE3),
    takes!("digests", "md5", algorithms::MD5),
    takes!("digests", "crc32", algorithms::CRC32),
    takes!("digests", "xxh3", algorithms::XXH3),
    &text::lines::KIND,
    &text::crlf::KIND,
    &text::lf::KIND,
    &text::base64::KIND,
    &text::unbase64::KIND,
    &text::hex::KIND,
    &text::unhex::KIND,
    &exec::KIND,
];

/// The groups that have kinds, with these, in the order of help: that of the table, but for those that are left out.
#[must_use]
pub fn groups() -> Vec<(Group, Vec<&'static Kind>)> {
    let (here, left_out): (Vec<_>, Vec<_>) = KINDS.iter().copied().partition(|it| it.is_here());
    let of_one_group = here.chunk_by(|one, next| one.group == next.group);
    let groups = of_one_group.chain([&left_out[..]]);
    groups
        .filter_map(|kinds| Some((kinds.first()?.group, kinds.to_vec())))
        .collect()
}
