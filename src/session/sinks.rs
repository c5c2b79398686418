//! How a transfer ended at each of its sinks, and what that comes to.

use super::Outcome;
use super::transfer::Transfer;
use crate::engine::pipeline::End;
use crate::engine::road::WriterOutcome;
use crate::error::Class;
use crate::session::exit::Exit;
use crate::show::SinkEnding;

/// What is known of the sinks of a transfer, as long as they are written to.
#[derive(Debug)]
pub(super) struct SinkFacts {
    /// Whether it has a peer, so that what it took and what its peer got are not the same.
    pub(super) has_peer: bool,
}

/// How a transfer ended at each of its sinks.
#[derive(Debug)]
pub(super) struct SinkOutcomes {
    /// What ended all of it: its source or a transform has failed, or a signal came.
    of_all: Option<Outcome>,
    /// How it ended at each sink; `None`: by what ended all of it.
    at_sinks: Vec<Option<Outcome>>,
}

impl Transfer {
    /// How it ended, where the stages have told how they ended, unless it was given up before. The source is closed in an orderly
    /// way only if all sinks have everything, so that its peer learns of a failure.
    pub(super) fn outcomes(&mut self, end: Option<End>, given_up: Option<Outcome>) -> SinkOutcomes {
        let Some(end) = end else {
            return SinkOutcomes {
                of_all: given_up,
                at_sinks: self.plan.sinks().map(|_| None).collect(),
            };
        };
        let is_delivered = end.is_delivered() && given_up.is_none();
        let fails_fast = self.plan.flow.fail_fast && end.writers.len() > 1;
        let has_failed = end.writers.iter().any(WriterOutcome::is_failure_of_sink);
        let (mut of_all, reader) = (given_up, end.reader.as_ref());
        let mut at_sinks = Vec::new();
        for (sink, writer) in end.writers.into_iter().enumerate() {
            let is_cut = matches!(writer, WriterOutcome::Cancelled | WriterOutcome::SourceCut);
            // Where the system had no thread for one of them, the others were told to give up.
            let never_began = matches!(writer, WriterOutcome::Cancelled) && !fails_fast;
            at_sinks.push(if is_cut && of_all.is_some() || never_began && has_failed {
                None
            } else if is_cut && fails_fast && has_failed {
                let why = "given up, since another SINK has failed (--fail-fast)";
                let uri = &self.plan.sink_at(sink).uri;
                Some(Outcome::given_up(Class::Io, uri, why))
            } else {
                let outcome = Outcome::of(&self.plan, sink, reader, &end.transforms, writer);
                if is_cut {
                    of_all = Some(outcome);
                    None
                } else {
                    Some(outcome)
                }
            });
        }
        self.transform_outcomes = end.transforms.into_iter().flatten().collect();
        if let Some(reader) = end.reader.filter(|_| is_delivered) {
            reader.source.close();
        }
        SinkOutcomes { of_all, at_sinks }
    }

    /// What the transfer has come to: the outcome that says most, where they differ. The others are told in lines of their own, and
    /// all are in the records.
    pub(super) fn outcome(&mut self, outcomes: SinkOutcomes, sinks: &[SinkFacts]) -> Outcome {
        let plan = std::rc::Rc::clone(&self.plan);
        let SinkOutcomes { of_all, at_sinks } = outcomes;
        let of_all = of_all.map(|outcome| {
            let undone: Vec<_> = plan.sinks().filter_map(|it| it.end.when_undone()).collect();
            let stays = if undone.is_empty() {
                self.what_goes_on()
            } else {
                format!(", but {}", undone.join(" and "))
            };
            let has_peer = sinks.iter().any(|it| it.has_peer);
            let outcome = self.with_source_failure(outcome);
            outcome.after(self.bytes_out(), has_peer, &stays)
        });
        let bytes = self.bytes_out_of_sinks();
        let at_sinks = at_sinks
            .into_iter()
            .zip(plan.sinks())
            .zip(sinks)
            .enumerate();
        let at_sinks = at_sinks.map(|(place, ((outcome, planned), facts))| {
            let undone = planned.end.when_undone();
            let stays =
                undone.map_or_else(|| self.what_was_there(), |undone| format!(", but {undone}"));
            let bytes = bytes.get(place).copied().unwrap_or(0);
            outcome.map(|it| it.after(bytes, facts.has_peer, &stays))
        });
        let mut at_sinks: Vec<_> = at_sinks.collect();
        if plan.has_several_sinks() {
            let warnings = plan.sinks().zip(&mut at_sinks);
            let warnings = warnings.filter_map(|(it, own)| match own {
                Some(Outcome::Complete { warning, .. }) => {
                    Some(format!("{} {}", it.uri, warning.take()?))
                }
                _ => None,
            });
            self.sink_warnings = warnings.collect();
            let endings = plan.sinks().zip(&at_sinks);
            let endings =
                endings.map(|(it, own)| ending(&it.uri, own.as_ref().or(of_all.as_ref())));
            self.sink_endings = endings.collect();
        }
        let all = of_all.into_iter().chain(at_sinks.into_iter().flatten());
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|outcome| rank(outcome.exit()));
        let mut all = all.into_iter();
        let worst = all.next();
        self.other_failures = all
            .filter_map(|it| it.error().map(ToString::to_string))
            .collect();
        let nothing = || Outcome::not_started(&std::io::Error::other("there is no sink"));
        worst.unwrap_or_else(nothing)
    }

    /// What the sink had of a copy before it went on, as a text that follows how much was delivered.
    fn what_was_there(&self) -> String {
        match self.resumed_at {
            0 => String::new(),
            at => format!(" behind the {at} that were there"),
        }
    }

    /// The same where the source has failed, and how to go on if that was a connection: it may be there another time, while a file
    /// that cannot be read stays so.
    fn what_goes_on(&self) -> String {
        let goes_on = self.peers.source.is_some() && self.can_be_resumed();
        self.what_was_there() + if goes_on { "; --resume goes on" } else { "" }
    }

    /// How many bytes each sink has taken.
    fn bytes_out_of_sinks(&self) -> Vec<u64> {
        let sinks = self.steering.snapshot().sinks;
        sinks.iter().map(|it| it.bytes_out).collect()
    }
}

fn ending(uri: &str, outcome: Option<&Outcome>) -> SinkEnding {
    SinkEnding {
        uri: uri.to_owned(),
        outcome: outcome.map_or("failed", Outcome::name),
        delivered: outcome.and_then(Outcome::delivered),
        error: outcome.and_then(Outcome::error).map(ToString::to_string),
    }
}

/// Of several exit statuses the one with the least of these numbers is that of the transfer.
fn rank(exit: Exit) -> u8 {
    match exit {
        Exit::Usage => 0,
        // A pipe whose reader went away is no failure of its own.
        Exit::Signal(number) if number == rustix::process::Signal::PIPE.as_raw() => 5,
        Exit::Signal(_) => 1,
        Exit::Integrity => 2,
        Exit::Io => 3,
        Exit::Timeout => 4,
        Exit::Success => 6,
    }
}
