//! `exec:COMMAND`: a command of the shell as an end. As SOURCE it is its standard output that is read, as SINK its standard input
//! that is written to, by a pipe that is like any other, and where both directions are wanted it is both. How it exits is part of
//! how the transfer ends.

use super::command::{CommandSink, CommandSource};
use super::command_halves;
use super::descriptor::Descriptor;
use super::{
    Announce, EndPlan, Kind, OpenError, OpenFailure, Opening, PeerPlan, Prepared, PreparedPeer,
    PreparedSink, PreparedSource, Preview, Raw, Sink, SinkPlan, Slashes, Source, SourcePlan,
};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError, reason};
use crate::platform::process::Process;
use crate::text::visible::named;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;

/// `exec:`.
pub(super) const KIND: Kind = Kind {
    scheme: "exec",
    form: "exec:COMMAND",
    slashes: Slashes::Forbidden,
    rest: Rest::Literal,
    summary: "the output or the input of COMMAND, run by sh -c",
    options: &[],
    source: Some(|uri, _, _| Ok(Box::new(ExecPlan::of(uri)?))),
    sink: Some(|uri, _, _| Ok(Box::new(ExecPlan::of(uri)?))),
    peer: Some(|uri, _, _| Ok(Box::new(ExecPlan::of(uri)?))),
};

/// A command to be run.
#[derive(Debug)]
struct ExecPlan {
    command: OsString,
}

impl ExecPlan {
    fn of(uri: &Uri) -> Result<Self, UsageError> {
        if uri.rest.trim_ascii().is_empty() {
            return Err(UsageError::new(format!("'{uri}': write {}", KIND.form)));
        }
        Ok(Self {
            command: uri.path(),
        })
    }

    /// Starts the command with this standard input and output.
    fn start(
        &self,
        stdin: Stdio,
        stdout: Stdio,
        announce: &dyn Announce,
    ) -> Result<Process, OpenError> {
        Process::start(&self.command, stdin, stdout, stderr(announce)).map_err(|error| OpenError {
            act: "starting",
            why: OpenFailure::Text(format!("sh cannot be run: {}", reason(&error))),
        })
    }
}

/// Our end of a pipe to or from a command.
fn pipe_end(end: Option<impl Into<OwnedFd>>) -> Result<Descriptor, OpenError> {
    let end = end.ok_or_else(|| io::Error::from(ErrorKind::NotConnected));
    let descriptor = end.and_then(|end| Descriptor::own(end.into()));
    descriptor.map_err(|error| OpenError::io("starting", error))
}

impl ExecPlan {
    fn preview_of(&self, pipe: &str, ending: &str) -> Preview {
        let command = named(&self.command);
        Preview {
            opening: Some("starts the command, once the other end is open".to_owned()),
            raw: Ok(Raw::Pipe),
            size: Err("a command does not say how much will come"),
            ..Preview::new(
                format!("the {pipe} of the command {command}, run by sh -c"),
                ending,
            )
        }
    }
}

impl EndPlan for ExecPlan {
    fn preview(&self, side: Side) -> Preview {
        match side {
            Side::Source => {
                let ending = "when the command has closed its output and exited with status 0";
                self.preview_of("output", ending)
            }
            Side::Sink => self.preview_of("input", "the command has exited with status 0"),
        }
    }

    fn acts_when_opened(&self) -> bool {
        true
    }
}

impl SourcePlan for ExecPlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let start = async {
            let input = if announce.reads_stdin() {
                Stdio::null()
            } else {
                Stdio::inherit()
            };
            let process = self.start(input, Stdio::piped(), announce)?;
            let (_, output) = process.take_pipes();
            let output = pipe_end(output)?;
            Ok(Box::new(CommandSource::new(output, process)) as Box<dyn Source>)
        };
        Box::pin(async { Ok(Prepared::new(None, start)) })
    }
}

impl SinkPlan for ExecPlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let start = async {
            let output = if announce.writes_stdout() {
                stderr(announce)
            } else {
                Stdio::inherit()
            };
            let process = self.start(Stdio::piped(), output, announce)?;
            let (input, _) = process.take_pipes();
            let input = pipe_end(input)?;
            Ok(Box::new(CommandSink::new(input, Arc::new(process))) as Box<dyn Sink>)
        };
        Box::pin(async { Ok(Prepared::new(None, start)) })
    }
}

/// The standard error of a command that is to be started.
fn stderr(announce: &dyn Announce) -> Stdio {
    let ours = || Stdio::from(io::stderr());
    announce.stderr_of_command().map_or_else(ours, Stdio::from)
}

/// Two pipes, as the shell makes them: a socket that is both input and output has no half that a program could close by its
/// descriptor alone, and cannot be opened by the names of these (`/dev/stdin`).
impl PeerPlan for ExecPlan {
    fn prepare<'a>(&'a self, _: Side, announce: &'a dyn Announce) -> Opening<'a, PreparedPeer<'a>> {
        let start = async {
            let process = self.start(Stdio::piped(), Stdio::piped(), announce)?;
            let (input, output) = process.take_pipes();
            Ok(command_halves::of(
                process,
                pipe_end(input)?,
                pipe_end(output)?,
            ))
        };
        Box::pin(async { Ok(Prepared::new(None, start)) })
    }

    fn preview_half(&self, side: Side) -> Preview {
        match side {
            Side::Source => {
                let ending = "when the command has closed its output; it has to exit with status 0";
                self.preview_of("output", ending)
            }
            Side::Sink => self.preview(side),
        }
    }

    fn is_command(&self) -> bool {
        true
    }
}
