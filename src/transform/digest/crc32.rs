//! `crc32`: the CRC-32 of gzip and zlib (RFC 1952, section 8), in 8 digits as `crc32` and `rhash` print it. It is not the
//! one that `cksum` prints.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use crc32fast::Hasher;

/// As it is called here.
pub(super) const NAME: &str = Hasher::NAME;

pub(in crate::transform) const KIND: Kind = Kind {
    name: NAME,
    group: Group::Digest,
    help: "CRC-32 of gzip and zlib, as crc32 and rhash print it; only against accidents",
    keys: &[is(4)],
    example: "echo hello | tidegate -t crc32=363a3020",
    make: make::<Hasher>,
};

impl Hash for Hasher {
    const NAME: &'static str = "crc32";

    fn update(&mut self, bytes: &[u8]) {
        Hasher::update(self, bytes);
    }

    fn finish(self) -> Vec<u8> {
        self.finalize().to_be_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::peer_bytes;

    #[test]
    fn it_is_the_one_that_gzip_puts_at_the_end_of_a_file() {
        assert_eq!(digest("crc32", b""), "00000000");
        assert_eq!(digest("crc32", b"123456789"), "cbf43926");
        if let Some(file) = peer_bytes("gzip", &["-1"], noise()) {
            // There it stands before the length, its lowest byte first.
            let (_, end) = file.split_last_chunk::<8>().expect("an end");
            let crc = u32::from_le_bytes([end[0], end[1], end[2], end[3]]);
            assert_eq!(digest("crc32", noise()), format!("{crc:08x}"));
        }
    }
}
