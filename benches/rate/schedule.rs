//! The order of runs: at a rate every contender once per round, or all runs of one side by side where that is idle work.

use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde::Serialize;

use crate::harness::console::say;
use crate::harness::peer::say_absent;
use crate::harness::rounds::in_turns;
use crate::harness::{stats, stop};
use crate::limiters::{Contender, Source};
use crate::options::Options;
use crate::runs::{self, Job, Steady};
use crate::sources::Sources;

/// The highest rate, in bytes a second, at which the runs of a contender go on side by side: together they leave the
/// machine idle, and the benchmark takes half the time.
const ABREAST_UP_TO: u64 = 1 << 20;

/// What all runs have in common.
#[derive(Debug)]
pub(crate) struct Bench {
    /// This program, which is a limiter too.
    pub(crate) itself: String,
    /// The tidegate under test.
    pub(crate) program: String,
    /// What file sources are.
    pub(crate) sources: Sources,
    /// The flags.
    pub(crate) options: Options,
}

/// Everything measured at a rate.
#[derive(Debug, Serialize)]
pub(crate) struct RateResult {
    /// Bytes a second.
    pub(crate) rate: u64,
    /// The contenders.
    pub(crate) rows: Vec<Row>,
}

/// Everything measured of a contender at a rate.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Its command line, without the paths of this machine.
    pub(crate) command: String,
    /// What it reads from.
    pub(crate) source: Source,
    /// The program that would have to be installed for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) absent: Option<&'static str>,
    /// The steady runs.
    pub(crate) steady: Vec<Steady>,
    /// The 250 ms after the source was silent, as multiples of what the rate allows.
    pub(crate) after_idle: Vec<f64>,
    /// And after the limiter was stopped.
    pub(crate) after_stop: Vec<f64>,
    /// What went wrong in runs that say nothing.
    pub(crate) failures: Vec<String>,
    #[serde(skip)]
    pub(crate) contender: Contender,
}

/// A kind of run.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Steady,
    AfterIdle,
    AfterStop,
}

/// What a run of each kind says.
enum Outcome {
    Steady(Steady),
    AfterIdle(f64),
    AfterStop(f64),
}

/// Measures all contenders at `rate`.
pub(crate) fn measure(bench: &Bench, chosen: &[Contender], rate: u64) -> Result<RateResult> {
    let rows = chosen.iter().map(|it| Row::new(*it, rate));
    let mut rows: Vec<Row> = rows.collect();
    let runs = bench.options.runs();
    let label = stats::bytes(rate);
    say(&format!("{label}/s: {} rows, {runs} runs each", rows.len()));
    for row in &rows {
        say_absent(&row.command, row.absent.as_slice());
    }
    let mut present: Vec<_> = rows.iter_mut().filter(|it| it.absent.is_none()).collect();
    if rate <= ABREAST_UP_TO {
        for row in present {
            run_abreast(bench, row, rate)?;
        }
    } else {
        let nothing = || Ok(());
        in_turns(1..=runs, &mut present, nothing, |row, _| {
            run_in_turn(bench, row, rate)
        })?;
    }
    Ok(RateResult { rate, rows })
}

/// Each kind of run once, one after the other.
fn run_in_turn(bench: &Bench, row: &mut Row, rate: u64) -> Result<()> {
    let job = row.job(bench, rate)?;
    for kind in row.kinds(&bench.options) {
        row.record(&job, kind.run(&job, bench.options.length()))?;
    }
    Ok(())
}

/// All runs of all kinds at once.
fn run_abreast(bench: &Bench, row: &mut Row, rate: u64) -> Result<()> {
    let (job, length) = (row.job(bench, rate)?, bench.options.length());
    let kinds = row.kinds(&bench.options);
    let results: Vec<_> = thread::scope(|scope| {
        let job = &job;
        let start = |kind: Kind| scope.spawn(move || kind.run(job, length));
        let runs = (0..bench.options.runs()).flat_map(|_| kinds.iter().copied().map(start));
        let threads: Vec<_> = runs.collect();
        threads
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect()
    });
    for result in results {
        row.record(&job, result.map_err(|_| anyhow!("a run panicked"))?)?;
    }
    Ok(())
}

impl Row {
    fn new(contender: Contender, rate: u64) -> Self {
        Self {
            command: contender.label(&rate.to_string()),
            source: contender.source,
            absent: contender.absent(),
            steady: Vec::new(),
            after_idle: Vec::new(),
            after_stop: Vec::new(),
            failures: Vec::new(),
            contender,
        }
    }

    fn job(&self, bench: &Bench, rate: u64) -> Result<Job> {
        let file = bench.sources.path(rate);
        let stage = self
            .contender
            .stage(&bench.program, &bench.itself, rate, &file)?;
        Ok(Job {
            stage,
            is_fed: self.source == Source::Pipe,
            rate,
        })
    }

    /// The kinds of runs that can be done: only a pipe of ours can be silent.
    fn kinds(&self, options: &Options) -> Vec<Kind> {
        let is_idle = self.source == Source::Pipe && !options.skip_idle;
        let kinds = [
            Some(Kind::Steady),
            is_idle.then_some(Kind::AfterIdle),
            Some(Kind::AfterStop),
        ];
        kinds.into_iter().flatten().collect()
    }

    /// Notes what a run says, or that it failed; an interruption ends the benchmark.
    fn record(&mut self, job: &Job, result: Result<Outcome>) -> Result<()> {
        stop::check_signals()?;
        match result {
            Ok(Outcome::Steady(steady)) => self.steady.push(steady),
            Ok(Outcome::AfterIdle(multiple)) => self.after_idle.push(multiple),
            Ok(Outcome::AfterStop(multiple)) => self.after_stop.push(multiple),
            Err(error) => {
                let failure = job.without_paths(&format!("{error:#}"));
                say(&format!("{} failed: {failure}", self.command));
                self.failures.push(failure);
            }
        }
        Ok(())
    }
}

impl Kind {
    fn run(self, job: &Job, length: Duration) -> Result<Outcome> {
        match self {
            Self::Steady => runs::steady(job, length).map(Outcome::Steady),
            Self::AfterIdle => runs::after_idle(job).map(Outcome::AfterIdle),
            Self::AfterStop => runs::after_stop(job).map(Outcome::AfterStop),
        }
    }
}
