//! Which proxy the environment names for an object of HTTP, by the rules of curl (curl(1), ENVIRONMENT and `--noproxy`).

use super::url::{Proxy, ProxyChoice};
use crate::endpoint::{Context, World};
use crate::error::UsageError;
use std::ffi::OsString;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

/// The variables for each scheme, the first that is set counts. There is no `HTTP_PROXY`: to a CGI program that is a field of the
/// request, which anybody can send.
const FOR_HTTP: [&str; 3] = ["http_proxy", "all_proxy", "ALL_PROXY"];
const FOR_HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// What the command line and the environment say about proxies for HTTP.
#[derive(Debug)]
pub(in crate::endpoint) struct HttpProxies {
    choice: Choice,
    /// The hosts that are connected with directly, whoever names a proxy.
    except: Vec<u8>,
}

#[derive(Debug)]
enum Choice {
    /// The command line has decided.
    Typed(Option<Arc<Proxy>>),
    /// The environment does, for http and for https.
    Environment {
        http: Option<Variable>,
        https: Option<Variable>,
    },
}

/// A variable that is set, and its value, which may have a password in it.
struct Variable(&'static str, OsString);

impl HttpProxies {
    pub(in crate::endpoint) fn of(context: &Context<'_>) -> Self {
        let world = context.world;
        let choice = match context.proxy {
            ProxyChoice::Unsaid => Choice::Environment {
                http: first_set(&FOR_HTTP, world),
                https: first_set(&FOR_HTTPS, world),
            },
            typed => Choice::Typed(typed.proxy()),
        };
        let except = first_set(&EXCEPT, world);
        let except = except.map(|Variable(_, value)| value.as_bytes().to_vec());
        Self {
            choice,
            except: except.unwrap_or_default(),
        }
    }

    /// The proxy for what is on this host.
    pub(in crate::endpoint) fn to(
        &self,
        is_https: bool,
        host: &str,
    ) -> Result<Option<Arc<Proxy>>, UsageError> {
        if is_excepted(host, &self.except) {
            return Ok(None);
        }
        let variable = match &self.choice {
            Choice::Typed(proxy) => return Ok(proxy.clone()),
            Choice::Environment { http, https } => {
                if is_https {
                    https
                } else {
                    http
                }
            }
        };
        let Some(Variable(name, value)) = variable else {
            return Ok(None);
        };
        let text = value.to_str();
        let text = text.ok_or_else(|| UsageError::new(format!("{name} is not UTF-8")))?;
        Ok(Some(Arc::new(Proxy::of_variable(name, text)?)))
    }
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The first of these variables that is set, and not to nothing.
fn first_set(names: &[&'static str], world: &dyn World) -> Option<Variable> {
    let set = |name: &&'static str| Some(Variable(name, world.variable(name)?));
    let mut set = names.iter().filter_map(set);
    set.find(|Variable(_, value)| !value.is_empty())
}

/// Whether a list has this host: `*` alone has all, and else each entry, between commas or blanks, the hosts that it [`covers`].
fn is_excepted(host: &str, list: &[u8]) -> bool {
    let is_end = |it: &u8| matches!(it, b',' | b' ' | b'\t');
    let entries = list.split(is_end).map(|it| std::str::from_utf8(it).ok());
    list.trim_ascii() == b"*" || entries.flatten().any(|entry| covers(entry, host))
}

/// Whether an entry is this host, the domain that it is in, its address, or a network that has that (RFC 4632). A port in it
/// does not matter.
fn covers(entry: &str, host: &str) -> bool {
    match host.parse() {
        Ok(address) => has_address(entry, address),
        Err(_) => is_domain_of(without_port(entry), host),
    }
}

fn without_port(entry: &str) -> &str {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let is_port = port.bytes().all(|it| it.is_ascii_digit());
            if is_port { host } else { entry }
        }
        _ => entry,
    }
}

fn is_domain_of(entry: &str, host: &str) -> bool {
    let entry = entry.strip_prefix('.').unwrap_or(entry);
    let entry = entry.strip_suffix('.').unwrap_or(entry).as_bytes();
    let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
    let Some(begin) = host.len().checked_sub(entry.len()) else {
        return false;
    };
    let (before, end) = host.split_at(begin);
    let is_whole = before.is_empty() || before.ends_with(b".");
    !entry.is_empty() && is_whole && end.eq_ignore_ascii_case(entry)
}

/// Whether an entry is this address, or a network that has it. Unlike an option of ours, it may have bits behind those that count.
fn has_address(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, Some(bits)),
        None => (without_port(entry), None),
    };
    let inside = network
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    let Ok(network) = inside.unwrap_or(network).parse::<IpAddr>() else {
        return false;
    };
    let (of_host, of_network, width): (u128, u128, u32) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let bits = bits.map_or(Some(width), |bits| bits.parse().ok());
    let behind = bits.and_then(|bits| width.checked_sub(bits));
    behind.is_some_and(|behind| (of_host ^ of_network).checked_shr(behind).unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::{HttpProxies, is_excepted};
    use crate::endpoint::proxy::ProxyChoice;
    use crate::endpoint::{Context, Inherited, SizeAt, World};
    use rustix::io::Errno;
    use std::ffi::OsString;
    use std::io;
    use std::net::{Ipv6Addr, SocketAddr};
    use std::os::fd::RawFd;
    use std::path::Path;

    /// A world of variables.
    struct Variables(Vec<(&'static str, &'static str)>);

    impl World for Variables {
        fn variable(&self, name: &str) -> Option<OsString> {
            let set = self.0.iter().find(|(it, _)| *it == name);
            set.map(|(_, value)| value.into())
        }

        fn exists(&self, _: &Path) -> bool {
            false
        }

        fn size_at(&self, _: &Path) -> io::Result<SizeAt> {
            Err(Errno::NOENT.into())
        }

        fn descriptor_named(&self, _: &Path) -> Option<RawFd> {
            None
        }

        fn inherited(&self, _: RawFd) -> io::Result<Inherited> {
            Err(Errno::BADF.into())
        }

        fn in_zone(&self, _: Ipv6Addr, _: &str, _: u16) -> Option<SocketAddr> {
            None
        }

        fn memory(&self) -> Option<u64> {
            None
        }
    }

    /// The proxies for `http://host` and `https://host`.
    fn proxies(typed: Option<&str>, variables: &[(&'static str, &'static str)]) -> [String; 2] {
        let context = Context {
            world: &Variables(variables.to_vec()),
            proxy: &ProxyChoice::parse(typed).unwrap(),
        };
        let proxies = HttpProxies::of(&context);
        [false, true].map(|is_https| match proxies.to(is_https, "host") {
            Ok(proxy) => proxy.map_or("-".to_owned(), |it| it.to_string()),
            Err(error) => error.to_string(),
        })
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it_and_the_flag_wins() {
        for (typed, variables, http, https) in [
            (None, &[][..], "-", "-"),
            (
                None,
                &[("http_proxy", "http://p:1")],
                "http://p:1 (http_proxy)",
                "-",
            ),
            (None, &[("HTTP_PROXY", "http://p:1")], "-", "-"),
            (
                None,
                &[("https_proxy", "http://p:1")],
                "-",
                "http://p:1 (https_proxy)",
            ),
            (
                None,
                &[("HTTPS_PROXY", "http://p:1")],
                "-",
                "http://p:1 (HTTPS_PROXY)",
            ),
            (
                None,
                &[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")],
                "-",
                "http://b:1080 (https_proxy)",
            ),
            (
                None,
                &[
                    ("all_proxy", "socks5h://a"),
                    ("ALL_PROXY", "http://b"),
                    ("http_proxy", "c:8080/"),
                ],
                "http://c:8080 (http_proxy)",
                "socks5h://a:1080 (all_proxy)",
            ),
            // What is set to nothing is not set.
            (
                None,
                &[
                    ("http_proxy", ""),
                    ("all_proxy", ""),
                    ("ALL_PROXY", "socks5://a:1"),
                ],
                "socks5://a:1 (ALL_PROXY)",
                "socks5://a:1 (ALL_PROXY)",
            ),
            (
                Some("http://t"),
                &[("all_proxy", "socks5h://a")],
                "http://t:1080",
                "http://t:1080",
            ),
            (Some("none"), &[("all_proxy", "socks5h://a")], "-", "-"),
            (Some(""), &[("all_proxy", "socks5h://a")], "-", "-"),
            // curl keeps to NO_PROXY with --proxy too.
            (Some("http://t"), &[("NO_PROXY", "host")], "-", "-"),
            (None, &[("all_proxy", "a"), ("no_proxy", "*")], "-", "-"),
            (
                None,
                &[("all_proxy", "a"), ("no_proxy", "x"), ("NO_PROXY", "host")],
                "http://a:1080 (all_proxy)",
                "http://a:1080 (all_proxy)",
            ),
        ] {
            assert_eq!(
                proxies(typed, variables),
                [http, https],
                "{typed:?} {variables:?}"
            );
        }
        let [http, https] = proxies(None, &[("https_proxy", "https://u:secret@p")]);
        assert_eq!(http, "-", "what is not used is not refused");
        assert!(https.starts_with("https_proxy 'https://p': https:// is no proxy here; valid: "));
    }

    #[test]
    fn exceptions_are_hosts_domains_addresses_and_networks() {
        for (list, host, expected) in [
            ("*", "h", true),
            (" * ", "h", true),
            ("x,*", "h", false),
            ("", "h", false),
            (",, ", "h", false),
            ("example.org", "example.org", true),
            ("example.org", "WWW.Example.ORG", true),
            (".example.org", "example.org", true),
            (".example.org", "www.example.org", true),
            ("example.org", "notexample.org", false),
            ("www.example.org", "example.org", false),
            ("example.org.", "example.org", true),
            ("example.org", "example.org.", true),
            ("a,example.org", "example.org", true),
            ("a, \t example.org ,b", "example.org", true),
            ("a example.org", "example.org", true),
            ("example.org:8080", "example.org", true),
            (".", "example.org", false),
            ("org", "example.org", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7:80", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.70", false),
            (".2.7", "192.0.2.7", false),
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.9/24", "192.0.2.7", true),
            ("192.0.2.0/25", "192.0.2.128", false),
            ("192.0.2.0/33", "192.0.2.0", false),
            ("192.0.2.0/x", "192.0.2.0", false),
            ("0.0.0.0/0", "192.0.2.7", true),
            ("0.0.0.0/0", "::1", false),
            ("192.0.2.0/24", "host", false),
            ("::1", "::1", true),
            ("[::1]", "::1", true),
            ("[::1]:80", "::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
        ] {
            assert_eq!(
                is_excepted(host, list.as_bytes()),
                expected,
                "{list:?} {host}"
            );
        }
        assert!(is_excepted("h", b"\xff,h"));
    }
}
