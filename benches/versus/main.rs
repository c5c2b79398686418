//! `cargo bench --bench versus`: measures tidegate side by side with the tools it stands in for.
//!
//! This file only puts the parts in order: flags, signals, data file, routes, reports.
//! What is measured is the table in `routes.rs`; how to read the result is said in `benches/README.md`.

mod command;
mod console;
mod data;
mod ends;
mod file_system;
mod machine;
mod noise;
mod options;
mod pipeline;
mod place;
mod probes;
mod program;
mod publish;
mod pumps;
mod report;
mod routes;
mod sample;
mod schedule;
mod stats;
mod stop;
mod summary;
mod tables;
mod tcp;
mod terminal;
mod transfers;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::console::{ended, say};
use crate::data::DataFile;
use crate::machine::Machine;
use crate::options::Options;
use crate::place::Place;
use crate::report::Report;
use crate::routes::Chosen;
use crate::schedule::Bench;

fn main() -> ExitCode {
    let options = Options::parse();
    if let [file, port] = options.pump.as_slice() {
        return ended(tcp::pump_file(file, port));
    }
    if !options.bench {
        // `cargo test --all-targets` starts bench targets too, without `--bench`; a test run must not take minutes.
        say("nothing done: run me with `cargo bench --bench versus`");
        return ExitCode::SUCCESS;
    }
    ended(measure(options))
}

fn measure(options: Options) -> Result<()> {
    stop::watch_signals()?;
    let chosen = routes::choose(&options)?;
    let program = options.program()?;
    let machine = Machine::describe(&program, &options.data);
    let bench = Bench {
        program,
        harness: program::own_path()?,
        data: make_data(&options, &chosen)?,
        tmpfs: make_tmpfs(&options, &chosen)?,
        options,
    };
    let mut results = Vec::new();
    let times = bench.options.times;
    for time in 1..=times {
        if times > 1 {
            say(&format!("time {time} of {times}"));
        }
        for route in &chosen {
            results.push(schedule::measure(&bench, route, time)?);
        }
    }
    Report::new(machine, &bench.options, results).publish(&bench.options.out)
}

/// The data file in `--data`, empty if none of the chosen routes reads it.
fn make_data(options: &Options, chosen: &[Chosen]) -> Result<DataFile> {
    let size = if chosen
        .iter()
        .any(|it| it.reads(&[Place::Data, Place::Disk]))
    {
        options.file_size()
    } else {
        0
    };
    say(&format!("making {} of data", stats::bytes(size)));
    DataFile::create(&options.data, size)
}

/// The data file in `--tmpfs`, if one of the chosen routes reads it.
fn make_tmpfs(options: &Options, chosen: &[Chosen]) -> Result<Option<DataFile>> {
    if !chosen.iter().any(|it| it.reads(&[Place::Tmpfs])) {
        return Ok(None);
    }
    let size = options.file_size();
    say(&format!(
        "making {} of data in the tmpfs",
        stats::bytes(size)
    ));
    DataFile::create(&options.tmpfs, size).map(Some)
}
