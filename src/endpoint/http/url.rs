//! What an `http://` or `https://` URL says: a user, a host, a port, and the target that is asked for (RFC 3986; RFC 9110, section 4.2).

use crate::text::visible::named;
use std::ffi::OsStr;
use std::fmt;
use std::net::Ipv6Addr;
use std::os::unix::ffi::OsStrExt;

/// How the server of an object is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Over TCP.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// Its name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The port where none is written.
    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// How its server is reached.
    pub scheme: Scheme,
    /// Whom to log in as, percent-decoded, without a password.
    pub user: Option<Vec<u8>>,
    /// The host, in lower case; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, as typed; bytes that may not stand there are percent-encoded.
    pub target: String,
}

impl Url {
    /// Reads what follows `http://` or `https://`.
    ///
    /// # Errors
    /// When there is no valid host or port, or a password, which everybody can see in the list of processes.
    pub fn parse(scheme: Scheme, text: &[u8]) -> Result<Self, String> {
        let end = text.iter().position(|it| matches!(it, b'/' | b'?'));
        let (authority, target) = text.split_at(end.unwrap_or(text.len()));
        let at = authority.iter().rposition(|it| *it == b'@');
        let (user, place) = match at {
            Some(at) => (Some(user(&authority[..at])?), &authority[at + 1..]),
            None => (None, authority),
        };
        let (host, port) = host_and_port(place, scheme.default_port())?;
        Ok(Self {
            scheme,
            user,
            host,
            port,
            target: absolute(encoded(target)),
        })
    }

    /// Where a `Location` leads from here (RFC 3986, section 5.2). A user in it is left out, and so is a fragment.
    ///
    /// # Errors
    /// When it is no URL, or one of another scheme than http and https.
    pub fn follow(&self, location: &[u8]) -> Result<Self, String> {
        let end = location.iter().position(|it| *it == b'#');
        let location = &location[..end.unwrap_or(location.len())];
        if let Some(scheme) = scheme(location) {
            let rest = location[scheme.len()..].strip_prefix(b"://");
            let known = |it: &Scheme| scheme.eq_ignore_ascii_case(it.name().as_bytes());
            return match (Scheme::ALL.into_iter().find(known), rest) {
                (Some(scheme), Some(rest)) => Self::elsewhere(scheme, rest),
                _ => Err(format!("{} is no http:// or https:// URL", shown(location))),
            };
        }
        if let Some(rest) = location.strip_prefix(b"//") {
            return Self::elsewhere(self.scheme, rest);
        }
        let path = self.target.split('?').next().unwrap_or_default();
        let joined = match location {
            [] => self.target.clone(),
            [b'/', ..] => encoded(location),
            [b'?', ..] => format!("{path}{}", encoded(location)),
            _ => {
                let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
                format!("{folder}{}", encoded(location))
            }
        };
        Ok(Self {
            user: None,
            target: without_dots(&joined),
            ..self.clone()
        })
    }

    fn elsewhere(scheme: Scheme, rest: &[u8]) -> Result<Self, String> {
        let end = rest.iter().position(|it| matches!(it, b'/' | b'?'));
        let authority = &rest[..end.unwrap_or(rest.len())];
        let begin = authority.iter().rposition(|it| *it == b'@');
        Self::parse(scheme, &rest[begin.map_or(0, |at| at + 1)..])
    }

    /// Whether both are served in the same way by the same host at the same port, so that credentials for one may be sent to the
    /// other (RFC 9110, section 4.3.1).
    #[must_use]
    pub fn has_same_origin(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// The value of `Host`: without the default port, and without the zone of an address, which is of no use to others.
    #[must_use]
    pub fn host_field(&self) -> String {
        let host = self.host.split('%').next().unwrap_or_default();
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        match self.port {
            port if port == self.scheme.default_port() => host,
            port => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        let (host, target) = (self.host_field(), named(&self.target));
        write!(f, "{scheme}://{host}{target}")
    }
}

fn shown(text: &[u8]) -> String {
    format!("'{}'", named(OsStr::from_bytes(text)))
}

/// The scheme, without its colon, if there is one (RFC 3986, section 3.1).
fn scheme(text: &[u8]) -> Option<&[u8]> {
    let end = text
        .iter()
        .position(|it| matches!(it, b':' | b'/' | b'?'))?;
    let (scheme, rest) = text.split_at(end);
    let is_scheme = scheme.first()?.is_ascii_alphabetic()
        && scheme
            .iter()
            .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(it));
    (is_scheme && rest.starts_with(b":")).then_some(scheme)
}

fn user(text: &[u8]) -> Result<Vec<u8>, String> {
    if text.contains(&b':') {
        return Err("a password in an argument is seen by everybody (ps); write 'Authorization: Basic …' into a file and give it as #header-file=FILE".to_owned());
    }
    let user: Vec<u8> = percent_encoding::percent_decode(text).collect();
    if user.iter().any(|it| it.is_ascii_control() || *it == b':') {
        return Err(format!("{} is no name of a user", shown(text)));
    }
    Ok(user)
}

fn host_and_port(place: &[u8], default_port: u16) -> Result<(String, u16), String> {
    let text = std::str::from_utf8(place).ok().filter(|it| it.is_ascii());
    let text = text.ok_or_else(|| {
        let place = shown(place);
        format!("the host {place} is not ASCII; write a name in its ASCII form (xn--…)")
    })?;
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    let is_number = port.bytes().all(|it| it.is_ascii_digit());
    let port = match port {
        "" => Some(default_port),
        port => port.parse().ok().filter(|it| is_number && *it > 0),
    };
    let port = port.ok_or_else(|| format!("{} has no valid port", shown(place)))?;
    let host = match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(inside) => {
            let address = inside.split('%').next().unwrap_or_default();
            let is_address = address.parse::<Ipv6Addr>().is_ok();
            is_address.then_some(inside)
        }
        None => Some(host).filter(|it| !it.is_empty() && it.bytes().all(is_of_a_name)),
    };
    let host = host.ok_or_else(|| format!("{} has no valid host", shown(place)))?;
    Ok((host.to_ascii_lowercase(), port))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

/// A path, if there is none, before the query.
fn absolute(target: String) -> String {
    if target.starts_with('/') {
        target
    } else {
        format!("/{target}")
    }
}

/// The target with each byte percent-encoded that may not stand in it. What is encoded already stays so.
fn encoded(target: &[u8]) -> String {
    let mut text = String::with_capacity(target.len());
    for byte in target {
        if byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(percent_encoding::percent_encode_byte(*byte));
        }
    }
    text
}

