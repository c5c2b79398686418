//! The two reports: versus.json with every raw run, versus.md for people.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::machine::Machine;
use crate::options::Options;
use crate::publish;
use crate::schedule::RouteResult;
use crate::summary;
use crate::tables::table;

/// What a reader of the tables has to know.
const READING: &str = "\nRatios compare with the first row, tidegate's; below 1 tidegate is slower, or uses more. \
    The two rows of a contender and \"itself\" differ by noise alone: smaller differences say nothing.\n";

/// What the averages are of.
const AVERAGES: &str =
    "Each number is the mean of what the tables above say, which stands beside it.";

/// What is wanted of what.
const WANTED: &str = "Speed is the contender's best wall time over tidegate's; CPU s/GiB is the same of the CPU time, \
    with the other program that needs the least of it. It is the average that has to reach what is wanted, before it is \
    rounded for this table.";

/// Everything that is written down.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    settings: Settings,
    routes: Vec<RouteResult>,
}

/// The flags that shaped the numbers.
#[derive(Debug, Serialize)]
struct Settings {
    runs: u32,
    times: u32,
    size: u64,
    file_size: u64,
    empty_runs: u32,
    latency_reps: u32,
    memory_sizes: Vec<u64>,
}

impl Report {
    /// A report on `routes`.
    pub(crate) fn new(machine: Machine, options: &Options, routes: Vec<RouteResult>) -> Self {
        let settings = Settings {
            runs: options.runs,
            times: options.times,
            size: options.size,
            file_size: options.file_size(),
            empty_runs: options.empty_runs,
            latency_reps: options.latency_reps,
            memory_sizes: options.memory_sizes.clone(),
        };
        Self {
            machine,
            settings,
            routes,
        }
    }

    /// Writes both files into `dir` and prints the readable one.
    pub(crate) fn publish(&self, dir: &Path) -> Result<()> {
        publish::publish(dir, self, &self.markdown())
    }

    fn markdown(&self) -> String {
        let mut text = self.preface();
        for route in &self.routes {
            let _ = write!(text, "\n## {}\n\n{}", self.title(route), section(route));
        }
        let times = self.settings.times;
        if times > 1 {
            let averages = summary::averages(&self.routes);
            let _ = write!(
                text,
                "\n## Average of {times} times\n\n{AVERAGES}\n\n{averages}"
            );
        }
        let wanted = summary::wanted(&self.routes);
        if !wanted.is_empty() {
            let _ = write!(text, "\n## Wanted\n\n{WANTED}\n\n{wanted}");
        }
        text
    }

    fn title(&self, route: &RouteResult) -> String {
        match self.settings.times {
            1 => route.name.to_owned(),
            times => format!("{}, time {} of {times}", route.name, route.time),
        }
    }

    fn preface(&self) -> String {
        let machine = &self.machine;
        let data_on = format!("data on: {}", machine.file_system);
        let mut text = format!("# tidegate versus its peers\n\n{}", machine.lines(&data_on));
        text.push_str(READING);
        text
    }
}

fn section(route: &RouteResult) -> String {
    if let Some(why) = &route.left_out {
        return format!("Left out: {why}.\n");
    }
    let samples = route.rows.iter().map(|row| row.samples.len()).max();
    let runs = samples.unwrap_or(0);
    format!("{} Runs per peer: {runs}.\n\n{}", route.about, table(route))
}
