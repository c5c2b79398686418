//! The two reports: versus.json with every raw run, versus.md for people.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use crate::harness::flags::Repeats;
use crate::harness::machine::Machine;
use crate::harness::publish;
use crate::harness::rounds::of_times;
use crate::options::Options;
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
struct Report {
    machine: Machine,
    settings: Settings,
    routes: Vec<RouteResult>,
}

/// The flags that shaped the numbers.
#[derive(Debug, Serialize)]
struct Settings {
    #[serde(flatten)]
    repeats: Repeats,
    size: u64,
    file_size: u64,
    empty_runs: u32,
    latency_reps: u32,
    memory_sizes: Vec<u64>,
}

/// Writes both reports and prints the readable one.
pub(crate) fn publish(machine: Machine, options: &Options, routes: Vec<RouteResult>) -> Result<()> {
    let settings = Settings {
        repeats: options.repeats,
        size: options.size,
        file_size: options.file_size(),
        empty_runs: options.empty_runs,
        latency_reps: options.latency_reps,
        memory_sizes: options.memory_sizes.clone(),
    };
    let report = Report {
        machine,
        settings,
        routes,
    };
    publish::publish(&options.common.out, &report, &report.markdown())
}

impl Report {
    fn markdown(&self) -> String {
        let (machine, times) = (&self.machine, self.settings.repeats.times);
        let data_on = format!("data on: {}", machine.file_system);
        let lines = machine.lines(&data_on);
        let mut text = format!("# tidegate versus its peers\n\n{lines}{READING}");
        for route in &self.routes {
            let (name, time) = (route.name, of_times(route.time, times));
            let _ = write!(text, "\n## {name}{time}\n\n{}", section(route));
        }
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
}

fn section(route: &RouteResult) -> String {
    if let Some(why) = &route.left_out {
        return format!("Left out: {why}.\n");
    }
    let samples = route.rows.iter().map(|row| row.samples.len()).max();
    let runs = samples.unwrap_or(0);
    format!("{} Runs per peer: {runs}.\n\n{}", route.about, table(route))
}
