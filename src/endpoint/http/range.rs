//! `Content-Range` (RFC 9110, section 14.4).

use super::head::number;

/// Which part of an object an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentRange {
    /// The bytes from `first` on.
    Part {
        /// Where it begins.
        first: u64,
        /// How many bytes it has; at least 1.
        length: u64,
        /// How many bytes the object has, if that is told.
        total: Option<u64>,
    },
    /// None: what was asked for is not in an object of so many bytes.
    Outside(u64),
}

impl ContentRange {
    /// Reads the value of the field. `None`: it is not valid.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, rest) = value.split_at_checked(6)?;
        if !unit.eq_ignore_ascii_case(b"bytes ") {
            return None;
        }
        let (range, total) = split(rest, b'/')?;
        if range == b"*" {
            return number(total).map(Self::Outside);
        }
        let (first, last) = split(range, b'-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = match total {
            b"*" => None,
            total => Some(number(total)?),
        };
        let length = last.checked_sub(first)?.checked_add(1)?;
        let is_inside = total.is_none_or(|total| last < total);
        is_inside.then_some(Self::Part {
            first,
            length,
            total,
        })
    }
}

fn split(text: &[u8], by: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|it| *it == by)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::ContentRange;
    use proptest::prelude::*;

    #[test]
    fn a_range_is_read_or_refused() {
        let part = |first, length, total| {
            Some(ContentRange::Part {
                first,
                length,
                total,
            })
        };
        for (text, expected) in [
            ("bytes 0-0/1", part(0, 1, Some(1))),
            ("Bytes 5-9/*", part(5, 5, None)),
            ("bytes */10", Some(ContentRange::Outside(10))),
            ("bytes 5-9/9", None),
            ("bytes 9-5/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes -5/10", None),
            ("bytes */*", None),
            ("bytes 1-2", None),
            ("lines 1-2/3", None),
            ("bytes=1-2/3", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = ContentRange::parse(&bytes);
            let _ = ContentRange::parse(&[b"bytes ", &bytes[..]].concat());
        }
    }
}
