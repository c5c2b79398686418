//! `cargo bench --bench versus`: measures tidegate side by side with the tools it stands in for.
//!
//! This file only puts the parts in order: flags, signals, data file, routes, reports.
//! What is measured is the table in `routes.rs`; how to read the result is said in `benches/README.md`.

mod command;
mod console;
mod data;
mod machine;
mod options;
mod pipeline;
mod probes;
mod pumps;
mod report;
mod routes;
mod sample;
mod schedule;
mod stats;
mod stop;
mod tables;
mod terminal;
mod transfers;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::console::say;
use crate::data::DataFile;
use crate::machine::Machine;
use crate::options::Options;
use crate::report::Report;
use crate::routes::Route;
use crate::schedule::Bench;

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` starts bench targets too, without `--bench`; a test run must not take minutes.
        say("nothing done: run me with `cargo bench --bench versus`");
        return ExitCode::SUCCESS;
    }
    match measure(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: Options) -> Result<()> {
    stop::watch_signals()?;
    let chosen = routes::choose(&options.routes)?;
    let program = options.program()?;
    let machine = Machine::describe(&program);
    let data = make_data(&options, &chosen)?;
    let bench = Bench {
        program,
        data,
        options,
    };
    let results = chosen
        .into_iter()
        .map(|route| schedule::measure(&bench, route))
        .collect::<Result<Vec<_>>>()?;
    Report::new(machine, &bench.options, results).publish(&bench.options.out)
}

/// The data file, empty if none of the chosen routes reads it.
fn make_data(options: &Options, chosen: &[&Route]) -> Result<DataFile> {
    let wanted = chosen.iter().any(|route| route.kind.uses_data());
    let size = if wanted { options.file_size() } else { 0 };
    say(&format!("making {} of data", stats::bytes(size)));
    DataFile::create(&options.data, size)
}
