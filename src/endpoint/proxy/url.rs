//! `socks5h://[USER[:PASSWORD]@]HOST[:PORT]`: a proxy, and who we are to it.

use crate::error::UsageError;
use crate::text::visible::named;
use std::fmt;
use std::sync::Arc;

/// The port where none is written, as curl has it.
const DEFAULT_PORT: u16 = 1080;

/// The most bytes of a user and of a password, each (RFC 1929, section 2).
const MOST_OF_LOGIN: usize = 255;

const VALID: &str = "valid: socks5h://HOST[:PORT] (it looks names up), socks5://HOST[:PORT] (they are looked up here), \
                     http://HOST[:PORT] (CONNECT), none";

/// What the command line says of a proxy.
#[derive(Debug, Default)]
pub enum ProxyChoice {
    /// Nothing: for HTTP the environment decides.
    #[default]
    Unsaid,
    /// That there is none, whatever the environment says.
    Direct,
    /// This one.
    By(Arc<Proxy>),
}

/// A proxy. It is shown without the user and the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) protocol: Protocol,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
    /// The variable that names it, if it was no flag.
    pub(super) variable: Option<&'static str>,
}

/// What a proxy speaks, and who looks names up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// SOCKS5, to addresses.
    Socks5,
    /// SOCKS5, to names.
    Socks5h,
    /// HTTP by CONNECT, to names.
    Http,
}

/// Who we are to a proxy.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Vec<u8>,
    pub(super) password: Option<Vec<u8>>,
}

impl ProxyChoice {
    /// What `--proxy` or its variable says.
    ///
    /// # Errors
    /// When that is no proxy.
    pub fn parse(text: Option<&str>) -> Result<Self, UsageError> {
        Ok(match text {
            None => Self::Unsaid,
            Some("" | "none") => Self::Direct,
            Some(text) => {
                let proxy = Proxy::parse(text).map_err(|why| wrong("--proxy", text, &why))?;
                Self::By(Arc::new(proxy))
            }
        })
    }

    /// The proxy that was asked for.
    pub(in crate::endpoint) fn proxy(&self) -> Option<Arc<Proxy>> {
        match self {
            Self::By(proxy) => Some(Arc::clone(proxy)),
            Self::Unsaid | Self::Direct => None,
        }
    }
}

