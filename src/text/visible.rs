//! Makes text from outside visible, so that it cannot move a cursor, colour a terminal, reverse text or break a line.
//!
//! Every name, value or other text from outside goes into a message by [`named`], which loses nothing. Lines that
//! [`report`](crate::session::report) writes pass [`line()`] as well, so that a message that omits [`named`] is harmless too.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

/// Shows a text as typed, in any script, if all of it can be seen. Characters that cannot be seen are escaped as bash reads
/// them in `$'…'` (bash(1), QUOTING): as `\u` and four hexadecimal digits, and a byte that is no UTF-8 as `\x` and two. Each
/// backslash is doubled then, and also where the text itself contains what looks like an escape; so no two texts look alike.
#[must_use]
pub fn named(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_bytes();
    let is_plain =
        std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_unseen) && !has_escape(text));
    escaped(bytes, if is_plain { "\\" } else { "\\\\" })
}

/// Escapes a finished line, given without its end. Backslashes stay as they are, so that JSON stays the same JSON.
#[must_use]
pub fn line<T: AsRef<[u8]> + ?Sized>(text: &T) -> Cow<'_, str> {
    match std::str::from_utf8(text.as_ref()) {
        Ok(text) if !text.contains(is_unseen) => text.into(),
        _ => escaped(text.as_ref(), "\\").into(),
    }
}

fn escaped(bytes: &[u8], backslash: &str) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Writing to a string cannot fail.
            let _ = match c {
                '\\' => shown.write_str(backslash),
                c if is_unseen(c) => write!(shown, "\\u{:04x}", u32::from(c)),
                c => shown.write_char(c),
            };
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// Whether a terminal obeys the character, shows nothing for it or shows what follows it in another order (Unicode Standard
/// Annex #9, section 2, and chapter 23.2 of the standard), or whether it is a noncharacter (chapter 23.7). None of them takes
/// more than four hexadecimal digits.
fn is_unseen(c: char) -> bool {
    match c {
        // Marks of direction, joiners and non-joiners, zero-width spaces, line and paragraph separators, noncharacters.
        '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => true,
        c => c.is_control(),
    }
}

/// Whether the text contains what looks like an escape of `escaped`.
fn has_escape(text: &str) -> bool {
    text.split('\\').skip(1).any(|rest| {
        let digits = match rest.as_bytes() {
            [b'u', digits @ ..] => digits.get(..4),
            [b'x', digits @ ..] => digits.get(..2),
            _ => None,
        };
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_unseen, line, named};
    use proptest::prelude::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn shown(bytes: &[u8]) -> String {
        named(OsStr::from_bytes(bytes))
    }

    #[test]
    fn ordinary_names_are_shown_as_they_are() {
        for name in [
            "a file.txt",
            "-",
            "",
            "it's",
            "Übergröße",
            "מסמך",
            "ملف",
            "文件",
            "हिन्दी",
            "e\u{301}",
            "🦀",
            "\u{fffd}",
            "\\",
            "C:\\new\\temp",
            "sed s/\\n/\\t/",
            "tr '\\0' '\\012'",
            "\\u12",
            "\\xyz",
        ] {
            assert_eq!(named(name), name);
        }
    }

    #[test]
    fn characters_that_a_terminal_obeys_or_hides_are_escaped() {
        for (bytes, expected) in [
            (&b"a\nb"[..], "a\\u000ab"),
            (b"\x1b[31mred\x07", "\\u001b[31mred\\u0007"),
            (b"\r\t\x7f\0", "\\u000d\\u0009\\u007f\\u0000"),
            ("\u{9b}31m".as_bytes(), "\\u009b31m"),
            ("exe\u{202e}fdp".as_bytes(), "exe\\u202efdp"),
            ("a\u{200b}\u{feff}b".as_bytes(), "a\\u200b\\ufeffb"),
            (
                "\u{2066}\u{2029}\u{61c}".as_bytes(),
                "\\u2066\\u2029\\u061c",
            ),
            (b"\xff\x9b\xe2\x80", "\\xff\\x9b\\xe2\\x80"),
            (b"\\\n", "\\\\\\u000a"),
            (b"\\u000a", "\\\\u000a"),
            (b"\\x1B\\n", "\\\\x1B\\\\n"),
        ] {
            assert_eq!(shown(bytes), expected);
        }
    }

    #[test]
    fn a_finished_line_keeps_its_backslashes() {
        assert_eq!(line("a\\u000ab\tc"), "a\\u000ab\\u0009c");
        assert_eq!(line("plain"), "plain");
    }

    /// The bytes that `named` shows like this.
    fn read(shown: &str) -> Vec<u8> {
        if !super::has_escape(shown) {
            return shown.into();
        }
        let (mut bytes, mut rest) = (Vec::new(), shown);
        while let Some((plain, escape)) = rest.split_once('\\') {
            bytes.extend_from_slice(plain.as_bytes());
            let (kind, behind) = escape.split_at(1);
            let digits = match kind {
                "u" => 4,
                "x" => 2,
                _ => 0,
            };
            let (digits, behind) = behind.split_at(digits);
            match (kind, u32::from_str_radix(digits, 16).unwrap_or(0)) {
                ("u", number) => {
                    let c = char::from_u32(number).unwrap();
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                ("x", number) => bytes.push(number.try_into().unwrap()),
                _ => bytes.push(b'\\'),
            }
            rest = behind;
        }
        bytes.extend_from_slice(rest.as_bytes());
        bytes
    }

    /// Bytes in which escapes, control characters and invalid UTF-8 are more frequent than in random ones.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            prop::sample::select(vec![
                "\\", "\\x", "\\u", "1b", "000a", "\u{202e}", "\u{9b}", "\n"
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_unseen_character_is_left_and_no_byte_is_lost(bytes in hostile()) {
            let shown = shown(&bytes);
            prop_assert!(!shown.contains(is_unseen), "{shown:?}");
            prop_assert_eq!(line(&shown), &*shown, "a line with it is not escaped again");
            prop_assert_eq!(read(&shown), bytes, "{}", shown);
        }

        #[test]
        fn a_record_stays_the_same_record(text in hostile()) {
            let text = String::from_utf8_lossy(&text).into_owned();
            let record = serde_json::to_string(&text).unwrap();
            let read: String = serde_json::from_str(&line(&record)).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
