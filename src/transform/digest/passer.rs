//! The transform that passes bytes on, computes their digest on the way, and compares it with the expected one at the end.

use crate::transform::{Digest, Failure, Input, Key, Made, Output, Pending, Settings};
use crate::transform::{Transform, ValueKind, pass};
use data_encoding::HEXLOWER;

/// The running state of a hash.
pub(super) trait Hash: Default + Send + 'static {
    /// Adds bytes behind those before.
    fn update(&mut self, bytes: &[u8]);

    /// The digest of all bytes, in the order in which it is written.
    fn into_bytes(self) -> Vec<u8>;
}

/// The only key of a digest of `bytes` bytes.
pub(super) const fn is(bytes: usize) -> Key {
    Key {
        name: "is",
        value: ValueKind::Hex(bytes),
        default: "",
        help: "the digest to expect; any other fails the transfer (exit 3)",
    }
}

/// Makes the transform for the algorithm of this name.
pub(super) fn make<H: Hash>(algorithm: &'static str, settings: &Settings) -> Made {
    Made::Steps(Box::new(Passer {
        algorithm,
        hash: H::default(),
        expected: settings.text("is").map(str::to_owned),
        hex: None,
    }))
}

struct Passer<H> {
    /// Its name in a SPEC and in records.
    algorithm: &'static str,
    hash: H,
    /// The expected digest, in lowercase digits.
    expected: Option<String>,
    /// The digest, once finished.
    hex: Option<String>,
}

impl<H: Hash> Transform for Passer<H> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        self.hash.update(pass(input, output));
        Ok(())
    }

    fn finish(&mut self, _output: &mut Output<'_>) -> Result<Pending, Failure> {
        let hex = HEXLOWER.encode(&std::mem::take(&mut self.hash).into_bytes());
        let hex = self.hex.insert(hex);
        match &self.expected {
            Some(expected) if expected != hex => {
                let why = format!("the {} is {hex}, not {expected}", self.algorithm);
                Err(Failure::integrity(why))
            }
            _ => Ok(Pending::Nothing),
        }
    }

    fn digest(&self) -> Option<Digest> {
        self.hex.as_ref().map(|hex| Digest {
            algorithm: self.algorithm,
            hex: hex.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Class;
    use crate::transform::driven::{Pace, drive, made, paces};
    use crate::transform::{Group, KINDS, ValueKind};
    use proptest::prelude::*;

    /// The names of all digests, with how many hexadecimal digits they have.
    fn all() -> impl Iterator<Item = (&'static str, usize)> {
        let digests = KINDS.iter().filter(|kind| kind.group == Group::Digest);
        digests.map(|kind| match kind.keys {
            [key] => match key.value {
                ValueKind::Hex(bytes) => (kind.name, 2 * bytes),
                other => panic!("{}: {other:?}", kind.name),
            },
            other => panic!("{}: {other:?}", kind.name),
        })
    }

    #[test]
    fn what_is_expected_is_compared_in_either_case_and_a_mismatch_tells_both() {
        for (name, digits) in all() {
            let mut transform = made(name);
            drive(&mut *transform, b"abc", &Pace::at_once());
            let hex = transform.digest().unwrap().hex;
            assert_eq!(hex.len(), digits, "{name}");
            for right in [hex.clone(), hex.to_ascii_uppercase(), format!("is:{hex}")] {
                let mut transform = made(&format!("{name}={right}"));
                let driven = drive(&mut *transform, b"abc", &Pace::by_bytes());
                assert_eq!(driven.result, Ok(()), "{name}");
            }
            let zeros = "0".repeat(digits);
            let mut transform = made(&format!("{name}={zeros}"));
            let driven = drive(&mut *transform, b"abc", &Pace::at_once());
            let failure = driven.result.unwrap_err();
            assert_eq!(
                (failure.class, failure.has_place),
                (Class::Integrity, false)
            );
            assert_eq!(failure.why, format!("the {name} is {hex}, not {zeros}"));
            assert_eq!(driven.output, b"abc", "{name}: it has passed all the same");
            assert_eq!(transform.digest().unwrap().hex, hex, "{name}: it is known");
        }
    }

    proptest! {
        #[test]
        fn bytes_pass_unchanged_and_their_digest_does_not_depend_on_how_they_come(
            input in prop::collection::vec(any::<u8>(), 0..5000), pace in paces()
        ) {
            for (name, _) in all() {
                let (mut at_once, mut transform) = (made(name), made(name));
                drive(&mut *at_once, &input, &Pace::at_once());
                prop_assert_eq!(transform.digest(), None);
                let driven = drive(&mut *transform, &input, &pace);
                prop_assert_eq!(driven.result, Ok(()));
                prop_assert_eq!(&driven.output, &input);
                prop_assert_eq!(transform.digest(), at_once.digest());
            }
        }
    }
}
