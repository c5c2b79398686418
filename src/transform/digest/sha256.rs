//! `sha256`: SHA-256 (FIPS 180-4), as `sha256sum` prints it.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use sha2::{Digest as _, Sha256};

pub(in crate::transform) const KIND: Kind = Kind {
    name: Sha256::NAME,
    group: Group::Digest,
    help: "SHA-256, as sha256sum prints it",
    keys: &[is(32)],
    example: "tidegate -t sha256 --digest-file disk.sum disk.img copy.img",
    make: make::<Sha256>,
};

impl Hash for Sha256 {
    const NAME: &'static str = "sha256";

    fn update(&mut self, bytes: &[u8]) {
        sha2::Digest::update(self, bytes);
    }

    fn finish(self) -> Vec<u8> {
        self.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::peer;

    #[test]
    fn it_is_that_of_fips_180_4_and_of_sha256sum() {
        for (input, hex) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(digest("sha256", input.as_bytes()), hex);
        }
        if let Some(line) = peer("sha256sum", &[], noise()) {
            assert_eq!(line, format!("{}  -\n", digest("sha256", noise())));
        }
    }
}
