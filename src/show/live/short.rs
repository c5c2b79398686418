//! The only row of `-p short`: how much, for how long, how fast, how far, and who is slow.

use super::cells::{Cell, Text, Tone, columns_of, fit, fitted};
use super::picture::bar;
use super::route_row::name;
use crate::show::figures::Figures;
use crate::show::verdict::verdict;
use crate::show::{Sample, Theme};
use crate::text::words::{clock, countdown, short_size, whole};

/// Columns of the shortest bar, brackets included.
const LEAST: usize = 8;

/// The row of a sample.
pub(super) fn short(sample: &Sample, theme: &Theme, columns: usize) -> String {
    let figures = Figures::of(sample);
    let plain = |text: String| Text::plain(text);
    let percent = figures.percent.map(|it| format!("{it:>3}%"));
    let eta = figures.percent.map(|_| {
        let time = figures.eta.map_or_else(|| "-:--".to_owned(), countdown);
        format!("ETA {time}")
    });
    let mut cells = vec![
        name(theme),
        Cell::fixed(plain(format!("{:>10}", figures.passed.steady()))),
        Cell::optional(8, plain(clock(sample.now.elapsed))),
        Cell::fixed(plain(format!(
            "[{:>10}]",
            short_size(whole(sample.speed)) + "/s"
        ))),
    ];
    let bar_at = cells.len();
    cells.push(Cell::optional(2, plain(" ".repeat(LEAST))));
    if sample.size.is_none() {
        cells[bar_at] = Cell::fixed(Text::none());
    }
    let verdict = verdict(sample, &sample.recent);
    let (without_share, _) = verdict.split_once(" (").unwrap_or((&verdict, ""));
    let held = if sample.is_held {
        Cell::fixed(Text::toned("PAUSED".to_owned(), Tone::Warning))
    } else {
        let without_share = plain(without_share.to_owned());
        let forms = [(1, plain(verdict.clone())), (3, without_share)];
        Cell::new(forms.into_iter().chain([(u8::MAX, Text::none())]))
    };
    cells.extend([
        Cell::optional(6, plain(percent.unwrap_or_default())),
        Cell::optional(5, plain(eta.unwrap_or_default())),
        held,
    ]);
    fit(&mut cells, columns);
    if let Some(size) = sample.size
        && !cells[bar_at].is_dropped()
    {
        let room = columns.saturating_sub(columns_of(&cells)) + LEAST;
        cells[bar_at] = Cell::fixed(bar(sample.part(), size, theme, room));
    }
    fitted(&mut cells, columns, theme)
}
