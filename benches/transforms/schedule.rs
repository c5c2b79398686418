//! The order of runs: every contender of a row once per round, in rotating order, after a round that is not timed.

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::copies;
use crate::harness::console::say;
use crate::harness::files::Files;
use crate::harness::peer::{Peer, say_absent};
use crate::harness::rounds::in_turns;
use crate::harness::stop;
use crate::harness::timing::{Clock, Timing};
use crate::options::Options;
use crate::rows::{Chosen, Output, Row};

/// Where the output of timed runs goes.
const NOWHERE: &str = "/dev/null";

/// The file that takes the output of a run whose output is counted.
const OUT: &str = "out";

/// What all runs have in common.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The tidegate under test.
    pub(crate) program: String,
    /// The data and its copies.
    pub(crate) files: Files,
    /// The flags.
    pub(crate) options: Options,
}

/// Everything measured of a row.
#[derive(Debug, Serialize)]
pub(crate) struct RowResult {
    /// The row's name.
    pub(crate) name: &'static str,
    /// Which time it was measured, the first being 1.
    pub(crate) time: u32,
    /// Why it was left out, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<String>,
    #[serde(skip)]
    has_failed: bool,
    /// How many times as large as a peer's output tidegate's may be, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) largest: Option<f64>,
    /// The contenders, tidegate first.
    pub(crate) contenders: Vec<Contender>,
}

/// Everything measured of a contender.
#[derive(Debug, Serialize)]
pub(crate) struct Contender {
    /// Its command line.
    pub(crate) label: String,
    /// How many times as fast tidegate is wanted to be, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<f64>,
    /// Programs that are not installed here; without them there are no samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<&'static str>,
    /// Bytes that came out in the round that is not timed, where that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output_bytes: Option<u64>,
    /// The recorded rounds, in order.
    pub(crate) samples: Vec<Timing>,
    #[serde(skip)]
    peer: Peer,
}

/// Measures all contenders of a row, unless it is left out. A run that fails ends the row, and is said aloud.
pub(crate) fn measure(bench: &Bench, chosen: &Chosen, time: u32) -> Result<RowResult> {
    let row = chosen.row;
    let mut result = RowResult {
        name: row.name,
        time,
        left_out: chosen.left_out.clone(),
        has_failed: false,
        largest: row.output.largest(),
        contenders: contenders(row),
    };
    if result.left_out.is_none()
        && let Err(error) = contest(bench, row, &mut result.contenders)
    {
        // Of an interrupted benchmark nothing is left; of one with a failed row the others are.
        stop::check_signals()?;
        say(&format!("{}: {error:#}", row.name));
        result.left_out = Some("a run failed".to_owned());
        result.has_failed = true;
    }
    Ok(result)
}

/// The names of rows in which a run failed.
pub(crate) fn failed(results: &[RowResult]) -> Vec<&'static str> {
    let mut names: Vec<_> = results
        .iter()
        .filter(|row| row.has_failed)
        .map(|row| row.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn contest(bench: &Bench, row: &Row, contenders: &mut [Contender]) -> Result<()> {
    let rounds = bench.options.repeats.runs;
    for contender in &*contenders {
        let label = format!("{}: {}", row.name, contender.label);
        say_absent(&label, &contender.absent);
    }
    let present = contenders.iter_mut().filter(|it| it.absent.is_empty());
    let mut present: Vec<_> = present.collect();
    say(&format!(
        "{}: {rounds} rounds of {} runs after a warm-up",
        row.name,
        present.len()
    ));
    let warm = || bench.files.warm(row.input.label());
    in_turns(0..=rounds, &mut present, warm, |contender, round| {
        if round == 0 {
            contender.output_bytes = warm_up(bench, row, contender.peer)?;
        } else {
            let timing = time(bench, row, contender.peer, NOWHERE)?;
            contender.samples.push(timing);
        }
        Ok(())
    })
}

/// Runs a contender without recording its time, and counts what comes out, where that says something.
fn warm_up(bench: &Bench, row: &Row, peer: Peer) -> Result<Option<u64>> {
    if let Output::Other = row.output {
        time(bench, row, peer, NOWHERE)?;
        return Ok(None);
    }
    time(bench, row, peer, &bench.files.path(OUT))?;
    let (count, size) = (bench.files.open(OUT)?.metadata()?.len(), bench.options.size);
    bench.files.remove(OUT)?;
    if let Output::Data = row.output {
        let label = label(row, peer);
        ensure!(count == size, "{label} made {count} bytes of {size}");
    }
    Ok(Some(count))
}

fn time(bench: &Bench, row: &Row, peer: Peer, out: &str) -> Result<Timing> {
    let file = bench.files.path(row.input.label());
    let names = names(&bench.program, &file, out);
    let clock = Clock::start()?;
    let mut pipeline = copies::run(peer, &names, bench.options.limit())?;
    let wall = clock.wall();
    pipeline.reap()?;
    clock.timing(wall)
}

fn contenders(row: &Row) -> Vec<Contender> {
    let contender = |peer: &Peer| Contender {
        label: label(row, *peer),
        wanted: peer.wanted,
        absent: peer.missing(),
        output_bytes: None,
        samples: Vec::new(),
        peer: *peer,
    };
    row.peers.iter().map(contender).collect()
}

/// The command line without the paths of this machine.
fn label(row: &Row, peer: Peer) -> String {
    peer.line(&names("tidegate", row.input.label(), NOWHERE))
}

fn names<'a>(tidegate: &'a str, file: &'a str, out: &'a str) -> [(&'static str, &'a str); 3] {
    [("tidegate", tidegate), ("file", file), ("out", out)]
}
