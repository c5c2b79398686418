//! `base64`: writes bytes as base64 (RFC 4648, section 4), as the tool of that name does.

use super::encode::{DigitEncoder, wrap};
use crate::transform::{Group, Kind, Made};
use data_encoding::BASE64;

pub(in crate::transform) const KIND: Kind = Kind {
    name: "base64",
    group: Group::Text,
    help: "encodes as base64, like the tool base64",
    keys: &[wrap("76")],
    example: "head -c 100 /dev/urandom | tidegate -t base64",
    make: |settings| {
        let encoder = DigitEncoder::new(BASE64, (3, 4), settings, 76);
        Made::Steps(Box::new(encoder))
    },
};

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made, noise, through};
    use crate::transform::peers::peer_bytes;

    #[test]
    fn the_vectors_of_rfc_4648_are_kept() {
        for (input, output) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(through("base64=0", input.as_bytes()), output.as_bytes());
            let driven = drive(&mut *made("base64=0"), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes());
        }
    }

    #[test]
    fn every_line_ends_and_an_empty_input_has_none() {
        for (spec, input, output) in [
            ("base64", "", ""),
            ("base64", "f", "Zg==\n"),
            ("base64=wrap:4", "foob", "Zm9v\nYg==\n"),
            ("base64=3", "foob", "Zm9\nvYg\n==\n"),
            ("base64=1", "foo", "Z\nm\n9\nv\n"),
        ] {
            assert_eq!(through(spec, input.as_bytes()), output.as_bytes());
            let driven = drive(&mut *made(spec), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes(), "{spec}");
        }
    }

    #[test]
    fn it_is_what_the_tool_writes() {
        for len in [0, 1, 56, 57, 58, 114, noise().len()] {
            for columns in ["76", "0", "1", "75", "65535"] {
                let input = &noise()[..len];
                let Some(output) = peer_bytes("base64", &["-w", columns], input) else {
                    return;
                };
                let ours = through(&format!("base64={columns}"), input);
                assert!(ours == output, "{len} bytes, {columns} columns");
            }
        }
    }
}
