//! The options behind the `#` of a URI: declared in the table, checked here, read by the kinds.

use super::option_value::Value;
use super::{Network, ValueKind, World};
use crate::endpoint::uri::Uri;
use crate::error::{Side, UsageError};
use crate::text::visible::named;
use std::net::SocketAddr;
use std::time::Duration;

/// One option of a kind.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub value: ValueKind,
    /// The only side that it is valid on.
    pub only: Option<Side>,
    /// The default, as help shows it; empty for none.
    pub default: &'static str,
    /// One line of help.
    pub help: &'static str,
}

impl OptionSpec {
    /// Whether it is valid on this side; `None`: on both at once, of an end of both directions.
    pub(super) fn is_for(&self, side: Option<Side>) -> bool {
        self.only.is_none() || self.only == side
    }
}

/// The options of an end, each as it would be written.
#[derive(Debug, Default)]
pub struct Settled {
    /// Those that were given.
    pub given: Vec<String>,
    /// Those that were not given and have a default.
    pub by_default: Vec<String>,
}

/// The options given to one end, checked against its kind.
#[derive(Debug, Default)]
pub struct Options {
    given: Vec<(&'static str, Value)>,
}

impl Options {
    /// Checks the options of `uri` against `all` that there are on either side. The `side` is that of the end; `None`: both, for both
    /// directions at once. An option that is for one side only tells how a transfer in one direction ends, which is not how both do.
    ///
    /// # Errors
    /// For an option that is unknown, given twice or on the wrong side, or whose value is not valid.
    pub fn check(
        uri: &Uri,
        all: &[&'static [OptionSpec]],
        side: Option<Side>,
        world: &dyn World,
    ) -> Result<Self, UsageError> {
        let here: Vec<_> = on(side, all).collect();
        let mut given: Vec<(&'static str, Value)> = Vec::new();
        for (name, value) in &uri.options {
            let Some(spec) = here.iter().find(|spec| spec.name == name) else {
                return Err(unknown(uri, name, all, &here, side));
            };
            let is_there = given.iter().any(|(other, _)| other == name);
            if is_there && !spec.value.repeats() {
                return Err(UsageError::new(format!(
                    "option '{name}' of '{uri}' is given twice"
                )));
            }
            let value = spec.value.parse(value.as_deref(), world).map_err(|why| {
                let value = value
                    .as_deref()
                    .map(|text| format!("={}", named(text)))
                    .unwrap_or_default();
                UsageError::new(format!("option '{}{value}' of '{uri}': {why}", spec.name))
            })?;
            given.push((spec.name, value));
        }
        Ok(Self { given })
    }

    /// Whether the flag was given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A size or count.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A duration.
    #[must_use]
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.value(name)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// An address; port 0 where none was given.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        match self.value(name)? {
            Value::Address(address) => Some(*address),
            _ => None,
        }
    }

    /// Every network that was given.
    #[must_use]
    pub fn networks(&self, name: &str) -> Vec<Network> {
        let values = self.values(name);
        let networks = values.filter_map(|value| match value {
            Value::Network(network) => Some(*network),
            _ => None,
        });
        networks.collect()
    }

    /// The permission bits of a file.
    #[must_use]
    pub fn mode(&self, name: &str) -> Option<u16> {
        match self.value(name)? {
            Value::Mode(mode) => Some(*mode),
            _ => None,
        }
    }

    /// One of the words that the option allows.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&'static str> {
        match self.value(name)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Every text that was given.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).filter_map(|value| match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
    }

    /// The SHA-256 of a certificate.
    #[must_use]
    pub fn pin(&self, name: &str) -> Option<[u8; 32]> {
        match self.value(name)? {
            Value::Pin(digest) => Some(*digest),
            _ => None,
        }
    }

    /// A size and a duration.
    #[must_use]
    pub fn size_and_duration(&self, name: &str) -> Option<(u64, Duration)> {
        match self.value(name)? {
            Value::SizeAndDuration(size, duration) => Some((*size, *duration)),
            _ => None,
        }
    }

