//! What the live display shows, as rows of text for a given width. No terminal is touched here.
//!
//! ```text
//! NAME: 1.24 GiB of 4.00 GiB  31% [=====>          ]  412.34 MiB/s  ETA 0:06  0:03
//! source -> [##########] 1.00 MiB  PAUSED  [####      ] 420.00 KiB -> sink  32 pauses, 31 drains
//! sink-bound 91%, source 2%, moving 7%
//! ```
//!
//! A row is made of cells that have several forms, the most telling first. Where the row is too long, the least
//! important cell takes its next form, until it fits.

use super::words::{clock, count, share, short_size, steady_size, verdict, whole};
use super::{Look, Sample};
use crate::link::{LinkSnapshot, LinkState};
use crate::meter::Phase;
use console::{Style, measure_text_width, truncate_str};
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
        Cell::new(
            10,
            [Text::plain(format!(
                "{:>10}",
                steady_size(sample.now.bytes_out)
            ))],
        ),
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
    let forms = if size_is_known {
        [Text::plain(" ".repeat(BAR_COLUMNS)), Text::none()]
    } else {
        [Text::plain(bouncing(look, step)), Text::none()]
    };
    Cell::new(3, forms)
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
        return Cell::new(0, [Text::none()]);
    }
    let short = |columns| truncate_str(whole, columns, if look.unicode { "…" } else { "~" });
    let form = |columns| Text::toned(format!("{}:", short(columns)), Tone::Strong);
    Cell::new(4, [form(NAME_COLUMNS), form(12), Text::none()])
}

fn of_size(sample: &Sample) -> Cell {
    let forms = match (sample.size, sample.percent()) {
        (Some(size), Some(_)) => vec![
            Text::plain(format!("of {}", steady_size(size))),
            Text::none(),
        ],
        _ => vec![Text::none()],
    };
    Cell::new(2, forms)
}

fn percent_cell(percent: Option<u64>) -> Cell {
    let text = percent.map_or_else(Text::none, |percent| {
        Text::toned(format!("{percent:>3}%"), Tone::Strong)
    });
    Cell::new(9, [text, Text::none()])
}

fn speed(sample: &Sample) -> Cell {
    let bytes = whole(sample.speed);
    let forms = [
        format!("{:>12}", steady_size(bytes) + "/s"),
        format!("{:>10}", short_size(bytes) + "/s"),
        String::new(),
    ];
    Cell::new(8, forms.map(Text::plain))
}

fn eta(sample: &Sample) -> Cell {
    if sample.percent().is_none() {
        return Cell::new(0, [Text::none()]);
    }
    let eta = sample.eta.filter(|_| !is_stalled(sample));
    let time = eta.map_or_else(|| "-:--".to_owned(), clock);
    let text = format!("{:>9}", format!("ETA {time}"));
    Cell::new(7, [Text::plain(text), Text::none()])
}

fn elapsed(sample: &Sample) -> Cell {
    let time = format!("{:>5}", clock(sample.now.elapsed));
    Cell::new(5, [Text::toned(time, Tone::Faint), Text::none()])
}

fn link_row(link: &LinkSnapshot, look: &Look, columns: usize) -> String {
    let arrow = if look.unicode { "→" } else { "->" };
    let (state, tone) = match link.state {
        LinkState::Flowing => ("flowing", Tone::Good),
        LinkState::Paused => ("PAUSED ", Tone::Warning),
        LinkState::Ended => ("ended  ", Tone::Faint),
    };
    let side = |text| Cell::new(1, [Text::toned(text, Tone::Faint), Text::none()]);
    let (read, written) = (&link.readable, &link.writable);
    let mut cells = [
        side(format!("source {arrow}")),
        gauge(read.len(), read.mark(), look),
        fill(read.len(), read.mark()),
        Cell::new(10, [Text::toned(state.to_owned(), tone)]),
        gauge(written.len(), written.mark(), look),
        fill(written.len(), written.mark()),
        side(format!("{arrow} sink")),
        counts(read.pauses(), written.drains()),
    ];
    fit(&mut cells, columns);
    row(&cells, look)
}

/// How full a buffer is, as a picture.
fn gauge(len: u64, mark: u64, look: &Look) -> Cell {
    let form = |cells| Text::plain(format!("[{}]", filled(len, mark, cells, look.unicode)));
    Cell::new(6, [10, 8, 6, 4].map(form))
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
    let forms = [
        Text::plain(format!("{len} of {}", super::words::size(mark))),
        Text::plain(len),
        Text::none(),
    ];
    Cell::new(3, forms)
}

