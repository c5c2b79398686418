//! Turns an argument into a planned end, by the table.

use super::effects::Effects;
use super::meant::meant;
use super::{
    Context, EndPlan, KINDS, Kind, Make, Options, PeerPlan, Settled, SinkPlan, SinkPolicy, Slashes,
    SourcePlan, World,
};
use super::{file, stdio, stdio_halves};
use crate::endpoint::uri::{self, Rest, Spec, Uri};
use crate::error::{Side, UsageError};
use crate::text::visible::named;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

/// A planned end with its name in messages and records, and its options.
pub struct PlannedEnd<P: ?Sized> {
    /// The argument as typed, made printable.
    pub uri: String,
    /// Its options, given and by default.
    pub options: Settled,
    /// What is asked of it beside other SINKs.
    pub policy: SinkPolicy,
    /// What was probably meant, as a question, if it is taken for the path of a file that does not exist.
    pub hint: Option<String>,
    /// The plan.
    pub end: Box<P>,
}

impl<P: ?Sized + EndPlan> std::fmt::Debug for PlannedEnd<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlannedEnd")
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}

/// Plans the end that bytes come from.
///
/// # Errors
/// For an unknown scheme, option or value, and for an end that cannot be a SOURCE.
pub fn plan_source(
    argument: &OsStr,
    context: &Context<'_>,
) -> Result<PlannedEnd<dyn SourcePlan>, UsageError> {
    let world = context.world;
    let (end, options, policy) = match resolve(argument, Some(Side::Source), world)? {
        Resolved::Stdio => without_option(stdio::source(world)?),
        Resolved::Path(path) => without_option(file::source_at(Path::new(path), world)?),
        Resolved::Kind(kind, uri) => make_on(Side::Source, kind, kind.source, &uri, context)?,
    };
    Ok(PlannedEnd {
        uri: named(argument),
        options,
        policy,
        hint: hint(argument, Side::Source, world),
        end,
    })
}

/// Plans the end that bytes go to, which is standard output if none is named.
///
/// # Errors
/// As [`plan_source`].
pub fn plan_sink(
    argument: Option<&OsStr>,
    context: &Context<'_>,
) -> Result<PlannedEnd<dyn SinkPlan>, UsageError> {
    let Some(argument) = argument else {
        return Ok(PlannedEnd {
            uri: "-".to_owned(),
            options: Settled::default(),
            policy: SinkPolicy::default(),
            hint: None,
            end: stdio::default_sink(context.world)?,
        });
    };
    let world = context.world;
    let (end, options, policy) = match resolve(argument, Some(Side::Sink), world)? {
        Resolved::Stdio => without_option(stdio::sink(world)?),
        Resolved::Path(path) => {
            let effects = Effects::default();
            without_option(file::sink_at(Path::new(path), effects, world)?)
        }
        Resolved::Kind(kind, uri) => make_on(Side::Sink, kind, kind.sink, &uri, context)?,
    };
    Ok(PlannedEnd {
        uri: named(argument),
        options,
        policy,
        hint: hint(argument, Side::Sink, world),
        end,
    })
}

/// Plans a peer that is an end of both directions.
///
/// # Errors
/// As [`plan_source`], and for an end of which bytes cannot go both ways.
pub fn plan_peer(
    argument: &OsStr,
    context: &Context<'_>,
) -> Result<PlannedEnd<dyn PeerPlan>, UsageError> {
    let world = context.world;
    let (end, options, policy) = match resolve(argument, None, world)? {
        Resolved::Stdio => without_option(stdio_halves::peer(world)?),
        Resolved::Path(_) => return Err(no_peer(argument)),
        Resolved::Kind(kind, uri) => {
            let make_peer = kind.peer.ok_or_else(|| no_peer(argument))?;
            make(kind, make_peer, &uri, None, context)?
        }
    };
    Ok(PlannedEnd {
        uri: named(argument),
        options,
        policy,
        hint: None,
        end,
    })
}

/// The refusal of an end of which bytes cannot go both ways.
fn no_peer(argument: &OsStr) -> UsageError {
    let peers = || KINDS.iter().filter(|kind| kind.peer.is_some());
    let forms: Vec<_> = peers().map(|kind| kind.form).collect();
    let is_peer = |uri: &String| peers().any(|kind| uri.starts_with(&format!("{}:", kind.scheme)));
    let hint = meant(argument, None).filter(is_peer);
    let hint = hint.map(|uri| format!("; {}", did_you_mean(&uri)));
    UsageError::new(format!(
        "'{}' cannot be an end of --duplex; valid: - {}{}",
        named(argument),
        forms.join(" "),
        hint.unwrap_or_default()
    ))
}

/// What was probably meant by an argument that is taken for a path, where there is no such file.
fn hint(argument: &OsStr, side: Side, world: &dyn World) -> Option<String> {
    let is_path = matches!(parse(argument), Ok(Spec::Path(_)));
    let meant =
        meant(argument, Some(side)).filter(|_| is_path && !world.exists(Path::new(argument)))?;
    Some(did_you_mean(&meant))
}

