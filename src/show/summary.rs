//! The summary of a transfer: how much was moved, and what held it up, in one or two lines; with `-v` all that is known of the
//! buffers and the road.

use super::figures::Figures;
use super::line::{between, moved, of_size};
use super::verdict;
use super::{Sample, SinkEnding};
use crate::account::replay::Advice;
use crate::endpoint::Delivered;
use crate::engine::road::RoadInUse;
use crate::text::words::{Size, count, speed, time};
use crate::text::wrap::{lines_of, wrapped};
use crate::transform::Digest;

/// How a transfer ended, for its summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Everything was delivered, in this sense.
    Complete(Delivered),
    /// A signal came first.
    Interrupted,
}

impl Completion {
    /// In which sense it was delivered, or that it was interrupted.
    pub(super) fn words(self) -> &'static str {
        match self {
            Completion::Complete(Delivered::Written) => "written",
            Completion::Complete(Delivered::Synced) => "written and synced to disk",
            Completion::Complete(Delivered::Acknowledged) => "acknowledged; the peer did not close",
            Completion::Complete(Delivered::Closed) => "acknowledged and closed by the peer",
            Completion::Complete(Delivered::Exited) => "written; the command succeeded",
            Completion::Complete(Delivered::Accepted) => "accepted by the server",
            Completion::Interrupted => "interrupted",
        }
    }
}

/// What a summary is made of.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a> {
    /// The last sample of the transfer.
    pub sample: &'a Sample,
    /// How it ended.
    pub how: Completion,
    /// How it ended at each of several sinks, if it has ended.
    pub sinks: &'a [SinkEnding],
    /// What became of the sink, where it is not whole.
    pub sink: Option<&'a str>,
    /// What other marks would have done.
    pub advice: Option<&'a Advice>,
    /// The digests of what has passed.
    pub digests: &'a [Digest],
    /// How the bytes travelled, with all that is known of the buffers, if that is to be told.
    pub details: Option<RoadInUse>,
}

impl Summary<'_> {
    /// Its lines, none wider than this but for digests and long names.
    #[must_use]
    pub fn lines(&self, columns: usize) -> Vec<String> {
        let wrapped = |text: &String| by_phrases(text, columns);
        let sinks = verdict::sink_verdicts(self.sample, self.details.is_some());
        let sinks = sinks.into_iter().enumerate();
        let sinks = sinks.map(|(place, (name, mut parts))| {
            if let Some(how) = self.sinks.get(place).and_then(|it| it.delivered) {
                let how = Completion::Complete(how).words();
                parts.insert(1.min(parts.len()), how.to_owned());
            }
            format!("{name}: {}", parts.join(", "))
        });
        let hold_up = verdict::hold_up(self.sample, self.advice);
        let hold_up = hold_up.map(|forms| longest_that_fits(forms, columns));
        let texts = [self.numbers()].into_iter().chain(sinks).chain(hold_up);
        let texts: Vec<_> = texts.chain(self.all_details()).collect();
        let digests = self.digests.iter();
        let digests = digests.map(|it| format!("{} {}", it.algorithm, it.hex));
        texts.iter().flat_map(wrapped).chain(digests).collect()
    }

    /// How much was moved, how fast, and what became of it.
    fn numbers(&self) -> String {
        let figures = Figures::of(self.sample);
        let (time, pace) = (time(self.sample.now.elapsed), speed(self.sample.pace));
        let numbers = match self.how {
            Completion::Complete(_) => {
                let moved = match self.sample.before {
                    0 => moved(&figures, ""),
                    _ => Size::of(self.sample.now.passed()).to_string(),
                };
                let how = match (self.sample.now.sinks.len(), self.how) {
                    (several @ 2.., _) => format!("to {several} sinks"),
                    // A peer that is still to answer does not close.
                    (_, Completion::Complete(Delivered::Acknowledged))
                        if self.sample.direction.is_some() =>
                    {
                        "acknowledged".to_owned()
                    }
                    _ => self.how.words().to_owned(),
                };
                format!("{moved} in {time}, {pace}, {how}")
            }
            Completion::Interrupted => {
                let moved = moved(&figures, &of_size(&figures));
                format!("interrupted: {moved} in {time}")
            }
        };
        let lines = self.sample.lines();
        let lines = lines.map_or_else(String::new, |it| format!(", {}", count(it, "line")));
        let sink = self.sink.map_or_else(String::new, |it| format!("; {it}"));
        numbers + &lines + &self.resumed(&figures) + &sink
    }

    /// Where a copy went on, and how much the sink has since, if that is not said yet.
    fn resumed(&self, figures: &Figures) -> String {
        let at = match self.sample.before {
            0 => return String::new(),
            before => Size::of(before),
        };
        match self.how {
            Completion::Complete(_) => format!("; resumed at {at}, {} in all", figures.passed),
            Completion::Interrupted => format!("; resumed at {at}"),
        }
    }

    /// The pauses of each link, how full the buffers were, and the road.
    fn all_details(&self) -> Vec<String> {
        let Some(road) = self.details else {
            return Vec::new();
        };
        let links = self.sample.now.links.iter().enumerate();
        let mut details: Vec<_> = links
            .map(|(place, link)| {
                let between = between(&self.sample.now, place);
                let pauses = count(link.pauses, "pause");
                let drains = count(link.drains, "drain");
                if link.paused.is_zero() {
                    format!("{between}{pauses}, {drains}")
                } else {
                    let in_all = time(link.paused);
                    format!("{between}{pauses} ({in_all} in all), {drains}")
                }
            })
            .collect();
        details.extend(verdict::buffers(self.sample, self.advice));
        details.push(match road.calls() {
            Some(calls) => format!("{} road ({})", road.name(), calls.name()),
            None => format!("{} road", road.name()),
        });
        details
    }
}

/// Breaks a text behind commas and semicolons, and a phrase at blanks only if it is too long by itself.
fn by_phrases(text: &str, columns: usize) -> Vec<String> {
    let mut phrases = vec![String::new()];
    for word in text.split(' ') {
        let ends = phrases.last().is_some_and(|it| it.ends_with([',', ';']));
        match phrases.last_mut() {
            Some(phrase) if phrase.is_empty() => phrase.push_str(word),
            Some(phrase) if !ends => {
                phrase.push(' ');
                phrase.push_str(word);
            }
            _ => phrases.push(word.to_owned()),
        }
    }
    let lines = lines_of(phrases, |line| line.chars().count() <= columns);
    lines.iter().flat_map(|it| wrapped(it, columns)).collect()
}

/// The first of these that fits, or the last.
fn longest_that_fits(forms: [String; 3], columns: usize) -> String {
    let [.., shortest] = &forms;
    let shortest = shortest.clone();
    let mut fitting = forms.into_iter().filter(|it| it.chars().count() <= columns);
    fitting.next().unwrap_or(shortest)
}
