//! The order of runs: every contender once per round, in rotating order, after a round that does not count.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::command::{Names, Peer, Stage};
use crate::console::say;
use crate::data::DataFile;
use crate::options::Options;
use crate::routes::{Kind, Route};
use crate::sample::Sample;
use crate::{stats, stop};

/// What all runs have in common.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The tidegate under test.
    pub(crate) program: String,
    /// The data file.
    pub(crate) data: DataFile,
    /// The flags.
    pub(crate) options: Options,
}

/// One run to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// What all runs have in common.
    pub(crate) bench: &'a Bench,
    /// Bytes to be moved.
    pub(crate) bytes: u64,
    /// Messages to be sent, where that is what a run does.
    pub(crate) repetitions: u32,
    peer: Peer,
}

impl Run<'_> {
    /// The processes to spawn, talking to `port` if they talk to one.
    pub(crate) fn stages(&self, port: &str) -> Result<Vec<Stage>> {
        Ok(self.peer.stages(names(self.bench, port)?))
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
    /// The contenders.
    pub(crate) rows: Vec<Row>,
}

/// Everything measured of a contender.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Its name in the tables.
    pub(crate) label: String,
    /// Its command line in full; the port of a TCP receiver is another one in each run.
    pub(crate) command: String,
    /// Bytes moved in each run.
    pub(crate) bytes: u64,
    /// Programs that are not installed here; without them there are no samples.
    pub(crate) absent: Vec<&'static str>,
    /// The recorded rounds, in order.
    pub(crate) samples: Vec<Sample>,
    #[serde(skip)]
    peer: Peer,
}

/// Measures all contenders of a route.
pub(crate) fn measure(bench: &Bench, route: &Route) -> Result<RouteResult> {
    let rounds = route.kind.rounds(&bench.options);
    let mut rows = rows(bench, route)?;
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
            bench.data.warm()?;
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
    Ok(RouteResult {
        name: route.name,
        about: route.about,
        kind: route.kind,
        rows,
    })
}

fn run(bench: &Bench, route: &Route, row: &Row, rounds: u32) -> Result<Sample> {
    let repetitions = bench.options.latency_reps.div_ceil(rounds);
    (route.run)(&Run {
        bench,
        bytes: row.bytes,
        repetitions,
        peer: row.peer,
    })
}

fn rows(bench: &Bench, route: &Route) -> Result<Vec<Row>> {
    let sizes = route.kind.sizes(&bench.options);
    let mut rows = Vec::new();
    for peer in route.peers {
        for &bytes in &sizes {
            rows.push(Row {
                label: peer.label(),
                command: peer.line(names(bench, "PORT")?),
                bytes,
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

fn names<'a>(bench: &'a Bench, port: &'a str) -> Result<Names<'a>> {
    Ok(Names {
        program: &bench.program,
        file: bench.data.path()?,
        port,
    })
}
