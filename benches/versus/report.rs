//! The two reports: versus.json with every raw run, versus.md for people.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::console::{print, say};
use crate::machine::Machine;
use crate::options::Options;
use crate::schedule::RouteResult;
use crate::tables::table;

/// What a reader of the tables has to know.
const READING: &str = "\nRatios compare with the first row, tidegate's; below 1 tidegate is slower, or uses more. \
    The two rows of a contender and \"itself\" differ by noise alone: smaller differences say nothing.\n";

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
        let text = self.markdown();
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        for (name, content) in [("versus.json", &json), ("versus.md", &text)] {
            let path = dir.join(name);
            fs::write(&path, content)
                .with_context(|| format!("cannot write {}", path.display()))?;
            say(&format!("wrote {}", path.display()));
        }
        print(&text).context("cannot print the report")
    }

    fn markdown(&self) -> String {
        let mut text = self.preface();
        for route in &self.routes {
            if let Some(why) = &route.left_out {
                let _ = write!(text, "\n## {}\n\nLeft out: {why}.\n", route.name);
                continue;
            }
            let samples = route.rows.iter().map(|row| row.samples.len()).max();
            let runs = samples.unwrap_or(0);
            let _ = write!(
                text,
                "\n## {}\n\n{} Runs per peer: {runs}.\n\n{}",
                route.name,
                route.about,
                table(route)
            );
        }
        text
    }

    fn preface(&self) -> String {
        let Machine {
            date,
            uname,
            cpu_model,
            cores,
            loadavg,
            versions,
            ..
        } = &self.machine;
        let mut text = format!(
            "# tidegate versus its peers\n\n\
             - date: {date}\n- system: {uname}\n- processor: {cpu_model}, {cores} cores, load {loadavg}\n"
        );
        for (program, version) in versions {
            let _ = writeln!(text, "- {program}: {version}");
        }
        text.push_str(READING);
        text
    }
}
