//! The head of an answer, and how its body is framed (RFC 9112, sections 4 to 6).

use crate::text::visible::named;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The most bytes of a head.
pub(super) const MOST_BYTES: usize = 16 * 1024;

/// The most fields in a head.
const MOST_FIELDS: usize = 100;

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    reason: String,
    is_http_1_0: bool,
    fields: Vec<(String, Vec<u8>)>,
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// It has so many bytes.
    Length(u64),
    /// It comes in chunks, the last of which is empty.
    Chunked,
    /// It ends when the connection does.
    UntilClose,
}

impl Head {
    /// Reads a head and its length from the first `bytes` of an answer. `None`: more has to come.
    ///
    /// # Errors
    /// When it is not the head of an answer, or larger than a head may be.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut answer = httparse::Response::new(&mut fields);
        let len = match answer.parse(bytes) {
            Ok(httparse::Status::Complete(len)) if len <= MOST_BYTES => len,
            Ok(httparse::Status::Partial) if bytes.len() < MOST_BYTES => return Ok(None),
            Ok(_) => {
                return Err(format!(
                    "the head of the answer has more than {MOST_BYTES} bytes"
                ));
            }
            Err(httparse::Error::TooManyHeaders) => {
                return Err(format!(
                    "the head of the answer has more than {MOST_FIELDS} fields"
                ));
            }
            Err(error) => return Err(format!("this is no answer in HTTP/1 ({error})")),
        };
        let fields = answer.headers.iter();
        let fields = fields.map(|it| (it.name.to_ascii_lowercase(), it.value.to_vec()));
        let head = Self {
            status: answer.code.unwrap_or(0),
            reason: answer.reason.unwrap_or_default().to_owned(),
            is_http_1_0: answer.version == Some(0),
            fields: fields.collect(),
        };
        if !(100..1000).contains(&head.status) {
            return Err(format!("{} is no status of HTTP", head.status));
        }
        Ok(Some((head, len)))
    }

    /// The status with its reason, for people.
    #[must_use]
    pub fn status_in_words(&self) -> String {
        let reason: String = self.reason.chars().take(80).collect();
        format!("{} {}", self.status, named(reason))
            .trim_end()
            .to_owned()
    }

    /// Whether another answer follows this one.
    #[must_use]
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let fields = self.fields.iter().filter(move |it| it.0 == name);
        fields.map(|it| it.1.trim_ascii())
    }

    /// The value of the field with this name, in lower case, if it is there once.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// How the body is framed (RFC 9112, section 6.3).
    ///
    /// # Errors
    /// When that is contradictory, so that what follows could be somebody else's bytes.
    pub fn framing(&self) -> Result<Framing, String> {
        let codings: Vec<_> = self.values("transfer-encoding").collect();
        let lengths = self
            .values("content-length")
            .flat_map(|it| it.split(|it| *it == b','));
        let lengths: Vec<_> = lengths.map(<[u8]>::trim_ascii).collect();
        if self.is_interim() || matches!(self.status, 204 | 304) {
            return Ok(Framing::Length(0));
        }
        match codings[..] {
            [] => {}
            _ if !lengths.is_empty() => {
                return Err(
                    "the answer has both a Transfer-Encoding and a Content-Length".to_owned(),
                );
            }
            [coding] if coding.eq_ignore_ascii_case(b"chunked") && !self.is_http_1_0 => {
                return Ok(Framing::Chunked);
            }
            [coding, ..] => {
                let coding = named(OsStr::from_bytes(coding));
                return Err(format!(
                    "the answer has the Transfer-Encoding {coding}, which was not asked for"
                ));
            }
        }
        let Some(first) = lengths.first() else {
            return Ok(Framing::UntilClose);
        };
        if lengths.iter().any(|it| it != first) {
            return Err("the answer has more than one Content-Length".to_owned());
        }
        let length = number(first);
        length.map(Framing::Length).ok_or_else(|| {
            let length = named(OsStr::from_bytes(first));
            format!("the answer has the Content-Length '{length}', which is no length")
        })
    }
}

/// A number in decimal digits and nothing else.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Framing, Head};
    use proptest::prelude::*;

    fn head(fields: &str) -> Head {
        head_of(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"))
    }

    fn head_of(text: &str) -> Head {
        Head::parse(text.as_bytes()).unwrap().unwrap().0
    }

    #[test]
    fn the_framing_of_a_body_is_unambiguous_or_refused() {
        for (fields, expected) in [
            ("", Some(Framing::UntilClose)),
            ("Content-Length: 0\r\n", Some(Framing::Length(0))),
            ("content-length:  17 \r\n", Some(Framing::Length(17))),
            (
                "Content-Length: 5, 5\r\nContent-Length: 5\r\n",
                Some(Framing::Length(5)),
            ),
            (
                "Content-Length: 18446744073709551615\r\n",
                Some(Framing::Length(u64::MAX)),
            ),
            ("Transfer-Encoding: Chunked\r\n", Some(Framing::Chunked)),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", None),
            ("Content-Length: 5, 6\r\n", None),
            ("Content-Length: +5\r\n", None),
            ("Content-Length: -5\r\n", None),
            ("Content-Length: 0x5\r\n", None),
            ("Content-Length: 5 6\r\n", None),
            ("Content-Length:\r\n", None),
            ("Content-Length: 18446744073709551616\r\n", None),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", None),
            ("Transfer-Encoding: gzip, chunked\r\n", None),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                None,
            ),
            ("Transfer-Encoding: identity\r\n", None),
        ] {
            assert_eq!(head(fields).framing().ok(), expected, "{fields}");
        }
        let old = head_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(old.framing().is_err());
        let none = head_of("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(none.framing(), Ok(Framing::Length(0)));
    }

    #[test]
    fn what_is_no_head_is_refused_and_what_is_too_large() {
        for text in [
            "SSH-2.0-x\r\n",
            "\0",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 099 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        ] {
            assert!(Head::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
        assert!(
            Head::parse(many.as_bytes())
                .unwrap_err()
                .contains("100 fields")
        );
        let long = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(20_000));
        assert!(
            Head::parse(long.as_bytes())
                .unwrap_err()
                .contains("16384 bytes")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_and_a_head_is_found_only_when_all_of_it_is_there(
            bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..60
        ) {
            let _ = Head::parse(&bytes);
            let whole = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc";
            let parsed = Head::parse(&whole[..cut.min(whole.len())]).unwrap();
            prop_assert_eq!(parsed.map(|it| it.1), (cut >= 51).then_some(51));
        }
    }
}
