//! The Markdown tables: the ratios and what is wanted of them, and the times behind them.

use std::fmt::Write;

use crate::harness::stats::{mean, median};
use crate::harness::table::{absent, escaped, heading, line};
use crate::schedule::{Contender, RowResult};
use crate::summary::{self, Comparison, Verdict};

const MIB: f64 = 1_048_576.0;

const RATIOS: &str = "\
| row | against | speed | wanted | size | wanted | CPU | met |
|:---|:---|---:|---:|---:|---:|---:|:---|
";

const TIMES: &[&str] = &[
    "best wall s",
    "median wall s",
    "best CPU s",
    "MiB/s (best)",
    "output, of the data",
];

/// The ratios of tidegate and its peers over all times.
pub(crate) fn ratios(results: &[RowResult]) -> String {
    let comparisons = summary::comparisons(results);
    let lines = comparisons.iter().map(|it| {
        let figures = [
            average_and_each(&it.speeds, 2),
            wanted("≥", it.peer.wanted),
            average_and_each(&it.sizes, 3),
            wanted("≤", it.largest),
            average_and_each(&it.cpus, 2),
            met(it),
        ];
        line(&[it.row, &code(&it.peer.label)], &figures)
    });
    RATIOS.to_owned() + &lines.collect::<String>()
}

/// The times of one time, for data of `size` bytes.
pub(crate) fn times<'a>(results: impl Iterator<Item = &'a RowResult>, size: u64) -> String {
    let mut text = heading(&["row", "contender"], TIMES);
    let (measured, left_out): (Vec<_>, Vec<_>) = results.partition(|row| row.left_out.is_none());
    for row in measured {
        for contender in &row.contenders {
            let figures = if contender.absent.is_empty() {
                figures(contender, size)
            } else {
                absent(&contender.absent, TIMES.len())
            };
            text += &line(&[row.name, &code(&contender.label)], &figures);
        }
    }
    for row in left_out {
        let why = row.left_out.as_deref().unwrap_or_default();
        let _ = write!(text, "\n`{}` was left out: {why}.\n", row.name);
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn figures(contender: &Contender, size: u64) -> Vec<String> {
    let (size, wall) = (size as f64, contender.best(|it| it.wall_s));
    let output = |bytes: u64| format!("{:.2} %", 100.0 * bytes as f64 / size);
    vec![
        format!("{wall:.3}"),
        format!(
            "{:.3}",
            median(contender.samples.iter().map(|it| it.wall_s))
        ),
        format!("{:.3}", contender.best(|it| it.cpu_s)),
        format!("{:.0}", size / MIB / wall),
        contender.output_bytes.map_or_else(String::new, output),
    ]
}

/// The mean, and behind it what it is the mean of, if that is more than one.
fn average_and_each(ratios: &[f64], digits: usize) -> String {
    let text = |ratio: f64| format!("{ratio:.digits$}×");
    match ratios {
        [] => String::new(),
        [ratio] => text(*ratio),
        ratios => {
            let each: Vec<_> = ratios.iter().copied().map(text).collect();
            format!("{} ({})", text(mean(ratios)), each.join(", "))
        }
    }
}

fn wanted(relation: &str, ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{relation} {ratio:.2}×"))
}

fn met(comparison: &Comparison<'_>) -> String {
    match comparison.verdict() {
        Verdict::Nothing => String::new(),
        Verdict::NotMeasured => "not measured".to_owned(),
        Verdict::Met => "yes".to_owned(),
        Verdict::Missed(what) => format!("**no**: {}", what.join(", ")),
    }
}

fn code(label: &str) -> String {
    format!("`{}`", escaped(label))
}