impl Proxy {
    /// The proxy that a variable names, which may do without a scheme, as with curl: then it is http.
    #[cfg(feature = "http")]
    pub(super) fn of_variable(name: &'static str, text: &str) -> Result<Self, UsageError> {
        let whole = if split_scheme(text).is_some() {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let proxy = Self::parse(&whole).map_err(|why| wrong(name, text, &why))?;
        Ok(Self {
            variable: Some(name),
            ..proxy
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = split_scheme(text).ok_or("there is no scheme")?;
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "socks5" => Protocol::Socks5,
            "socks5h" => Protocol::Socks5h,
            "http" => Protocol::Http,
            _ => return Err(format!("{}:// is no proxy here", named(scheme))),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Login::parse(login)?, place),
            None => (None, rest),
        };
        let (host, port) = host_and_port(place)?;
        Ok(Self {
            protocol,
            host,
            port,
            login,
            variable: None,
        })
    }

    /// Host and port, as people write them.
    pub(in crate::endpoint) fn place(&self) -> String {
        let (host, port) = (named(&self.host), self.port);
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    /// How it is written with this before its host.
    pub(super) fn with_login(&self, login: &str) -> String {
        let scheme = match self.protocol {
            Protocol::Socks5 => "socks5",
            Protocol::Socks5h => "socks5h",
            Protocol::Http => "http",
        };
        format!("{scheme}://{login}{}", self.place())
    }
}

impl Login {
    /// Reads `USER` or `USER:PASSWORD`, percent-encoded. Nothing in an error tells what they are.
    fn parse(text: &str) -> Result<Option<Self>, String> {
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
        let (user, password) = match text.split_once(':') {
            Some((user, password)) => (decoded(user), Some(decoded(password))),
            None => (decoded(text), None),
        };
        if user.is_empty() && password.is_none() {
            return Ok(None);
        }
        let all = user.iter().chain(password.iter().flatten());
        // A colon would end the user where others read it (RFC 7617, section 2).
        if user.is_empty() || user.contains(&b':') || all.clone().any(u8::is_ascii_control) {
            return Err("the user or the password is not valid".to_owned());
        }
        let longest = user.len().max(password.as_ref().map_or(0, Vec::len));
        if longest > MOST_OF_LOGIN {
            return Err(format!(
                "the user or the password has more than {MOST_OF_LOGIN} bytes"
            ));
        }
        Ok(Some(Self { user, password }))
    }
}

/// Whether a password stands in what is to be a proxy, even if it is none.
#[must_use]
pub fn has_password(text: &str) -> bool {
    let rest = split_scheme(text).map_or(text, |(_, rest)| rest);
    let login = rest.rsplit_once('@').map(|(login, _)| login);
    login.is_some_and(|login| login.contains(':'))
}

/// The scheme and what follows it, if the text begins with what can be one (RFC 3986, section 3.1): what stands before a later `://` may
/// be a password.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = |it: u8| it.is_ascii_alphanumeric() || b"+-.".contains(&it);
    let is_one = !scheme.is_empty() && scheme.bytes().all(is_scheme);
    is_one.then_some((scheme, rest))
}

/// The refusal of a proxy, which shows no user and no password.
fn wrong(by: &str, text: &str, why: &str) -> UsageError {
    let shown = match (split_scheme(text), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        (None, Some((_, place))) => place.to_owned(),
        (_, None) => text.to_owned(),
    };
    UsageError::new(format!("{by} '{}': {why}; {VALID}", named(shown)))
}

fn host_and_port(place: &str) -> Result<(String, u16), String> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    };
    let is_number = |port: &str| port.bytes().all(|it| it.is_ascii_digit());
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => {
            let number = port.parse().ok().filter(|it| *it > 0 && is_number(port));
            number.ok_or_else(|| format!("'{}' is not a port number", named(port)))?
        }
    };
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/?#[]@\\".contains(c);
    if host.is_empty() || host.contains(is_odd) || bare.is_none() && host.contains(':') {
        return Err(format!(
            "'{}' is not a host (write an IPv6 address in brackets)",
            named(host)
        ));
    }
    Ok((host.to_owned(), port))
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_login(""))?;
        match self.variable {
            Some(variable) => write!(f, " ({variable})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Proxy, ProxyChoice, has_password};
    use proptest::prelude::*;

    #[test]
    fn a_proxy_is_taken_apart_and_shown_without_a_login() {
        for (text, shown, login) in [
            ("socks5h://p", "socks5h://p:1080", None),
            ("SOCKS5://p:9050/", "socks5://p:9050", None),
            ("http://@p", "http://p:1080", None),
            ("http://[::1]:3128", "http://[::1]:3128", None),
            ("http://[::1]", "http://[::1]:1080", None),
            ("socks5h://me@p:1", "socks5h://p:1", Some(("me", None))),
            (
                "http://a%40b:c%3Ad@p",
                "http://p:1080",
                Some(("a@b", Some("c:d"))),
            ),
            ("http://me:@p", "http://p:1080", Some(("me", Some("")))),
            (
                "http://me:a@b/c@p",
                "http://p:1080",
                Some(("me", Some("a@b/c"))),
            ),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown, "{text}");
            let found = proxy
                .login
                .as_ref()
                .map(|it| (&*it.user, it.password.as_deref()));
            let login = login.map(|(user, password): (&str, Option<&str>)| {
                (user.as_bytes(), password.map(str::as_bytes))
            });
            assert_eq!(found, login, "{text}");
            assert_eq!(format!("{proxy:?}"), format!("Proxy({shown})"));
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_with_what_is_valid_and_without_a_password() {
        let long = format!("socks5://{}@p", "u".repeat(256));
        for (text, why) in [
            ("p:1080", "'p:1080': there is no scheme"),
            ("socks4://p", "socks4:// is no proxy here"),
            ("socks4a://p", "socks4a:// is no proxy here"),
            ("https://p", "https:// is no proxy here"),
            ("socks5h://", "'' is not a host"),
            ("socks5h://:1080", "'' is not a host"),
            ("socks5h://p:", "'' is not a port number"),
            ("socks5h://p:0", "'0' is not a port number"),
            ("socks5h://p:65536", "'65536' is not a port number"),
            ("socks5h://p:+1", "'+1' is not a port number"),
            (
                "socks5h://::1",
                "is not a host (write an IPv6 address in brackets)",
            ),
            ("socks5h://p/x", "'p/x' is not a host"),
            ("socks5h://a b", "is not a host"),
            (
                "socks5h://:topsecret@p",
                "'socks5h://p': the user or the password is not valid",
            ),
            (
                "http://a%0d:topsecret@p",
                "the user or the password is not valid",
            ),
            (
                "http://a%3Ab:topsecret@p",
                "the user or the password is not valid",
            ),
            (
                "http://a:topsecret@p:x",
                "'http://p:x': 'x' is not a port number",
            ),
            ("a:topsecret@p", "'p': there is no scheme"),
            (":topsecret@://://", "'://://': there is no scheme"),
            ("a:topsecret://@p", "'p': there is no scheme"),
            ("ftp://a:topsecret@p", "'ftp://p': ftp:// is no proxy here"),
            (&long, "more than 255 bytes"),
        ] {
            let told = ProxyChoice::parse(Some(text)).unwrap_err().to_string();
            assert!(told.contains(why), "{text}: {told}");
            assert!(
                told.contains("; valid: socks5h://") && !told.contains("secret"),
                "{told}"
            );
        }
    }

    #[test]
    fn none_and_nothing_are_no_proxy() {
        assert!(matches!(ProxyChoice::parse(None), Ok(ProxyChoice::Unsaid)));
        for text in ["", "none"] {
            let choice = ProxyChoice::parse(Some(text));
            assert!(matches!(choice, Ok(ProxyChoice::Direct)), "{text}");
        }
    }

    #[test]
    fn a_password_is_found_wherever_one_would_be_read() {
        for (text, has) in [
            ("socks5h://me:x@p", true),
            ("socks5h://me:@p:1", true),
            ("me:x@p", true),
            ("ftp://me:a/b@p", true),
            ("socks5h://me@p:1", false),
            ("socks5h://p:1", false),
            ("p:1", false),
        ] {
            assert_eq!(has_password(text), has, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_shown_whatever_stands_around_it(
            before in "[a-z5:/@%]{0,12}", after in "[a-z:/@%0-9]{0,12}"
        ) {
            let text = format!("{before}:PASSWORD@{after}");
            let told = match ProxyChoice::parse(Some(&text)) {
                Ok(ProxyChoice::By(proxy)) => format!("{proxy} {}", proxy.place()),
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            };
            prop_assert!(!told.contains("PASSWORD"), "{}", told);
        }
    }
}