    /// Each of `all` options on this side, or both, with the value that was given or else its default.
    #[must_use]
    pub fn settled(&self, all: &[&'static [OptionSpec]], side: Option<Side>) -> Settled {
        let mut settled = Settled::default();
        for spec in on(side, all) {
            let values = self.values(spec.name);
            let given = values.map(|value| format!("{}{}", spec.name, value.text()));
            settled.given.extend(given);
            if !self.has(spec.name) && !spec.default.is_empty() {
                let text = format!("{}={}", spec.name, spec.default);
                settled.by_default.push(text);
            }
        }
        settled
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values(name).next()
    }

    /// The values of an option in the order in which they were given.
    fn values(&self, name: &str) -> impl Iterator<Item = &Value> {
        let given = self.given.iter();
        given.filter_map(move |(given, value)| (*given == name).then_some(value))
    }
}

/// Those of `all` options that there are on this side, or both.
fn on(
    side: Option<Side>,
    all: &[&'static [OptionSpec]],
) -> impl Iterator<Item = &'static OptionSpec> {
    let all = all.iter().copied().flatten();
    all.filter(move |spec| spec.is_for(side))
}

fn unknown(
    uri: &Uri,
    name: &str,
    all: &[&'static [OptionSpec]],
    here: &[&OptionSpec],
    side: Option<Side>,
) -> UsageError {
    let valid: Vec<_> = here.iter().map(|spec| spec.name).collect();
    let valid_text = if valid.is_empty() {
        "it takes none".to_owned()
    } else {
        format!("valid: {}", valid.join(", "))
    };
    if all.iter().copied().flatten().any(|spec| spec.name == name) {
        let place = match side {
            Some(side) => format!("on a {}", side.name().to_uppercase()),
            None => "with --duplex".to_owned(),
        };
        return UsageError::new(format!(
            "option '{name}' of '{uri}' makes no sense {place}; {valid_text}"
        ));
    }
    let hint = crate::text::suggest::nearest(name, valid)
        .map(|near| format!("; did you mean '{near}'?"))
        .unwrap_or_default();
    let name = named(name);
    UsageError::new(format!(
        "unknown option '{name}' of '{uri}'; {valid_text}{hint}"
    ))
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::endpoint::uri::{Rest, Spec};
    use crate::endpoint::{KINDS, System};
    use crate::error::Side;
    use std::ffi::OsStr;

    /// The options that were given, and those by default.
    fn settled(text: &str, side: Side) -> (String, String) {
        let Ok(Spec::Uri(uri)) = Spec::parse(OsStr::new(text), |_| Rest::Decoded) else {
            panic!("{text}");
        };
        let kind = KINDS.iter().find(|kind| kind.scheme == uri.scheme).unwrap();
        let all = kind.all_options();
        let options = Options::check(&uri, &all, Some(side), &System).unwrap();
        let settled = options.settled(&all, Some(side));
        (settled.given.join(","), settled.by_default.join(","))
    }

    #[test]
    fn options_that_are_not_given_have_their_defaults() {
        for (text, side, given, by_default) in [
            ("zero:", Side::Source, "", "size=endless"),
            ("zero:#size=1K", Side::Source, "size=1024", ""),
            ("file:x#sync,append", Side::Sink, "append,sync", ""),
            (
                "null:#stall=1K:1500ms",
                Side::Sink,
                "stall=1024:1s 500ms",
                "",
            ),
            (
                "tcp-listen://:1#from=::1,accept-timeout=1s,from=10.0.0.0/8",
                Side::Source,
                "accept-timeout=1s,from=::1,from=10.0.0.0/8",
                "min-size=1 to replace a file that is not empty,sndbuf=the system's,rcvbuf=the system's",
            ),
            (
                "unix-listen:s#mode=660",
                Side::Sink,
                "mode=0660",
                "accept-timeout=none,close-timeout=10s,sndbuf=the system's,rcvbuf=the system's",
            ),
            (
                "tcp://h:1#nodelay,retry=3,bind=[::1]",
                Side::Source,
                "nodelay,retry=3,bind=::1",
                "connect-timeout=10s,sndbuf=the system's,rcvbuf=the system's",
            ),
        ] {
            let expected = (given.to_owned(), by_default.to_owned());
            assert_eq!(settled(text, side), expected, "{text}");
        }
    }
}
