//! Markdown tables: one for each rate, and one of what tidegate misses.

use std::fmt::Write;

use crate::harness::stats;
use crate::harness::table::{absent, heading, line};
use crate::schedule::{RateResult, Row};
use crate::wanted;

/// A column: its heading, the figure of each run, how the best one is written, and what is wanted of it.
struct Column {
    heading: &'static str,
    runs: fn(&Row) -> Vec<f64>,
    text: fn(f64) -> String,
    wanted: fn(u64) -> f64,
}

const COLUMNS: &[Column] = &[
    Column {
        heading: "average error",
        runs: |row| row.steady.iter().map(|run| run.average_error).collect(),
        text: |error| format!("{:+.3} %", 100.0 * error),
        wanted: wanted::average_error,
    },
    Column {
        heading: "first 250 ms",
        runs: |row| row.steady.iter().map(|run| run.first_250_ms).collect(),
        text: multiple,
        wanted: wanted::nothing,
    },
    Column {
        heading: "worst 100 ms",
        runs: |row| row.steady.iter().map(|run| run.worst_100_ms).collect(),
        text: multiple,
        wanted: wanted::worst_100_ms,
    },
    Column {
        heading: "worst 1 s",
        runs: |row| row.steady.iter().map(|run| run.worst_1_s).collect(),
        text: multiple,
        wanted: wanted::worst_1_s,
    },
    Column {
        heading: "after idle",
        runs: |row| row.after_idle.clone(),
        text: multiple,
        wanted: wanted::after_pause,
    },
    Column {
        heading: "after SIGSTOP",
        runs: |row| row.after_stop.clone(),
        text: multiple,
        wanted: wanted::after_pause,
    },
    Column {
        heading: "CPU",
        runs: |row| row.steady.iter().map(|run| run.cpu_percent).collect(),
        text: |percent| format!("{percent:.2} %"),
        wanted: wanted::cpu_percent,
    },
];

/// Whether what is wanted was reached.
enum Verdict {
    Nothing,
    Reached,
    Missed(f64),
}

/// The table of a rate.
pub(crate) fn table(result: &RateResult) -> String {
    let headings: Vec<_> = COLUMNS.iter().map(|column| column.heading).collect();
    let mut text = heading(&["limiter", "source"], &headings);
    for row in &result.rows {
        let label = format!("`{}`", row.contender.label("RATE"));
        let cells: Vec<_> = match row.absent {
            Some(program) => absent(&[program], COLUMNS.len()),
            None => COLUMNS.iter().map(|it| it.cell(row, result.rate)).collect(),
        };
        text += &line(&[&label, row.source.word()], &cells);
    }
    text + &failures(result)
}

/// How much of what is wanted was reached, and what was not.
pub(crate) fn summary(results: &[RateResult]) -> String {
    let (mut reached, mut missed) = (0, Vec::new());
    for (result, row, column) in figures(results) {
        match column.verdict(row, result.rate) {
            Verdict::Nothing => {}
            Verdict::Reached => reached += 1,
            Verdict::Missed(wanted) => missed.push(format!(
                "- {}/s, {}, `{}`: {} {} instead of {}\n",
                stats::bytes(result.rate),
                row.source.word(),
                row.contender.label("RATE"),
                column.heading,
                best_of(column, row).map_or_else(String::new, column.text),
                (column.text)(wanted)
            )),
        }
    }
    let all = reached + missed.len();
    format!(
        "{reached} of {all} figures of tidegate are what is wanted.\n\n{}",
        missed.concat()
    )
}

fn figures(results: &[RateResult]) -> impl Iterator<Item = (&RateResult, &Row, &'static Column)> {
    results.iter().flat_map(|result| {
        let rows = result.rows.iter();
        rows.flat_map(move |row| COLUMNS.iter().map(move |column| (result, row, column)))
    })
}

impl Column {
    fn cell(&self, row: &Row, rate: u64) -> String {
        let Some(figure) = best_of(self, row) else {
            return "-".to_owned();
        };
        let text = (self.text)(figure);
        match self.verdict(row, rate) {
            Verdict::Nothing => text,
            Verdict::Reached => format!("{text}, reached"),
            Verdict::Missed(_) => format!("{text}, **missed**"),
        }
    }

    fn verdict(&self, row: &Row, rate: u64) -> Verdict {
        let wanted = (self.wanted)(rate);
        match best_of(self, row) {
            Some(_) if !row.contender.is_own() || wanted.is_infinite() => Verdict::Nothing,
            Some(figure) if figure.abs() <= wanted => Verdict::Reached,
            Some(_) => Verdict::Missed(wanted),
            None => Verdict::Nothing,
        }
    }
}

/// The figure nearest to zero: noise only ever adds.
fn best_of(column: &Column, row: &Row) -> Option<f64> {
    let runs = (column.runs)(row);
    runs.into_iter().min_by(|a, b| a.abs().total_cmp(&b.abs()))
}

fn failures(result: &RateResult) -> String {
    let mut text = String::new();
    for row in result.rows.iter().filter(|row| !row.failures.is_empty()) {
        let (count, first) = (row.failures.len(), row.failures[0].lines().next());
        let first = first.unwrap_or_default();
        let _ = write!(text, "\n`{}`: {count} runs failed; {first}\n", row.command);
    }
    text
}

fn multiple(of_rate: f64) -> String {
    format!("{of_rate:.3}×")
}
