//! The values of the options behind the `#` of a URI: how each kind is written, and read.

use super::address::parse_address;
use super::{Network, World};
use crate::text::duration::parse_duration;
use crate::text::size::parse_size;
use crate::text::visible::named;
use data_encoding::HEXLOWER;
use std::net::SocketAddr;
use std::time::Duration;

/// What an option's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// The option has no value.
    Flag,
    /// A SIZE in bytes, at least 1.
    Size,
    /// A SIZE in bytes, which may be 0.
    SizeOrZero,
    /// A duration.
    Duration,
    /// A whole number.
    Count,
    /// An IP address, with a port or without.
    Address,
    /// An IP address, or a network of them.
    Network,
    /// `SIZE:D`.
    SizeAndDuration,
    /// Who may use a file, in octal digits (chmod(1)).
    Mode,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text that is not empty, called so in help: the name of a file or a host.
    Text(&'static str),
    /// The same; there may be several.
    Texts(&'static str),
    /// The digest of a certificate, `sha256:` and 64 hexadecimal digits.
    Pin,
}

impl ValueKind {
    /// How the value is written.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            ValueKind::Flag => "",
            ValueKind::Size | ValueKind::SizeOrZero => "SIZE",
            ValueKind::Duration => "D",
            ValueKind::Count => "N",
            ValueKind::Address => "ADDR",
            ValueKind::Network => "ADDR[/BITS]",
            ValueKind::SizeAndDuration => "SIZE:D",
            ValueKind::Mode => "MODE",
            ValueKind::Word(_) => "HOW",
            ValueKind::Text(placeholder) | ValueKind::Texts(placeholder) => placeholder,
            ValueKind::Pin => "sha256:HEX",
        }
    }

    /// Whether the option may be given several times: all its values count.
    #[must_use]
    pub fn repeats(self) -> bool {
        matches!(self, ValueKind::Network | ValueKind::Texts(_))
    }

    pub(super) fn parse(self, text: Option<&str>, world: &dyn World) -> Result<Value, String> {
        let Some(text) = text else {
            return match self {
                ValueKind::Flag => Ok(Value::Flag),
                other => Err(format!("needs a value (={})", other.placeholder())),
            };
        };
        match self {
            ValueKind::Flag => Err("takes no value".to_owned()),
            ValueKind::Size => crate::text::size::parse_positive_size(text).map(Value::Number),
            ValueKind::SizeOrZero => parse_size(text)
                .map(Value::Number)
                .map_err(|e| e.to_string()),
            ValueKind::Duration => parse_duration(text).map(Value::Duration),
            ValueKind::Count => text
                .parse()
                .map(Value::Number)
                .map_err(|_| "not a whole number".to_owned()),
            ValueKind::Address => parse_address(text, world).map(Value::Address),
            ValueKind::Network => Network::parse(text).map(Value::Network),
            ValueKind::SizeAndDuration => {
                let (size, duration) = text.split_once(':').ok_or("write SIZE:D, as in 1M:2s")?;
                let size = parse_size(size).map_err(|e| e.to_string())?;
                Ok(Value::SizeAndDuration(size, parse_duration(duration)?))
            }
            ValueKind::Mode => parse_mode(text).map(Value::Mode),
            ValueKind::Word(words) => match words.iter().find(|it| **it == text) {
                Some(known) => Ok(Value::Word(known)),
                None => Err(format!("write {}", words.join(" or "))),
            },
            ValueKind::Text(placeholder) | ValueKind::Texts(placeholder) if text.is_empty() => {
                Err(format!("needs a value (={placeholder})"))
            }
            ValueKind::Text(_) | ValueKind::Texts(_) => Ok(Value::Text(text.to_owned())),
            ValueKind::Pin => parse_pin(text).map(Value::Pin),
        }
    }
}

/// A value that was given.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Flag,
    Number(u64),
    Duration(Duration),
    Address(SocketAddr),
    Network(Network),
    SizeAndDuration(u64, Duration),
    Mode(u16),
    Word(&'static str),
    Text(String),
    Pin([u8; 32]),
}

impl Value {
    /// The value as it would be written behind the name, with sizes in bytes.
    pub(super) fn text(&self) -> String {
        match self {
            Value::Flag => String::new(),
            Value::Number(number) => format!("={number}"),
            Value::Duration(time) => format!("={}", humantime::format_duration(*time)),
            Value::Address(SocketAddr::V6(it)) if it.port() == 0 && it.scope_id() != 0 => {
                format!("={}%{}", it.ip(), it.scope_id())
            }
            Value::Address(address) if address.port() == 0 => format!("={}", address.ip()),
            Value::Address(address) => format!("={address}"),
            Value::Network(network) => format!("={network}"),
            Value::SizeAndDuration(size, time) => {
                format!("={size}:{}", humantime::format_duration(*time))
            }
            Value::Mode(mode) => format!("={mode:04o}"),
            Value::Word(word) => format!("={word}"),
            Value::Text(text) => format!("={}", named(text)),
            Value::Pin(digest) => format!("=sha256:{}", HEXLOWER.encode(digest)),
        }
    }
}

/// The SHA-256 of a certificate. Between its digits there may be colons, as openssl(1) prints them.
fn parse_pin(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let digits = digits.replace(':', "").to_ascii_lowercase();
    let digest = HEXLOWER.decode(digits.as_bytes()).ok();
    let digest = digest.and_then(|it| it.try_into().ok());
    digest.ok_or_else(|| {
        "not the SHA-256 of a certificate; write sha256: and 64 hexadecimal digits".to_owned()
    })
}

/// The permission bits of a file, in octal digits.
fn parse_mode(text: &str) -> Result<u16, String> {
    let is_octal = text.bytes().all(|it| matches!(it, b'0'..=b'7'));
    let mode = u16::from_str_radix(text, 8).ok();
    let mode = mode.filter(|mode| is_octal && *mode <= 0o777);
    mode.ok_or_else(|| {
        "not a mode; write octal digits from 0 to 777, as in 0600 for you alone or 0666 for everybody"
            .to_owned()
    })
}
