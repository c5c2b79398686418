//! What the live display shows, as rows of text for a given width. No terminal is touched here.
//!
//! ```text
//! NAME: 1.24 GiB of 4.00 GiB  31% [=====>          ]  412.34 MiB/s  ETA 0:06  0:03
//! source -> [##########] 1.00 MiB  PAUSED  [####      ] 420.00 KiB -> sink  32 pauses, 31 drains
//! sink-bound 91%, source 2%, moving 7%
//! ```
//!
//! Where a row is too long, `cells` decides by the ranks given here what is left out.

use super::cells::{Cell, Text, Tone, fit, row};
use super::verdict::{culprit, percent, verdict};
use super::words::{clock, count, short_size, steady_size, whole};
use super::{Look, Sample};
use crate::link::{LinkSnapshot, LinkState};
use crate::phase::Phase;
use console::truncate_str;
use std::time::Duration;

/// When nothing has moved for so long the flow is said to be stalled.
const STALLED: Duration = Duration::from_secs(2);

/// Columns of the longest name there is room for.
const NAME_COLUMNS: usize = 24;

/// Columns of the shortest bar that still tells something, brackets included.
const BAR_COLUMNS: usize = 10;

/// The display at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// The first row up to the bar.
    pub(super) head: String,
    /// Whether there is a bar, which takes the columns that are left over.
    pub(super) has_bar: bool,
    /// The first row behind the bar.
    pub(super) tail: String,
    /// The other rows.
    pub(super) rows: Vec<String>,
}

/// Draws `sample` for a screen of so many columns; `step` moves the gauge of a transfer whose size nobody knows.
pub(super) fn picture(sample: &Sample, look: &Look, columns: usize, step: usize) -> Picture {
    let percent = sample.percent();
    let mut cells = vec![
        name(look),
        Cell::fixed(Text::plain(format!(
            "{:>10}",
            steady_size(sample.now.bytes_out)
        ))),
        of_size(sample),
        percent_cell(percent),
    ];
    let before = cells.len();
    cells.push(bar(percent.is_some(), look, step));
    cells.extend([speed(sample), eta(sample), elapsed(sample)]);
    fit(&mut cells, columns);
    let has_bar = percent.is_some() && !cells[before].is_dropped();
    let (head, tail) = if has_bar {
        (row(&cells[..before], look), row(&cells[before + 1..], look))
    } else {
        (row(&cells, look), String::new())
    };
    let mut rows: Vec<_> = sample
        .now
        .links
        .iter()
        .map(|link| link_row(link, look, columns))
        .collect();
    rows.push(verdict_row(sample, look, columns));
    let cut = |text: String| truncate_str(&text, columns, "").into_owned();
    Picture {
        head: cut(head),
        has_bar,
        tail,
        rows: rows.into_iter().map(cut).collect(),
    }
}

/// A bar with its brackets is drawn by somebody else; here it is only as long as the shortest one.
fn bar(size_is_known: bool, look: &Look, step: usize) -> Cell {
    let text = if size_is_known {
        " ".repeat(BAR_COLUMNS)
    } else {
        bouncing(look, step)
    };
    Cell::optional(3, Text::plain(text))
}

/// A block that goes to and fro in a frame, a column a step.
fn bouncing(look: &Look, step: usize) -> String {
    let block = if look.unicode { "███" } else { "<=>" };
    let room = BAR_COLUMNS * 2 - 2 - 3;
    let at = step % (room * 2);
    let at = at.min(room * 2 - at);
    format!("[{}{block}{}]", " ".repeat(at), " ".repeat(room - at))
}

fn name(look: &Look) -> Cell {
    let whole = look.name.as_deref().unwrap_or_default();
    if whole.is_empty() {
        return Cell::fixed(Text::none());
    }
    let short = |columns| truncate_str(whole, columns, if look.unicode { "…" } else { "~" });
    let form = |columns| Text::toned(format!("{}:", short(columns)), Tone::Strong);
    Cell::new([
        (1, form(NAME_COLUMNS)),
        (4, form(12)),
        (u8::MAX, Text::none()),
    ])
}

