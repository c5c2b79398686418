//! The kinds of runs: a steady one, one with a silent source, and one with a stopped limiter.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde::Serialize;

use crate::arithmetic::{self, Read};
use crate::feeder::Feeder;
use crate::harness::peer::Stage;
use crate::harness::stop::Deadline;
use crate::limiter::{Limiting, Usage};
use crate::recorder::Recorder;

/// The time after a start or a pause that is looked at by itself.
const QUARTER: Duration = Duration::from_millis(250);

/// What is recorded of that time, with a margin.
const QUARTER_AND_MORE: Duration = Duration::from_millis(350);

/// How long the source is silent, or the limiter stopped.
const PAUSE: Duration = Duration::from_secs(3);

/// How long a limiter runs before it is stopped.
const BEFORE_STOP: Duration = Duration::from_secs(1);

/// The longest that bytes which have to come may be waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often a wait looks up.
const GLANCE: Duration = Duration::from_millis(2);

/// A run to be done.
#[derive(Debug)]
pub(crate) struct Job {
    /// The limiter.
    pub(crate) stage: Stage,
    /// Whether it reads from a pipe of ours.
    pub(crate) is_fed: bool,
    /// Bytes a second that it limits to.
    pub(crate) rate: u64,
}

impl Job {
    /// `text` with the names of files instead of their paths, which are this machine's own.
    pub(crate) fn without_paths(&self, text: &str) -> String {
        let paths = self.stage.argv.iter().map(Path::new);
        let named =
            paths.filter_map(|path| Some((path.is_absolute().then_some(path)?, path.file_name()?)));
        named.fold(text.to_owned(), |text, (path, name)| {
            text.replace(&*path.to_string_lossy(), &name.to_string_lossy())
        })
    }
}

/// What a steady run says. Multiples are of what the rate allows in that time.
#[derive(Debug, Serialize)]
pub(crate) struct Steady {
    /// Reads at the receiving end.
    reads: usize,
    /// Their bytes.
    bytes: u64,
    /// From the first read to the last.
    seconds: f64,
    /// The longest time from a read to the next.
    longest_gap_ms: f64,
    /// How far the average is off, as a fraction.
    pub(crate) average_error: f64,
    /// The first 250 ms from spawning, as a multiple.
    pub(crate) first_250_ms: f64,
    /// The fullest 100 ms, as a multiple.
    pub(crate) worst_100_ms: f64,
    /// The fullest second, as a multiple.
    pub(crate) worst_1_s: f64,
    /// CPU time a wall time, from spawning to killing.
    pub(crate) cpu_percent: f64,
}

/// The most bytes that a file source has to have: what was not sent during a pause may follow at once.
pub(crate) fn bytes_needed(rate: u64, length: Duration) -> u64 {
    let longest = (length.max(BEFORE_STOP + PAUSE) + PAUSE).as_secs() + 1;
    rate.saturating_mul(longest)
}

/// Lets the limiter run for `length` from its first bytes.
pub(crate) fn steady(job: &Job, length: Duration) -> Result<Steady> {
    let ((), recording) = run(job, None, |flow| {
        flow.await_bytes(1)?;
        flow.rest(length)
    })?;
    let reads = arithmetic::beginning(&recording.reads, length);
    let average_error =
        arithmetic::average_error(reads, job.rate).context("no two reads to compare")?;
    let worst = |ms| arithmetic::worst_window(reads, job.rate, Duration::from_millis(ms));
    let Usage { cpu, wall } = recording.usage;
    Ok(Steady {
        reads: reads.len(),
        bytes: arithmetic::total(reads),
        seconds: arithmetic::length(reads).as_secs_f64(),
        longest_gap_ms: arithmetic::longest_gap(reads).as_secs_f64() * 1e3,
        average_error,
        first_250_ms: arithmetic::window_at(reads, job.rate, Duration::ZERO, QUARTER),
        worst_100_ms: worst(100),
        worst_1_s: worst(1000),
        cpu_percent: 100.0 * cpu.as_secs_f64() / wall.as_secs_f64(),
    })
}

