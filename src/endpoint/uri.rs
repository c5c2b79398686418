//! Parses what stands for an end on the command line: a bare path, or `SCHEME:REST#option,option=value`; where REST is for others
//! to read, `SCHEME:#option,option=value REST`.
//!
//! It works on bytes, since paths need not be UTF-8, and does not know schemes; the table does.

use crate::error::UsageError;
use crate::text::visible::named;
use percent_encoding::percent_decode;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::Ipv6Addr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// An end as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// `-`.
    Dash,
    /// A bare path, taken literally.
    Path(OsString),
    /// The URI form.
    Uri(Uri),
}

/// How the REST of a scheme is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Percent-decoded; options follow it.
    Decoded,
    /// As it stands; options follow it.
    Raw,
    /// As it stands, whatever is in it; options stand before it.
    Literal,
}

/// `SCHEME:REST#OPTIONS`, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// In lower case.
    pub scheme: String,
    /// Whether `//` follows the scheme.
    pub has_authority: bool,
    /// What stands behind the scheme (and `//`), without the options.
    pub rest: Vec<u8>,
    /// In the order given; names as typed, values decoded.
    pub options: Vec<(String, Option<String>)>,
}

impl Spec {
    /// Takes an argument apart; `rest_of` says how what follows a scheme, in lower case, is read. Anything that does not start
    /// like a URI is a path.
    ///
    /// # Errors
    /// When the options of a URI are not UTF-8 or have no name.
    pub fn parse(argument: &OsStr, rest_of: impl FnOnce(&str) -> Rest) -> Result<Self, UsageError> {
        let bytes = argument.as_bytes();
        if bytes == b"-" {
            return Ok(Self::Dash);
        }
        let Some(scheme) = scheme_of(bytes) else {
            return Ok(Self::Path(argument.to_owned()));
        };
        let after = &bytes[scheme.len() + 1..];
        let (has_authority, after) = match after.strip_prefix(b"//") {
            Some(after) => (true, after),
            None => (false, after),
        };
        let scheme = scheme.to_ascii_lowercase();
        let how = rest_of(&scheme);
        let (rest, fragment) = split(after, how);
        Ok(Self::Uri(Uri {
            scheme,
            has_authority,
            rest: match zoned(rest).filter(|_| has_authority) {
                _ if how != Rest::Decoded => rest.to_owned(),
                Some(address) => address.into(),
                None => percent_decode(rest).collect(),
            },
            options: parse_options(fragment)?,
        }))
    }
}

/// The rest, and the options behind `#`. Before a literal rest they end at the first space.
fn split(after: &[u8], how: Rest) -> (&[u8], &[u8]) {
    match how {
        Rest::Decoded | Rest::Raw => match after.iter().position(|&byte| byte == b'#') {
            Some(at) => (&after[..at], &after[at + 1..]),
            None => (after, &[]),
        },
        Rest::Literal => {
            let Some(options) = after.strip_prefix(b"#") else {
                return (after, &[]);
            };
            let end = options.iter().position(u8::is_ascii_whitespace);
            let (fragment, rest) = options.split_at(end.unwrap_or(options.len()));
            (rest.trim_ascii_start(), fragment)
        }
    }
}

impl Uri {
    /// The rest as a path.
    #[must_use]
    pub fn path(&self) -> OsString {
        OsString::from_vec(self.rest.clone())
    }
}

/// An end as typed, without its options; of a bare path all of it.
#[must_use]
pub fn without_options(argument: &str, rest_of: impl FnOnce(&str) -> Rest) -> Cow<'_, str> {
    let Some(scheme) = scheme_of(argument.as_bytes()) else {
        return argument.into();
    };
    match (
        rest_of(&scheme.to_ascii_lowercase()),
        argument.split_once('#'),
    ) {
        (Rest::Decoded | Rest::Raw, Some((end, _))) => end.into(),
        (Rest::Literal, Some((start, options))) if start.len() == scheme.len() + 1 => {
            let rest = options
                .split_once(char::is_whitespace)
                .unwrap_or_default()
                .1;
            format!("{start}{}", rest.trim_start()).into()
        }
        _ => argument.into(),
    }
}

/// The scheme in RFC 3986's form (section 3.1), if the text starts with one and a colon.
fn scheme_of(bytes: &[u8]) -> Option<&str> {
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    let scheme = std::str::from_utf8(&bytes[..colon]).ok()?;
    let is_valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_valid.then_some(scheme)
}

fn parse_options(fragment: &[u8]) -> Result<Vec<(String, Option<String>)>, UsageError> {
    let decode = |bytes: &[u8]| {
        String::from_utf8(percent_decode(bytes).collect())
            .map_err(|_| UsageError::new("the options behind '#' are not UTF-8"))
    };
    let items = fragment
        .split(|&byte| byte == b',')
        .filter(|_| !fragment.is_empty());
    items
        .map(|item| {
            let equals = item.iter().position(|&byte| byte == b'=');
            let name = decode(&item[..equals.unwrap_or(item.len())])?;
            if name.is_empty() {
                return Err(UsageError::new(
                    "an option behind '#' has no name (write #option,option=value)",
                ));
            }
            let value = equals.map(|at| &item[at + 1..]);
            let value = value.map(|value| match zoned(value) {
                Some(address) => Ok(address.to_owned()),
                None => decode(value),
            });
            let value = value.transpose()?;
            Ok((name, value))
        })
        .collect()
}

