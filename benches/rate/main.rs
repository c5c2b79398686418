//! `cargo bench --bench rate`: measures how exact a rate limit is, at the receiving end of a real pipe.
//!
//! This file only puts the parts in order: flags, signals, files, runs, reports. Who is measured is the table in
//! `limiters.rs`, what is wanted stands in `wanted.rs`; how to read the result is said in `benches/README.md`.

mod arithmetic;
mod bare;
#[path = "../versus/console.rs"]
mod console;
mod examples;
mod feeder;
#[path = "../versus/file_system.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod file_system;
mod files;
mod limiters;
#[path = "../versus/machine.rs"]
mod machine;
mod options;
mod process;
#[path = "../versus/program.rs"]
mod program;
#[path = "../versus/publish.rs"]
mod publish;
mod recorder;
mod report;
mod runs;
mod schedule;
#[path = "../versus/stats.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod stats;
#[path = "../versus/stop.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod stop;
mod tables;
mod wanted;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::console::ended;
use crate::files::Files;
use crate::options::Options;
use crate::report::Report;
use crate::schedule::Bench;

fn main() -> ExitCode {
    let options = Options::parse();
    let result = if let [rate, path] = options.bare.as_slice() {
        bare::limit(rate, path)
    } else if options.bench {
        measure(options)
    } else {
        // `cargo test --all-targets` starts bench targets too, without `--bench`; a test run must not take minutes.
        examples::check()
    };
    ended(result)
}

fn measure(options: Options) -> Result<()> {
    stop::watch_signals()?;
    let chosen = limiters::choose(&options)?;
    let program = options.program()?;
    let machine = report::describe(&program, &options, &chosen);
    let bench = Bench {
        files: Files::create(&options, &chosen)?,
        program,
        itself: program::own_path()?,
        options,
    };
    let mut results = Vec::new();
    for rate in bench.options.rates() {
        results.push(schedule::measure(&bench, &chosen, rate)?);
    }
    Report::new(machine, &bench.options, results).publish(&bench.options.out)
}
