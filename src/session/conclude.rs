//! Reports how a transfer ended: on standard error, in the files beside the sink, and by the exit status.

use super::Outcome;
use super::transfer::{GRACE, Transfer};
use crate::account::recording::Recording;
use crate::account::replay::Advice;
use crate::engine::pipeline::Controls;
use crate::error::reason;
use crate::platform::threads;
use crate::session::exit::Exit;
use crate::session::stderr::StderrWriter;
use crate::show::{self, Completion, FileDigest, HeldDrawing, Sample, StderrKind, Theme};
use crate::text::visible;
use crate::transform::{Digest, sum_line};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long the last record on standard error waits for the files of records, so that it follows what is said of them.
const RECORD_FILES_WAIT: Duration = Duration::from_millis(100);

/// What is known of a transfer that has ended.
pub(super) struct Results {
    /// What is known of each direction.
    pub(super) lanes: Vec<LaneResults>,
    /// The digests of what has passed, with the files that have them.
    pub(super) file_digests: Vec<FileDigest>,
    /// The same without these files.
    pub(super) digests: Vec<Digest>,
}

/// What is known of a direction that has ended.
pub(super) struct LaneResults {
    /// Its last sample.
    pub(super) sample: Sample,
    pub(super) recording: Recording,
    /// What other marks would have done.
    pub(super) advice: Option<Advice>,
}

impl Transfer {
    /// Reports the outcome. A slow terminal or file is waited for, but a signal ends the wait.
    pub(super) async fn conclude(mut self, outcome: Outcome) -> Exit {
        match self.report(outcome).await {
            Ok(exit) => exit,
            Err(signal) => Exit::Signal(signal),
        }
    }

    async fn report(&mut self, mut outcome: Outcome) -> Result<Exit, i32> {
        let programs_said = Rc::clone(&self.program_stderr).ended();
        match outcome {
            // After a signal, a terminal that is held (^S) is waited for only so long.
            Outcome::Interrupted(_) => drop(timeout(GRACE, programs_said).await),
            _ => self.unless_ended(programs_said).await?,
        }
        if self.is_open && !outcome.is_refusal() {
            self.side_files.begin(&self.steering, &self.stderr);
        }
        let is_delivered = matches!(outcome, Outcome::Complete { .. });
        let drawings = self.side_files.take_drawings();
        let is_summed = outcome.completion().is_some() && self.plan.show.sums_up(self.terminals);
        let is_wanted = is_summed || !drawings.is_empty() || !self.side_files.stats.is_empty();
        let results = self.results(is_wanted).await?;
        let (needed, drawings): (Vec<_>, Vec<_>) =
            drawings.into_iter().partition(|it| it.is_needed);
        let are_kept = self.keep(needed, &results, &mut outcome).await?;
        outcome.report(&self.stderr, &self.plan.sink.uri);
        self.report_other_sinks(&outcome);
        self.warn();
        self.say_last_line();
        let completion = outcome.completion().filter(|_| is_summed);
        if let Some(how) = completion {
            self.sum_up(&results, how);
        }
        for (name, written) in self.draw(drawings, &results, &outcome) {
            if let Err(error) = self.unless_ended(written).await? {
                self.stderr.fail(&unwritten(&name, &error));
            }
        }
        let are_recorded = self.end_records(&results, &outcome).await?;
        if is_delivered && !are_kept && completion.is_none() && !are_recorded {
            self.say_digests(&results.file_digests);
        }
        let stderr = self.stderr.clone();
        match outcome {
            // After a signal, a terminal that is held (^S) is waited for only so long.
            Outcome::Interrupted(_) => drop(timeout(GRACE, stderr.flushed()).await),
            _ => self.unless_ended(stderr.flushed()).await?,
        }
        Ok(outcome.exit())
    }

