//! `sha512`: SHA-512 (FIPS 180-4), as `sha512sum` prints it.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use sha2::{Digest as _, Sha512};

pub(in crate::transform) const KIND: Kind = Kind {
    name: Sha512::NAME,
    group: Group::Digest,
    help: "SHA-512, as sha512sum prints it",
    keys: &[is(64)],
    example: "tidegate -t sha512 --summary always disk.img copy.img",
    make: make::<Sha512>,
};

impl Hash for Sha512 {
    const NAME: &'static str = "sha512";

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
    fn it_is_that_of_fips_180_4_and_of_sha512sum() {
        for (input, hex) in [
            (
                "",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                 47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            ),
            (
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            assert_eq!(digest("sha512", input.as_bytes()), hex);
        }
        if let Some(line) = peer("sha512sum", &[], noise()) {
            assert_eq!(line, format!("{}  -\n", digest("sha512", noise())));
        }
    }
}
