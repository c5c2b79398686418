//! The order of runs: every contender once per round, in rotating order, after a round that does not count.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::data::{DATA, OUT, PICTURE};
use crate::ends::Ports;
use crate::harness::console::say;
use crate::harness::files::Files;
use crate::harness::peer::{Peer, Stage, say_absent};
use crate::harness::rounds::in_turns;
use crate::harness::stats;
use crate::kind::Kind;
use crate::options::Options;
use crate::place::Place;
use crate::routes::{Chosen, Route};
use crate::sample::Sample;

/// What Node.js runs.
const NODE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/versus/node/copy.mjs");

/// Where the scripts are for what the notation of the tables does not have.
const SHELL_SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/versus/shell");

/// What the names in command lines stand for in the tables.
const LABELS: &[(&str, &str)] = &[
    ("tidegate", "tidegate"),
    ("versus", "versus"),
    ("node", "copy.mjs"),
    ("file", "f"),
    ("out", "out"),
    ("picture", "out.svg"),
    ("from", "FROM"),
    ("port", "PORT"),
    ("other", "OTHER"),
    ("shell", "shell"),
    ("pem", "pem"),
];

/// The file of a certificate and its key, which the routes that need one make.
pub(crate) const CERTIFICATE: &str = "certificate.pem";

/// What all runs have in common.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The tidegate under test.
    pub(crate) program: String,
    /// The one that it is compared with in the place of its peers.
    pub(crate) before: Option<String>,
    /// This program, as a contender.
    pub(crate) itself: String,
    /// The files in `--data`.
    pub(crate) data: Files,
    /// The files in `--tmpfs`, if a chosen route has some there.
    pub(crate) tmpfs: Option<Files>,
    /// The flags.
    pub(crate) options: Options,
}

impl Bench {
    /// The tidegates that a peer is run with, and what the tables call each. Without `--before` that is the one under test; with
    /// it, peers of tidegate are left out.
    fn programs(&self, peer: &Peer) -> Vec<(&str, &'static str)> {
        let Some(before) = &self.before else {
            return vec![(&self.program, "")];
        };
        if !peer.is_own() {
            return Vec::new();
        }
        let earlier = [(&**before, ", before"), (before, ", before (itself)")];
        [(&*self.program, "")].into_iter().chain(earlier).collect()
    }

    fn files(&self, place: Place) -> Result<&Files> {
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
    pub(crate) files: &'a Files,
    /// Bytes to be moved.
    pub(crate) bytes: u64,
    /// Messages to be sent, where that is what a run does.
    pub(crate) repetitions: u32,
    peer: Peer,
    /// The tidegate in its command line.
    tidegate: &'a str,
}

impl Run<'_> {
    /// The processes to spawn, talking to `ports` if they talk to any.
    pub(crate) fn stages(&self, ports: &Ports) -> Vec<Stage> {
        let names = names(self.bench, self.tidegate, self.files, ports);
        self.peer.stages(&names)
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
    #[serde(skip)]
    tidegate: String,
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
    let files = bench.files(route.place)?;
    let rounds = route.kind.rounds(&bench.options);
    let mut rows = rows(bench, route, files);
    let mut present: Vec<_> = rows.iter_mut().filter(|it| it.absent.is_empty()).collect();
    say(&format!(
        "{}: {rounds} rounds of {} runs after a warm-up",
        route.name,
        present.len()
    ));
    let warm = || {
        if route.kind.uses_data() {
            files.warm(DATA)?;
        }
        Ok(())
    };
    in_turns(0..=rounds, &mut present, warm, |row, round| {
        let sample = run(bench, route, row, rounds)
            .with_context(|| format!("{}, {}, round {round}", route.name, row.label))?;
        // Round 0 warms caches, the frequency governor and the peer's own pages.
        if round > 0 {
            row.samples.push(sample);
        }
        Ok(())
    })?;
    Ok(rows)
}

fn run(bench: &Bench, route: &Route, row: &Row, rounds: u32) -> Result<Sample> {
    let files = bench.files(route.place)?;
    remove_written(files)?;
    let sample = (route.run)(&Run {
        bench,
        files,
        bytes: row.bytes,
        repetitions: bench.options.latency_reps.div_ceil(rounds),
        peer: row.peer,
        tidegate: &row.tidegate,
    })?;
    // The pages of what was written are given back before another peer asks for some.
    remove_written(files)?;
    Ok(sample)
}

fn remove_written(files: &Files) -> Result<()> {
    files.remove(OUT)?;
    files.remove(PICTURE)
}

fn rows(bench: &Bench, route: &Route, files: &Files) -> Vec<Row> {
    let sizes = route.kind.sizes(&bench.options);
    let row = |peer: &Peer, (tidegate, which): (&str, &str), bytes: u64| Row {
        label: peer.label(LABELS) + which,
        // The ports are others in each run.
        command: peer.line(&names(bench, tidegate, files, &Ports::shown())),
        bytes,
        wanted: peer.wanted,
        is_rival: peer.is_rival(),
        absent: peer.missing(),
        samples: Vec::new(),
        peer: *peer,
        tidegate: tidegate.to_owned(),
    };
    let mut rows = Vec::new();
    for peer in route.peers {
        for program in bench.programs(peer) {
            rows.extend(sizes.iter().map(|&bytes| row(peer, program, bytes)));
        }
    }
    for row in &rows {
        let (name, size) = (route.name, stats::bytes(row.bytes));
        say_absent(&format!("{name}: {} ({size})", row.label), &row.absent);
    }
    rows
}

/// What the names in command lines stand for: a tidegate, this program, what Node.js runs, files, and the ports that this
/// program listens on.
fn names(
    bench: &Bench,
    tidegate: &str,
    files: &Files,
    ports: &Ports,
) -> [(&'static str, String); 11] {
    [
        ("tidegate", tidegate.to_owned()),
        ("versus", bench.itself.clone()),
        ("node", NODE_SCRIPT.to_owned()),
        ("file", files.path(DATA)),
        ("out", files.path(OUT)),
        ("picture", files.path(PICTURE)),
        ("from", ports.from.clone()),
        ("port", ports.to.clone()),
        ("other", ports.other.clone()),
        ("shell", SHELL_SCRIPTS.to_owned()),
        ("pem", files.path(CERTIFICATE)),
    ]
}