fn did_you_mean(uri: &str) -> String {
    format!("did you mean {}?", named(uri))
}

/// An end, its options, and what is asked of it beside others.
type Made<P> = (Box<P>, Settled, SinkPolicy);

fn without_option<P: ?Sized>(end: Box<P>) -> Made<P> {
    (end, Settled::default(), SinkPolicy::default())
}

/// Plans an end of this kind on one side, if it can be there.
fn make_on<P: ?Sized>(
    side: Side,
    kind: &Kind,
    by: Option<Make<P>>,
    uri: &Uri,
    context: &Context<'_>,
) -> Result<Made<P>, UsageError> {
    let cannot_be = || {
        let side = side.name().to_uppercase();
        UsageError::new(format!("{} cannot be the {side}", kind.form))
    };
    make(kind, by.ok_or_else(cannot_be)?, uri, Some(side), context)
}

fn make<P: ?Sized>(
    kind: &Kind,
    by: Make<P>,
    uri: &Uri,
    side: Option<Side>,
    context: &Context<'_>,
) -> Result<Made<P>, UsageError> {
    let all = kind.all_options();
    let options = Options::check(uri, &all, side, context.world)?;
    Ok((
        by(uri, &options, context)?,
        options.settled(&all, side),
        SinkPolicy::of(&options, uri)?,
    ))
}

enum Resolved<'a> {
    Stdio,
    Path(&'a OsStr),
    Kind(&'static Kind, Uri),
}

/// What an argument names, on this side; `None`: on both.
fn resolve<'a>(
    argument: &'a OsStr,
    side: Option<Side>,
    world: &dyn World,
) -> Result<Resolved<'a>, UsageError> {
    if argument.is_empty() {
        return Err(UsageError::new(
            "an empty SOURCE or SINK; write - for standard input or output",
        ));
    }
    match parse(argument)? {
        Spec::Dash => Ok(Resolved::Stdio),
        Spec::Path(_) => Ok(Resolved::Path(argument)),
        Spec::Uri(uri) => match kind_of(&uri.scheme) {
            Some(kind) => {
                check_form(kind, &uri)?;
                Ok(Resolved::Kind(kind, uri))
            }
            None if !uri.has_authority && world.exists(Path::new(argument)) => {
                Ok(Resolved::Path(argument))
            }
            None => Err(unknown_scheme(argument, side, &uri)),
        },
    }
}

fn kind_of(scheme: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.scheme == scheme)
}

/// How what follows this scheme is read.
fn rest_of(scheme: &str) -> Rest {
    kind_of(scheme).map_or(Rest::Decoded, |kind| kind.rest)
}

/// Takes an argument apart, as its kind reads it.
///
/// # Errors
/// As [`Spec::parse`].
pub fn parse(argument: &OsStr) -> Result<Spec, UsageError> {
    Spec::parse(argument, rest_of)
}

/// An end as typed, without its options; of a bare path all of it.
#[must_use]
pub fn without_options(argument: &str) -> Cow<'_, str> {
    uri::without_options(argument, rest_of)
}

fn check_form(kind: &Kind, uri: &Uri) -> Result<(), UsageError> {
    let fits = match kind.slashes {
        Slashes::Required => uri.has_authority,
        Slashes::Forbidden => !uri.has_authority,
        Slashes::Optional => true,
    };
    if fits {
        Ok(())
    } else {
        Err(UsageError::new(format!("'{uri}': write {}", kind.form)))
    }
}

