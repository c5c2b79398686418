//! The SVG document: the chart, with the title and the sentences above it and the numbers below.

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

/// The font sizes of the title, of sentences, and of the names and values of numbers.
const TITLE: f64 = 20.0;
const SENTENCE: f64 = 14.0;
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
    chart_top: String,
    chart: Chart,
    /// Where the numbers begin.
    rule: String,
    made_by: &'static str,
    made_by_baseline: String,
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
    /// Lays out a transfer.
    pub(super) fn of(it: &Finished<'_>) -> Self {
        let series = Series::to_draw(it.recording, WIDE.stretches);
        let chart = Chart::of(it, series.as_ref(), &WIDE);
        let mut lines = Vec::new();
        let chart_top = head(it, &mut lines) + 12.0;
        let rule = chart_top + chart.height + if chart.is_empty() { 0.0 } else { 12.0 };
        let bottom = put_numbers(&numbers::of(it), &mut lines, rule + 26.0);
        Self {
            title: title(it),
            description: it
                .sentences()
                .iter()
                .map(|it| clean(it))
                .collect::<Vec<_>>()
                .join(" "),
            width: WIDE.width + 2.0 * MARGIN,
            height: (bottom + ROW + 8.0).ceil(),
            margin: MARGIN,
            lines,
            chart_top: number(chart_top),
            chart,
            rule: number(rule),
            made_by: MADE_BY,
            made_by_baseline: number(bottom + 8.0),
        }
    }
}

/// The program and its version.
pub(super) const MADE_BY: &str = concat!("tidegate ", env!("CARGO_PKG_VERSION"));

/// The title: the name of the transfer, and its ends.
pub(super) fn title(it: &Finished<'_>) -> String {
    clean(&it.title())
}

/// What stands below the title: the first line of the summary, and the digests; of a failed transfer, what failed. The rest of
/// the summary is told by the chart and the numbers.
pub(super) fn told(it: &Finished<'_>) -> Vec<String> {
    let first = it.sentences().into_iter().take(1);
    let digests = it.completion.map_or(&[][..], |_| it.ending.digests);
    let digests = digests
        .iter()
        .map(|it| format!("{} {}", it.algorithm, it.hex));
    let sentences = first.chain(digests);
    let sentences = sentences.map(|sentence| clean(&sentence));
    if it.ending.error.is_some() {
        // The message may hold names that the user typed, in which blanks are left as they are.
        sentences.collect()
    } else {
        sentences.map(|sentence| together(&sentence)).collect()
    }
}

/// The title and the sentences; returns where they end.
fn head(it: &Finished<'_>, lines: &mut Vec<Line>) -> f64 {
    let (class, bold) = if it.ending.error.is_some() {
        ("failure", text::BOLD)
    } else {
        ("sentence", 1.0)
    };
    let room = |bold, size| Room {
        width: WIDE.width / bold,
        size,
    };
    let title = room(text::BOLD, TITLE).lines(&title(it), 3);
    let sentences = told(it).into_iter();
    let sentences = sentences.flat_map(|it| room(bold, SENTENCE).lines(&it, 4));
    let mut baseline = MARGIN - 8.0;
    let mut put = |class, height, words| {
        baseline += height;
        lines.push(Line {
            class,
            x: number(MARGIN),
            baseline: number(baseline),
            words,
        });
    };
    for words in title {
        put("title", TITLE + 4.0, words);
    }
    for (n, words) in sentences.enumerate() {
        // A little apart from the title.
        let apart = if n == 0 { 5.0 } else { 1.0 };
        put(class, ROW + apart, words);
    }
    baseline + 12.0
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
