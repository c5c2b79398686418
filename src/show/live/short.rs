//! The only row of `-p short`: how much, for how long, how fast, how far, and who is slow.

use super::cells::{Cell, Text, Tone};
use super::picture::row_with_bar;
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
    let arrow = sample.direction.map_or("", |it| it.arrow(theme));
    let mut cells = vec![
        name(theme),
        Cell::fixed(plain(arrow.to_owned())),
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
    row_with_bar(cells, (bar_at, LEAST), sample, theme, columns)
}

#[cfg(test)]
mod tests {
    use super::short;
    use crate::show::{Theme, several};
    use console::measure_text_width;

    const THEME: Theme = Theme {
        name: None,
        colour: false,
        unicode: false,
    };

    #[test]
    fn the_row_tells_who_is_slow_and_where_that_has_no_room_how_far_it_is() {
        let mut sample = several::sample(2);
        sample.size = Some(100 << 20);
        for columns in 1..200 {
            let row = short(&sample, &THEME, columns);
            assert!(measure_text_width(&row) <= columns, "{columns}: {row}");
        }
        let row = short(&sample, &THEME, 120);
        assert!(row.contains("[====") && row.contains("  slow: "), "{row}");
        assert!(row.contains("0:12") && row.contains('%'), "{row}");
        sample.is_held = true;
        assert!(short(&sample, &THEME, 60).ends_with("  PAUSED"));
    }
}
