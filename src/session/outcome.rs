//! How a transfer ended, for the user, the records and the exit status.

use crate::account::replay::Advice;
use crate::endpoint::{Delivered, Least, SourceChanged};
use crate::engine::road::{GivenUp, ReaderOutcome, RoadInUse, TransformOutcome, WriterOutcome};
use crate::error::{Class, Side, TransferError, reason};
use crate::plan::Plan;
use crate::plan::refusal;
use crate::session::exit::Exit;
use crate::session::stderr::StderrWriter;
use crate::show::{Completion, Ending, SinkEnding};
use crate::text::words::bytes_exactly;
use crate::transform::{Digest, Failure};
use std::io;

/// How a transfer ended.
#[derive(Debug)]
pub enum Outcome {
    /// Every byte was delivered.
    Complete {
        /// What the sink says of their arrival.
        how: Delivered,
        /// What the user should know of the sink all the same.
        warning: Option<String>,
    },
    /// Something failed.
    Failed(TransferError),
    /// A signal ended it.
    Interrupted(i32),
}

impl Outcome {
    /// The outcome at this sink, from the ends of all stages.
    pub(super) fn of(
        plan: &Plan,
        sink: usize,
        reader: Option<&ReaderOutcome>,
        transforms: &[Option<TransformOutcome>],
        writer: WriterOutcome,
    ) -> Self {
        let uri = &plan.sink_at(sink).uri;
        match writer {
            WriterOutcome::Delivered { how, warning } => Outcome::Complete { how, warning },
            WriterOutcome::SourceCut | WriterOutcome::Cancelled => {
                transform_failed(plan, transforms).unwrap_or_else(|| source_failed(plan, reader))
            }
            WriterOutcome::WrongSize { expected } => {
                wrong_size(uri, plan.flow.expect_size.unwrap_or(expected))
            }
            WriterOutcome::TooLittle { came, least } => too_little(plan, uri, came, least),
            WriterOutcome::GivenUp(GivenUp::Idle) => Self::idle(plan, Side::Sink, uri),
            WriterOutcome::GivenUp(GivenUp::Detached) => {
                let patience = plan.sink_at(sink).policy.patience.unwrap_or_default();
                let patience = humantime::format_duration(patience);
                let why = format!("it held the others up for {patience} (slow=detach)");
                Self::given_up(Class::Timeout, uri, &why)
            }
            WriterOutcome::NoRoad { error } => {
                let why = format!("the kernel refuses: {}", reason(&error));
                Self::no_road(plan, &why)
            }
            WriterOutcome::Failed {
                act,
                error,
                downstream,
            } => {
                let class = if downstream {
                    Class::DownstreamClosed
                } else {
                    Class::Io
                };
                let failure = TransferError::io(Side::Sink, act, uri, &error);
                let failure = TransferError { class, ..failure };
                Outcome::Failed(with_source_error(plan, failure, reader))
            }
        }
    }

    /// The others went on without this sink, or ended with it, for this reason.
    pub(super) fn given_up(class: Class, uri: &str, why: &str) -> Self {
        let why = anyhow::Error::msg(why.to_owned());
        Outcome::Failed(TransferError::at_end(
            class,
            Side::Sink,
            "writing to",
            uri,
            why,
        ))
    }

    /// The peer of this end has let nothing move for too long.
    pub(super) fn idle(plan: &Plan, side: Side, uri: &str) -> Self {
        let limit = plan.flow.idle_timeout.unwrap_or_default();
        let limit = humantime::format_duration(limit);
        let why = format!("nothing moved for {limit} (--idle-timeout)");
        Outcome::Failed(TransferError::at_end(
            Class::Timeout,
            side,
            "waiting for",
            uri,
            anyhow::Error::msg(why),
        ))
    }

    /// This source could not be read.
    pub(super) fn unread(uri: &str, error: &io::Error) -> Self {
        let failure = TransferError::io(Side::Source, "reading", uri, error);
        let class = if SourceChanged::is(error) {
            Class::Integrity
        } else {
            failure.class
        };
        Outcome::Failed(TransferError { class, ..failure })
    }

