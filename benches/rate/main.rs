//! `cargo bench --bench rate`: measures how exact a rate limit is, at the receiving end of a real pipe.
//!
//! This file only puts the parts in order: flags, files, runs, report. Who is measured is the table in
//! `limiters.rs`, what is wanted stands in `wanted.rs`; how to read the result is said in `benches/README.md`.

mod arithmetic;
mod bare;
mod examples;
mod feeder;
#[path = "../harness/mod.rs"]
#[expect(dead_code, reason = "`versus` uses all of it")]
mod harness;
mod limiter;
mod limiters;
mod options;
mod recorder;
mod report;
mod runs;
mod schedule;
mod sources;
mod tables;
mod wanted;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::harness::console::ended;
use crate::harness::machine::Machine;
use crate::harness::program;
use crate::options::Options;
use crate::schedule::Bench;
use crate::sources::Sources;

fn main() -> ExitCode {
    let options = Options::parse();
    ended(match options.bare.as_slice() {
        [rate, path] => bare::limit(rate, path),
        _ => examples::check().and_then(|()| measure(options)),
    })
}

fn measure(options: Options) -> Result<()> {
    if !options.common.starts()? {
        return Ok(());
    }
    let chosen = limiters::choose(&options)?;
    let program = options.common.program()?;
    let peers = chosen.iter().map(|it| it.limiter.peer);
    let machine = Machine::describe(&program, &options.common.data, peers);
    let bench = Bench {
        sources: Sources::create(&options, &chosen)?,
        program,
        itself: program::own_path()?,
        options,
    };
    let rates = bench.options.rates();
    let results = rates.into_iter();
    let results = results.map(|rate| schedule::measure(&bench, &chosen, rate));
    let results = results.collect::<Result<_>>()?;
    report::publish(machine, &bench.options, results)
}
