//! The rows below the first one: which there are, and which are left out where the screen has too few.

use super::bound::verdict_row;
use super::buffers::{kernel_row, link_row};
use super::past::Past;
use super::sinks::{MOST_ROWS, other_sinks_row, places, sink_kernel_row, sink_row};
use crate::engine::link::LinkSnapshot;
use crate::show::{Sample, Theme};

/// The size of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::show) struct Screen {
    /// Columns of a row.
    pub(in crate::show) columns: usize,
    /// Rows, the first one included.
    pub(in crate::show) rows: usize,
}

/// The kinds of rows below the first one, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowKind {
    Link,
    Verdict,
    /// One of several sinks, with its place among them from the slowest on.
    Sink(usize),
    Past,
    Kernel,
}

/// The rows below the first one, as many as there is room for. `told_as` is what `--tell` is followed by.
pub(super) fn rows(
    sample: &Sample,
    past: &Past,
    theme: &Theme,
    told_as: &str,
    screen: Screen,
) -> Vec<String> {
    let columns = screen.columns;
    let mut rows = Vec::new();
    for (place, link) in sample.now.links.iter().enumerate() {
        let between = sample.now.neighbours(place);
        let row = link_row(link, between, sample.is_stalled(), theme, columns);
        rows.push((RowKind::Link, row));
        if link.consumers.len() > 1 {
            rows.extend(sink_rows(sample, link, theme, columns));
        }
    }
    let kernel = kernel_row(sample, theme, columns).into_iter();
    let sinks = 0..sample.now.sinks.len();
    let sinks = sinks
        .filter(|_| sample.now.has_several_sinks())
        .take(MOST_ROWS);
    let kernel = kernel.chain(sinks.filter_map(|it| sink_kernel_row(sample, it, theme, columns)));
    rows.extend(kernel.map(|row| (RowKind::Kernel, row)));
    rows.push((
        RowKind::Verdict,
        verdict_row(sample, theme, told_as, columns),
    ));
    rows.extend(past.row(theme, columns).map(|row| (RowKind::Past, row)));
    while rows.len() >= screen.rows {
        let Some(least) = rows.iter().map(|(kind, _)| *kind).max() else {
            break;
        };
        rows.retain(|(kind, _)| *kind != least);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A row for each of several sinks in their order, and one for all that are too many.
fn sink_rows(
    sample: &Sample,
    link: &LinkSnapshot,
    theme: &Theme,
    columns: usize,
) -> Vec<(RowKind, String)> {
    let places = places(&link.consumers).into_iter().enumerate();
    let (shown, others): (Vec<_>, Vec<_>) = places.partition(|(_, place)| *place < MOST_ROWS);
    let rows = shown.into_iter().map(|(sink, place)| {
        let row = sink_row(sample, link, sink, theme, columns);
        (RowKind::Sink(place), row)
    });
    let mut rows: Vec<_> = rows.collect();
    if !others.is_empty() {
        let others: Vec<_> = others.into_iter().map(|(sink, _)| sink).collect();
        let row = other_sinks_row(sample, link, &others, theme, columns);
        rows.push((RowKind::Sink(MOST_ROWS), row));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::Screen;
    use crate::show::live::Past;
    use crate::show::{Sample, Theme, several};
    use console::measure_text_width;
    use std::time::Duration;

    const THEME: Theme = Theme {
        name: None,
        colour: false,
        unicode: false,
    };

    fn drawn(sample: &Sample, columns: usize, rows: usize) -> Vec<String> {
        let screen = Screen { columns, rows };
        super::rows(sample, &Past::default(), &THEME, "12", screen)
    }

    #[test]
    fn each_of_several_sinks_has_a_row_that_says_whether_it_holds_the_source_up() {
        let expected = [
            "source ->  [##########]    1.00 MiB of 1 MiB  paused   -> 3 sinks  5 pauses, 4 drains",
            "sink 1  [##        ]  256.00 KiB of 1 MiB            0 stops, 0 drains    2.67 MiB/s  held up by sink 2 (75%)",
            "sink 2  [##########]    1.00 MiB of 1 MiB  HOLDS UP  5 stops, 4 drains    2.58 MiB/s  slow: the remote reader (75%)",
            "sink 3  [##        ]  256.00 KiB of 1 MiB            0 stops, 0 drains    2.67 MiB/s  held up by sink 2 (75%)",
            "kernel, sink 2  ->  send queue   2.50 MiB  rtt 0.00 ms",
            "slow: sink 2 (75%)  moving 25%",
        ];
        assert_eq!(drawn(&several::sample(3), 120, 24), expected);
    }

    #[test]
    fn a_narrow_screen_keeps_the_names_of_sinks_and_who_holds_the_source_up() {
        let expected = [
            "[####]  paused   5p 4d",
            "sink 1  [#     ]            0s 0d",
            "sink 2  [######]  HOLDS UP  5s 4d",
            "sink 2  ->    2.50 MiB",
            "slow: sink 2 (75%)  moving 25%",
        ];
        assert_eq!(drawn(&several::sample(2), 34, 24), expected);
        for columns in 1..200 {
            for row in drawn(&several::sample(12), columns, 40) {
                assert!(measure_text_width(&row) <= columns, "{columns}: {row:?}");
            }
        }
    }

    #[test]
    fn a_low_screen_keeps_the_slowest_sinks_in_their_order() {
        let names = |rows| -> Vec<String> {
            let all = drawn(&several::sample(4), 120, rows);
            let first = all.iter().map(|it| it.chars().take(6).collect());
            first.collect()
        };
        let table: [(usize, &[&str]); 5] = [
            (
                7,
                &["source", "sink 1", "sink 2", "sink 3", "sink 4", "slow: "],
            ),
            (6, &["source", "sink 1", "sink 2", "sink 3", "slow: "]),
            (4, &["source", "sink 2", "slow: "]),
            (3, &["source", "slow: "]),
            (2, &["source"]),
        ];
        for (rows, expected) in table {
            assert_eq!(names(rows), expected, "{rows} rows");
        }
    }

    #[test]
    fn a_stalled_flow_names_the_sink_that_it_waits_for() {
        let mut sample = several::sample(2);
        sample.now.still = Duration::from_secs(75);
        let rows = drawn(&sample, 120, 24);
        assert_eq!(
            rows[4],
            "stalled for 1:15: waiting for the remote reader (sink 2)"
        );
    }
}
