//! Announces where a listening end listens, and which peers it refuses.

use super::awaited::Awaited;
use super::program_stderr::ProgramStderr;
use crate::endpoint::{Announce, EndId};
use crate::error::Side;
use crate::plan::Plan;
use crate::session::report::Form;
use crate::session::stderr::StderrWriter;
use crate::show::Terminals;
use std::cell::{Cell, RefCell};
use std::io::PipeWriter;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Refusals reported in a second at most, so that a peer that connects again and again does not fill a log.
const MOST_REPORTED: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// A listening end and its address.
pub(super) type ListenAddress = (Side, String);

/// Announces on standard error at once, and keeps the addresses for the records, which start later.
pub(super) struct Announcer<'a> {
    shared: Rc<Shared<'a>>,
    source: EndAnnouncer<'a>,
    sinks: Vec<EndAnnouncer<'a>>,
}

/// What all ends are announced by.
struct Shared<'a> {
    plan: &'a Plan,
    stderr: StderrWriter,
    program_stderr: &'a ProgramStderr,
    addresses: RefCell<Vec<ListenAddress>>,
    awaited: Arc<Awaited>,
    /// Bytes of the flow that are left out of the source, since the sink has them.
    left_out: Cell<u64>,
}

/// What one end is announced by.
pub(super) struct EndAnnouncer<'a> {
    shared: Rc<Shared<'a>>,
    end: EndId,
    /// What the end is doing, with the name of the transfer if it has one.
    doing: String,
    /// The option by which the last one was refused, or why.
    refused_by: RefCell<String>,
    refusals: Cell<RefusalCount>,
}

impl<'a> Announcer<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        stderr: &StderrWriter,
        program_stderr: &'a ProgramStderr,
        awaited: &Arc<Awaited>,
    ) -> Self {
        let shared = Rc::new(Shared {
            plan,
            stderr: stderr.clone(),
            program_stderr,
            addresses: RefCell::default(),
            awaited: Arc::clone(awaited),
            left_out: Cell::default(),
        });
        let of = |end, uri: &str| EndAnnouncer {
            shared: Rc::clone(&shared),
            end,
            doing: plan.show.theme.named(&format!("accepting on {uri}")),
            refused_by: RefCell::default(),
            refusals: Cell::default(),
        };
        let sinks = plan.sinks().enumerate();
        let sinks = sinks.map(|(place, it)| of(EndId::Sink(place), &it.uri));
        Self {
            source: of(EndId::Source, &plan.source.uri),
            sinks: sinks.collect(),
            shared,
        }
    }

    /// What the source is announced by.
    pub(super) fn source(&self) -> &EndAnnouncer<'a> {
        &self.source
    }

    /// What each sink is announced by, in their order.
    pub(super) fn sinks(&self) -> &[EndAnnouncer<'a>] {
        &self.sinks
    }

    /// Where the ends listen.
    pub(super) fn addresses(&self) -> Vec<ListenAddress> {
        self.shared.addresses.borrow().clone()
    }

    /// Where an end listens, told once.
    pub(super) fn take_address(&self) -> Option<ListenAddress> {
        self.shared.addresses.borrow_mut().pop()
    }

    /// The source, which is not open yet, is to leave out so many bytes behind those of `--skip`.
    pub(super) fn leave_out(&self, bytes: u64) {
        self.shared.left_out.set(bytes);
    }

    /// No peer is waited for any more: reports how many refusals were left out.
    pub(super) fn stop(&self) {
        for end in self.sinks.iter().chain([&self.source]) {
            let left_out = end.refusals.take().left_out;
            if left_out > 0 {
                end.report_left_out(left_out);
            }
        }
    }
}

impl EndAnnouncer<'_> {
    /// It is open, and waits for nothing any more.
    pub(super) fn is_open(&self) {
        self.shared.awaited.is_open(self.end);
    }

    /// Whether it is the source, and there are no others, of which how many bytes are read is known only when they are.
    fn is_only_source(&self) -> bool {
        self.shared.plan.more_sources.is_empty() && self.end == EndId::Source
    }

    /// Tells that `peer` was refused, unless too many were just now.
    fn tell_refusal(&self, peer: &str, by: &str, tell: impl Fn(&StderrWriter, &str)) {
        by.clone_into(&mut self.refused_by.borrow_mut());
        let mut count = self.refusals.get();
        let reported = count.add(Instant::now());
        self.refusals.set(count);
        let Some(left_out) = reported else { return };
        if left_out > 0 {
            self.report_left_out(left_out);
        }
        let text = format!("{}: refused {peer} ({by})", self.doing);
        tell(&self.shared.stderr, &text);
    }

    fn report_left_out(&self, left_out: u64) {
        let (doing, by) = (&self.doing, self.refused_by.borrow());
        let stderr = &self.shared.stderr;
        stderr.remark(&format!("{doing}: refused {left_out} more ({by})"));
    }
}

