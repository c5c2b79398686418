//! `http://` and `https://`: GET as a source, PUT or POST as a sink, by HTTP/1.1 over a connection of its own (RFC 9110, RFC 9112).
//!
//! `url`, `head`, `chunked`, `range`, `fields`, `netrc` and `validator` read and write what goes over the connection, without any I/O. `asked`
//! is what was asked for, and how a peer is connected with; `answer` and `body` read from it without waiting. `fetch` asks for an
//! object, `download` opens a source by that, and `source` is the open one; `upload` opens a sink, `sink` is the open one, and `hearing` what the
//! server says meanwhile. Both stand on the halves of a
//! peer, so that the kernel moves what it would move over the bare connection.

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod asked;
#[cfg(feature = "http")]
mod body;
#[cfg(feature = "http")]
mod chunked;
#[cfg(feature = "http")]
mod download;
#[cfg(feature = "http")]
mod fetch;
#[cfg(feature = "http")]
mod fields;
#[cfg(feature = "http")]
mod head;
#[cfg(feature = "http")]
mod hearing;
#[cfg(feature = "http")]
mod netrc;
#[cfg(feature = "http")]
mod range;
#[cfg(feature = "http")]
mod sink;
#[cfg(feature = "http")]
mod source;
#[cfg(feature = "http")]
mod upload;
#[cfg(feature = "http")]
mod url;
#[cfg(feature = "http")]
mod validator;

#[cfg(feature = "http")]
pub use self::{
    chunked::{BadChunk, Chunked},
    fields::Field,
    head::{Framing, Head},
    range::ContentRange,
    url::{Scheme, Url},
};

use super::connect::{ATTEMPT_TIMEOUT, BIND};
use super::socket::{RCVBUF, SNDBUF, option};
use super::tcp::NODELAY;
use super::tls::{CA, CERT, EOF, KEY, NAME, PIN, VERIFY};
use super::{Kind, OptionSpec, Slashes, ValueKind};
use crate::endpoint::uri::Rest;
use crate::error::Side;
#[cfg(not(all(feature = "http", feature = "tls")))]
use crate::error::UsageError;

/// An option of a source alone.
const fn of_source(
    name: &'static str,
    value: ValueKind,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        only: Some(Side::Source),
        ..option(name, value, default, help)
    }
}

const HEADER: OptionSpec = option(
    "header",
    ValueKind::Texts("NAME:VALUE"),
    "",
    "send this header field too",
);
const HEADER_FILE: OptionSpec = option(
    "header-file",
    ValueKind::Text("FILE"),
    "",
    "send the fields in FILE, one a line: secrets are not seen by others there",
);
const METHOD: OptionSpec = OptionSpec {
    only: Some(Side::Sink),
    ..option(
        "method",
        ValueKind::Word(&["PUT", "POST"]),
        "PUT",
        "how the bytes are sent",
    )
};
const REDIRECTS: OptionSpec = of_source(
    "redirects",
    ValueKind::Count,
    "10",
    "follow up to N redirects",
);
const RETRY: OptionSpec = of_source(
    "retry",
    ValueKind::Count,
    "0",
    "go on after a cut, up to N times in a row without a new byte",
);
const RETRY_WAIT: OptionSpec = of_source(
    "retry-wait",
    ValueKind::Duration,
    "1s",
    "wait D before each of these tries",
);
const CLOSE: OptionSpec = OptionSpec {
    default: "500ms",
    help: "after the answer, wait up to D for the connection to end",
    ..super::socket::CLOSE
};
const ALPN: OptionSpec = OptionSpec {
    default: "http/1.1",
    ..super::tls::ALPN
};

/// `http://`.
pub(super) const HTTP: Kind = Kind {
    scheme: "http",
    form: "http://HOST/PATH",
    slashes: Slashes::Required,
    rest: Rest::Raw,
    summary: "GETs from a web server, or PUTs to it",
    options: &[
        HEADER,
        HEADER_FILE,
        METHOD,
        REDIRECTS,
        RETRY,
        RETRY_WAIT,
        NODELAY,
        ATTEMPT_TIMEOUT,
        CLOSE,
        SNDBUF,
        RCVBUF,
        BIND,
    ],
    #[cfg(feature = "http")]
    source: Some(|uri, options, context| {
        let plan = download::DownloadPlan::of(Scheme::Http, uri, options, context)?;
        Ok(Box::new(plan))
    }),
    #[cfg(feature = "http")]
    sink: Some(|uri, options, context| {
        let plan = upload::UploadPlan::of(Scheme::Http, uri, options, context)?;
        Ok(Box::new(plan))
    }),
    #[cfg(not(feature = "http"))]
    source: Some(|_, _, _| Err(UsageError::left_out("http://", "http"))),
    #[cfg(not(feature = "http"))]
    sink: Some(|_, _, _| Err(UsageError::left_out("http://", "http"))),
    peer: None,
};

/// `https://`.
pub(super) const HTTPS: Kind = Kind {
    scheme: "https",
    form: "https://HOST/PATH",
    slashes: Slashes::Required,
    rest: Rest::Raw,
    summary: "the same by TLS, which checks who the server is",
    options: &[
        HEADER,
        HEADER_FILE,
        METHOD,
        REDIRECTS,
        RETRY,
        RETRY_WAIT,
        CA,
        PIN,
        VERIFY,
        NAME,
        CERT,
        KEY,
        ALPN,
        EOF,
        NODELAY,
        ATTEMPT_TIMEOUT,
        CLOSE,
        SNDBUF,
        RCVBUF,
        BIND,
    ],
    #[cfg(all(feature = "http", feature = "tls"))]
    source: Some(|uri, options, context| {
        let plan = download::DownloadPlan::of(Scheme::Https, uri, options, context)?;
        Ok(Box::new(plan))
    }),
    #[cfg(all(feature = "http", feature = "tls"))]
    sink: Some(|uri, options, context| {
        let plan = upload::UploadPlan::of(Scheme::Https, uri, options, context)?;
        Ok(Box::new(plan))
    }),
    #[cfg(not(all(feature = "http", feature = "tls")))]
    source: Some(|_, _, _| Err(UsageError::left_out("https://", MISSING))),
    #[cfg(not(all(feature = "http", feature = "tls")))]
    sink: Some(|_, _, _| Err(UsageError::left_out("https://", MISSING))),
    peer: None,
};

/// The feature that `https://` lacks first.
#[cfg(not(all(feature = "http", feature = "tls")))]
const MISSING: &str = if cfg!(feature = "http") {
    "tls"
} else {
    "http"
};
