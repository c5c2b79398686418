//! The two reports: rate.json with every run, rate.md for people.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::limiters::Contender;
use crate::machine::Machine;
use crate::options::Options;
use crate::publish;
use crate::schedule::RateResult;
use crate::stats;
use crate::tables;

/// What a reader of the tables has to know.
const READING: &str = "\nEach figure is the best of the runs, by itself. Multiples are of what the rate allows in that \
    time: 1 is exact, 1.1 is a tenth too much. The average is from the first read to the begin of the last piece, the \
    first 250 ms are from spawning, a worst window is any of that width. After idle and after SIGSTOP are the 250 ms from the first read \
    after a pause of 3 s. CPU is of one core.\n";

/// Everything that is written down.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
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

/// The machine, with the versions of what is measured.
pub(crate) fn describe(program: &str, options: &Options, chosen: &[Contender]) -> Machine {
    let mut machine = Machine::describe(program, &options.data);
    let programs: Vec<_> = chosen.iter().map(|it| it.limiter.program).collect();
    machine
        .versions
        .retain(|name, _| programs.contains(&name.as_str()));
    if programs.contains(&"cstream") {
        let versions = cstream_version().map(|version| ("cstream".to_owned(), version));
        machine.versions.extend(versions);
    }
    machine
}

/// What cstream says of itself, which `versus` does not ask.
fn cstream_version() -> Option<String> {
    let output = Command::new("cstream").arg("-V").output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&said).lines().next()?.to_owned();
    Some(line)
}

impl Report {
    /// A report on `rates`.
    pub(crate) fn new(machine: Machine, options: &Options, rates: Vec<RateResult>) -> Self {
        let settings = Settings {
            seconds: options.length().as_secs(),
            runs: options.runs(),
        };
        Self {
            machine,
            settings,
            rates,
        }
    }

    /// Writes both files into `dir` and prints the readable one.
    pub(crate) fn publish(&self, dir: &Path) -> Result<()> {
        publish::publish(dir, self, &self.markdown())
    }

    fn markdown(&self) -> String {
        let mut text = self.preface();
        for result in &self.rates {
            let (rate, table) = (stats::bytes(result.rate), tables::table(result));
            let _ = write!(text, "\n## {rate}/s\n\n{table}");
        }
        let _ = write!(text, "\n## Wanted\n\n{}", tables::summary(&self.rates));
        text
    }

    fn preface(&self) -> String {
        let Settings { seconds, runs } = self.settings;
        let runs = format!("runs: {runs} of each kind, steady ones of {seconds} s");
        let mut text = format!(
            "# How exact a rate limit is\n\n{}",
            self.machine.lines(&runs)
        );
        text.push_str(READING);
        text
    }
}