    /// The kernel road was insisted on and cannot be had.
    pub(super) fn no_road(plan: &Plan, why: &impl std::fmt::Display) -> Self {
        Outcome::Failed(refusal::no_road(plan, why))
    }

    /// Everything was delivered, but a file without which the transfer has failed could not be written.
    pub(super) fn unwritten(name: &str, error: &io::Error) -> Self {
        Outcome::Failed(TransferError {
            class: Class::Io,
            at: None,
            doing: format!("writing {name}"),
            why: anyhow::Error::msg(reason(error)),
        })
    }

    /// There is something missing without which nothing can begin; no end has been changed yet.
    pub(super) fn not_started(error: &io::Error) -> Self {
        Outcome::Failed(TransferError {
            class: Class::Io,
            at: None,
            doing: "starting".to_owned(),
            why: anyhow::Error::msg(reason(error)),
        })
    }

    /// There is no memory for the buffers; no end has been changed yet.
    pub(super) fn no_buffers(error: &io::Error) -> Self {
        let remedy = "a smaller --high-water-mark takes less";
        Outcome::Failed(TransferError {
            class: Class::Io,
            at: None,
            doing: "reserving the buffers".to_owned(),
            why: anyhow::Error::msg(format!("{}; {remedy}", reason(error))),
        })
    }

    /// Whether it is a usage error.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Outcome::Failed(error) if error.class == Class::Usage)
    }

    /// This sink failed before anything was written.
    pub(super) fn sink_failed(plan: &Plan, sink: usize, act: &str, error: &io::Error) -> Self {
        let uri = &plan.sink_at(sink).uri;
        Outcome::Failed(TransferError::io(Side::Sink, act, uri, error))
    }

    /// Adds to a failure how much had been delivered. What a socket, or the pipe to a command, took and what the peer got are not
    /// the same; `stays` says what has become of it.
    pub(super) fn after(self, bytes: u64, has_peer: bool, stays: &str) -> Self {
        match self {
            Outcome::Failed(error) if error.class != Class::Usage => {
                let most = if has_peer && bytes > 0 {
                    "at most "
                } else {
                    ""
                };
                let bytes = bytes_exactly(bytes);
                let why = format!("{:#}; {most}{bytes} delivered{stays}", error.why);
                Outcome::Failed(TransferError {
                    why: anyhow::Error::msg(why),
                    ..error
                })
            }
            other => other,
        }
    }

    /// Reports a failure, or a warning about the sink, in a line.
    pub(super) fn report(&self, stderr: &StderrWriter, sink: &str) {
        match self {
            Outcome::Complete { warning, .. } => {
                if let Some(warning) = warning {
                    stderr.warn(&format!("{sink} {warning}"));
                }
            }
            Outcome::Interrupted(_) => {}
            Outcome::Failed(error) => match error.class {
                Class::DownstreamClosed => {}
                _ => stderr.fail(&error.to_string()),
            },
        }
    }

    /// The exit status.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Outcome::Complete { .. } => Exit::Success,
            Outcome::Failed(error) => error.class.into(),
            Outcome::Interrupted(number) => Exit::Signal(*number),
        }
    }

    /// How the summary begins; a failure has been reported and has none.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        match self {
            Outcome::Complete { how, .. } => Some(Completion::Complete(*how)),
            Outcome::Interrupted(_) => Some(Completion::Interrupted),
            Outcome::Failed(_) => None,
        }
    }

    /// For the last record.
    #[must_use]
    pub fn ending<'a>(
        &'a self,
        road: Option<RoadInUse>,
        advice: Option<Advice>,
        digests: &'a [Digest],
        sinks: &'a [SinkEnding],
    ) -> Ending<'a> {
        Ending {
            outcome: self.name(),
            sinks,
            road: road.map(RoadInUse::name),
            delivered: self.delivered(),
            advice,
            digests,
            error: self.error(),
            exit_code: self.exit().code(),
        }
    }

    /// Its name in records.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Outcome::Complete { .. } => "complete",
            Outcome::Failed(error) if error.class == Class::DownstreamClosed => "downstream-closed",
            Outcome::Failed(_) => "failed",
            Outcome::Interrupted(_) => "interrupted",
        }
    }

    /// In which sense the bytes were delivered.
    pub(super) fn delivered(&self) -> Option<Delivered> {
        match self {
            Outcome::Complete { how, .. } => Some(*how),
            Outcome::Failed(_) | Outcome::Interrupted(_) => None,
        }
    }

    /// What failed, if that is told.
    pub(super) fn error(&self) -> Option<&TransferError> {
        match self {
            Outcome::Failed(error) if error.class != Class::DownstreamClosed => Some(error),
            _ => None,
        }
    }
}