/// The value itself if it is an IPv6 address with its zone (RFC 4007, section 11): what follows the `%` there is the name
/// of an interface, such as `be0`, and no byte. `%25` before the zone stands for that `%` (RFC 6874).
fn zoned(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let (address, zone) = text.trim_start_matches('[').split_once('%')?;
    let is_encoded = zone.strip_prefix("25").is_some_and(|zone| !zone.is_empty());
    let is_address = address.parse::<Ipv6Addr>().is_ok();
    (is_address && !is_encoded).then_some(text)
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slashes = if self.has_authority { "//" } else { "" };
        let rest = named(OsStr::from_bytes(&self.rest));
        write!(f, "{}:{slashes}{rest}", self.scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rest, Spec, Uri, without_options};
    use crate::error::UsageError;
    use proptest::prelude::*;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    /// The rest of `run:` is literal.
    fn rest_of(scheme: &str) -> Rest {
        if scheme == "run" {
            Rest::Literal
        } else {
            Rest::Decoded
        }
    }

    fn parse(argument: &OsStr) -> Result<Spec, UsageError> {
        Spec::parse(argument, rest_of)
    }

    fn uri(text: &str) -> Uri {
        match parse(OsStr::new(text)) {
            Ok(Spec::Uri(uri)) => uri,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn bare_paths_are_literal_whatever_is_in_them() {
        for path in [
            "a,b?c#d.txt",
            "/tmp/x:y",
            "./tcp://x",
            "1:2",
            "%41",
            "",
            "a b:c",
            "--",
        ] {
            assert_eq!(
                parse(OsStr::new(path)),
                Ok(Spec::Path(path.into())),
                "{path}"
            );
        }
        let bytes = OsStr::from_bytes(b"\xff\xfe:x");
        assert_eq!(parse(bytes), Ok(Spec::Path(bytes.to_owned())));
        assert_eq!(parse(OsStr::new("-")), Ok(Spec::Dash));
    }

    #[test]
    fn uris_are_taken_apart_and_decoded() {
        let it = uri("TCP://[::1]:80#nodelay,close-timeout=2s");
        assert_eq!(
            (it.scheme.as_str(), it.has_authority, it.rest.as_slice()),
            ("tcp", true, &b"[::1]:80"[..])
        );
        assert_eq!(
            it.options,
            [
                ("nodelay".into(), None),
                ("close-timeout".into(), Some("2s".into()))
            ]
        );
        assert_eq!(uri("file:a%20b%23c%FF#sync").rest, b"a b#c\xff");
        assert_eq!(uri("file:///tmp/a").rest, b"/tmp/a");
        assert_eq!(uri("tcp://[fe80::1%41]:9").rest, b"[fe80::1%41]:9");
        assert_eq!(uri("tcp://[fe80::1%25be0]:9").rest, b"[fe80::1%be0]:9");
        assert_eq!(
            uri("null:#stall=1M:2s").options,
            [("stall".into(), Some("1M:2s".into()))]
        );
        assert_eq!(uri("zero:#").options, []);
        assert_eq!(
            uri("zero:#size=").options,
            [("size".into(), Some(String::new()))]
        );
    }

    #[test]
    fn the_zone_of_an_address_is_no_encoded_byte() {
        for (typed, value) in [
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("fe80::1%be0", "fe80::1%be0"),
            ("[fe80::1%be0]:9", "[fe80::1%be0]:9"),
            ("fe80::1%41", "fe80::1%41"),
            ("fe80::1%25", "fe80::1%25"),
            ("fe80::1%25be0", "fe80::1%be0"),
            ("a%41", "aA"),
        ] {
            let it = uri(&format!("tcp://h:1#bind={typed}"));
            assert_eq!(it.options, [("bind".into(), Some(value.into()))], "{typed}");
        }
    }

    #[test]
    fn options_without_a_name_are_refused() {
        for text in ["zero:#,", "zero:#=1", "zero:#size=1,,", "zero:#%FF"] {
            assert!(parse(OsStr::new(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_literal_rest_is_taken_as_it_stands_and_its_options_are_before_it() {
        for text in [
            "a%20b | tr , '#' >x",
            "%zz#sync",
            " # no options",
            "",
            "/bin/x",
        ] {
            let it = uri(&format!("RUN:{text}"));
            assert_eq!(
                (it.rest.as_slice(), &it.options[..]),
                (text.as_bytes(), &[][..])
            );
        }
        let sized = [
            ("mark".to_owned(), Some("4,M".to_owned())),
            ("slow".to_owned(), None),
        ];
        for (text, rest, options) in [
            (
                "run:#mark=4%2CM,slow cat #mark=1",
                "cat #mark=1",
                &sized[..],
            ),
            ("run:#mark=4%2CM,slow", "", &sized),
            ("run:#\t cat", "cat", &[]),
        ] {
            let it = uri(text);
            assert_eq!(
                (it.rest.as_slice(), &it.options[..]),
                (rest.as_bytes(), options),
                "{text}"
            );
        }
    }

    #[test]
    fn options_are_left_out_of_a_name_and_nothing_else() {
        for (typed, short) in [
            ("a#1:b#2", "a#1:b#2"),
            ("tcp://h:1#retry=3", "tcp://h:1"),
            ("run:echo '#' x", "run:echo '#' x"),
            ("Run:#mark=1,slow  echo '#'", "Run:echo '#'"),
            ("run:#mark=1", "run:"),
        ] {
            assert_eq!(without_options(typed, rest_of), short);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let argument = OsString::from_vec(bytes);
            let _ = parse(&argument);
        }

        #[test]
        fn an_encoded_path_is_the_path(path in prop::collection::vec(1u8.., 1..40)) {
            let encoded: Vec<_> = path.iter().map(|byte| format!("%{byte:02X}")).collect();
            let encoded = encoded.concat();
            prop_assert_eq!(uri(&format!("file:{encoded}")).rest, path);
        }
    }
}