/// Feeds what a second allows, is silent once all of it has come out, and feeds again: the 250 ms from the first read
/// after that, as a multiple.
pub(crate) fn after_idle(job: &Job) -> Result<f64> {
    let (resumed, recording) = run(job, Some(job.rate), |flow| {
        flow.await_bytes(job.rate)?;
        flow.rest(PAUSE)?;
        flow.resume(|| {
            if let Some(feeder) = &flow.feeder {
                feeder.go_on();
            }
            Ok(())
        })
    })?;
    quarter_after(&recording, job.rate, resumed)
}

/// Stops the limiter for a while and lets it go on: the 250 ms from the first read after that, as a multiple.
pub(crate) fn after_stop(job: &Job) -> Result<f64> {
    let (resumed, recording) = run(job, None, |flow| {
        flow.await_bytes(1)?;
        flow.rest(BEFORE_STOP)?;
        flow.limiter.signal(Signal::STOP)?;
        flow.rest(PAUSE)?;
        flow.resume(|| flow.limiter.signal(Signal::CONT))
    })?;
    quarter_after(&recording, job.rate, resumed)
}

fn quarter_after(recording: &Recording, rate: u64, moment: Duration) -> Result<f64> {
    arithmetic::window_after(&recording.reads, rate, moment, QUARTER)
        .context("nothing came after the pause")
}

/// A limiter under way between our ends.
struct Flow {
    limiter: Limiting,
    recorder: Recorder,
    feeder: Option<Feeder>,
    deadline: Deadline,
}

/// What is left of a run.
struct Recording {
    reads: Vec<Read>,
    usage: Usage,
}

/// Starts the limiter, does `script` with it, and ends it.
fn run<T>(
    job: &Job,
    portion: Option<u64>,
    script: impl Fn(&Flow) -> Result<T>,
) -> Result<(T, Recording)> {
    let flow = Flow::start(job, portion)?;
    let outcome = script(&flow);
    // A limiter that has ended by itself has said why, which explains more than what we missed.
    let recording = flow.finish()?;
    Ok((outcome?, recording))
}

impl Flow {
    /// Spawns the limiter; a pipe source gives `portion` bytes before it falls silent, or never does.
    fn start(job: &Job, portion: Option<u64>) -> Result<Self> {
        let (stdin, fed) = if job.is_fed {
            let (theirs, ours) = io::pipe().context("cannot make a pipe")?;
            (theirs.into(), Some(ours))
        } else {
            (Stdio::null(), None)
        };
        let (limiter, stdout) = Limiting::spawn(&job.stage, stdin)?;
        Ok(Self {
            recorder: Recorder::start(stdout, limiter.spawned),
            feeder: fed.map(|pipe| Feeder::start(pipe, portion)),
            limiter,
            deadline: Deadline::of_run(),
        })
    }

    /// Waits until at least `count` bytes have come.
    fn await_bytes(&self, count: u64) -> Result<()> {
        let since = Instant::now();
        while self.recorder.received() < count {
            self.deadline.check()?;
            if self.recorder.has_ended() {
                bail!("the output ended");
            }
            if since.elapsed() > LONGEST_WAIT {
                let came = self.recorder.received();
                bail!(
                    "only {came} of {count} bytes after {} s",
                    LONGEST_WAIT.as_secs()
                );
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Does nothing for `time`, while the recorder records.
    fn rest(&self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        loop {
            self.deadline.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(50 * GLANCE));
        }
    }

    /// Ends a pause by `act`, and waits for what comes then. Returns the moment of it, counted from spawning.
    fn resume(&self, act: impl Fn() -> Result<()>) -> Result<Duration> {
        let before = self.recorder.received();
        let moment = self.limiter.spawned.elapsed();
        act()?;
        self.await_bytes(before + 1)?;
        self.rest(QUARTER_AND_MORE)?;
        Ok(moment)
    }

    /// Kills the limiter, which ends both of our threads.
    fn finish(self) -> Result<Recording> {
        let usage = self.limiter.end()?;
        let reads = self.recorder.finish()?;
        Ok(Recording { reads, usage })
    }
}