/// The failure of the first transform that reports one. Only where none does is it the first one that reported nothing at
/// all: that one has panicked, or is still at work on bytes that are not wanted any more.
fn transform_failed(plan: &Plan, transforms: &[Option<TransformOutcome>]) -> Option<Outcome> {
    let reported = |end: &Option<TransformOutcome>| end.as_ref()?.failure.clone();
    let silent = |end: &Option<TransformOutcome>| {
        let panicked = || Failure::other("it stopped without a reason; this is a bug");
        end.is_none().then(panicked)
    };
    let first = |failure: &dyn Fn(&Option<TransformOutcome>) -> Option<Failure>| {
        let mut failures = transforms.iter().map(failure).enumerate();
        failures.find_map(|(index, failure)| Some((index, failure?)))
    };
    let (index, failure) = first(&reported).or_else(|| first(&silent))?;
    let planned = plan.transforms.get(index)?;
    let (name, spec) = (planned.kind.name, &planned.spec);
    let error = TransferError::transform(failure.class, name, spec, &failure.why);
    Some(Outcome::Failed(error))
}

fn source_failed(plan: &Plan, reader: Option<&ReaderOutcome>) -> Outcome {
    let part = reader.map_or(0, |reader| reader.source.part());
    let uri = &plan.source_at(part).uri;
    let no_reason = io::Error::other("reading stopped without a reason; this is a bug");
    let error = match reader.map(|reader| &reader.result) {
        Some(Err(error)) => error,
        _ => &no_reason,
    };
    Outcome::unread(uri, error)
}

/// The failure of the sink where the source has failed as well.
fn with_source_error(
    plan: &Plan,
    failure: TransferError,
    reader: Option<&ReaderOutcome>,
) -> TransferError {
    let Some((part, Err(error))) = reader.map(|it| (it.source.part(), &it.result)) else {
        return failure;
    };
    let (source, error) = (&plan.source_at(part).uri, reason(error));
    let why = format!("{:#}; reading {source} failed too: {error}", failure.why);
    TransferError {
        why: anyhow::Error::msg(why),
        ..failure
    }
}

fn too_little(plan: &Plan, sink: &str, came: u64, least: u64) -> Outcome {
    let why = if plan.flow.least == Least::OneByteToReplace {
        format!(
            "the connection ended without a byte, so {sink} is left as it is; with #min-size=0 it would be replaced"
        )
    } else {
        let (came, least) = (bytes_exactly(came), bytes_exactly(least));
        format!("only {came} came, and #min-size asks for {least}")
    };
    let error = TransferError::at_end(
        Class::Integrity,
        Side::Source,
        "reading",
        &plan.source.uri,
        anyhow::Error::msg(why),
    );
    Outcome::Failed(error)
}

fn wrong_size(sink: &str, expected: u64) -> Outcome {
    let why = format!(
        "the size is not {} (--expect-size)",
        bytes_exactly(expected)
    );
    let error = TransferError::at_end(
        Class::Integrity,
        Side::Sink,
        "writing to",
        sink,
        anyhow::Error::msg(why),
    );
    Outcome::Failed(error)
}
