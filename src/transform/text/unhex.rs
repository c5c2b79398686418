//! `unhex`: reads hexadecimal digits in either case. Unlike `xxd -r -p` it refuses anything else.

use super::decode::{Code, DigitDecoder};
use crate::transform::{Group, Kind, Made};
use data_encoding::HEXLOWER_PERMISSIVE;

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unhex",
    group: Group::Text,
    help: "decodes hexadecimal digits; there may be white space",
    keys: &[],
    example: "echo '68 65 6c 6c 6f 0a' | tidegate -t unhex",
    make: |_| Made::Steps(Box::new(DigitDecoder::new(&CODE))),
};

static CODE: Code = Code {
    digit: "hexadecimal digit",
    cut: "an odd number of hexadecimal digits: the last one makes no byte",
    encoding: &HEXLOWER_PERMISSIVE,
    is_digit: |byte| byte.is_ascii_hexdigit(),
    zero: b'0',
    group: (2, 1),
    is_padded: false,
};

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, fails, made, noise, paces, through};
    use crate::transform::peers::peer_bytes;
    use proptest::prelude::*;

    #[test]
    fn digits_are_read_in_either_case_and_white_space_is_passed_over() {
        for (input, output) in [
            ("", &b""[..]),
            ("00fF1E", b"\x00\xff\x1e"),
            (" 0 0\nf\r\nF\t1e\n", b"\x00\xff\x1e"),
        ] {
            assert_eq!(through("unhex", input.as_bytes()), output);
            let driven = drive(&mut *made("unhex"), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output, "{input:?}");
        }
    }

    #[test]
    fn white_space_of_any_length_is_passed_over() {
        for n in [0, 1, 63, 64, 65, 128, 1000] {
            let text = format!("6{0}1{0}62\n", " \t\n\r".repeat(n).split_at(n).0);
            assert_eq!(through("unhex", text.as_bytes()), b"ab", "{n}");
        }
    }

    #[test]
    fn what_is_no_digit_is_refused_at_its_place_and_an_odd_count_at_the_end() {
        for (input, output, taken, why) in [
            (&b"610x62"[..], "a", 3, "'x' is not a hexadecimal digit"),
            (b"61=", "a", 2, "'=' is not a hexadecimal digit"),
            (
                b"61\x07",
                "a",
                2,
                "the byte 0x07 is not a hexadecimal digit",
            ),
            (
                b"616\n",
                "a",
                4,
                "an odd number of hexadecimal digits: the last one makes no byte",
            ),
        ] {
            fails("unhex", input, output.as_bytes(), taken, why);
        }
    }

    #[test]
    fn it_reads_what_xxd_writes() {
        if let Some(text) = peer_bytes("xxd", &["-p"], noise()) {
            assert!(through("unhex", &text) == noise());
        }
    }

    proptest! {
        #[test]
        fn what_hex_writes_is_read_back_however_it_comes(
            input in prop::collection::vec(any::<u8>(), 0..3000), columns in 0u16..100,
            there in paces(), back in paces()
        ) {
            let spec = format!("hex={columns}");
            let text = drive(&mut *made(&spec), &input, &there);
            prop_assert_eq!(text.result, Ok(()));
            prop_assert_eq!(&text.output, &through(&spec, &input));
            let read = drive(&mut *made("unhex"), &text.output, &back);
            prop_assert_eq!(read.result, Ok(()));
            prop_assert_eq!(read.output, input);
        }
    }
}
