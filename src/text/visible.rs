//! What others named, made visible: no name moves a cursor, colours a terminal, turns text around or breaks a line.
//!
//! Whoever puts a name, a value or another text of somebody else's into a message does it by [`named`], which loses
//! nothing. What [`report`](crate::session::report) writes passes [`line()`] besides, so that a message that forgets to is
//! harmless all the same.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

/// Shows a text as typed, letters of any script included, where all of it can be seen. What cannot is written as bash
/// reads it in `$'…'` (bash(1), QUOTING): a character as `\u` and four hexadecimal digits, a byte that is no UTF-8 as
/// `\x` and two. Each backslash is doubled then, and where the text itself has what looks like one of these; so no two
/// texts look alike.
#[must_use]
pub fn named(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_bytes();
    let is_plain =
        std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_unseen) && !has_escape(text));
    escaped(bytes, if is_plain { "\\" } else { "\\\\" })
}

/// The same for a line that is made already, without its end: a backslash in it stays as it is. JSON stays the same JSON.
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
            // Writing to a string does not fail, here and below.
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

/// Whether a terminal obeys the character, or shows nothing for it, or what follows it in another order (Unicode Standard
/// Annex #9, section 2, and chapter 23.2 of the standard), or whether it is none (chapter 23.7). None of them takes more
/// than four hexadecimal digits.
fn is_unseen(c: char) -> bool {
    match c {
        // Marks of direction, joiners and non-joiners, blanks of no width, the ends of lines and paragraphs.
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

/// Whether there is something in it that `escaped` could have written.
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
    fn what_a_terminal_obeys_and_what_nobody_sees_is_written_out() {
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

    /// The bytes that are shown so.
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

    /// Bytes that have what matters in them more often than chance has it.
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
        fn nothing_unseen_is_left_and_nothing_is_lost(bytes in hostile()) {
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
