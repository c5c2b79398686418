//! Markdown tables, one form for each kind of measurement.

use crate::harness::stats::{self, best, median, p99, ratio};
use crate::harness::table::{absent, escaped, heading, line};
use crate::kind::Kind;
use crate::sample::Sample;
use crate::schedule::{RouteResult, Row};

const GIB: f64 = 1_073_741_824.0;

/// A column: its heading, and its cell for a row compared with the reference row.
struct Column {
    heading: &'static str,
    cell: fn(&Row, &Row) -> String,
}

const fn column(heading: &'static str, cell: fn(&Row, &Row) -> String) -> Column {
    Column { heading, cell }
}

const STREAM: &[Column] = &[
    column("best wall s", |row, _| format!("{:.3}", best(walls(row)))),
    column("median wall s", |row, _| {
        format!("{:.3}", median(walls(row)))
    }),
    column("best CPU s", |row, _| format!("{:.3}", best(cpus(row)))),
    column("CPU s/GiB (best)", |row, _| {
        format!("{:.3}", best(cpus(row)) / gib(row))
    }),
    column("GiB/s (best)", |row, _| {
        format!("{:.2}", gib(row) / best(walls(row)))
    }),
    column("tidegate is faster by", |row, first| {
        ratio(best(walls(row)), best(walls(first)))
    }),
    column("CPU, of tidegate's", |row, first| {
        ratio(best(cpus(row)), best(cpus(first)))
    }),
];

const STARTUP: &[Column] = &[
    column("best ms", |row, _| format!("{:.3}", best(walls(row)) * 1e3)),
    column("median ms", |row, _| {
        format!("{:.3}", median(walls(row)) * 1e3)
    }),
    column("best CPU ms", |row, _| {
        format!("{:.3}", best(cpus(row)) * 1e3)
    }),
    column("tidegate is faster by", |row, first| {
        ratio(best(walls(row)), best(walls(first)))
    }),
    column("CPU, of tidegate's", |row, first| {
        ratio(best(cpus(row)), best(cpus(first)))
    }),
];

const MEMORY: &[Column] = &[
    column("bytes moved", |row, _| stats::bytes(row.bytes)),
    column("highest peak KiB", |row, _| highest_peak(row).to_string()),
    column("best wall s", |row, _| format!("{:.3}", best(walls(row)))),
];

const LATENCY: &[Column] = &[
    column("best µs", |row, _| format!("{:.1}", best(latencies(row)))),
    column("median µs", |row, _| {
        format!("{:.1}", median(latencies(row)))
    }),
    column("p99 µs", |row, _| format!("{:.1}", p99(latencies(row)))),
    column("tidegate is faster by (median)", |row, first| {
        ratio(median(latencies(row)), median(latencies(first)))
    }),
];

/// The table of a route.
pub(crate) fn table(route: &RouteResult) -> String {
    let columns = match route.kind {
        Kind::Stream | Kind::File | Kind::Files | Kind::Small | Kind::RoundTrips => STREAM,
        Kind::Startup => STARTUP,
        Kind::Memory => MEMORY,
        Kind::Latency => LATENCY,
    };
    let headings: Vec<_> = columns.iter().map(|column| column.heading).collect();
    let mut text = heading(&["peer"], &headings);
    for row in &route.rows {
        let cells: Vec<_> = if row.absent.is_empty() {
            let cell = |column: &Column| (column.cell)(row, &route.rows[0]);
            columns.iter().map(cell).collect()
        } else {
            absent(&row.absent, columns.len())
        };
        text += &line(&[&escaped(&row.label)], &cells);
    }
    text
}

/// The wall times of all runs.
pub(crate) fn walls(row: &Row) -> impl Iterator<Item = f64> {
    row.samples.iter().map(|sample| sample.timing.wall_s)
}

/// The CPU times of all runs.
pub(crate) fn cpus(row: &Row) -> impl Iterator<Item = f64> {
    row.samples.iter().map(|sample| sample.timing.cpu_s)
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