    async fn results(&mut self, is_wanted: bool) -> Result<Results, i32> {
        let file_digests = self.file_digests();
        let pipelines = self.steering.pipelines();
        let mut lanes = Vec::new();
        for place in 0..self.lanes.len() {
            let pipeline = pipelines.get(place);
            let now = self.steering.snapshot_of(place);
            let advice = pipeline.filter(|_| is_wanted).and_then(advice);
            lanes.push(LaneResults {
                sample: self.lanes[place].sampler.last_sample(now),
                recording: pipeline
                    .and_then(|it| it.meter().recording())
                    .unwrap_or_default(),
                advice: match advice {
                    Some(advice) => self.unless_ended(advice).await?,
                    None => None,
                },
            });
        }
        Ok(Results {
            lanes,
            digests: file_digests.iter().map(|it| it.digest.clone()).collect(),
            file_digests,
        })
    }

    /// Writes the files without which the transfer has failed. Returns whether one is written.
    async fn keep(
        &mut self,
        drawings: Vec<HeldDrawing>,
        results: &Results,
        outcome: &mut Outcome,
    ) -> Result<bool, i32> {
        let mut are_kept = false;
        for (name, written) in self.draw(drawings, results, outcome) {
            match self.unless_ended(written).await? {
                Ok(()) => are_kept = true,
                Err(error) => {
                    let failed = Outcome::unwritten(&name, &error);
                    *outcome = failed.after(self.bytes_out(), false, "");
                }
            }
        }
        Ok(are_kept)
    }

    /// Writes the last record everywhere, and returns whether it is written somewhere. On standard error it is the last
    /// line of all.
    async fn end_records(&mut self, results: &Results, outcome: &Outcome) -> Result<bool, i32> {
        let sinks = self.sink_endings.clone();
        let lanes = self.lanes.iter().zip(&results.lanes);
        let ends_of_lanes = lanes.map(|(lane, of_lane)| {
            let ending = outcome.ending(lane.road, of_lane.advice, &results.digests, &sinks);
            (&of_lane.sample, ending)
        });
        let ends_of_lanes: Vec<_> = ends_of_lanes.collect();
        let (mut ends, mut among) = (JoinSet::new(), Vec::new());
        for stats in std::mem::take(&mut self.side_files.stats) {
            if stats.is_among_messages() {
                among.push(stats);
            } else {
                let (name, end) = (stats.name.clone(), stats.end(&ends_of_lanes));
                ends.spawn(async move { (name, end.await) });
            }
        }
        let mut are_written = !among.is_empty();
        let stderr = self.stderr.clone();
        if !among.is_empty() {
            let soon = timeout(RECORD_FILES_WAIT, report_records(&mut ends, Some(&stderr)));
            // What takes longer is still waited for below.
            drop(self.unless_ended(soon).await?);
            for stats in among {
                let end = stats.end(&ends_of_lanes);
                drop(self.unless_ended(end).await?);
            }
        }
        let stderr = Some(&stderr).filter(|_| !are_written);
        are_written |= self.unless_ended(report_records(&mut ends, stderr)).await?;
        Ok(are_written)
    }

    fn sum_up(&self, results: &Results, how: Completion) {
        let theme = self.named_theme();
        if !self.is_open && !self.awaited.is_empty() {
            let text = format!("interrupted while {}", self.awaited);
            return self.stderr.note(&theme.named(&text));
        }
        let is_interrupted = how == Completion::Interrupted;
        let cut = self.plan.sinks().filter_map(|it| it.end.when_cut());
        let cut: Vec<_> = cut.filter(|_| is_interrupted && self.is_open).collect();
        let goes_on = self.can_be_resumed().then_some("; --resume goes on");
        let goes_on = goes_on.unwrap_or_default();
        let sink = (!cut.is_empty()).then(|| cut.join("; ") + goes_on);
        let indent = self.stderr.form().columns_before_note() + theme.named("").chars().count();
        let columns = self.plan.show.summary_columns();
        for (lane, of_lane) in self.lanes.iter().zip(&results.lanes) {
            let summary = show::Summary {
                sample: &of_lane.sample,
                how: lane.completion(how),
                sinks: &self.sink_endings,
                sink: sink.as_deref(),
                advice: of_lane.advice.as_ref(),
                digests: &results.digests,
                details: lane.road.filter(|_| self.plan.show.says_road),
            };
            let arrow = lane.direction.map(|it| format!("{} ", it.arrow(&theme)));
            let arrow = arrow.unwrap_or_default();
            let indent = indent + arrow.chars().count();
            for line in summary.lines(columns.saturating_sub(indent)) {
                self.stderr.note(&theme.named(&format!("{arrow}{line}")));
            }
        }
    }

