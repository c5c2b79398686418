//! Moves one source, or several one after the other: each by the methods that suit it, into the same sink and the same account.

use super::ending::{Outcomes, Stop, Undelivered};
use super::ends::Ends;
use super::fallback::{self, Moved};
use super::methods::Methods;
use crate::account::phase::Phase;
use crate::endpoint::{Sink, Source};
use crate::engine::road::choice::{self, Preference, Road};
use crate::engine::road::flow::{FlowOptions, WriterContext};
use crate::engine::road::job::Shared;
use crate::engine::road::outlet::{Outlet, WaitFor, WriterOutcome};
use std::io::{self, ErrorKind};

/// Moves everything, or what the kernel does not refuse to move.
///
/// # Errors
/// What was not delivered, and is for the buffered road.
pub(super) fn move_all(
    mut methods: Methods,
    source: &mut dyn Source,
    sink: &mut dyn Sink,
    mut flow: FlowOptions,
    shared: &Shared,
) -> Result<Outcomes, Undelivered> {
    let account = shared.meter.writer(0);
    let context = shared.writer_context(0, &account);
    let mut link = context.first.use_pipes();
    loop {
        let is_last = source.is_last_part();
        let skips_parts = !is_last && source.facts().size.unwrap_or(0) < flow.skip;
        let insists = methods.insists;
        let (from, to) = match (source.kernel(), sink.kernel()) {
            (Ok(from), Ok(to)) if !skips_parts => (from, to),
            // It could be served when the road was chosen.
            (Err(why), _) | (_, Err(why)) if insists => {
                return Ok(cannot_go_on(context, why));
            }
            _ => {
                link.use_chunks(account.bytes_out() > 0);
                return Err(Undelivered {
                    skip: flow.skip,
                    ..Undelivered::default()
                });
            }
        };
        let syscalls = methods.syscalls;
        let ends = Ends::new(
            from,
            to,
            (flow, is_last),
            (context, link),
            &*syscalls,
            &shared.progress,
        );
        let rest = match fallback::run(ends, flow.skip, methods.in_order, insists)? {
            Moved::Everything(outcomes) => return Ok(outcomes),
            Moved::Part(rest) => rest,
        };
        link = context.first.use_pipes_again(rest.passed);
        (flow.take, flow.skip) = (rest.take, 0);
        match await_next(source, sink, flow, context) {
            Ok(()) => {}
            Err(Stop::Sink(writer)) => return Ok((Ok(()), writer)),
            Err(Stop::Source(error) | Stop::Refused(_, error)) => {
                return Ok((Err(error), WriterOutcome::SourceCut));
            }
        }
        let preference = if insists {
            Preference::Kernel
        } else {
            Preference::Auto
        };
        let marks = context.first.marks();
        methods = match choice::choose(source, sink, preference, marks, false) {
            Ok(Road::Kernel(next)) => Methods { syscalls, ..next },
            Ok(Road::Buffered(_)) => {
                link.use_chunks(account.bytes_out() > 0);
                return Err(Undelivered::default());
            }
            Err(why) => return Ok(cannot_go_on(context, &why.to_string())),
        };
    }
}

/// Waits until the next of several sources is open.
fn await_next(
    source: &mut dyn Source,
    sink: &mut dyn Sink,
    flow: FlowOptions,
    context: WriterContext<'_>,
) -> Result<(), Stop> {
    let mut outlet = Outlet::new(sink, flow, context);
    loop {
        match source.next_part() {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(Stop::Source(error)),
        }
        context.account.enter(Phase::Source);
        outlet.wait(WaitFor {
            source: Some(source.ready()),
            ..WaitFor::default()
        })?;
        context.account.enter(Phase::Moving);
        if context.first.is_cancelled() {
            return Err(WriterOutcome::Cancelled.into());
        }
    }
}

/// The end of a transfer that insists on the kernel road, which is not to be had from a source on.
fn cannot_go_on(context: WriterContext<'_>, why: &str) -> Outcomes {
    if context.account.bytes_out() == 0 {
        let error = io::Error::other(why.to_owned());
        return (Ok(()), WriterOutcome::NoRoad { error });
    }
    let why = format!("{why}; --road auto goes on by the buffered road");
    (Err(io::Error::other(why)), WriterOutcome::SourceCut)
}
