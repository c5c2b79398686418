//! The rows of several sinks: one for each, and one for those that there is no room for.

use super::buffers::{counts, fill, kernel, row_of_kernel, sending};
use super::cells::{Cell, Text, Tone, fitted};
use super::route_row::end_of;
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState};
use crate::show::verdict::sink_verdict;
use crate::show::{Sample, Theme};
use crate::text::words::{speed, steady_size, whole};
use console::measure_text_width;
use std::cmp::Reverse;

/// So many sinks have rows of their own.
pub(super) const MOST_ROWS: usize = 8;

/// The place of each consumer among all, from the one on that has held the readable up for longest.
pub(super) fn places(consumers: &[ConsumerSnapshot]) -> Vec<usize> {
    let mut slowest_first: Vec<_> = (0..consumers.len()).collect();
    slowest_first.sort_by_key(|it| Reverse(consumers[*it].held_up));
    let mut places = vec![0; consumers.len()];
    for (place, consumer) in slowest_first.into_iter().enumerate() {
        places[consumer] = place;
    }
    places
}

/// One of several sinks: its buffer, whether the readable waits for it, how often it did, its rate, and its own verdict.
pub(super) fn sink_row(
    sample: &Sample,
    link: &LinkSnapshot,
    sink: usize,
    theme: &Theme,
    columns: usize,
) -> String {
    let none = ConsumerSnapshot::default();
    let consumer = link.consumers.get(sink).unwrap_or(&none);
    let has_left = sample.now.sinks.get(sink).is_some_and(|it| it.has_left);
    let mut cells = vec![name(sample, sink, theme, columns)];
    if let Some(written) = consumer.writable {
        cells.extend(fill(written.len, written.mark, theme));
    }
    let (state, tone) = if has_left {
        ("FAILED  ", Tone::Bad)
    } else if holds_up(link, consumer) {
        ("HOLDS UP", Tone::Warning)
    } else {
        ("        ", Tone::Plain)
    };
    cells.push(Cell::fixed(Text::toned(state.to_owned(), tone)));
    cells.push(counts(2, (consumer.stops, "stop"), consumer.drains));
    if let Some(own) = sample.sinks.get(sink).filter(|_| !has_left) {
        let speed = format!("{:>10}/s", steady_size(whole(own.lately)));
        cells.push(Cell::optional(5, Text::plain(speed)));
        let verdict = sink_verdict(sample, &own.recent, &sample.recent);
        cells.push(Cell::optional(4, Text::toned(verdict, Tone::Faint)));
    }
    fitted(&mut cells, columns, theme)
}

/// The sinks together that have no rows of their own.
pub(super) fn other_sinks_row(
    sample: &Sample,
    link: &LinkSnapshot,
    others: &[usize],
    theme: &Theme,
    columns: usize,
) -> String {
    let consumers = others.iter().filter_map(|it| link.consumers.get(*it));
    let (stops, drains) = consumers.fold((0, 0), |(stops, drains), it| {
        (stops + it.stops, drains + it.drains)
    });
    let rate = others.iter().filter_map(|it| sample.sinks.get(*it));
    let rate: f64 = rate.map(|it| it.lately).sum();
    let name = format!("and {} more", others.len());
    let mut cells = [
        Cell::fixed(Text::toned(name, Tone::Strong)),
        counts(2, (stops, "stop"), drains),
        Cell::optional(3, Text::plain(format!("{} together", speed(rate)))),
    ];
    fitted(&mut cells, columns, theme)
}

/// The name of a sink, as wide as that of every other one; of a long name the end.
fn name(sample: &Sample, sink: usize, theme: &Theme, columns: usize) -> Cell {
    let all = (0..sample.now.sinks.len()).map(|it| measure_text_width(&sample.now.sink_name(it)));
    let width = all.max().unwrap_or(0).min((columns / 4).max(6));
    let name = end_of(&sample.now.sink_name(sink), width, theme);
    let blank = width.saturating_sub(measure_text_width(&name));
    Cell::fixed(Text::toned(name + &" ".repeat(blank), Tone::Strong))
}

/// Whether the readable is paused and waits for the drain of this consumer.
fn holds_up(link: &LinkSnapshot, consumer: &ConsumerSnapshot) -> bool {
    link.state == LinkState::Paused && consumer.is_stopped()
}

/// The kernel's buffer behind one of several sinks. `None`: there is none.
pub(super) fn sink_kernel_row(
    sample: &Sample,
    sink: usize,
    theme: &Theme,
    columns: usize,
) -> Option<String> {
    let behind = kernel(&sample.now.sinks.get(sink)?.end, false, theme, sending);
    let sink = sample.now.sink_name(sink);
    let form = |text| Text::toned(text, Tone::Faint);
    let short = form(end_of(&sink, 16, theme));
    let name = Cell::new([(2, form(format!("kernel, {sink}"))), (u8::MAX, short)]);
    row_of_kernel(name, Vec::new(), behind, theme, columns)
}
