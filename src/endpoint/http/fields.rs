//! The fields of a request: those that were asked for, and those that every request has.

use super::url::Url;
use crate::text::visible::named;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// Fields that say where a request ends or what is asked for, which is ours to say.
const OURS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "if-range",
    "keep-alive",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Fields that are not sent to another origin.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "host", "proxy-authorization"];

/// A field that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    value: String,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Field {
    /// Reads `NAME:VALUE`.
    ///
    /// # Errors
    /// When it has no name or a character that may not stand in a field (RFC 9110, section 5), or is ours to send. The value, which
    /// may be a secret, is not told.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').ok_or("write NAME:VALUE")?;
        let is_token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
        if name.is_empty() || !name.bytes().all(is_token) {
            let name = named(name);
            return Err(format!("'{name}' is no name of a header field"));
        }
        if OURS.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            return Err(format!(
                "{name} is sent by tidegate itself, as it has to be"
            ));
        }
        let value = value.trim_matches([' ', '\t']);
        if value.chars().any(|it| it.is_control() && it != '\t') {
            return Err(format!("the value of {name} has a control character"));
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// Reads the fields of a file, one a line; empty lines and those that begin with `#` are none.
    ///
    /// # Errors
    /// When a line is no field.
    pub(super) fn parse_lines(text: &[u8]) -> Result<Vec<Self>, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8")?;
        let lines = text.lines().enumerate();
        let fields = lines.filter(|(_, it)| !it.trim().is_empty() && !it.starts_with('#'));
        let fields = fields
            .map(|(at, line)| Self::parse(line).map_err(|why| format!("line {}: {why}", at + 1)));
        fields.collect()
    }

    /// Says who asks (RFC 7617).
    pub(super) fn login(user: &[u8], password: &str) -> Self {
        let both = [user, b":", password.as_bytes()].concat();
        Self {
            name: "Authorization".to_owned(),
            value: format!("Basic {}", data_encoding::BASE64.encode(&both)),
        }
    }

    /// Whether it is the one of this name, in lower case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn is_credential(&self) -> bool {
        CREDENTIALS.iter().any(|it| self.is(it))
    }
}

/// The head of a request to `url`, without the empty line at its end. Credentials are sent only to the origin of `first`.
pub(super) fn request(method: &str, url: &Url, first: &Url, given: &[Field]) -> String {
    let is_first = url.has_same_origin(first);
    let fields: Vec<_> = given
        .iter()
        .filter(|it| is_first || !it.is_credential())
        .collect();
    let has = |name: &str| fields.iter().any(|it| it.is(name));
    let mut text = format!("{method} {} HTTP/1.1\r\n", url.target);
    let mut add = |name: &str, value: &str| {
        if !has(name) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
    };
    add("Host", &url.host_field());
    add(
        "User-Agent",
        concat!("tidegate/", env!("CARGO_PKG_VERSION")),
    );
    add("Accept", "*/*");
    add("Accept-Encoding", "identity");
    for field in &fields {
        let _ = write!(text, "{}: {}\r\n", field.name, field.value);
    }
    text.push_str("Connection: close\r\n");
    text
}

/// A value of somebody else's, for a message.
pub(super) fn shown(value: &[u8]) -> String {
    named(OsStr::from_bytes(&value[..value.len().min(200)]))
}

#[cfg(test)]
mod tests {
    use super::{Field, request};
    use crate::endpoint::http::url::{Scheme, Url};

    fn url(text: &str) -> Url {
        Url::parse(Scheme::Http, text.as_bytes()).unwrap()
    }

    #[test]
    fn credentials_go_to_the_host_and_port_that_they_are_for_and_to_no_other() {
        let first = url("a/x");
        let given = ["Cookie: c=1", "X-Mine: y", "Host: other", "authorization:t"];
        let given = given.map(|it| Field::parse(it).unwrap());
        let told = request("GET", &first, &first, &given);
        assert!(told.starts_with("GET /x HTTP/1.1\r\n"), "{told}");
        for part in [
            "Cookie: c=1\r\n",
            "X-Mine: y\r\n",
            "authorization: t\r\n",
            "Host: other\r\n",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert!(
            !told.contains("Basic") && !told.contains("Host: a"),
            "{told}"
        );
        let login = [Field::login(b"me", "")];
        let plain = request("GET", &first, &first, &login);
        assert!(plain.contains("Authorization: Basic bWU6\r\n"), "{plain}");
        for elsewhere in ["b/y", "a:81/y"] {
            let elsewhere = url(elsewhere);
            for given in [&given[..], &login] {
                let told = request("GET", &elsewhere, &first, given);
                assert!(
                    told.contains(&format!("Host: {}\r\n", elsewhere.host_field())),
                    "{told}"
                );
                let lower = told.to_ascii_lowercase();
                assert!(
                    !lower.contains("cookie") && !lower.contains("authorization"),
                    "{told}"
                );
            }
        }
    }

    #[test]
    fn a_field_cannot_become_two_or_change_the_framing() {
        for text in [
            "a",
            ":b",
            "a b:c",
            "a:b\r\nc:d",
            "a:b\n",
            "a\r:b",
            "Content-Length: 5",
            "transfer-encoding:chunked",
            "Range:bytes=0-",
            "a:\0",
        ] {
            assert!(Field::parse(text).is_err(), "{text:?}");
        }
        let secret = Field::parse("a:se\x01cret").unwrap_err();
        assert!(!secret.contains("cret"));
        let lines = Field::parse_lines(b"# mine\n\nA: b\r\nC:d\n").unwrap();
        assert_eq!(lines.len(), 2);
        assert!(
            Field::parse_lines(b"A: b\nx\n")
                .unwrap_err()
                .starts_with("line 2")
        );
    }
}
