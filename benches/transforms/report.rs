//! The two reports: transforms.json with every run, transforms.md for people.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::machine::{self, Machine};
use crate::options::Options;
use crate::rows::Chosen;
use crate::schedule::RowResult;
use crate::{mix, publish, stats, tables};

/// How the peers are asked for their versions. Asked for it alone, bzip2 would go on to compress.
const VERSION_FLAGS: &[(&str, &str)] = &[
    ("b3sum", "--version"),
    ("base64", "--version"),
    ("brotli", "--version"),
    ("bzip2", "--help"),
    ("cat", "--version"),
    ("lz4", "--version"),
    ("md5sum", "--version"),
    ("pigz", "--version"),
    ("pv", "--version"),
    ("sha256sum", "--version"),
    ("wc", "--version"),
    ("xz", "--version"),
    ("zstd", "--version"),
];

/// What a reader of the tables has to know.
const READING: &str = "\nSpeed is the peer's best wall time over tidegate's, CPU the same of CPU times: above 1 tidegate \
    is better. Size is tidegate's output over the peer's: below 1 tidegate is better. It is the average of all times \
    that has to be what is wanted, before it is rounded for this table.\n";

/// Everything that is written down.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    settings: Settings,
    rows: Vec<RowResult>,
}

/// The flags that shaped the numbers.
#[derive(Debug, Serialize)]
struct Settings {
    runs: u32,
    times: u32,
    size: u64,
}

/// The machine, with the versions of what is measured.
pub(crate) fn describe(program: &str, data: &Path, chosen: &[Chosen]) -> Machine {
    let mut machine = Machine::describe(program, data);
    machine.versions.retain(|name, _| name == "tidegate");
    let measured = chosen.iter().filter(|it| it.left_out.is_none());
    let lines: Vec<_> = measured
        .flat_map(|it| it.row.peers)
        .map(|peer| peer.label())
        .collect();
    let runs = |name: &str| {
        let mut words = lines.iter().flat_map(|line| line.split([' ', '`', '|']));
        words.any(|word| word == name)
    };
    let versions = VERSION_FLAGS
        .iter()
        .filter(|(name, _)| runs(name))
        .filter_map(|(name, flag)| Some(((*name).to_owned(), machine::version(name, flag)?)));
    machine.versions.extend(versions);
    machine
}

impl Report {
    /// A report on `rows`.
    pub(crate) fn new(machine: Machine, options: &Options, rows: Vec<RowResult>) -> Self {
        let settings = Settings {
            runs: options.runs,
            times: options.times,
            size: options.size,
        };
        Self {
            machine,
            settings,
            rows,
        }
    }

    /// Writes both files into `dir` and prints the readable one.
    pub(crate) fn publish(&self, dir: &Path) -> Result<()> {
        publish::publish(dir, self, &self.markdown())
    }

    fn markdown(&self) -> String {
        let Settings { runs, times, size } = self.settings;
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
            let heading = match times {
                1 => String::new(),
                times => format!(", time {time} of {times}"),
            };
            let rows = self.rows.iter().filter(|row| row.time == time);
            let table = tables::times(rows, size);
            let _ = write!(text, "\n## Times{heading}\n\n{table}");
        }
        text
    }
}
