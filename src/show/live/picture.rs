//! The rows of the live display, as text for a given width. No terminal is touched here.
//!
//! ```text
//! NAME:  copy.iso -> tcp://host:9000 (10.0.0.5:9000)
//!   1.24 GiB  of 4.00 GiB  31%  [=====>          ]  412.34 MiB/s  time 0:03  ETA 0:06
//! source ->  [##########]  1.00 MiB of 1 MiB  paused  [####      ]  420.00 KiB of 1 MiB  -> sink  32 pauses, 31 drains
//! kernel  ->  send queue 2.50 MiB  rtt 23.1 ms
//! slow: the remote reader (91%)  source 2%  moving 7%
//! last 12 s  rate _.-=+*##*+=-  read ############  write =-=+=-=+=-=+
//! ```
//!
//! Where a row is too wide, `cells.rs` decides by the rank of each form what is left out. Where the screen has too few rows,
//! `rows.rs` does.

use super::buffers::{arrow, filled};
use super::cells::{Cell, Text, Tone, columns_of, fit, fitted};
use super::past::Past;
use super::route_row::route_row;
use super::rows::{Screen, rows};
use crate::show::figures::Figures;
use crate::show::{Route, Sample, Theme};
use crate::text::words::{clock, count, countdown, short_size, size, steady_size, whole};

/// Columns of the shortest bar that is of use, brackets included.
const BAR_COLUMNS: usize = 10;

/// So many rows at most are drawn of one of both directions: how far it is, its buffers, who is slow, and the kernel's own buffers.
const ROWS_OF_DIRECTION: usize = 4;

/// How the display looks at a transfer.
#[derive(Debug, Clone, Copy)]
pub(in crate::show) struct View<'a> {
    /// Colours and characters.
    pub(in crate::show) theme: &'a Theme,
    /// Who sends to whom.
    pub(in crate::show) route: &'a Route,
    /// The room there is.
    pub(in crate::show) screen: Screen,
    /// The position of the gauge, where the size is not known.
    pub(in crate::show) step: usize,
}

/// Lays out `sample` and the seconds before it, in rows.
pub(in crate::show) fn picture(sample: &Sample, past: &Past, view: View<'_>) -> Vec<String> {
    let View { theme, screen, .. } = view;
    let has_room = screen.rows > 3 && !view.route.stages.is_empty();
    let route = has_room.then(|| route_row(view.route, theme, screen.columns));
    let progress = progress_row(sample, theme, screen.columns, view.step);
    let left = Screen {
        rows: screen.rows - usize::from(has_room),
        ..screen
    };
    let below = rows(sample, past, theme, &view.route.told_as, left);
    route.into_iter().chain([progress]).chain(below).collect()
}

/// The same for both directions, one below the other; on a screen with few rows, less of each.
pub(super) fn picture_of_both(samples: &[Sample], past: &[Past], view: View<'_>) -> Vec<String> {
    let View { theme, screen, .. } = view;
    let has_room = screen.rows > 3 && !view.route.stages.is_empty();
    let route = has_room.then(|| route_row(view.route, theme, screen.columns));
    let left = screen.rows - usize::from(has_room);
    let of_each = Screen {
        rows: (left / samples.len().max(1)).min(ROWS_OF_DIRECTION),
        ..screen
    };
    let both = samples.iter().zip(past).flat_map(|(sample, past)| {
        let progress = progress_row(sample, theme, screen.columns, view.step);
        let below = rows(sample, past, theme, &view.route.told_as, of_each);
        [progress].into_iter().chain(below)
    });
    route.into_iter().chain(both).collect()
}

fn progress_row(sample: &Sample, theme: &Theme, columns: usize, step: usize) -> String {
    let figures = Figures::of(sample);
    let arrow = sample.direction.map_or("", |it| it.arrow(theme));
    let mut cells = vec![
        Cell::fixed(Text::toned(arrow.to_owned(), Tone::Strong)),
        Cell::fixed(Text::plain(format!("{:>10}", figures.passed.steady()))),
        of_size(&figures),
        percent_cell(&figures),
        lines(sample),
        made(&figures, theme),
    ];
    let bar_at = cells.len();
    cells.push(Cell::optional(4, Text::plain(" ".repeat(BAR_COLUMNS))));
    cells.extend([speed(sample), limit(sample), elapsed(sample), eta(&figures)]);
    if sample.size.is_none() {
        cells[bar_at] = Cell::optional(4, Text::plain(bouncing(step)));
    }
    row_with_bar(cells, (bar_at, BAR_COLUMNS), sample, theme, columns)
}

/// The row of these cells. Where a size is expected, the one at the first of these numbers holds the place of a bar, with so many
/// columns as the second says; if there is room for that, the bar takes all that the others leave.
pub(super) fn row_with_bar(
    mut cells: Vec<Cell>,
    (bar_at, least): (usize, usize),
    sample: &Sample,
    theme: &Theme,
    columns: usize,
) -> String {
    fit(&mut cells, columns);
    if let Some(size) = sample.size
        && !cells[bar_at].is_dropped()
    {
        let room = columns.saturating_sub(columns_of(&cells)) + least;
        cells[bar_at] = Cell::fixed(bar(sample.part(), size, theme, room));
    }
    fitted(&mut cells, columns, theme)
}