/// The target without `.` and `..` in its path (RFC 3986, section 5.2.4).
fn without_dots(target: &str) -> String {
    let (path, query) = match target.find('?') {
        Some(at) => target.split_at(at),
        None => (target, ""),
    };
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<_> = path.split('/').skip(1).collect();
    for (place, segment) in segments.iter().enumerate() {
        let is_last = place + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Url};
    use proptest::prelude::*;

    fn parse(text: &[u8]) -> Result<Url, String> {
        Url::parse(Scheme::Http, text)
    }

    fn url(text: &str) -> Url {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_url_is_taken_apart_and_its_target_kept_as_typed() {
        for (text, host, port, target, field) in [
            ("example.org", "example.org", 80, "/", "example.org"),
            (
                "Example.org:8080/a%20b?c=%2F&d",
                "example.org",
                8080,
                "/a%20b?c=%2F&d",
                "example.org:8080",
            ),
            ("h?q", "h", 80, "/?q", "h"),
            ("h:/x", "h", 80, "/x", "h"),
            ("[::1]:81/", "::1", 81, "/", "[::1]:81"),
            ("[fe80::1%eth0]/x", "fe80::1%eth0", 80, "/x", "[fe80::1]"),
            ("h/a b\u{e4}<>|", "h", 80, "/a%20b%C3%A4%3C%3E%7C", "h"),
            ("h/a/../b/./c", "h", 80, "/a/../b/./c", "h"),
            ("u%40x@h/p@q", "h", 80, "/p@q", "h"),
        ] {
            let it = url(text);
            assert_eq!(
                (&*it.host, it.port, &*it.target),
                (host, port, target),
                "{text}"
            );
            assert_eq!(it.host_field(), field, "{text}");
        }
        assert_eq!(url("u%40x@h").user.unwrap(), b"u@x");
    }

    #[test]
    fn https_has_a_port_of_its_own_and_is_another_origin() {
        let secure = Url::parse(Scheme::Https, b"h/x").unwrap();
        assert_eq!((secure.port, &*secure.host_field()), (443, "h"));
        assert_eq!(secure.follow(b"//g/").unwrap().to_string(), "https://g/");
        assert!(!secure.has_same_origin(&secure.follow(b"http://h:443/x").unwrap()));
        assert!(secure.has_same_origin(&secure.follow(b"https://h:443/y").unwrap()));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "", "/x", ":80", "h:0", "h:65536", "h:+1", "[::g]", "[::1", "h[", "a b", "\u{e4}",
            "u:p@h", "u%0a@h",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        let password = parse(b"me:secret@h/").unwrap_err();
        assert!(password.contains("header-file") && !password.contains("secret"));
    }

    #[test]
    fn a_location_leads_where_rfc_3986_says() {
        let base = url("me@a:81/b/c/d?q");
        for (location, expected) in [
            ("http://g/x#f", "http://g/x"),
            ("HTTP://evil@g", "http://g/"),
            ("//g:82/y", "http://g:82/y"),
            ("/./g/../h", "http://a:81/h"),
            ("g", "http://a:81/b/c/g"),
            ("../g?y", "http://a:81/b/g?y"),
            ("../../../g", "http://a:81/g"),
            ("?y", "http://a:81/b/c/d?y"),
            ("", "http://a:81/b/c/d?q"),
            ("..", "http://a:81/b/"),
            ("./", "http://a:81/b/c/"),
            ("g:h/i j", ""),
            ("HTTPS://g/y", "https://g/y"),
            ("https://g:80/", "https://g:80/"),
            ("ftp://g/", ""),
            ("http:g", ""),
        ] {
            let led = base.follow(location.as_bytes());
            let shown = led.as_ref().map_or(String::new(), ToString::to_string);
            assert_eq!(shown, expected, "{location}");
            assert!(!led.is_ok_and(|it| it.user.is_some()), "{location}");
        }
    }

    proptest! {
        #[test]
        fn any_target_is_made_of_bytes_that_may_stand_in_a_request(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let parsed = [parse(&bytes), url("h/p?q").follow(&bytes)];
            for it in parsed.into_iter().flatten() {
                prop_assert!(it.target.starts_with('/') && it.target.bytes().all(|it| it.is_ascii_graphic()));
                let again = parse(format!("h{}", it.target).as_bytes()).unwrap();
                prop_assert_eq!(again.target, it.target, "encoded once");
            }
        }
    }
}
