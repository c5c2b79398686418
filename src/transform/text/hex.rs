//! `hex`: writes bytes as lowercase hexadecimal digits, as `xxd -p` does.
//!
//! By default there are no lines, so that a key or a digest in a script is one word. `hex=60` writes lines as `xxd -p` does.

use super::encode::{DigitEncoder, wrap};
use crate::transform::{Group, Kind, Made};
use data_encoding::HEXLOWER;

pub(in crate::transform) const KIND: Kind = Kind {
    name: "hex",
    group: Group::Text,
    help: "encodes as hexadecimal digits; hex=60 is the format of xxd -p",
    keys: &[wrap("0")],
    example: "head -c 100 /dev/urandom | tidegate -t hex=60",
    make: |settings| {
        let encoder = DigitEncoder::new(HEXLOWER, (1, 2), settings, 0);
        Made::Steps(Box::new(encoder))
    },
};

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made, noise, through};
    use crate::transform::peers::peer_bytes;

    #[test]
    fn there_is_nothing_but_digits_unless_lines_are_asked_for() {
        for (spec, input, output) in [
            ("hex", &b""[..], ""),
            ("hex", b"\x00\xff\x1e", "00ff1e"),
            ("hex=4", b"\x00\xff\x1e", "00ff\n1e\n"),
            ("hex=wrap:3", b"\x00\xff\x1e", "00f\nf1e\n"),
        ] {
            assert_eq!(through(spec, input), output.as_bytes());
            let driven = drive(&mut *made(spec), input, &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes(), "{spec}");
        }
        let long = through("hex", &noise()[..100_000]);
        assert!(long.len() == 200_000 && long.iter().all(u8::is_ascii_hexdigit));
    }

    #[test]
    fn it_is_what_xxd_writes() {
        for len in [0, 1, 29, 30, 31, 100_000] {
            let input = &noise()[..len];
            let Some(output) = peer_bytes("xxd", &["-p"], input) else {
                return;
            };
            assert!(through("hex=60", input) == output, "{len} bytes");
        }
    }
}