/// A bar over `columns`, brackets included, that is filled in proportion to `part` of `size`.
fn bar(part: u64, size: u64, theme: &Theme, columns: usize) -> Text {
    let mut filled = filled(part, size, columns.saturating_sub(2), theme.unicode);
    if !theme.unicode {
        filled = filled.replace('#', "=").replacen("= ", "> ", 1);
    }
    let mut bar = Text::plain("[".to_owned());
    bar.push(&filled, Tone::Progress);
    bar.push("]", Tone::Plain);
    bar
}

/// An arrow that moves to and fro between brackets, one column a step: it shows that bytes move, and no part of anything.
fn bouncing(step: usize) -> String {
    let block = "<=>";
    let room = BAR_COLUMNS * 2 - 2 - block.len();
    let at = step % (room * 2);
    let at = at.min(room * 2 - at);
    format!("[{}{block}{}]", " ".repeat(at), " ".repeat(room - at))
}

fn of_size(figures: &Figures) -> Cell {
    let size = figures.size.map(|size| format!("of {}", size.steady()));
    Cell::optional(2, Text::plain(size.unwrap_or_default()))
}

/// How much has come out of the transforms.
fn made(figures: &Figures, theme: &Theme) -> Cell {
    let Some((made, ratio)) = &figures.made else {
        return Cell::fixed(Text::none());
    };
    let bytes = made.steady();
    let forms = [
        (4, format!("{} {bytes:>10} ({ratio})", arrow(theme))),
        (8, format!("{} {bytes:>10}", arrow(theme))),
        (u8::MAX, String::new()),
    ];
    Cell::new(forms.map(|(rank, text)| (rank, Text::plain(text))))
}

fn lines(sample: &Sample) -> Cell {
    let text = sample
        .lines()
        .map_or_else(Text::none, |lines| Text::plain(count(lines, "line")));
    Cell::optional(8, text)
}

fn percent_cell(figures: &Figures) -> Cell {
    let text = figures.percent.map_or_else(Text::none, |percent| {
        Text::toned(format!("{percent:>3}%"), Tone::Strong)
    });
    Cell::optional(9, text)
}

fn speed(sample: &Sample) -> Cell {
    let bytes = whole(sample.speed);
    let forms = [
        (3, format!("{:>12}", steady_size(bytes) + "/s")),
        (8, format!("{:>10}", short_size(bytes) + "/s")),
        (u8::MAX, String::new()),
    ];
    Cell::new(forms.map(|(rank, text)| (rank, Text::plain(text))))
}

/// The limit that the user has set.
fn limit(sample: &Sample) -> Cell {
    let limit = sample.limit.map(|it| format!("limit {}/s", size(it)));
    Cell::optional(5, Text::plain(limit.unwrap_or_default()))
}

fn eta(figures: &Figures) -> Cell {
    if figures.percent.is_none() {
        return Cell::fixed(Text::none());
    }
    let time = figures.eta.map_or_else(|| "-:--".to_owned(), countdown);
    let text = format!("{:>9}", format!("ETA {time}"));
    Cell::optional(7, Text::plain(text))
}

fn elapsed(sample: &Sample) -> Cell {
    let time = format!("{:>10}", format!("time {}", clock(sample.now.elapsed)));
    Cell::optional(6, Text::plain(time))
}

#[cfg(test)]
mod tests {
    use super::super::past::Past;
    use super::{Screen, View, picture};
    use crate::account::meter::Snapshot;
    use crate::account::phase::{Phase, Waits};
    use crate::account::stages::StageSnapshot;
    use crate::endpoint::PerEnd;
    use crate::engine::link::{
        ConsumerSnapshot, LinkSnapshot, LinkState, ReadableFill, WritableFill,
    };
    use crate::show::{Route, Sample, Sampler, Theme};
    use console::measure_text_width;
    use std::time::Duration;

    const MIB: u64 = 1 << 20;

    fn theme(unicode: bool) -> Theme {
        Theme {
            name: Some("backup".to_owned()),
            colour: false,
            unicode,
        }
    }

    /// A transfer that is paused, 12 s after its start.
    fn paused(size: Option<u64>, still: Duration) -> Sample {
        let link = LinkSnapshot {
            state: LinkState::Paused,
            is_ours: true,
            readable: Some(ReadableFill {
                len: MIB,
                mark: MIB,
                max_len: MIB,
                median_len: MIB,
            }),
            consumers: vec![ConsumerSnapshot {
                writable: Some(WritableFill {
                    len: MIB / 2,
                    mark: MIB,
                    low: 0,
                    max_len: MIB,
                    median_len: MIB,
                }),
                ..ConsumerSnapshot::default()
            }],
            pauses: 1,
            drains: 0,
            paused: Duration::ZERO,
        };
        let now = Snapshot {
            elapsed: Duration::from_secs(12),
            bytes_in: 33 * MIB,
            bytes_out: 31 * MIB,
            waits: Waits::default(),
            phase: Phase::Sink,
            still,
            links: vec![link],
            stages: Vec::new(),
            sinks: Vec::new(),
            ends: PerEnd::default(),
        };
        Sampler::new(size).sample(now)
    }

