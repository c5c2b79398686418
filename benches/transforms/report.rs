//! The two reports: transforms.json with every run, transforms.md for people.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use crate::harness::flags::Repeats;
use crate::harness::machine::Machine;
use crate::harness::rounds::of_times;
use crate::harness::{publish, stats};
use crate::options::Options;
use crate::schedule::RowResult;
use crate::{mix, tables};

/// What a reader of the tables has to know.
const READING: &str = "\nSpeed is the peer's best wall time over tidegate's, CPU the same of CPU times: above 1 tidegate \
    is better. Size is tidegate's output over the peer's: below 1 tidegate is better. It is the average of all times \
    that has to be what is wanted, before it is rounded for this table.\n";

/// Everything that is written down.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    settings: Settings,
    rows: Vec<RowResult>,
}

/// The flags that shaped the numbers.
#[derive(Debug, Serialize)]
struct Settings {
    #[serde(flatten)]
    repeats: Repeats,
    size: u64,
}

/// Writes both reports and prints the readable one.
pub(crate) fn publish(machine: Machine, options: &Options, rows: Vec<RowResult>) -> Result<()> {
    let report = Report {
        machine,
        settings: Settings {
            repeats: options.repeats,
            size: options.size,
        },
        rows,
    };
    publish::publish(&options.common.out, &report, &report.markdown())
}

impl Report {
    fn markdown(&self) -> String {
        let Settings { repeats, size } = self.settings;
        let Repeats { runs, times } = repeats;
        let data = format!(
            "data: {} on {}: {}",
            stats::bytes(size),
            self.machine.file_system,
            mix::ABOUT
        );
        let mut text = format!(
            "# Transforms versus their peers\n\n{}- runs: {runs} of each contender, times: {times}\n{READING}\n{}",
            self.machine.lines(&data),
            tables::ratios(&self.rows)
        );
        for time in 1..=times {
            let heading = of_times(time, times);
            let rows = self.rows.iter().filter(|row| row.time == time);
            let table = tables::times(rows, size);
            let _ = write!(text, "\n## Times{heading}\n\n{table}");
        }
        text
    }
}