fn of_size(sample: &Sample) -> Cell {
    let text = match (sample.size, sample.percent()) {
        (Some(size), Some(_)) => Text::plain(format!("of {}", steady_size(size))),
        _ => Text::none(),
    };
    Cell::optional(2, text)
}

fn percent_cell(percent: Option<u64>) -> Cell {
    let text = percent.map_or_else(Text::none, |percent| {
        Text::toned(format!("{percent:>3}%"), Tone::Strong)
    });
    Cell::optional(9, text)
}

fn speed(sample: &Sample) -> Cell {
    let bytes = whole(sample.speed);
    let forms = [
        (6, format!("{:>12}", steady_size(bytes) + "/s")),
        (8, format!("{:>10}", short_size(bytes) + "/s")),
        (u8::MAX, String::new()),
    ];
    Cell::new(forms.map(|(rank, text)| (rank, Text::plain(text))))
}

fn eta(sample: &Sample) -> Cell {
    if sample.percent().is_none() {
        return Cell::fixed(Text::none());
    }
    let eta = sample.eta.filter(|_| !is_stalled(sample));
    let time = eta.map_or_else(|| "-:--".to_owned(), clock);
    let text = format!("{:>9}", format!("ETA {time}"));
    Cell::optional(7, Text::plain(text))
}

fn elapsed(sample: &Sample) -> Cell {
    let time = format!("{:>5}", clock(sample.now.elapsed));
    Cell::optional(5, Text::toned(time, Tone::Faint))
}

fn link_row(link: &LinkSnapshot, look: &Look, columns: usize) -> String {
    let arrow = if look.unicode { "→" } else { "->" };
    let (state, tone) = match link.state {
        LinkState::Flowing => ("flowing", Tone::Good),
        LinkState::Paused => ("PAUSED ", Tone::Warning),
        LinkState::Ended => ("ended  ", Tone::Faint),
    };
    let side = |text| Cell::optional(2, Text::toned(text, Tone::Faint));
    let mut cells = vec![side(format!("source {arrow}"))];
    if let Some(read) = link.readable {
        cells.extend([gauge(read.len, read.mark, look), fill(read.len, read.mark)]);
    }
    cells.push(Cell::fixed(Text::toned(state.to_owned(), tone)));
    if let Some(written) = link.writable {
        cells.extend([
            gauge(written.len, written.mark, look),
            fill(written.len, written.mark),
        ]);
    }
    cells.push(side(format!("{arrow} sink")));
    cells.push(counts(link.pauses, link.drains));
    fit(&mut cells, columns);
    row(&cells, look)
}

/// How full a buffer is, as a picture.
fn gauge(len: u64, mark: u64, look: &Look) -> Cell {
    let form = |(rank, cells)| {
        let filled = filled(len, mark, cells, look.unicode);
        (rank, Text::plain(format!("[{filled}]")))
    };
    Cell::new([(3, 10), (7, 8), (7, 6), (u8::MAX, 4)].map(form))
}

/// `cells` columns of which as many are filled as `len` is of `mark`. Nothing at all and something, and something
/// and everything, look different.
fn filled(len: u64, mark: u64, cells: usize, unicode: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let parts = if unicode { 8 } else { 1 };
    let all = (cells * parts) as u128;
    let part = u128::from(len.min(mark)) * all / u128::from(mark.max(1));
    let least = u128::from(len > 0);
    let part = usize::try_from(part.max(least)).unwrap_or(0);
    let (full, rest) = (part / parts, part % parts);
    let text = if unicode { "█" } else { "#" }.repeat(full) + EIGHTHS[rest];
    let blank = cells - full - usize::from(rest > 0);
    text + &" ".repeat(blank)
}

