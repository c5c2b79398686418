//! `xxh3`: XXH3 with 64 bits and no seed, as `xxhsum -H3` prints it.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use std::hash::Hasher as _;
use twox_hash::XxHash3_64;

/// As `xxhsum` calls it.
pub(super) const TAG: &str = "XXH3";

/// As it is called here.
pub(super) const NAME: &str = XxHash3_64::NAME;

pub(in crate::transform) const KIND: Kind = Kind {
    name: NAME,
    group: Group::Digest,
    help: "XXH3 with 64 bits, as xxhsum -H3 prints it; only against accidents",
    keys: &[is(8)],
    example: "tidegate -t xxh3 --summary always disk.img null:",
    make: make::<XxHash3_64>,
};

impl Hash for XxHash3_64 {
    const NAME: &'static str = "xxh3";

    fn update(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }

    fn finish(self) -> Vec<u8> {
        std::hash::Hasher::finish(&self).to_be_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::peer;

    /// Short, middling and long inputs are worked on in different ways.
    #[test]
    fn it_is_that_of_xxhsum() {
        assert_eq!(digest("xxh3", b""), "2d06800538d394c2");
        assert_eq!(digest("xxh3", b"abc"), "78af5f94892f3950");
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
