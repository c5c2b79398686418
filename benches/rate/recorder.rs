//! The receiving end: a thread that reads a pipe and notes when how much came.

use std::io::{self, ErrorKind, PipeReader, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use crate::arithmetic::Read;

/// Bytes asked for in one read: what a pipe holds by default.
const BUFFER: usize = 64 << 10;

/// Reads there is room for from the start: 1000 MiB/s in pieces of 8 KiB for 8 s.
const RECORDS: usize = 1 << 20;

/// A thread that reads until the end.
#[derive(Debug)]
pub(crate) struct Recorder {
    received: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<Vec<Read>>>,
}

impl Recorder {
    /// Starts to read `pipe`; times count from `spawned`.
    pub(crate) fn start(pipe: PipeReader, spawned: Instant) -> Self {
        let received = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&received);
        let thread = thread::spawn(move || record(pipe, spawned, &count));
        Self { received, thread }
    }

    /// Bytes so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Whether the end has come.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Once nobody has the pipe open for writing any more: everything that came.
    pub(crate) fn finish(self) -> Result<Vec<Read>> {
        let thread = self.thread.join();
        thread
            .map_err(|_| anyhow!("the reader panicked"))?
            .context("the reader failed")
    }
}

fn record(mut pipe: PipeReader, spawned: Instant, received: &AtomicU64) -> io::Result<Vec<Read>> {
    let mut reads = Vec::with_capacity(RECORDS);
    let mut buffer = vec![0; BUFFER];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(reads),
            Ok(len) => {
                let (at, bytes) = (spawned.elapsed(), len as u64);
                reads.push(Read { at, bytes });
                received.fetch_add(bytes, Ordering::Relaxed);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