    fn drawn(sample: &Sample, theme: &Theme, columns: usize, step: usize) -> Vec<String> {
        let view = View {
            theme,
            route: &Route::default(),
            screen: Screen { columns, rows: 24 },
            step,
        };
        picture(sample, &Past::default(), view)
    }

    #[test]
    fn what_matters_least_is_left_out_first_as_the_screen_gets_narrower() {
        let sample = paused(Some(100 * MIB), Duration::ZERO);
        let table = [
            (
                120,
                [
                    " 31.00 MiB  of 100.00 MiB   31%  [=============>                                  ]    2.58 MiB/s   time 0:12   ETA 0:27",
                    "source ->  [##########]    1.00 MiB of 1 MiB  paused   [#####     ]  512.00 KiB of 1 MiB  -> sink  1 pause, 0 drains",
                    "nothing holds it up",
                ],
            ),
            (
                79,
                [
                    " 31.00 MiB   31%  [=====>                ]    2.58 MiB/s   time 0:12   ETA 0:27",
                    "source ->  [##########]  paused   [#####     ]  -> sink  1 pause, 0 drains",
                    "nothing holds it up",
                ],
            ),
            (
                39,
                [
                    " 31.00 MiB   31%     3 MiB/s   ETA 0:27",
                    "[####]  paused   [##  ]  1p 0d",
                    "nothing holds it up",
                ],
            ),
            (
                19,
                [
                    " 31.00 MiB   31%",
                    "[####]  paused   [#",
                    "nothing holds it up",
                ],
            ),
        ];
        for (columns, expected) in table {
            let rows = drawn(&sample, &theme(false), columns, 0);
            assert_eq!(rows, expected, "in {columns} columns");
        }
    }

    /// Half of it compressed to a quarter, with a transform before that which counts lines.
    fn transformed() -> Sample {
        let mut now = paused(None, Duration::ZERO).now;
        let stage = |name, bytes_in, bytes_out, lines| StageSnapshot {
            name,
            bytes_in,
            bytes_out,
            lines,
            blamed: Duration::from_secs(9),
        };
        now.links = vec![now.links[0].clone(); 3];
        now.stages = vec![
            stage("lines", 50 * MIB, 50 * MIB, Some(1234)),
            stage("zstd", 48 * MIB, 12 * MIB, None),
        ];
        (now.bytes_in, now.bytes_out) = (52 * MIB, 12 * MIB);
        now.waits = Waits::in_one(Phase::Transform, Duration::from_secs(12));
        Sampler::new(Some(100 * MIB)).sample(now)
    }

    #[test]
    fn transforms_are_told_by_what_came_of_the_bytes_and_each_link_by_what_it_is_between() {
        let rows = drawn(&transformed(), &theme(false), 150, 0);
        for part in [
            "50.00 MiB",
            "of 100.00 MiB",
            " 50%",
            "->  12.00 MiB (24.0%)",
            "1234 lines",
        ] {
            assert!(rows[0].contains(part), "{rows:?} lacks {part}");
        }
        for (row, (from, to)) in rows[1..].iter().zip([
            ("source ->", "-> lines "),
            ("lines ->", "-> zstd "),
            ("zstd ->", "-> sink "),
        ]) {
            assert!(row.starts_with(from) && row.contains(to), "{rows:?}");
        }
        assert_eq!(rows[4], "slow: zstd (100%)");
    }

    #[test]
    fn no_row_is_wider_than_the_screen() {
        let samples = [
            paused(Some(100 * MIB), Duration::ZERO),
            paused(Some(MIB), Duration::from_secs(90)),
            paused(None, Duration::ZERO),
            transformed(),
        ];
        for (sample, columns) in samples
            .iter()
            .flat_map(|it| (1..=200).map(move |n| (it, n)))
        {
            for row in drawn(sample, &theme(true), columns, columns) {
                let columns_of_row = measure_text_width(&row);
                assert!(columns_of_row <= columns, "{row:?} in {columns} columns");
            }
        }
    }

    #[test]
    fn a_flow_that_does_not_move_is_called_stalled_with_what_it_waits_for() {
        let sample = paused(Some(100 * MIB), Duration::from_secs(75));
        let rows = drawn(&sample, &theme(true), 120, 0);
        assert!(rows[0].contains("ETA -:--"), "{rows:?}");
        assert_eq!(rows[2], "stalled for 1:15: waiting for the sink");
    }

    #[test]
    fn where_the_size_is_not_known_a_gauge_moves_as_long_as_bytes_do() {
        let sample = paused(None, Duration::ZERO);
        let gauge = |step| drawn(&sample, &theme(false), 80, step)[0].clone();
        assert!(gauge(3).contains("[   <=>            ]"), "{}", gauge(3));
        assert_eq!(gauge(3), gauge(27), "it goes to and fro");
        assert!(!gauge(0).contains("ETA") && !gauge(0).contains('%'));
    }
}
