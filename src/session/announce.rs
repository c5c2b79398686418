//! Announces where a listening end listens, and which peers it refuses.

use super::awaited::Awaited;
use super::program_stderr::ProgramStderr;
use crate::endpoint::Announce;
use crate::error::Side;
use crate::plan::Plan;
use crate::session::report::Form;
use crate::session::stderr::StderrWriter;
use crate::show::Terminals;
use std::cell::{Cell, RefCell};
use std::io::PipeWriter;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Refusals reported in a second at most, so that a peer that connects again and again does not fill a log.
const MOST_REPORTED: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// A listening end and its address.
pub(super) type ListenAddress = (Side, String);

/// Announces on standard error at once, and keeps the addresses for the records, which start later.
pub(super) struct Announcer<'a> {
    plan: &'a Plan,
    stderr: StderrWriter,
    program_stderr: &'a ProgramStderr,
    source: Refusals,
    sink: Refusals,
    addresses: RefCell<Vec<ListenAddress>>,
    awaited: Arc<Awaited>,
}

/// The refusals of one end.
struct Refusals {
    /// What the end is doing, with the name of the transfer if it has one.
    doing: String,
    /// The option by which the last one was refused.
    by: Cell<&'static str>,
    count: Cell<RefusalCount>,
}

impl<'a> Announcer<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        stderr: &StderrWriter,
        program_stderr: &'a ProgramStderr,
        awaited: &Arc<Awaited>,
    ) -> Self {
        let refusals_of = |uri: &str| Refusals {
            doing: plan.show.theme.named(&format!("accepting on {uri}")),
            by: Cell::default(),
            count: Cell::default(),
        };
        Self {
            plan,
            stderr: stderr.clone(),
            program_stderr,
            source: refusals_of(&plan.source.uri),
            sink: refusals_of(&plan.sink.uri),
            addresses: RefCell::default(),
            awaited: Arc::clone(awaited),
        }
    }

    /// `side` is open, and waits for nothing any more.
    pub(super) fn is_open(&self, side: Side) {
        self.awaited.is_open(side);
    }

    /// Where the ends listen.
    pub(super) fn addresses(&self) -> Vec<ListenAddress> {
        self.addresses.borrow().clone()
    }

    /// No peer is waited for any more: reports how many refusals were left out.
    pub(super) fn stop(&self) {
        for refusals in [&self.source, &self.sink] {
            let left_out = refusals.count.take().left_out;
            if self.plan.show.tells_refusals && left_out > 0 {
                self.report_left_out(refusals, left_out);
            }
        }
    }

    fn report_left_out(&self, refusals: &Refusals, left_out: u64) {
        let doing = &refusals.doing;
        let by = refusals.by.get();
        self.stderr
            .remark(&format!("{doing}: refused {left_out} more ({by})"));
    }
}

impl Announce for Announcer<'_> {
    fn waiting(&self, side: Side, what: String) {
        self.awaited.waits(side, what);
    }

    fn listening(&self, side: Side, address: &str, hint: &str) {
        if self.stderr.form() != Form::Json {
            self.stderr
                .announce(&format!("listening on {address}{hint}"));
        }
        let address = (side, address.to_owned());
        self.addresses.borrow_mut().push(address);
    }

    fn refused(&self, side: Side, peer: &str, by: &'static str) {
        if !self.plan.show.tells_refusals {
            return;
        }
        let refusals = match side {
            Side::Source => &self.source,
            Side::Sink => &self.sink,
        };
        refusals.by.set(by);
        let mut count = refusals.count.get();
        let reported = count.add(Instant::now());
        refusals.count.set(count);
        let Some(left_out) = reported else { return };
        if left_out > 0 {
            self.report_left_out(refusals, left_out);
        }
        let doing = &refusals.doing;
        self.stderr
            .remark(&format!("{doing}: refused {peer} ({by})"));
    }

    fn stderr_of_command(&self) -> Option<PipeWriter> {
        let draws_rows = self.plan.show.draws_rows(terminals(self.plan));
        let pipe = || self.program_stderr.pipe(self.stderr.clone());
        draws_rows.then(pipe).flatten()
    }

    fn reads_stdin(&self) -> bool {
        self.plan.sources().any(|it| it.end.is_stdin())
    }
}

/// Which ends are going to be terminals.
pub(super) fn terminals(plan: &Plan) -> Terminals {
    Terminals {
        source: plan.source.end.preview(Side::Source).is_terminal,
        sink: plan.sink.end.preview(Side::Sink).is_terminal,
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
