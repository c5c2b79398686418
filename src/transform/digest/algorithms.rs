//! The digests, a row each, and the libraries that compute them.
//!
//! Each runs on one thread. BLAKE3 could use several, but is faster than a pipe on one; a second would only keep a processor
//! from the other stages.

use super::line::{BLAKE3_NAME, CRC32_NAME, XXH3_NAME};
use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use md5::Md5;
use sha2::{Sha256, Sha512};
use std::hash::Hasher as _;
use twox_hash::XxHash3_64;

/// FIPS 180-4.
pub(in crate::transform) const SHA256: Kind = Kind {
    name: "sha256",
    group: Group::Digest,
    help: "SHA-256, as sha256sum prints it",
    keys: &[is(32)],
    example: "tidegate -t sha256 --digest-file disk.sum disk.img copy.img",
    make: |settings| make::<RustCrypto<Sha256>>("sha256", settings),
};

/// FIPS 180-4.
pub(in crate::transform) const SHA512: Kind = Kind {
    name: "sha512",
    group: Group::Digest,
    help: "SHA-512, as sha512sum prints it",
    keys: &[is(64)],
    example: "tidegate -t sha512 --summary always disk.img copy.img",
    make: |settings| make::<RustCrypto<Sha512>>("sha512", settings),
};

/// With 256 bits.
pub(in crate::transform) const BLAKE3: Kind = Kind {
    name: BLAKE3_NAME,
    group: Group::Digest,
    help: "BLAKE3, as b3sum prints it",
    keys: &[is(32)],
    example: "tidegate -t blake3 --summary always disk.img copy.img",
    make: |settings| make::<blake3::Hasher>(BLAKE3_NAME, settings),
};

/// RFC 1321.
pub(in crate::transform) const MD5: Kind = Kind {
    name: "md5",
    group: Group::Digest,
    help: "MD5, as md5sum prints it; detects accidents, not attacks",
    keys: &[is(16)],
    example: "echo hello | tidegate -t md5=b1946ac92492d2347c6235b4d2611184",
    make: |settings| make::<RustCrypto<Md5>>("md5", settings),
};

/// RFC 1952, section 8. It is not the one that `cksum` prints.
pub(in crate::transform) const CRC32: Kind = Kind {
    name: CRC32_NAME,
    group: Group::Digest,
    help: "CRC-32 of gzip and zlib, as crc32 and rhash print it; detects accidents, not attacks",
    keys: &[is(4)],
    example: "echo hello | tidegate -t crc32=363a3020",
    make: |settings| make::<crc32fast::Hasher>(CRC32_NAME, settings),
};

/// With 64 bits and no seed.
pub(in crate::transform) const XXH3: Kind = Kind {
    name: XXH3_NAME,
    group: Group::Digest,
    help: "XXH3 with 64 bits, as xxhsum -H3 prints it; detects accidents, not attacks",
    keys: &[is(8)],
    example: "tidegate -t xxh3 --summary always disk.img null:",
    make: |settings| make::<XxHash3_64>(XXH3_NAME, settings),
};

/// Any algorithm with the trait that the `RustCrypto` libraries share.
#[derive(Default)]
struct RustCrypto<D>(D);

impl<D: sha2::Digest + Default + Send + 'static> Hash for RustCrypto<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl Hash for blake3::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }

    fn into_bytes(self) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }
}

impl Hash for crc32fast::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }

    fn into_bytes(self) -> Vec<u8> {
        self.finalize().to_be_bytes().to_vec()
    }
}

impl Hash for XxHash3_64 {
    fn update(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }

    fn into_bytes(self) -> Vec<u8> {
        self.finish().to_be_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::{peer, peer_bytes};

    #[test]
    fn digests_are_those_of_their_standards() {
        let counted: Vec<u8> = (0..=250).cycle().take(1025).collect();
        let table: [(&str, &[u8], &str); 17] = [
            // FIPS 180-4.
            (
                "sha256",
                b"",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "sha256",
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "sha256",
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                "sha512",
                b"",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                 47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            ),
            (
                "sha512",
                b"abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            // The official vectors, whose inputs count up to 250, over and over.
            (
                "blake3",
                b"",
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                "blake3",
                &counted[..1],
                "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            ),
            (
                "blake3",
                &counted[..1024],
                "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
            ),
            (
                "blake3",
                &counted,
                "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
            ),
            // RFC 1321, appendix A.5.
            ("md5", b"", "d41d8cd98f00b204e9800998ecf8427e"),
            ("md5", b"a", "0cc175b9c0f1b6a831c399e269772661"),
            ("md5", b"abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("md5", b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("crc32", b"", "00000000"),
            ("crc32", b"123456789", "cbf43926"),
            ("xxh3", b"", "2d06800538d394c2"),
            ("xxh3", b"abc", "78af5f94892f3950"),
        ];
        for (algorithm, input, hex) in table {
            assert_eq!(digest(algorithm, input), hex, "{algorithm}");
        }
    }

    #[test]
    fn digests_are_those_of_the_tools() {
        for (algorithm, tool, args, end) in [
            ("sha256", "sha256sum", &[][..], "  -\n"),
            ("sha512", "sha512sum", &[], "  -\n"),
            ("md5", "md5sum", &[], "  -\n"),
            ("blake3", "b3sum", &["--no-names"], "\n"),
        ] {
            if let Some(line) = peer(tool, args, noise()) {
                assert_eq!(line, digest(algorithm, noise()) + end);
            }
        }
        if let Some(file) = peer_bytes("gzip", &["-1"], noise()) {
            // A gzip file ends with the CRC-32, its lowest byte first, and the length.
            let (_, end) = file.split_last_chunk::<8>().expect("an end");
            let crc = u32::from_le_bytes([end[0], end[1], end[2], end[3]]);
            assert_eq!(digest("crc32", noise()), format!("{crc:08x}"));
        }
    }

    /// Short, middling and long inputs are worked on in different ways.
    #[test]
    fn xxh3_is_that_of_xxhsum_at_any_length() {
        for len in [1, 16, 17, 128, 129, 240, 241, 1024, noise().len()] {
            let input = &noise()[..len];
            let Some(line) = peer("xxhsum", &["-H3"], input) else {
                return;
            };
            let hex = digest("xxh3", input);
            assert!(line.contains(&hex), "{len} bytes: {line}, not {hex}");
        }
    }
}
