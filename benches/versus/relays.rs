//! A peer between two connections, in both directions: as much as goes through, and how long a round trip takes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Stdio;
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::data::DATA;
use crate::ends::Ports;
use crate::harness::pipeline::Pipeline;
use crate::harness::stop::Deadline;
use crate::harness::timing::Clock;
use crate::kind::ROUND_TRIP;
use crate::pumps::joined;
use crate::sample::Sample;
use crate::schedule::Run;
use crate::sockets::{Family, SocketEnd, send, swallow};

/// The data file goes each way at once.
pub(crate) fn both_ways(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let end = || {
        let file = run.files.open(DATA)?;
        SocketEnd::serve(Family::Tcp, deadline, move |socket| {
            let stream = TcpStream::from(socket);
            let sender = stream.try_clone().context("cannot copy a descriptor")?;
            let sending = thread::spawn(move || -> Result<()> {
                send(&file, &sender).context("cannot send")?;
                Ok(sender.shutdown(Shutdown::Write)?)
            });
            let bytes = swallow(&stream).context("cannot receive")?;
            joined(sending)??;
            Ok(bytes)
        })
    };
    between(run, deadline, end()?, end()?)
}

/// Short messages go there and back, each after the answer to the one before.
pub(crate) fn round_trips(run: &Run<'_>) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let bytes = run.bytes;
    let asks = SocketEnd::serve(Family::Tcp, deadline, move |socket| {
        let mut stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(deadline.left()))?;
        let mut message = [0; ROUND_TRIP];
        for _ in 0..bytes / ROUND_TRIP as u64 {
            stream.write_all(&message)?;
            stream.read_exact(&mut message)?;
        }
        stream.shutdown(Shutdown::Write)?;
        ensure!(
            stream.read(&mut message)? == 0,
            "something came behind the last answer"
        );
        Ok(bytes)
    })?;
    let answers = SocketEnd::serve(Family::Tcp, deadline, move |socket| {
        let mut stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(deadline.left()))?;
        let mut message = [0; ROUND_TRIP];
        while stream.read_exact(&mut message).is_ok() {
            stream.write_all(&message)?;
        }
        Ok(0)
    })?;
    between(run, deadline, asks, answers)
}

/// The peer connects to both ends. Returns what has arrived at them together.
fn between(
    run: &Run<'_>,
    deadline: Deadline,
    a: SocketEnd<u64>,
    b: SocketEnd<u64>,
) -> Result<Sample> {
    let stages = run.stages(&Ports {
        from: a.place().to_owned(),
        to: b.place().to_owned(),
        ..Ports::default()
    });
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, Stdio::null(), Stdio::null())?;
    pipeline.wait(deadline)?;
    pipeline.reap()?;
    let bytes = a.join()? + b.join()?;
    let wall = clock.wall();
    Ok(Sample::new(bytes, clock.timing(wall)?))
}
