//! Markdown tables, one form for each kind of measurement.

use std::fmt::Write;

use crate::routes::Kind;
use crate::sample::Sample;
use crate::schedule::{RouteResult, Row};
use crate::stats::{self, best, median, p99};

const GIB: f64 = 1_073_741_824.0;

/// A column: its heading, and its cell for a row compared with the reference row.
struct Column {
    heading: &'static str,
    cell: fn(&Row, &Row) -> String,
}

const STREAM: &[Column] = &[
    Column {
        heading: "best wall s",
        cell: |row, _| format!("{:.3}", best(walls(row))),
    },
    Column {
        heading: "median wall s",
        cell: |row, _| format!("{:.3}", median(walls(row))),
    },
    Column {
        heading: "best CPU s",
        cell: |row, _| format!("{:.3}", best(cpus(row))),
    },
    Column {
        heading: "CPU s/GiB (best)",
        cell: |row, _| format!("{:.3}", best(cpus(row)) / gib(row)),
    },
    Column {
        heading: "GiB/s (best)",
        cell: |row, _| format!("{:.2}", gib(row) / best(walls(row))),
    },
    Column {
        heading: "tidegate is faster by",
        cell: |row, first| ratio(best(walls(row)), best(walls(first))),
    },
    Column {
        heading: "CPU, of tidegate's",
        cell: |row, first| ratio(best(cpus(row)), best(cpus(first))),
    },
];

const STARTUP: &[Column] = &[
    Column {
        heading: "best ms",
        cell: |row, _| format!("{:.3}", best(walls(row)) * 1e3),
    },
    Column {
        heading: "median ms",
        cell: |row, _| format!("{:.3}", median(walls(row)) * 1e3),
    },
    Column {
        heading: "best CPU ms",
        cell: |row, _| format!("{:.3}", best(cpus(row)) * 1e3),
    },
    Column {
        heading: "tidegate is faster by",
        cell: |row, first| ratio(best(walls(row)), best(walls(first))),
    },
    Column {
        heading: "CPU, of tidegate's",
        cell: |row, first| ratio(best(cpus(row)), best(cpus(first))),
    },
];

const MEMORY: &[Column] = &[
    Column {
        heading: "bytes moved",
        cell: |row, _| stats::bytes(row.bytes),
    },
    Column {
        heading: "highest peak KiB",
        cell: |row, _| highest_peak(row).to_string(),
    },
    Column {
        heading: "best wall s",
        cell: |row, _| format!("{:.3}", best(walls(row))),
    },
];

const LATENCY: &[Column] = &[
    Column {
        heading: "best µs",
        cell: |row, _| format!("{:.1}", best(latencies(row))),
    },
    Column {
        heading: "median µs",
        cell: |row, _| format!("{:.1}", median(latencies(row))),
    },
    Column {
        heading: "p99 µs",
        cell: |row, _| format!("{:.1}", p99(latencies(row))),
    },
    Column {
        heading: "tidegate is faster by (median)",
        cell: |row, first| ratio(median(latencies(row)), median(latencies(first))),
    },
];

/// The table of a route.
pub(crate) fn table(route: &RouteResult) -> String {
    let columns = match route.kind {
        Kind::Stream | Kind::File => STREAM,
        Kind::Startup => STARTUP,
        Kind::Memory => MEMORY,
        Kind::Latency => LATENCY,
    };
    let mut text = heading(columns);
    for row in &route.rows {
        let cells = if row.absent.is_empty() {
            cells(columns, row, &route.rows[0])
        } else {
            absent(columns, row)
        };
        let _ = writeln!(text, "| {} | {} |", cell(&row.label), cells.join(" | "));
    }
    text
}

/// A text as it stands in a cell, which a bar would end, even in code.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn heading(columns: &[Column]) -> String {
    let headings: Vec<_> = columns.iter().map(|column| column.heading).collect();
    let rule = "|---:".repeat(columns.len());
    format!("| peer | {} |\n|:---{rule}|\n", headings.join(" | "))
}

fn cells(columns: &[Column], row: &Row, first: &Row) -> Vec<String> {
    columns
        .iter()
        .map(|column| (column.cell)(row, first))
        .collect()
}

fn absent(columns: &[Column], row: &Row) -> Vec<String> {
    let mut cells = vec![String::new(); columns.len()];
    cells[0] = format!("absent: {} is not installed", row.absent.join(", "));
    cells
}

/// The wall times of all runs.
pub(crate) fn walls(row: &Row) -> impl Iterator<Item = f64> {
    row.samples.iter().map(|sample| sample.wall_s)
}

/// The CPU times of all runs.
pub(crate) fn cpus(row: &Row) -> impl Iterator<Item = f64> {
    row.samples.iter().map(|sample| sample.cpu_s)
}

fn latencies(row: &Row) -> impl Iterator<Item = f64> {
    row.samples
        .iter()
        .flat_map(|sample| sample.latencies_us.iter().copied())
}

fn highest_peak(row: &Row) -> u64 {
    let peaks = |sample: &Sample| sample.peak_kib;
    row.samples.iter().filter_map(peaks).max().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn gib(row: &Row) -> f64 {
    row.bytes as f64 / GIB
}

/// How many times ours theirs is.
pub(crate) fn ratio(theirs: f64, ours: f64) -> String {
    format!("{:.2}×", theirs / ours)
}