    /// Reports what else failed at several sinks, and which of them have everything.
    fn report_other_sinks(&self, outcome: &Outcome) {
        for warning in &self.sink_warnings {
            self.stderr.warn(warning);
        }
        for failure in &self.other_failures {
            self.stderr.fail(failure);
        }
        let whole = self.sink_endings.iter().filter(|it| it.delivered.is_some());
        let whole: Vec<_> = whole.map(|it| &*it.uri).collect();
        let is_failed = matches!(outcome, Outcome::Failed(_));
        if is_failed && !whole.is_empty() && !self.plan.show.is_quiet {
            let all = self.sink_endings.len();
            let (count, names) = (whole.len(), whole.join(", "));
            self.note(&format!("{count} of {all} sinks have everything: {names}"));
        }
    }

    /// The theme with a name, if it needs one: that of the user, or the ends where another transfer was on the same terminal.
    fn named_theme(&self) -> Theme {
        let theme = &self.plan.show.theme;
        if theme.name.is_none() && self.stderr.is_shared() {
            theme.called(Some(self.route.words().trim_end_matches(':')))
        } else {
            theme.clone()
        }
    }

    /// What `work` comes to, unless a signal that ends us comes first.
    async fn unless_ended<T>(&mut self, work: impl Future<Output = T>) -> Result<T, i32> {
        tokio::select! {
            done = work => Ok(done),
            number = self.signals.next_end() => Err(number),
        }
    }

    /// Prints the last line of `--format`.
    fn say_last_line(&self) {
        for sample in self.steering.samples_for_display() {
            if let Some(line) = self.plan.show.last_line(self.terminals, &sample) {
                self.stderr.announce_as_is(&line);
            }
        }
    }

    /// Prints digests that nothing else shows, in the format of `sha256sum` and its like. A digest that was compared is left
    /// out, since the user knows it.
    fn say_digests(&self, file_digests: &[FileDigest]) {
        for sum in file_digests.iter().filter(|sum| !sum.is_compared) {
            let line = sum_line(&sum.digest, sum.file.as_deref());
            match line.strip_suffix(b"\n") {
                // There may be an escape sequence in the name, which a terminal would obey.
                Some(line) if self.plan.show.stderr != StderrKind::Log => {
                    self.stderr.announce(&visible::line(line));
                }
                _ => self.stderr.announce_bytes(line),
            }
        }
    }

    /// Reports the warnings of the transforms.
    fn warn(&self) {
        for (end, planned) in self.transform_outcomes.iter().zip(&self.plan.transforms) {
            if let Some(warning) = &end.warning {
                self.stderr
                    .warn(&format!("{}: {warning}", planned.kind.name));
            }
        }
    }
}

/// The advice on the marks of a pipeline, once nothing passes its buffers any more. It is computed on another thread, so that signals
/// are heard here; there is none where the system has no thread left.
fn advice(pipeline: &Controls) -> Option<impl Future<Output = Option<Advice>> + use<>> {
    let (history, marks) = pipeline.history()?;
    let advice = threads::apart("advice", move || Ok(Advice::of(&history, marks))).ok()?;
    Some(async move { advice.await.ok().flatten() })
}

/// Waits for the files of records, and reports their failures to `stderr` if it is given. Returns whether one is whole.
async fn report_records(
    ends: &mut JoinSet<(String, io::Result<()>)>,
    stderr: Option<&StderrWriter>,
) -> bool {
    let mut is_written = false;
    while let Some(Ok((name, end))) = ends.join_next().await {
        match (end, stderr) {
            (Ok(()), _) => is_written = true,
            (Err(error), Some(stderr)) => stderr.fail(&unwritten(&name, &error)),
            (Err(_), None) => {}
        }
    }
    is_written
}

fn unwritten(name: &str, error: &io::Error) -> String {
    format!("writing {name}: {}", reason(error))
}
