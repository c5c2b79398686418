//! `cargo bench --bench transforms`: measures tidegate's transforms side by side with the tools that do the same.
//!
//! This file only puts the parts in order: flags, data, rows, report. What is measured is the table in
//! `rows.rs`; how to read the result is said in `benches/README.md`.

mod copies;
mod gather;
#[path = "../harness/mod.rs"]
#[expect(dead_code, reason = "`versus` uses all of it")]
mod harness;
mod mix;
mod options;
mod report;
mod rows;
mod schedule;
mod summary;
mod tables;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::copies::Input;
use crate::harness::console::ended;
use crate::harness::files::Files;
use crate::harness::machine::Machine;
use crate::harness::rounds::each_time;
use crate::options::Options;
use crate::schedule::Bench;

fn main() -> ExitCode {
    ended(measure(Options::parse()))
}

fn measure(options: Options) -> Result<()> {
    if !options.common.starts()? {
        return Ok(());
    }
    let program = options.common.program()?;
    let chosen = rows::choose(&options.rows, &program)?;
    let measured = chosen.iter().filter(|it| it.left_out.is_none());
    let peers = measured.flat_map(|it| it.row.peers).copied();
    let machine = Machine::describe(&program, &options.common.data, peers);
    let files = Files::create(&options.common.data)?;
    files.make(Input::Data.label(), options.size, mix::fill)?;
    for input in rows::inputs(&chosen) {
        copies::make(&files, input, options.limit())?;
    }
    let bench = Bench {
        program,
        files,
        options,
    };
    let measure = |row: &_, time| schedule::measure(&bench, row, time);
    let results = each_time(bench.options.repeats.times, &chosen, measure)?;
    let failed = schedule::failed(&results);
    report::publish(machine, &bench.options, results)?;
    ensure!(failed.is_empty(), "runs failed in {}", failed.join(", "));
    Ok(())
}
