//! The SVG document: the chart, with the title and the sentences above it and the numbers below. Two directions stand one below the
//! other.

use super::super::Finished;
use super::chart::Chart;
use super::layout::{ROW, WIDE};
use super::numbers::{self, Number};
use super::path::number;
use super::series::Series;
use super::text::{self, Room, clean, together};
use askama::Template;

/// Around everything.
const MARGIN: f64 = 28.0;

/// How a text is set.
struct Style {
    /// The class in the style sheet, which has the font size and weight too.
    class: &'static str,
    size: f64,
    /// How much wider it is than text of ordinary weight.
    weight: f64,
    /// From one line to the next.
    height: f64,
    /// How many lines it may have.
    most: usize,
}

const TITLE: Style = Style {
    class: "title",
    size: 20.0,
    weight: text::BOLD,
    height: 24.0,
    most: 3,
};

/// Above what is drawn of one of two directions.
const DIRECTION: Style = Style {
    class: "verdict",
    size: 16.0,
    height: ROW,
    ..TITLE
};

const SENTENCE: Style = Style {
    class: "sentence",
    size: 14.0,
    weight: 1.0,
    height: 21.0,
    most: 4,
};

const FAILURE: Style = Style {
    class: "failure",
    weight: text::BOLD,
    ..SENTENCE
};

/// The font size of the names and values of numbers.
const VALUE: f64 = 13.0;

/// The columns of numbers.
const COLUMNS: usize = 3;

/// Between two columns.
const APART: f64 = 24.0;

/// The document.
#[derive(Debug, Template)]
#[template(path = "plot/sheet.svg")]
pub(super) struct Sheet {
    title: String,
    description: String,
    width: f64,
    height: f64,
    margin: f64,
    lines: Vec<Line>,
    sections: Vec<SheetSection>,
    made_by: &'static str,
    made_by_baseline: String,
}

/// What is drawn of a direction.
#[derive(Debug)]
struct SheetSection {
    chart_top: String,
    chart: Chart,
    /// Where the numbers begin.
    rule: String,
}

/// A line of text.
#[derive(Debug)]
struct Line {
    /// The class in the style sheet.
    class: &'static str,
    x: String,
    baseline: String,
    words: String,
}

impl Sheet {
    /// Lays out a transfer, with each of its directions. `None`: there is none.
    pub(super) fn of(directions: &[Finished<'_>]) -> Option<Self> {
        let mut sheet = Self {
            title: title(directions)?,
            description: description(directions),
            width: WIDE.width + 2.0 * MARGIN,
            height: 0.0,
            margin: MARGIN,
            lines: Vec::new(),
            sections: Vec::new(),
            made_by: MADE_BY,
            made_by_baseline: String::new(),
        };
        let title = sheet.title.clone();
        let mut bottom = sheet.put(&TITLE, &title, MARGIN - 8.0);
        if let Some(failure) = failure(directions) {
            bottom = sheet.put(&FAILURE, &failure, bottom + 4.0);
        }
        for it in directions {
            if it.direction.is_some() {
                let ends = clean(&format!("{} → {}", it.source, it.sink));
                bottom = sheet.put(&DIRECTION, &ends, bottom + ROW);
            }
            bottom = sheet.put_direction(it, bottom);
        }
        sheet.height = (bottom + ROW + 8.0).ceil();
        sheet.made_by_baseline = number(bottom + 8.0);
        Some(sheet)
    }

    /// What is drawn and told of a direction, below this baseline. Returns where it ends.
    fn put_direction(&mut self, it: &Finished<'_>, mut baseline: f64) -> f64 {
        for (n, sentence) in told(it).iter().enumerate() {
            // A little apart from the title.
            let apart = if n == 0 { 4.0 } else { 0.0 };
            baseline = self.put(&SENTENCE, sentence, baseline + apart);
        }
        let chart_top = baseline + 24.0;
        let series = Series::to_draw(it.recording, WIDE.stretches);
        let chart = Chart::of(it, series.as_ref(), &WIDE);
        let rule = chart_top + chart.height + if chart.is_empty() { 0.0 } else { 12.0 };
        self.sections.push(SheetSection {
            chart_top: number(chart_top),
            chart,
            rule: number(rule),
        });
        put_numbers(&numbers::of(it), &mut self.lines, rule + 26.0)
    }

    /// Puts a text below this baseline. Returns the baseline of its last line.
    fn put(&mut self, style: &Style, text: &str, mut baseline: f64) -> f64 {
        let room = Room {
            width: WIDE.width / style.weight,
            size: style.size,
        };
        for words in room.lines(text, style.most) {
            baseline += style.height;
            self.lines.push(Line {
                class: style.class,
                x: number(MARGIN),
                baseline: number(baseline),
                words,
            });
        }
        baseline
    }
}

/// The program and its version.
pub(super) const MADE_BY: &str = concat!("tidegate ", env!("CARGO_PKG_VERSION"));

/// The title: the name of the transfer, and its ends. `None`: there is no direction.
pub(super) fn title(directions: &[Finished<'_>]) -> Option<String> {
    let first = directions.first()?;
    Some(clean(&first.titled(arrow(directions))))
}

/// What stands between the ends.
pub(super) fn arrow(directions: &[Finished<'_>]) -> &'static str {
    if directions.len() > 1 { "↔" } else { "→" }
}

/// The whole in words.
fn description(directions: &[Finished<'_>]) -> String {
    if let Some(failure) = failure(directions) {
        return failure;
    }
    let sentences = directions.iter().flat_map(Finished::sentences);
    let sentences: Vec<_> = sentences.map(|it| clean(&it)).collect();
    sentences.join(" ")
}

/// What failed. It stands below the title, since a failure of one direction is one of the whole transfer.
pub(super) fn failure(directions: &[Finished<'_>]) -> Option<String> {
    let error = directions.first()?.ending.error?;
    // The message may hold names that the user typed, in which blanks are left as they are.
    Some(clean(&error.to_string()))
}

/// What is told of a direction that has not failed: the first line of the summary, and the digests. The rest of the summary is told
/// by the chart and the numbers.
pub(super) fn told(it: &Finished<'_>) -> Vec<String> {
    if it.ending.error.is_some() {
        return Vec::new();
    }
    let first = it.sentences().into_iter().take(1);
    let digests = it.completion.map_or(&[][..], |_| it.ending.digests);
    let digests = digests
        .iter()
        .map(|it| format!("{} {}", it.algorithm, it.hex));
    let sentences = first.chain(digests);
    sentences.map(|it| together(&clean(&it))).collect()
}

/// The numbers in columns from `top` on; returns where they end.
#[expect(clippy::cast_precision_loss, reason = "a few columns")]
fn put_numbers(numbers: &[Number], lines: &mut Vec<Line>, top: f64) -> f64 {
    let width = (WIDE.width - APART * (COLUMNS - 1) as f64) / COLUMNS as f64;
    let mut baseline = top;
    for row in numbers.chunks(COLUMNS) {
        let mut most = 0;
        for (column, number) in row.iter().enumerate() {
            let x = MARGIN + column as f64 * (width + APART);
            let room = Room { width, size: VALUE };
            let values = room.lines(&number.value, 3);
            most = most.max(values.len());
            let names = [("name", number.name.clone())];
            let values = values.into_iter().map(|line| ("value", line));
            for (n, (class, words)) in names.into_iter().chain(values).enumerate() {
                lines.push(Line {
                    class,
                    x: self::number(x),
                    baseline: self::number(baseline + n as f64 * 17.0),
                    words,
                });
            }
        }
        baseline += most as f64 * 17.0 + 30.0;
    }
    baseline - 14.0
}
