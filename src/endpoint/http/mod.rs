//! `http://`: GET as a source, PUT or POST as a sink, by HTTP/1.1 over a connection of its own (RFC 9110, RFC 9112).
//!
//! `url`, `head`, `chunked`, `range`, `fields` and `validator` read and write what goes over the connection, without any I/O. `asked`
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
    url::Url,
};

use super::connect::{ATTEMPT_TIMEOUT, BIND};
use super::socket::{RCVBUF, SNDBUF, option};
use super::{Kind, OptionSpec, Slashes, ValueKind};
use crate::endpoint::uri::Rest;
use crate::error::Side;
#[cfg(not(feature = "http"))]
use crate::error::UsageError;

const FORM: &str = "http://HOST/PATH";

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

/// `http://`.
pub(super) const KIND: Kind = Kind {
    scheme: "http",
    form: FORM,
    slashes: Slashes::Required,
    rest: Rest::Raw,
    summary: "GETs from a web server, or PUTs to it",
    options: &[
        option(
            "header",
            ValueKind::Texts("NAME:VALUE"),
            "",
            "send this header field too",
        ),
        option(
            "header-file",
            ValueKind::Text("FILE"),
            "",
            "send the fields in FILE, one a line: secrets are not seen by others there",
        ),
        OptionSpec {
            only: Some(Side::Sink),
            ..option(
                "method",
                ValueKind::Word(&["PUT", "POST"]),
                "PUT",
                "how the bytes are sent",
            )
        },
        of_source(
            "redirects",
            ValueKind::Count,
            "10",
            "follow up to N redirects",
        ),
        of_source(
            "retry",
            ValueKind::Count,
            "0",
            "go on after a cut, up to N times in a row without a new byte",
        ),
        of_source(
            "retry-wait",
            ValueKind::Duration,
            "1s",
            "wait D before each of these tries",
        ),
        ATTEMPT_TIMEOUT,
        SNDBUF,
        RCVBUF,
        BIND,
    ],
    #[cfg(feature = "http")]
    source: Some(|uri, options, _| Ok(Box::new(download::DownloadPlan::of(uri, options)?))),
    #[cfg(feature = "http")]
    sink: Some(|uri, options, _| Ok(Box::new(upload::UploadPlan::of(uri, options)?))),
    #[cfg(not(feature = "http"))]
    source: Some(|_, _, _| Err(left_out())),
    #[cfg(not(feature = "http"))]
    sink: Some(|_, _, _| Err(left_out())),
    peer: None,
};

#[cfg(not(feature = "http"))]
fn left_out() -> UsageError {
    UsageError::left_out("http://", "http")
}
