//! `unbase64`: reads base64 (RFC 4648, section 4). Padding may be missing at the end, texts with padding may follow one
//! another, and left-over bits at the end are ignored.

use super::decode::{Code, DigitDecoder};
use crate::transform::{Group, Kind, Made};
use data_encoding::BASE64_NOPAD;

pub(in crate::transform) const KIND: Kind = Kind {
    name: "unbase64",
    group: Group::Text,
    help: "decodes base64; white space and padding may be there or not",
    keys: &[],
    example: "echo aGVsbG8K | tidegate -t unbase64",
    make: |_| Made::Steps(Box::new(DigitDecoder::new(&CODE))),
};

static CODE: Code = Code {
    digit: "base64 digit",
    cut: "the last base64 digit makes no byte: the end is missing",
    encoding: &BASE64_NOPAD,
    is_digit: |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
    zero: b'A',
    group: (4, 3),
    is_padded: true,
};

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, fails, made, noise, paces, through};
    use crate::transform::peers::peer_bytes;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_rfc_4648_are_read_and_what_people_make_of_them() {
        for (input, output) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
            ("Zm9v\r\nYmFy\r\n", "foobar"),
            ("Z m9v\nYg =\n= \n", "foob"),
            ("Zg==Zm8=Zm9v", "ffofoo"),
            ("Zm9vYg", "foob"),
            ("Zm9vYmE\n", "fooba"),
            ("Zh==", "f"),
        ] {
            assert_eq!(through("unbase64", input.as_bytes()), output.as_bytes());
            let driven = drive(&mut *made("unbase64"), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes(), "{input:?}");
        }
    }

    #[test]
    fn what_is_no_base64_is_refused_at_its_place_and_what_was_before_it_is_put_out() {
        for (input, output, taken, why) in [
            (&b"Zm9v*mFy"[..], "foo", 4, "'*' is not a base64 digit"),
            (b"Zm9vYm-y", "foo", 6, "'-' is not a base64 digit"),
            (b"Zm9v\0", "foo", 4, "the byte 0x00 is not a base64 digit"),
            (
                b"Zm9v\xc3\xa4",
                "foo",
                4,
                "the byte 0xc3 is not a base64 digit",
            ),
            (b"=", "", 0, "a '=' where a digit should be"),
            (b"Zm9vY===", "foo", 5, "a '=' where a digit should be"),
            (b"Zm9v=", "foo", 4, "a '=' where a digit should be"),
            (b"Zm8==", "fo", 4, "a '=' where a digit should be"),
            (b"Zg=Z", "f", 3, "a '=' is missing"),
            (b"Zg=", "f", 3, "a '=' is missing at the end"),
            (
                b"Zm9vY\n",
                "foo",
                6,
                "the last base64 digit makes no byte: the end is missing",
            ),
        ] {
            fails("unbase64", input, output.as_bytes(), taken, why);
        }
    }

    #[test]
    fn it_reads_what_the_tool_writes() {
        for columns in ["76", "0", "1", "75"] {
            let Some(text) = peer_bytes("base64", &["-w", columns], noise()) else {
                return;
            };
            assert!(through("unbase64", &text) == noise(), "{columns} columns");
        }
    }

    proptest! {
        #[test]
        fn what_base64_writes_is_read_back_however_it_comes(
            input in prop::collection::vec(any::<u8>(), 0..3000), columns in 0u16..100,
            there in paces(), back in paces()
        ) {
            let spec = format!("base64={columns}");
            let text = drive(&mut *made(&spec), &input, &there);
            prop_assert_eq!(text.result, Ok(()));
            prop_assert_eq!(&text.output, &through(&spec, &input));
            let read = drive(&mut *made("unbase64"), &text.output, &back);
            prop_assert_eq!(read.result, Ok(()));
            prop_assert_eq!(read.output, input);
        }

        #[test]
        fn whatever_comes_is_judged_alike_however_it_comes(
            text in "[A-Za-z0-9+/=*\n ]{0,40}", pace in paces()
        ) {
            let at_once = drive(&mut *made("unbase64"), text.as_bytes(), &Pace::at_once());
            let driven = drive(&mut *made("unbase64"), text.as_bytes(), &pace);
            prop_assert_eq!(at_once.result, driven.result);
            prop_assert_eq!(at_once.output, driven.output);
            prop_assert_eq!(at_once.taken, driven.taken);
        }
    }
}
