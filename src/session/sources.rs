//! Opens the sources after the first one, each when its turn has come, and hands them over to the pipeline.

use super::Outcome;
use super::announce::{Announcer, ListenAddress};
use super::open::source_failure;
use super::transfer::Transfer;
use crate::endpoint::{NextSource, Probe, Skipping, Source};
use crate::engine::pipeline::Controls;
use crate::error::{Class, FailureSite, Side, TransferError};
use crate::plan::Plan;
use crate::show::Display;
use crate::text::words::{bytes_exactly, count};
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// A source that was opened, or why it could not be.
type Opened = Result<Box<dyn Source>, TransferError>;

/// What has become of a source after the first one.
pub(super) enum Supplied {
    /// This one, counted from 0, is being opened.
    Wanted(usize),
    /// It listens here.
    Listens(ListenAddress),
    /// It is open, or could not be opened.
    Opened(Opened),
}

/// What opens the sources after the first one.
pub(super) struct Supply<'a> {
    plan: &'a Plan,
    announcer: &'a Announcer<'a>,
    next: Option<Arc<NextSource>>,
    /// Which one is opened next, counted from 0.
    part: usize,
    opening: Option<Pin<Box<dyn Future<Output = Opened> + 'a>>>,
}

impl<'a> Supply<'a> {
    /// Nothing is opened yet. Without `next` there is only one source.
    pub(super) fn new(
        plan: &'a Plan,
        next: Option<Arc<NextSource>>,
        announcer: &'a Announcer<'a>,
    ) -> Self {
        Self {
            plan,
            announcer,
            next,
            part: 1,
            opening: None,
        }
    }

    /// Resolves once the next source is wanted, and once it is open or could not be opened. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Supplied {
        let part = self.part;
        let Some(next) = self
            .next
            .as_ref()
            .filter(|_| part <= self.plan.more_sources.len())
        else {
            return pending().await;
        };
        let Some(opening) = &mut self.opening else {
            next.wanted().await;
            self.opening = Some(Box::pin(open(self.plan, part, self.announcer)));
            return Supplied::Wanted(part);
        };
        let announcer = self.announcer;
        let opened = poll_fn(|context| match opening.as_mut().poll(context) {
            Poll::Ready(opened) => Poll::Ready(Ok(opened)),
            Poll::Pending => match announcer.take_address() {
                Some(address) => Poll::Ready(Err(address)),
                None => Poll::Pending,
            },
        });
        match opened.await {
            Err(address) => Supplied::Listens(address),
            Ok(opened) => {
                self.opening = None;
                self.part += 1;
                Supplied::Opened(opened)
            }
        }
    }
}

async fn open(plan: &Plan, part: usize, announcer: &Announcer<'_>) -> Opened {
    let planned = plan.source_at(part);
    let opened = async { planned.end.prepare(announcer.source()).await?.open().await };
    let opened = opened.await;
    announcer.source().is_open();
    opened.map_err(|error| source_failure(planned, error))
}

impl Transfer {
    /// Shows a source that is being opened; hands over one that was opened, or that could not be, which is the end of the transfer.
    pub(super) fn supply(
        &mut self,
        supplied: Supplied,
        controls: &Controls,
        display: Option<&mut (dyn Display + 'static)>,
    ) {
        let Some(next) = self.next_source.clone() else {
            return;
        };
        match supplied {
            Supplied::Wanted(part) => {
                self.part = part;
                self.peers.source = None;
                controls.meter().watch_source(Probe::Nothing);
            }
            Supplied::Listens(address) => self.side_files.note_address(address),
            Supplied::Opened(Ok(source)) => {
                let block = self.plan.skip_errors;
                let source = Skipping::over(source, self.part, block, &self.unreadable);
                controls.admit(&*source);
                self.peers.source = source.facts().peer;
                next.hand_over(Ok(source));
            }
            Supplied::Opened(Err(failure)) => {
                next.hand_over(Err(io::Error::other("it could not be opened")));
                self.source_failure = Some(failure);
            }
        }
        self.route = self.route_of(self.part);
        if let Some(display) = display {
            display.set_route(self.route.clone());
        }
    }

    /// The outcome of a transfer that has delivered everything, but zeros in the place of what could not be read: each place is told.
    pub(super) fn with_unreadable(&self, outcome: Outcome) -> Outcome {
        let gaps = self.unreadable.gaps();
        for gap in &gaps.first {
            let uri = &self.plan.source_at(gap.part).uri;
            let (bytes, at) = (bytes_exactly(gap.bytes), gap.at);
            self.stderr.warn(&format!(
                "{uri}: {bytes} at {at} cannot be read, and are zeros: {}",
                gap.why
            ));
        }
        let (more, bytes) = gaps.others();
        if more > 0 {
            let (places, bytes) = (count(more, "more place"), bytes_exactly(bytes));
            self.stderr
                .warn(&format!("{places} cannot be read, {bytes} of zeros"));
        }
        let (Some(first), Outcome::Complete { .. }) = (gaps.first.first(), &outcome) else {
            return outcome;
        };
        let (bytes, places) = (bytes_exactly(gaps.bytes), count(gaps.count, "place"));
        Outcome::Failed(TransferError::at_end(
            Class::Io,
            Side::Source,
            "reading",
            &self.plan.source_at(first.part).uri,
            anyhow::Error::msg(format!("{bytes} in {places} cannot be read, and are zeros")),
        ))
        .after(self.bytes_out(), false, "")
    }

    /// The outcome, where it is the source's: why that could not be opened, if so.
    pub(super) fn with_source_failure(&mut self, outcome: Outcome) -> Outcome {
        let is_the_sources = matches!(
            &outcome,
            Outcome::Failed(error)
                if matches!(&error.at, Some((FailureSite::End(Side::Source), _)))
        );
        match self.source_failure.take() {
            Some(failure) if is_the_sources => Outcome::Failed(failure),
            _ => outcome,
        }
    }
}
