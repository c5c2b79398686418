//! `cargo bench --bench versus`: measures tidegate side by side with the tools it stands in for.
//!
//! This file only puts the parts in order: flags, data file, routes, report.
//! What is measured is the table in `routes.rs`; how to read the result is said in `benches/README.md`.

mod data;
mod ends;
#[path = "../harness/mod.rs"]
mod harness;
mod kind;
mod network;
mod options;
mod place;
mod probes;
mod pumps;
mod relays;
mod report;
mod routes;
mod sample;
mod schedule;
mod sockets;
mod summary;
mod tables;
mod transfers;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::data::DATA;
use crate::harness::console::ended;
use crate::harness::files::Files;
use crate::harness::machine::Machine;
use crate::harness::program;
use crate::harness::rounds::each_time;
use crate::options::Options;
use crate::place::Place;
use crate::schedule::Bench;

fn main() -> ExitCode {
    let options = Options::parse();
    ended(match options.pump.as_slice() {
        [file, port] => sockets::pump_file(file, port),
        _ => measure(options),
    })
}

fn measure(options: Options) -> Result<()> {
    if !options.common.starts()? {
        return Ok(());
    }
    let chosen = routes::choose(&options)?;
    let program = options.common.program()?;
    let peers = chosen.iter().flat_map(|it| it.route.peers).copied();
    let machine = Machine::describe(&program, &options.common.data, peers);
    let files = |place: Place, size| {
        let files = Files::create(place.dir(&options))?;
        files.make(DATA, size, data::fill).map(|()| files)
    };
    let reads = |places: &[Place]| chosen.iter().any(|it| it.reads(places));
    let size = options.file_size();
    // Routes that read nothing have a directory there all the same.
    let data_size = if reads(&[Place::Data, Place::Disk]) {
        size
    } else {
        0
    };
    let before = options.before.as_deref();
    let before = before.map(|it| program::to_measure(Some(it))).transpose()?;
    let bench = Bench {
        program,
        before,
        itself: program::own_path()?,
        data: files(Place::Data, data_size)?,
        tmpfs: reads(&[Place::Tmpfs])
            .then(|| files(Place::Tmpfs, size))
            .transpose()?,
        options,
    };
    let measure = |route: &_, time| schedule::measure(&bench, route, time);
    let results = each_time(bench.options.repeats.times, &chosen, measure)?;
    report::publish(machine, &bench.options, results)
}
