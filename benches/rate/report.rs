//! The two reports: rate.json with every run, rate.md for people.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use crate::harness::machine::Machine;
use crate::harness::{publish, stats};
use crate::options::Options;
use crate::schedule::RateResult;
use crate::tables;

/// What a reader of the tables has to know.
const READING: &str = "\nEach figure is the best of the runs, by itself. Multiples are of what the rate allows in that \
    time: 1 is exact, 1.1 is a tenth too much. The average is from the first read to the begin of the last piece, the \
    first 250 ms are from spawning, a worst window is any of that width. After idle and after SIGSTOP are the 250 ms from the first read \
    after a pause of 3 s. CPU is of one core.\n";

/// Everything that is written down.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    settings: Settings,
    rates: Vec<RateResult>,
}

/// The flags that shaped the numbers.
#[derive(Debug, Serialize)]
struct Settings {
    seconds: u64,
    runs: u32,
}

/// Writes both reports and prints the readable one.
pub(crate) fn publish(machine: Machine, options: &Options, rates: Vec<RateResult>) -> Result<()> {
    let report = Report {
        machine,
        settings: Settings {
            seconds: options.length().as_secs(),
            runs: options.runs(),
        },
        rates,
    };
    publish::publish(&options.common.out, &report, &report.markdown())
}

impl Report {
    fn markdown(&self) -> String {
        let Settings { seconds, runs } = self.settings;
        let runs = format!("runs: {runs} of each kind, steady ones of {seconds} s");
        let lines = self.machine.lines(&runs);
        let mut text = format!("# How exact a rate limit is\n\n{lines}{READING}");
        for result in &self.rates {
            let (rate, table) = (stats::bytes(result.rate), tables::table(result));
            let _ = write!(text, "\n## {rate}/s\n\n{table}");
        }
        let _ = write!(text, "\n## Wanted\n\n{}", tables::summary(&self.rates));
        text
    }
}
