//! What tells whether an object is the one that it was: a strong validator (RFC 9110, section 8.8).

use super::head::Head;

/// How much older than an answer an object has to be for its time to be exact (RFC 9110, section 8.8.2.2), in seconds.
const OLD_ENOUGH: u64 = 60;

/// A strong validator, as it is sent back in `If-Range`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validator {
    field: &'static str,
    value: Vec<u8>,
}

impl Validator {
    /// The strong validator of the object in an answer, if the server gave one.
    #[must_use]
    pub(super) fn of(head: &Head) -> Option<Self> {
        if let Some(tag) = head.value("etag") {
            let is_tag = |it: &u8| matches!(it, 0x21 | 0x23..=0x7e | 0x80..);
            let inside = tag
                .strip_prefix(b"\"")
                .and_then(|it| it.strip_suffix(b"\""));
            if inside.is_some_and(|inside| inside.iter().all(is_tag)) {
                return Some(Self {
                    field: "etag",
                    value: tag.to_vec(),
                });
            }
        }
        let modified = head.value("last-modified")?;
        let (then, now) = (seconds(modified)?, seconds(head.value("date")?)?);
        (now.checked_sub(then)? >= OLD_ENOUGH).then(|| Self {
            field: "last-modified",
            value: modified.to_vec(),
        })
    }

    /// The value of `If-Range`, if it is text.
    #[must_use]
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.value).ok()
    }

    /// Whether an answer is about the same object. One that tells nothing does not contradict (a 206 may leave out what was asked by).
    #[must_use]
    pub(super) fn agrees_with(&self, head: &Head) -> bool {
        head.value(self.field)
            .is_none_or(|value| value == self.value)
    }
}

/// The seconds since 1970 of a date in the fixed form (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds(date: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(date).ok()?;
    let parts: Vec<_> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = parts[..] else {
        return None;
    };
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = months.iter().position(|it| *it == month)? as u64;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let time: Vec<u64> = time.split(':').map_while(|it| it.parse().ok()).collect();
    let [hour, minute, second] = time[..] else {
        return None;
    };
    if !(1970..10_000).contains(&year)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since 1970, by years that begin in March.
    let shifted = if month < 2 { year - 1 } else { year };
    let in_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + in_year;
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::{Validator, seconds};
    use crate::endpoint::http::head::Head;

    fn validator(fields: &str) -> Option<String> {
        let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        let (head, _) = Head::parse(text.as_bytes()).unwrap().unwrap();
        Validator::of(&head).and_then(|it| it.text().map(ToOwned::to_owned))
    }

    #[test]
    fn dates_are_read() {
        for (date, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun Nov  6 08:49:37 1994", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("", None),
        ] {
            assert_eq!(seconds(date.as_bytes()), expected, "{date}");
        }
    }

    #[test]
    fn only_what_changes_with_every_byte_is_a_validator() {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let old = "Sun, 06 Nov 1994 08:48:37 GMT";
        for (fields, expected) in [
            ("ETag: \"a-b\"\r\n".to_owned(), Some("\"a-b\"")),
            ("ETag: W/\"a\"\r\n".to_owned(), None),
            ("ETag: a\r\n".to_owned(), None),
            ("ETag: \"a\"\r\nETag: \"b\"\r\n".to_owned(), None),
            (format!("{date}Last-Modified: {old}\r\n"), Some(old)),
            (
                format!("ETag: W/\"a\"\r\n{date}Last-Modified: {old}\r\n"),
                Some(old),
            ),
            (
                format!("{date}Last-Modified: Sun, 06 Nov 1994 08:48:38 GMT\r\n"),
                None,
            ),
            (format!("Last-Modified: {old}\r\n"), None),
            (String::new(), None),
        ] {
            assert_eq!(validator(&fields).as_deref(), expected, "{fields}");
        }
    }
}