/// How full a buffer is, in numbers.
fn fill(len: u64, mark: u64) -> Cell {
    let len = format!("{:>10}", steady_size(len));
    let of_mark = format!("{len} of {}", super::words::size(mark));
    Cell::new([
        (1, Text::plain(of_mark)),
        (6, Text::plain(len)),
        (u8::MAX, Text::none()),
    ])
}

fn counts(pauses: u64, drains: u64) -> Cell {
    let words = format!("{}, {}", count(pauses, "pause"), count(drains, "drain"));
    Cell::new([
        (5, Text::plain(words)),
        (9, Text::plain(format!("{pauses}p {drains}d"))),
        (u8::MAX, Text::none()),
    ])
}

fn is_stalled(sample: &Sample) -> bool {
    sample.now.still >= STALLED && !has_ended(sample)
}

/// Whether everything has been written, and only the sink's word is waited for.
fn has_ended(sample: &Sample) -> bool {
    let links = &sample.now.links;
    let is_done = |link: &LinkSnapshot| {
        link.state == LinkState::Ended && link.writable.is_none_or(|it| it.len == 0)
    };
    !links.is_empty() && links.iter().all(is_done)
}

fn verdict_row(sample: &Sample, look: &Look, columns: usize) -> String {
    let now = &sample.now;
    if has_ended(sample) {
        let text = "everything is written; waiting for the sink to confirm".to_owned();
        return Text::toned(text, Tone::Good).styled(look);
    }
    if is_stalled(sample) {
        let text = format!("stalled for {}: {}", clock(now.still), stall(now.phase));
        return Text::toned(text, Tone::Bad).styled(look);
    }
    let bound = sample.recent.waits.bound_by().unwrap_or(Phase::Moving);
    let verdict = Text::toned(verdict(&sample.recent), Tone::Strong);
    let others = [
        Phase::Source,
        Phase::Sink,
        Phase::Rate,
        Phase::Transform,
        Phase::Moving,
    ]
    .into_iter()
    .filter(|phase| *phase != bound)
    .map(|phase| (phase.name(), percent(sample.recent.share(phase))))
    .filter(|(_, share)| share != "0%")
    .zip([4, 3, 2, 1])
    .map(|((name, share), rank)| {
        Cell::optional(rank, Text::toned(format!("{name} {share}"), Tone::Faint))
    });
    let culprit = culprit(sample, &sample.recent).unwrap_or_default();
    let culprit = Cell::optional(5, Text::plain(culprit.to_owned()));
    let mut cells = vec![Cell::fixed(verdict), culprit];
    cells.extend(others);
    fit(&mut cells, columns);
    row(&cells, look)
}

/// Whom a flow that does not move waits for.
fn stall(phase: Phase) -> &'static str {
    match phase {
        Phase::Source => "waiting for the source",
        Phase::Sink | Phase::Moving => "waiting for the sink",
        Phase::Rate => "held by the rate limit",
        Phase::Transform => "a transform is computing",
    }
}

#[cfg(test)]
mod tests {
    use super::{Picture, filled, picture};
    use crate::display::{Look, Sample, Sampler};
    use crate::endpoint::Ends;
    use crate::link::{LinkSnapshot, LinkState, ReadableFill, WritableFill};
    use crate::meter::Snapshot;
    use crate::phase::{Phase, Waits};
    use console::measure_text_width;
    use std::time::Duration;

    const MIB: u64 = 1 << 20;

    fn look(unicode: bool) -> Look {
        Look {
            name: Some("backup".to_owned()),
            colour: false,
            unicode,
        }
    }

    /// A transfer that is paused, 12 s after its start.
    fn paused(size: Option<u64>, still: Duration) -> Sample {
        let link = LinkSnapshot {
            state: LinkState::Paused,
            readable: Some(ReadableFill {
                len: MIB,
                mark: MIB,
                max_len: MIB,
                median_len: MIB,
            }),
            writable: Some(WritableFill {
                len: MIB / 2,
                mark: MIB,
                low: 0,
                max_len: MIB,
                median_len: MIB,
            }),
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
            ends: Ends::default(),
        };
        Sampler::new(size).look(now)
    }

