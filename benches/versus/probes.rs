//! The runs that look at a living process: its peak memory, and how long a message takes through it.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::ends::Ports;
use crate::harness::pipeline::Pipeline;
use crate::harness::stop::Deadline;
use crate::harness::timing::Clock;
use crate::sample::Sample;
use crate::schedule::Run;
use crate::transfers::{Flow, Pipes};

/// What is sent.
pub(crate) const MESSAGE: &[u8] = b"hello world";

/// Pause before each message, so that the peer is asleep when it comes.
const PAUSE: Duration = Duration::from_millis(2);

/// Messages that are sent first and not recorded: they meet a peer that is still starting.
const UNRECORDED: u32 = 5;

/// How often the memory probe looks whether all bytes have come out.
const GLANCE: Duration = Duration::from_millis(5);

/// Peak memory of the peer once all bytes have gone through it. Its input is held open until it was read.
pub(crate) fn memory(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let clock = Clock::start()?;
    let (mut flow, stdin) = Flow::start(run, Pipes::AsMade)?;
    let ended_early = match outlast(&flow, run.bytes, deadline) {
        Ok(ended) => ended,
        Err(error) => return Err(flow.pipeline.blame(error)),
    };
    let peak = if ended_early {
        None
    } else {
        Some(flow.pipeline.peak_kib()?)
    };
    drop(stdin);
    let mut sample = flow.finish(run, clock, deadline)?;
    ensure!(peak.is_some(), "the peer ended before its input did");
    sample.peak_kib = peak;
    Ok(sample)
}

/// Waits until `bytes` have come out; true if the peer ended first.
fn outlast(flow: &Flow, bytes: u64, deadline: Deadline) -> Result<bool> {
    while flow.drained() < bytes {
        deadline.check()?;
        if flow.pipeline.has_ended_within(GLANCE)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Time of a short message from the peer's stdin to its stdout, many times.
pub(crate) fn latency(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let clock = Clock::start()?;
    let (their_in, stdin) = io::pipe().context("cannot make a pipe")?;
    let (stdout, their_out) = io::pipe().context("cannot make a pipe")?;
    let mut pipeline = Pipeline::spawn(
        &run.stages(&Ports::default()),
        their_in.into(),
        their_out.into(),
    )?;
    let mut ends = Ends {
        stdin,
        stdout,
        deadline,
    };
    let latencies_us = match ends.exchange(run.repetitions) {
        Ok(latencies) => latencies,
        Err(error) => return Err(pipeline.blame(error)),
    };
    drop(ends);
    pipeline.wait(deadline)?;
    let wall = clock.wall();
    pipeline.reap()?;
    Ok(Sample {
        latencies_us,
        ..Sample::new(run.bytes, clock.timing(wall)?)
    })
}

/// Our ends of the peer's pipes.
struct Ends {
    stdin: PipeWriter,
    stdout: PipeReader,
    deadline: Deadline,
}

impl Ends {
    fn exchange(&mut self, repetitions: u32) -> Result<Vec<f64>> {
        for _ in 0..UNRECORDED {
            self.message()?;
        }
        (0..repetitions)
            .map(|_| Ok(self.message()?.as_secs_f64() * 1e6))
            .collect()
    }

    fn message(&mut self) -> Result<Duration> {
        thread::sleep(PAUSE);
        let mut back = [0; MESSAGE.len()];
        let mut got = 0;
        let start = Instant::now();
        self.stdin
            .write_all(MESSAGE)
            .context("the peer takes no message")?;
        while got < back.len() {
            self.deadline.wait_readable(&self.stdout)?;
            let len = self.stdout.read(&mut back[got..])?;
            ensure!(len > 0, "the peer closed its output");
            got += len;
        }
        let taken = start.elapsed();
        ensure!(back == MESSAGE, "the message came back changed");
        Ok(taken)
    }
}
