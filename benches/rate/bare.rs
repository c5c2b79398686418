//! The plainest limiter there can be that is smooth: a loop that naps, reads and writes. What it takes of a processor, every
//! program takes that copies its bytes in such pieces; of what a rate limit has to see to, it does nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::pipe::fcntl_setpipe_size;

/// As long as no 100 ms get a tenth more than the rate, whenever they begin.
const NAP: Duration = Duration::from_millis(9);

/// As wide as a pipe may be, so that a piece is one write.
const PIPE: usize = 1 << 20;

/// Copies `path`, or standard input if that is `-`, to standard output at `rate` bytes a second, for ever.
pub(crate) fn limit(rate: &str, path: &str) -> Result<()> {
    let rate: u64 = rate.parse().context("no rate")?;
    if path == "-" {
        copy(&mut io::stdin().lock(), rate).context("cannot copy standard input")
    } else {
        let mut file = File::open(path).with_context(|| format!("cannot open {path}"))?;
        copy(&mut file, rate).with_context(|| format!("cannot copy {path}"))
    }
}

fn copy(source: &mut (impl Read + AsFd), rate: u64) -> Result<()> {
    // Standard output as it is, without a buffer of this language's.
    let mut sink = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let _ = fcntl_setpipe_size(&*source, PIPE);
    let _ = fcntl_setpipe_size(&sink, PIPE);
    let piece = u128::from(rate) * NAP.as_nanos() / Duration::from_secs(1).as_nanos();
    let mut buffer = vec![0; usize::try_from(piece)?.max(1)];
    let mut due = Instant::now();
    loop {
        due += NAP;
        sleep(due.saturating_duration_since(Instant::now()));
        let len = source.read(&mut buffer)?;
        ensure!(len > 0, "it has ended");
        sink.write_all(&buffer[..len])?;
    }
}
