//! The row that says what binds the flow, or what a stalled flow waits for.

use super::cells::{Cell, Text, Tone, fitted};
use super::route_row::end_of;
use crate::account::phase::Phase;
use crate::endpoint::EndStatus;
use crate::endpoint::connection::Suspect;
use crate::show::verdict::{shares_of_blame, sink_end, suspect, verdict};
use crate::show::{Sample, Theme};
use crate::text::words::clock;

/// The verdict of the last seconds with its shares; for a stalled or ended flow, what it waits for.
pub(super) fn verdict_row(sample: &Sample, theme: &Theme, told_as: &str, columns: usize) -> String {
    let now = &sample.now;
    if now.has_ended() {
        let text = "everything is written; waiting for the sink to confirm".to_owned();
        return alone(Text::toned(text, Tone::Good), theme, columns);
    }
    if sample.is_held {
        let text = if told_as.is_empty() {
            "PAUSED by --tell: nothing leaves until it is told to resume".to_owned()
        } else {
            format!("PAUSED by --tell; to go on: tidegate --tell {told_as} resume")
        };
        return alone(Text::toned(text, Tone::Warning), theme, columns);
    }
    if sample.is_stalled() {
        let text = format!("stalled for {}: {}", clock(now.still), awaited(sample));
        let mut which = String::new();
        if let (Some(sink), Phase::Sink | Phase::Moving) = (sample.recent.sink, phase(sample)) {
            let room = columns.saturating_sub(text.chars().count() + " ()".len());
            let name = end_of(&now.sink_name(sink), room, theme);
            which = format!(" ({name})");
        }
        return alone(Text::toned(text + &which, Tone::Bad), theme, columns);
    }
    let bound = sample.recent.waits.bound_by().unwrap_or(Phase::Moving);
    let verdict = Text::toned(verdict(sample, &sample.recent), Tone::Strong);
    let others = sample.recent.percents().into_iter();
    let others = others
        .filter(|(phase, percent)| *phase != bound && *percent > 0)
        .zip([4, 3, 2, 1])
        .map(|((phase, percent), rank)| {
            let text = format!("{} {percent}%", phase.name());
            Cell::optional(rank, Text::toned(text, Tone::Faint))
        });
    let blame = sample.recent.blame.filter(|_| bound == Phase::Sink);
    let blame = blame.map(shares_of_blame).unwrap_or_default();
    let blame = Cell::optional(5, Text::toned(blame, Tone::Faint));
    let mut cells = vec![Cell::fixed(verdict), blame];
    cells.extend(others);
    fitted(&mut cells, columns, theme)
}

/// A row with only this text.
fn alone(text: Text, theme: &Theme, columns: usize) -> String {
    fitted(&mut [Cell::fixed(text)], columns, theme)
}

/// What a stalled flow waits for.
fn awaited(sample: &Sample) -> &'static str {
    let ends = &sample.now.ends;
    match phase(sample) {
        Phase::Source => match ends.source {
            EndStatus::Connection(_) => "waiting for the remote sender",
            EndStatus::Pipe(_) => "waiting for whoever writes into the pipe",
            EndStatus::UnixSocket => "waiting for whoever writes into the socket",
            EndStatus::Command(_) => "waiting for the command's output",
            EndStatus::File => "waiting for the file it reads",
            EndStatus::Other => "waiting for the source",
        },
        Phase::Sink | Phase::Moving => match sink_end(sample, &sample.recent) {
            EndStatus::Connection(it) => match suspect(&it, &sample.recent) {
                Suspect::Reader => "waiting for the remote reader",
                Suspect::Network => "waiting for the network",
                Suspect::Buffer | Suspect::Unknown => "waiting for the receiver or the network",
            },
            EndStatus::Pipe(_) => "waiting for whoever reads from the pipe",
            EndStatus::UnixSocket => "waiting for whoever reads from the socket",
            EndStatus::Command(_) => "waiting for the command",
            EndStatus::File => "waiting for the file it writes",
            EndStatus::Other => "waiting for the sink",
        },
        Phase::Rate => "held by the rate limit",
        Phase::Transform => "a transform is computing",
    }
}

/// What the writer does now; of several the one whose sink is the slowest.
fn phase(sample: &Sample) -> Phase {
    let slowest = sample.recent.sink;
    let slowest = slowest.and_then(|sink| sample.now.sinks.get(sink));
    slowest.map_or(sample.now.phase, |it| it.phase)
}
