//! The order of runs: every contender once per round, in rotating order, after a round that does not count.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::command::{Names, Peer, Ports, Stage};
use crate::console::say;
use crate::data::DataFile;
use crate::options::Options;
use crate::place::Place;
use crate::routes::{Chosen, Kind, Route};
use crate::sample::Sample;
use crate::{stats, stop};

/// What Node.js runs.
const NODE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/versus/node/copy.mjs");

/// What all runs have in common.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The tidegate under test.
    pub(crate) program: String,
    /// This program, as a contender.
    pub(crate) harness: String,
    /// The files in `--data`.
    pub(crate) data: DataFile,
    /// The files in `--tmpfs`, if a chosen route has some there.
    pub(crate) tmpfs: Option<DataFile>,
    /// The flags.
    pub(crate) options: Options,
}

impl Bench {
    fn files(&self, place: Place) -> Result<&DataFile> {
        match place {
            Place::Data | Place::Disk => Ok(&self.data),
            Place::Tmpfs => self.tmpfs.as_ref().context("no file in the tmpfs"),
        }
    }
}

/// One run to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// What all runs have in common.
    pub(crate) bench: &'a Bench,
    /// The files of its route.
    pub(crate) data: &'a DataFile,
    /// Bytes to be moved.
    pub(crate) bytes: u64,
    /// Messages to be sent, where that is what a run does.
    pub(crate) repetitions: u32,
    peer: Peer,
}

impl Run<'_> {
    /// The processes to spawn, talking to `ports` if they talk to any.
    pub(crate) fn stages(&self, ports: &Ports) -> Result<Vec<Stage>> {
        Ok(self.peer.stages(names(self.bench, self.data, ports)?))
    }
}

/// Everything measured of a route.
#[derive(Debug, Serialize)]
pub(crate) struct RouteResult {
    /// The route's name.
    pub(crate) name: &'static str,
    /// What happens in a run.
    pub(crate) about: &'static str,
    /// Which numbers count.
    pub(crate) kind: Kind,
    /// Which time it was measured, the first being 1.
    pub(crate) time: u32,
    /// Why it was left out, if it was; then there are no contenders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<String>,
    /// The contenders.
    pub(crate) rows: Vec<Row>,
}

/// Everything measured of a contender.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Its name in the tables.
    pub(crate) label: String,
    /// Its command line in full; ports are others in each run.
    pub(crate) command: String,
    /// Bytes moved in each run.
    pub(crate) bytes: u64,
    /// How many times as fast tidegate is wanted to be, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<f64>,
    /// Whether this is another program that does tidegate's work.
    #[serde(skip)]
    pub(crate) is_rival: bool,
    /// Programs that are not installed here; without them there are no samples.
    pub(crate) absent: Vec<&'static str>,
    /// The recorded rounds, in order.
    pub(crate) samples: Vec<Sample>,
    #[serde(skip)]
    peer: Peer,
}

/// Measures all contenders of a route, unless it is left out.
pub(crate) fn measure(bench: &Bench, chosen: &Chosen, time: u32) -> Result<RouteResult> {
    let route = chosen.route;
    let left_out = chosen.left_out.clone();
    let rows = match &left_out {
        Some(why) => {
            say(&format!("{} is left out: {why}", route.name));
            Vec::new()
        }
        None => contest(bench, route)?,
    };
    Ok(RouteResult {
        name: route.name,
        about: route.about,
        kind: route.kind,
        time,
        left_out,
        rows,
    })
}

fn contest(bench: &Bench, route: &Route) -> Result<Vec<Row>> {
    let data = bench.files(route.place)?;
    let rounds = route.kind.rounds(&bench.options);
    let mut rows = rows(bench, route, data)?;
    let present: Vec<usize> = (0..rows.len())
        .filter(|&row| rows[row].absent.is_empty())
        .collect();
    say(&format!(
        "{}: {rounds} rounds of {} runs after a warm-up",
        route.name,
        present.len()
    ));
    for round in 0..=rounds {
        if route.kind.uses_data() {
            // Kernels that reclaim memory ahead of need may have dropped pages since the last round.
            data.warm()?;
        }
        for turn in 0..present.len() {
            stop::check_signals()?;
            let row = &mut rows[present[(turn + round as usize) % present.len()]];
            let sample = run(bench, route, row, rounds)
                .with_context(|| format!("{}, {}, round {round}", route.name, row.label))?;
            // Round 0 warms caches, the frequency governor and the peer's own pages.
            if round > 0 {
                row.samples.push(sample);
            }
        }
    }
    Ok(rows)
}

fn run(bench: &Bench, route: &Route, row: &Row, rounds: u32) -> Result<Sample> {
    let data = bench.files(route.place)?;
    data.remove_out()?;
    let sample = (route.run)(&Run {
        bench,
        data,
        bytes: row.bytes,
        repetitions: bench.options.latency_reps.div_ceil(rounds),
        peer: row.peer,
    })?;
    // The pages of what was written are given back before another peer asks for some.
    data.remove_out()?;
    Ok(sample)
}

fn rows(bench: &Bench, route: &Route, data: &DataFile) -> Result<Vec<Row>> {
    let sizes = route.kind.sizes(&bench.options);
    let ports = Ports::unknown();
    let mut rows = Vec::new();
    for peer in route.peers {
        for &bytes in &sizes {
            rows.push(Row {
                label: peer.label(),
                command: peer.line(names(bench, data, &ports)?),
                bytes,
                wanted: peer.wanted,
                is_rival: peer.is_rival(),
                absent: peer.missing(),
                samples: Vec::new(),
                peer: *peer,
            });
        }
    }
    for row in rows.iter().filter(|row| !row.absent.is_empty()) {
        let absent = row.absent.join(", ");
        let size = stats::bytes(row.bytes);
        say(&format!(
            "{}: {} ({size}) is left out: {absent} is not installed",
            route.name, row.label
        ));
    }
    Ok(rows)
}

fn names<'a>(bench: &'a Bench, data: &'a DataFile, ports: &'a Ports) -> Result<Names<'a>> {
    Ok(Names {
        program: &bench.program,
        harness: &bench.harness,
        script: NODE_SCRIPT,
        file: data.path()?,
        out: data.out()?,
        picture: data.picture()?,
        ports,
    })
}