fn unknown_scheme(argument: &OsStr, side: Option<Side>, uri: &Uri) -> UsageError {
    if let Some(meant) = meant(argument, side) {
        let (typed, hint) = (named(argument), did_you_mean(&meant));
        return UsageError::new(format!(
            "'{typed}' is neither a file nor an endpoint; {hint}; for a file of that name write ./{typed}"
        ));
    }
    let near = crate::text::suggest::nearest(&uri.scheme, KINDS.iter().map(|kind| kind.scheme));
    let typed = named(argument);
    let slashes = if uri.has_authority { "//" } else { "" };
    let schemes: Vec<_> = KINDS
        .iter()
        .map(|kind| format!("{}:", kind.scheme))
        .collect();
    let mut hints = vec![format!("valid: {}", schemes.join(" "))];
    if let Some(kind) = near.and_then(|near| KINDS.iter().find(|kind| kind.scheme == near)) {
        hints.push(did_you_mean(kind.form));
    }
    if !uri.has_authority {
        hints.push(format!("for a file of that name write ./{typed}"));
    }
    UsageError::new(format!(
        "unknown scheme '{}:{slashes}' in '{typed}'; {}",
        uri.scheme,
        hints.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{plan_peer, plan_sink, plan_source};
    use crate::endpoint::{Context, System};
    use std::ffi::OsStr;

    fn refusal(source: &str, sink: &str) -> String {
        let source = plan_source(OsStr::new(source), &Context::of(&System)).err();
        let refusal =
            source.or_else(|| plan_sink(Some(OsStr::new(sink)), &Context::of(&System)).err());
        refusal.map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_wrong_end_is_refused_with_what_is_valid_and_what_was_meant() {
        let table = [
            (
                "tpc://h:1",
                "null:",
                &[
                    "unknown scheme 'tpc://'",
                    "valid: stdin:",
                    "did you mean tcp://HOST:PORT",
                ][..],
            ),
            ("noscheme:x", "null:", &["write ./noscheme:x"]),
            ("tcp:h:1", "null:", &["write tcp://HOST:PORT"]),
            ("zero:5", "null:", &["zero:"]),
            (
                "zero:#sise=5",
                "null:",
                &[
                    "unknown option 'sise'",
                    "valid: size",
                    "did you mean 'size'?",
                ],
            ),
            (
                "zero:#size=5K5",
                "null:",
                &["size=5K5", "unknown unit 'K5'"],
            ),
            ("zero:#size", "null:", &["needs a value (=SIZE)"]),
            ("zero:#size=1,size=2", "null:", &["given twice"]),
            ("null:", "null:", &["null: cannot be the SOURCE"]),
            ("zero:", "zero:", &["zero: cannot be the SINK"]),
            (
                "file:x#atomic",
                "null:",
                &["'atomic'", "makes no sense on a SOURCE"],
            ),
            ("zero:", "file:x#atomic=1", &["takes no value"]),
            ("zero:", "file:", &["PATH"]),
            ("zero:", "file://host/x", &["file:///PATH"]),
            ("zero:", "tcp://h", &["PORT"]),
            ("zero:", "tcp://:1", &["HOST"]),
            ("zero:", "tcp://h:99999", &["99999"]),
            (
                "zero:",
                "tcp://h:1#close-timeout=5M",
                &["not a duration; did you mean 5m?"],
            ),
            ("zero:", "tcp://h:1#bind=nowhere", &["not an IP address"]),
            ("zero:", "tcp-listen://h", &["PORT"]),
            ("zero:", "fd:x", &["fd:N"]),
            ("zero:", "fd:912", &["fd:912", "not open"]),
            ("", "null:", &["empty SOURCE"]),
            ("stdout:", "null:", &["cannot be the SOURCE"]),
            ("exec:", "null:", &["'exec:'", "write exec:COMMAND"]),
            ("zero:", "exec: ", &["write exec:COMMAND"]),
            ("exec://bin/x", "null:", &["write exec:COMMAND"]),
            (
                "zero:",
                "exec:#size=4M cat",
                &["unknown option 'size' of 'exec:cat'", "valid: mark, slow"],
            ),
            (
                "exec:#mark=4M cat",
                "null:",
                &["'mark'", "makes no sense on a SOURCE"],
            ),
            ("zero:", "null:#slow=drop", &["write block or detach"]),
            ("zero:", "null:#patience=1s", &["needs slow=detach"]),
        ];
        for (source, sink, parts) in table {
            let message = refusal(source, sink);
            for part in parts {
                assert!(
                    message.contains(part),
                    "{source} {sink}: {message:?} lacks {part:?}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_an_end_of_both_directions_is_refused_with_what_can() {
        let valid = "valid: - tcp://HOST:PORT tcp-listen://[ADDR]:PORT tls://HOST:PORT tls-listen://[ADDR]:PORT unix:PATH unix-listen:PATH fd:N exec:COMMAND";
        let table = [
            (
                "a/path",
                &["'a/path' cannot be an end of --duplex", valid][..],
            ),
            ("file:x", &["'file:x' cannot be", valid]),
            ("zero:", &["'zero:' cannot be", valid]),
            ("stdin:", &["'stdin:' cannot be", valid]),
            ("example.org:80", &["did you mean tcp://example.org:80?"]),
            ("tpc://h:1", &["unknown scheme 'tpc://'"]),
            (
                "tcp://h:1#close-timeout=1s",
                &[
                    "'close-timeout'",
                    "makes no sense with --duplex",
                    "valid: nodelay",
                ],
            ),
            (
                "unix-listen:s#min-size=1",
                &["makes no sense with --duplex"],
            ),
            ("fd:912", &["not open"]),
            ("exec:", &["write exec:COMMAND"]),
            ("", &["empty SOURCE"]),
        ];
        for (argument, parts) in table {
            let refusal = plan_peer(OsStr::new(argument), &Context::of(&System)).unwrap_err();
            let message = refusal.to_string();
            for part in parts {
                assert!(message.contains(part), "{argument}: {message}");
            }
        }
    }

    #[test]
    fn the_options_of_an_end_of_both_directions_are_those_that_hold_for_each() {
        let planned = plan_peer(
            OsStr::new("tcp-listen://:1#rcvbuf=1K"),
            &Context::of(&System),
        )
        .unwrap();
        assert_eq!(planned.options.given, ["rcvbuf=1024"]);
        let by_default = ["accept-timeout=none", "sndbuf=the system's"];
        assert_eq!(planned.options.by_default, by_default);
    }
}
