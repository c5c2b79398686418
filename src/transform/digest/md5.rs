//! `md5`: MD5 (RFC 1321), as `md5sum` prints it.

use super::passer::{Hash, is, make};
use crate::transform::{Group, Kind};
use md5::{Digest as _, Md5};

pub(in crate::transform) const KIND: Kind = Kind {
    name: Md5::NAME,
    group: Group::Digest,
    help: "MD5, as md5sum prints it; only against accidents",
    keys: &[is(16)],
    example: "echo hello | tidegate -t md5=b1946ac92492d2347c6235b4d2611184",
    make: make::<Md5>,
};

impl Hash for Md5 {
    const NAME: &'static str = "md5";

    fn update(&mut self, bytes: &[u8]) {
        md5::Digest::update(self, bytes);
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
    fn it_is_that_of_rfc_1321_and_of_md5sum() {
        for (input, hex) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ] {
            assert_eq!(digest("md5", input.as_bytes()), hex);
        }
        if let Some(line) = peer("md5sum", &[], noise()) {
            assert_eq!(line, format!("{}  -\n", digest("md5", noise())));
        }
    }
}
