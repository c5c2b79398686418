//! What was probably meant by an argument that is taken for the path of a file, where there is no such file.

use super::{KINDS, file};
use crate::error::Side;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The end in its URI form, if `argument` looks like one whose scheme was left out: `null`, `example.org:443`, `out#sync`. The `side`
/// is that of the end; `None`: both.
pub(super) fn meant(argument: &OsStr, side: Option<Side>) -> Option<String> {
    let text = argument.to_str()?;
    let (name, options) = match text.split_once('#') {
        Some((name, options)) => (name, Some(options)),
        None => (text, None),
    };
    let with_options = |uri: String| match options {
        Some(options) => format!("{uri}#{options}"),
        None => uri,
    };
    let with_colon = format!("{name}:");
    if KINDS.iter().any(|kind| kind.form == with_colon) {
        return Some(with_options(with_colon));
    }
    if let Some((host, _)) = host_and_port(name) {
        let scheme = if host.is_empty() { "tcp-listen" } else { "tcp" };
        return Some(with_options(format!("{scheme}://{name}")));
    }
    let are_of_a_file = options?.split(',').all(|it| is_option_of_a_file(it, side));
    // A percent sign would begin an encoded byte in the URI form.
    are_of_a_file.then(|| with_options(format!("file:{}", name.replace('%', "%25"))))
}

fn is_option_of_a_file(name: &str, side: Option<Side>) -> bool {
    file::KIND.options_on(side).any(|it| it.name == name)
}

/// `HOST:PORT`, or `:PORT`. Times of day, as in `2026-11-30T12:30`, are not taken for one.
fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number)?;
    (host.is_empty() || is_host(host)).then_some((host, port))
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let address = address.split_once('%').map_or(address, |(it, _zone)| it);
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let domain = text.rsplit_once('.').map(|(_, last)| last);
    let can_be_a_name =
        text.starts_with(is_letter) || domain.is_some_and(|it| it.starts_with(is_letter));
    let is_name = can_be_a_name
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    is_name || text.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::meant;
    use crate::error::Side;
    use std::ffi::OsStr;

    #[test]
    fn an_end_whose_scheme_was_left_out_is_recognized_and_a_name_is_left_alone() {
        for (typed, uri) in [
            ("localhost:9000", Some("tcp://localhost:9000")),
            ("example.org:443", Some("tcp://example.org:443")),
            ("3com.example:80", Some("tcp://3com.example:80")),
            ("my_host:80", Some("tcp://my_host:80")),
            ("10.0.0.1:80", Some("tcp://10.0.0.1:80")),
            ("[::1]:80", Some("tcp://[::1]:80")),
            ("[fe80::1%eth0]:80", Some("tcp://[fe80::1%eth0]:80")),
            ("10.0.0.1:80#nodelay", Some("tcp://10.0.0.1:80#nodelay")),
            (":9000", Some("tcp-listen://:9000")),
            ("null", Some("null:")),
            ("null#rate=1M", Some("null:#rate=1M")),
            ("zero", Some("zero:")),
            ("random", Some("random:")),
            ("stdout", Some("stdout:")),
            ("out#sync", Some("file:out#sync")),
            ("a 100%#atomic,sync", Some("file:a 100%25#atomic,sync")),
            ("out", None),
            ("out#1", None),
            ("out#sync,1", None),
            ("file", None),
            ("tcp", None),
            ("nulls", None),
            ("12:30", None),
            ("2026-11-30T12:30", None),
            ("/srv/a:80", None),
            ("10.0.0.1:", None),
            ("10.0.0.1:+80", None),
            ("10.0.0.1:65536", None),
            ("10.0.0:80", None),
            ("[::1:80", None),
            ("::1", None),
        ] {
            let found = meant(OsStr::new(typed), Some(Side::Sink));
            assert_eq!(found.as_deref(), uri, "{typed}");
        }
        assert_eq!(meant(OsStr::new("in#sync"), Some(Side::Source)), None);
    }
}