impl Announce for EndAnnouncer<'_> {
    fn waiting(&self, _: Side, what: String) {
        self.shared.awaited.waits(self.end, what);
    }

    fn listening(&self, side: Side, address: &str, hint: &str) {
        let stderr = &self.shared.stderr;
        if stderr.form() != Form::Json {
            stderr.announce(&format!("listening on {address}{hint}"));
        }
        let address = (side, address.to_owned());
        self.shared.addresses.borrow_mut().push(address);
    }

    fn refused(&self, _: Side, peer: &str, by: &'static str) {
        if self.shared.plan.show.tells_refusals {
            self.tell_refusal(peer, by, StderrWriter::remark);
        }
    }

    fn turned_away(&self, _: Side, peer: &str, why: &str) {
        if self.shared.stderr.warns() {
            self.tell_refusal(peer, why, StderrWriter::warn);
        }
    }

    fn warning(&self, _: Side, text: &str) {
        let Shared { plan, stderr, .. } = &*self.shared;
        let uri = match self.end {
            EndId::Source => &plan.source.uri,
            EndId::Sink(place) => &plan.sink_at(place).uri,
        };
        stderr.warn_aloud(&format!("{uri}: {text}"));
    }

    fn stderr_of_command(&self) -> Option<PipeWriter> {
        let Shared {
            plan,
            stderr,
            program_stderr,
            ..
        } = &*self.shared;
        let draws_rows = plan.show.draws_rows(terminals(plan));
        draws_rows
            .then(|| program_stderr.pipe(stderr.clone()))
            .flatten()
    }

    fn reads_stdin(&self) -> bool {
        let mut sources = self.shared.plan.sources();
        sources.any(|it| it.end.is_descriptor(0))
    }

    fn writes_stdout(&self) -> bool {
        self.shared.plan.sinks().any(|it| it.end.is_descriptor(1))
    }

    fn stops_at(&self) -> Option<u64> {
        let flow = &self.shared.plan.flow;
        let take = flow.take.filter(|_| self.is_only_source());
        take.and_then(|take| flow.skip.checked_add(take))
    }

    fn skips(&self) -> u64 {
        let Shared { plan, left_out, .. } = &*self.shared;
        if self.is_only_source() {
            plan.flow.skip.saturating_add(left_out.get())
        } else {
            0
        }
    }
}

/// Which ends are going to be terminals.
pub(super) fn terminals(plan: &Plan) -> Terminals {
    Terminals {
        source: plan.source.end.preview(Side::Source).is_terminal,
        sink: plan
            .sinks()
            .any(|it| it.end.preview(Side::Sink).is_terminal),
    }
}

/// Counts refusals so that no more than [`MOST_REPORTED`] are reported in a second.
#[derive(Debug, Clone, Copy, Default)]
struct RefusalCount {
    /// When the present second began.
    since: Option<Instant>,
    reported: u32,
    left_out: u64,
}

impl RefusalCount {
    /// Counts one more. Returns how many were left out before it, or `None` if it is to be left out too.
    fn add(&mut self, now: Instant) -> Option<u64> {
        let goes_on = |since: Instant| now.saturating_duration_since(since) < SECOND;
        if !self.since.is_some_and(goes_on) {
            (self.since, self.reported) = (Some(now), 0);
        }
        if self.reported < MOST_REPORTED {
            self.reported += 1;
            Some(std::mem::take(&mut self.left_out))
        } else {
            self.left_out += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_REPORTED, RefusalCount, SECOND};
    use std::time::Instant;

    #[test]
    fn of_many_refusals_the_first_of_each_second_are_told_and_the_others_counted() {
        let (mut count, start) = (RefusalCount::default(), Instant::now());
        let reported = (0..1000).filter(|_| count.add(start).is_some());
        assert_eq!(reported.count(), MOST_REPORTED as usize);
        assert_eq!(
            count.add(start + SECOND),
            Some(1000 - u64::from(MOST_REPORTED))
        );
        assert_eq!(count.add(start + SECOND), Some(0));
        assert_eq!(count.left_out, 0);
    }
}
