//! `blake3`: BLAKE3 with 256 bits, as `b3sum` prints it.
//!
//! On one thread. It is several times as fast as a pipe there, so that a second one would only keep a processor from the
//! stages beside it.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use blake3::Hasher;

/// As it is called here.
pub(super) const NAME: &str = Hasher::NAME;

pub(in crate::transform) const KIND: Kind = Kind {
    name: NAME,
    group: Group::Digest,
    help: "BLAKE3, as b3sum prints it",
    keys: &[is(32)],
    example: "tidegate -t blake3 --summary always disk.img copy.img",
    make: make::<Hasher>,
};

impl Hash for Hasher {
    const NAME: &'static str = "blake3";

    fn update(&mut self, bytes: &[u8]) {
        Hasher::update(self, bytes);
    }

    fn finish(self) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::peer;

    /// The inputs of the official vectors count up to 250, over and over.
    #[test]
    fn it_is_that_of_the_official_vectors_and_of_b3sum() {
        let input: Vec<u8> = (0..=250).cycle().take(1025).collect();
        for (len, hex) in [
            (
                0,
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                1,
                "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            ),
            (
                1024,
                "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
            ),
            (
                1025,
                "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
            ),
        ] {
            assert_eq!(digest("blake3", &input[..len]), hex);
        }
        if let Some(line) = peer("b3sum", &["--no-names"], noise()) {
            assert_eq!(line, format!("{}\n", digest("blake3", noise())));
        }
    }
}