fn counts(pauses: u64, drains: u64) -> Cell {
    let forms = [
        format!("{}, {}", count(pauses, "pause"), count(drains, "drain")),
        format!("{pauses}p {drains}d"),
        String::new(),
    ];
    Cell::new(7, forms.map(Text::plain))
}

fn is_stalled(sample: &Sample) -> bool {
    sample.now.still >= STALLED && !has_ended(sample)
}

/// Whether everything has been written, and only the sink's word is waited for.
fn has_ended(sample: &Sample) -> bool {
    let links = &sample.now.links;
    let is_done = |link: &LinkSnapshot| link.state == LinkState::Ended && link.writable.is_empty();
    !links.is_empty() && links.iter().all(is_done)
}

fn verdict_row(sample: &Sample, look: &Look, columns: usize) -> String {
    let now = &sample.now;
    if has_ended(sample) {
        let text = "everything is written; waiting for the sink to confirm".to_owned();
        return row(&[Cell::new(10, [Text::toned(text, Tone::Good)])], look);
    }
    if is_stalled(sample) {
        let text = format!("stalled for {}: {}", clock(now.still), stall(now.phase));
        return row(&[Cell::new(10, [Text::toned(text, Tone::Bad)])], look);
    }
    let bound = sample.recent.bound_by().unwrap_or(Phase::Moving);
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
    .map(|phase| (phase.name(), share(&sample.recent, phase)))
    .filter(|(_, share)| share != "0%")
    .map(|(name, share)| {
        let text = Text::toned(format!("{name} {share}"), Tone::Faint);
        Cell::new(1, [text, Text::none()])
    });
    let mut cells = vec![Cell::new(10, [verdict])];
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

/// What a text means, from which follows its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    text: String,
    tone: Tone,
}

impl Text {
    fn toned(text: String, tone: Tone) -> Self {
        Self { text, tone }
    }

    fn plain(text: String) -> Self {
        Self::toned(text, Tone::Plain)
    }

    fn none() -> Self {
        Self::plain(String::new())
    }

    fn columns(&self) -> usize {
        measure_text_width(&self.text)
    }

    fn styled(&self, look: &Look) -> String {
        let style = match self.tone {
            Tone::Plain => return self.text.clone(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dim(),
            Tone::Good => Style::new().green(),
            Tone::Warning => Style::new().yellow().bold(),
            Tone::Bad => Style::new().red().bold(),
        };
        let style = style.force_styling(look.colour);
        style.apply_to(&self.text).to_string()
    }
}

/// A part of a row that can be told in several ways. The greater the rank, the longer it stays as it is.
#[derive(Debug, Clone)]
struct Cell {
    rank: u8,
    forms: Vec<Text>,
}

impl Cell {
    fn new(rank: u8, forms: impl Into<Vec<Text>>) -> Self {
        Self {
            rank,
            forms: forms.into(),
        }
    }

    fn shown(&self) -> Option<&Text> {
        self.forms.first().filter(|text| !text.text.is_empty())
    }

    fn is_dropped(&self) -> bool {
        self.shown().is_none()
    }
}

/// Shortens cells, the least important first, until all fit into the columns or none can be shorter.
fn fit(cells: &mut [Cell], columns: usize) {
    while columns_of(cells) > columns {
        let can_be_shorter = cells.iter_mut().filter(|cell| cell.forms.len() > 1);
        // Among equals, the one that can do so most often.
        let Some(cell) =
            can_be_shorter.min_by_key(|cell| (cell.rank, usize::MAX - cell.forms.len()))
        else {
            return;
        };
        cell.forms.remove(0);
    }
}

/// Columns of a row, with two between cells.
fn columns_of(cells: &[Cell]) -> usize {
    let shown: Vec<_> = cells.iter().filter_map(Cell::shown).collect();
    let gaps = shown.len().saturating_sub(1) * GAP.len();
    shown.iter().map(|text| text.columns()).sum::<usize>() + gaps
}

/// What stands between two cells.
pub(super) const GAP: &str = "  ";

fn row(cells: &[Cell], look: &Look) -> String {
    let shown: Vec<_> = cells
        .iter()
        .filter_map(Cell::shown)
        .map(|text| text.styled(look))
        .collect();
    shown.join(GAP)
}
