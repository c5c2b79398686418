//! `cargo bench --bench transforms`: measures tidegate's transforms side by side with the tools that do the same.
//!
//! This file only puts the parts in order: flags, signals, data, rows, reports. What is measured is the table in
//! `rows.rs`; how to read the result is said in `benches/README.md`.

#[path = "../versus/command.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod command;
#[path = "../versus/console.rs"]
mod console;
mod copies;
#[path = "../versus/file_system.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod file_system;
mod gather;
#[path = "../versus/machine.rs"]
mod machine;
mod mix;
#[path = "../versus/noise.rs"]
mod noise;
mod options;
#[path = "../versus/pipeline.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod pipeline;
#[path = "../versus/program.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod program;
#[path = "../versus/publish.rs"]
mod publish;
mod report;
mod rows;
#[path = "../versus/sample.rs"]
mod sample;
mod schedule;
#[path = "../versus/stats.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod stats;
#[path = "../versus/stop.rs"]
#[expect(dead_code, reason = "`versus` needs more of it")]
mod stop;
mod summary;
mod tables;
#[path = "../versus/terminal.rs"]
mod terminal;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::console::{ended, say};
use crate::copies::Files;
use crate::options::Options;
use crate::report::Report;
use crate::schedule::Bench;

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` starts bench targets too, without `--bench`; a test run must not take minutes.
        say("nothing done: run me with `cargo bench --bench transforms`");
        return ExitCode::SUCCESS;
    }
    ended(measure(options))
}

fn measure(options: Options) -> Result<()> {
    stop::watch_signals()?;
    let program = options.program()?;
    let chosen = rows::choose(&options.rows, &program)?;
    let machine = report::describe(&program, &options.data, &chosen);
    say(&format!("making {} of data", stats::bytes(options.size)));
    let files = Files::create(&options.data, options.size)?;
    for input in rows::inputs(&chosen) {
        files.make_copy(input, options.limit())?;
    }
    let bench = Bench {
        program,
        files,
        options,
    };
    let mut results = Vec::new();
    let times = bench.options.times;
    for time in 1..=times {
        if times > 1 {
            say(&format!("time {time} of {times}"));
        }
        for row in &chosen {
            results.push(schedule::measure(&bench, row, time)?);
        }
    }
    let failed = schedule::failed(&results);
    Report::new(machine, &bench.options, results).publish(&bench.options.out)?;
    ensure!(failed.is_empty(), "runs failed in {}", failed.join(", "));
    Ok(())
}