    fn text(picture: &Picture) -> Vec<String> {
        let bar = if picture.has_bar { "  [bar]  " } else { "" };
        let first = format!("{}{bar}{}", picture.head, picture.tail);
        [first].into_iter().chain(picture.rows.clone()).collect()
    }

    #[test]
    fn what_matters_least_is_left_out_first_as_the_screen_gets_narrower() {
        let sample = paused(Some(100 * MIB), Duration::ZERO);
        let table = [
            (
                120,
                [
                    "backup:   31.00 MiB  of 100.00 MiB   31%  [bar]    2.58 MiB/s   ETA 0:26   0:12",
                    "source ->  [##########]    1.00 MiB of 1 MiB  PAUSED   [#####     ]  512.00 KiB of 1 MiB  -> sink  1 pause, 0 drains",
                    "moving 0%",
                ],
            ),
            (
                79,
                [
                    "backup:   31.00 MiB   31%  [bar]    2.58 MiB/s   ETA 0:26   0:12",
                    "[##########]    1.00 MiB  PAUSED   [#####     ]  512.00 KiB  1 pause, 0 drains",
                    "moving 0%",
                ],
            ),
            (
                39,
                [
                    " 31.00 MiB   31%     3 MiB/s   ETA 0:26",
                    "[########]  PAUSED   [####    ]  1p 0d",
                    "moving 0%",
                ],
            ),
            (19, [" 31.00 MiB   31%", "[####]  PAUSED   [#", "moving 0%"]),
        ];
        for (columns, expected) in table {
            let picture = picture(&sample, &look(false), columns, 0);
            assert_eq!(text(&picture), expected, "in {columns} columns");
        }
    }

    #[test]
    fn no_row_is_wider_than_the_screen() {
        let samples = [
            paused(Some(100 * MIB), Duration::ZERO),
            paused(Some(MIB), Duration::from_secs(90)),
            paused(None, Duration::ZERO),
        ];
        for (sample, columns) in samples
            .iter()
            .flat_map(|it| (1..=200).map(move |n| (it, n)))
        {
            let picture = picture(sample, &look(true), columns, columns);
            for row in text(&picture) {
                let columns_of_row = measure_text_width(&row);
                assert!(columns_of_row <= columns, "{row:?} in {columns} columns");
            }
        }
    }

    #[test]
    fn a_flow_that_does_not_move_is_said_to_be_stalled_and_by_whom() {
        let sample = paused(Some(100 * MIB), Duration::from_secs(75));
        let rows = text(&picture(&sample, &look(true), 120, 0));
        assert!(rows[0].contains("ETA -:--"), "{rows:?}");
        assert_eq!(rows[2], "stalled for 1:15: waiting for the sink");
    }

    #[test]
    fn where_nobody_knows_the_size_a_gauge_moves_as_long_as_bytes_do() {
        let sample = paused(None, Duration::ZERO);
        let gauge = |step| text(&picture(&sample, &look(false), 80, step))[0].clone();
        assert!(gauge(3).contains("[   <=>            ]"), "{}", gauge(3));
        assert_eq!(gauge(3), gauge(27), "it goes to and fro");
        assert!(!gauge(0).contains("ETA") && !gauge(0).contains('%'));
    }

    #[test]
    fn a_gauge_shows_a_trace_as_something_and_only_all_as_all() {
        let table = [
            (0, "    ", "    "),
            (1, "#   ", "▏   "),
            (500, "##  ", "██  "),
            (999, "### ", "███▉"),
            (1000, "####", "████"),
            (5000, "####", "████"),
        ];
        for (len, ascii, unicode) in table {
            assert_eq!(filled(len, 1000, 4, false), ascii, "{len}");
            assert_eq!(filled(len, 1000, 4, true), unicode, "{len}");
        }
    }
}
