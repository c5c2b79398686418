//! The row that says who sends to whom.

use super::buffers::arrow;
use super::cells::{Cell, Text, Tone, fitted};
use crate::show::{Route, Theme};
use console::measure_text_width;

/// A longer name of the transfer is shortened to so many columns.
const NAME_COLUMNS: usize = 24;

/// The least columns that a stage keeps of its name.
const LEAST: usize = 8;

/// The name of the transfer, and its stages. Where they are too long for the row they lose their options first, and then the
/// beginnings of their names: of a path the name of the file stays.
pub(super) fn route_row(route: &Route, theme: &Theme, columns: usize) -> String {
    let mut cells = vec![name(theme)];
    let taken = cells[0].columns();
    let arrow = format!(" {} ", arrow(theme));
    let arrows = measure_text_width(&arrow) * route.stages.len().saturating_sub(1);
    let room = columns.saturating_sub(taken + arrows);
    let stages = if columns_of_all(&route.stages) <= room {
        &route.stages
    } else {
        &route.short_stages
    };
    let stages = stages.iter().zip(shares(stages, room));
    let stages: Vec<_> = stages.map(|(it, width)| end_of(it, width, theme)).collect();
    cells.push(Cell::fixed(Text::toned(stages.join(&arrow), Tone::Strong)));
    fitted(&mut cells, columns, theme)
}

/// What the user calls the transfer.
pub(super) fn name(theme: &Theme) -> Cell {
    let whole = theme.name.as_deref().unwrap_or_default();
    if whole.is_empty() {
        return Cell::fixed(Text::none());
    }
    let short = |columns| console::truncate_str(whole, columns, ellipsis(theme));
    let form = |columns| Text::toned(format!("{}:", short(columns)), Tone::Strong);
    Cell::new([
        (1, form(NAME_COLUMNS)),
        (4, form(12)),
        (u8::MAX, Text::none()),
    ])
}

fn columns_of_all(stages: &[String]) -> usize {
    stages.iter().map(|it| measure_text_width(it)).sum()
}

/// Columns for each stage: all it needs, if there is room; else the longest ones give way, down to the same length.
fn shares(stages: &[String], room: usize) -> Vec<usize> {
    let wanted: Vec<_> = stages.iter().map(|it| measure_text_width(it)).collect();
    let most = (LEAST..=room.max(LEAST)).rev().find(|most| {
        let taken: usize = wanted.iter().map(|it| (*it).min(*most)).sum();
        taken <= room
    });
    let most = most.unwrap_or(LEAST);
    wanted.into_iter().map(|it| it.min(most)).collect()
}

/// The end of a name, in so many columns.
pub(super) fn end_of(name: &str, columns: usize, theme: &Theme) -> String {
    if measure_text_width(name) <= columns {
        return name.to_owned();
    }
    let ellipsis = ellipsis(theme);
    let room = columns.saturating_sub(measure_text_width(ellipsis));
    let mut starts = name.char_indices().map(|(at, _)| at);
    let start = starts.find(|at| measure_text_width(&name[*at..]) <= room);
    format!("{ellipsis}{}", &name[start.unwrap_or(name.len())..])
}

fn ellipsis(theme: &Theme) -> &'static str {
    if theme.unicode { "…" } else { "~" }
}

#[cfg(test)]
mod tests {
    use super::route_row;
    use crate::show::{Route, Theme};

    #[test]
    fn of_long_names_the_ends_stay_and_the_longest_gives_way_first() {
        let theme = Theme {
            name: Some("backup".to_owned()),
            colour: false,
            unicode: false,
        };
        let route = Route::new(
            ("/home/me/pictures/2026/copy.img", None),
            &["zstd"],
            ("tcp://host:9000#nodelay", Some("10.0.0.5:9000")),
        );
        let table = [
            (
                100,
                "backup:  /home/me/pictures/2026/copy.img -> zstd -> tcp://host:9000#nodelay (10.0.0.5:9000)",
            ),
            (
                79,
                "backup:  ~me/me/pictures/2026/copy.img -> zstd -> ~://host:9000 (10.0.0.5:9000)",
            ),
            (
                59,
                "backup:  ~ures/2026/copy.img -> zstd -> ~00 (10.0.0.5:9000)",
            ),
            (39, "backup:  ~copy.img -> zstd -> ~.5:9000)"),
        ];
        for (columns, expected) in table {
            assert_eq!(route_row(&route, &theme, columns), expected, "{columns}");
        }
    }
}
