//! The ends of a transfer that cost next to nothing: bytes come from the page cache and vanish in the kernel.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use anyhow::Result;
use rustix::io::Errno;
use rustix::pipe::{SpliceFlags, splice};

/// Bytes asked for in one call.
pub(crate) const CALL: usize = 1 << 20;

/// Splices `bytes` bytes of `file` into `pipe`, starting over at the end of the file. Nothing is copied.
pub(crate) fn feed(file: &File, pipe: impl AsFd, bytes: u64) -> io::Result<()> {
    let len = file.metadata()?.len();
    let (mut offset, mut left) = (0, bytes);
    while left > 0 {
        if offset == len {
            offset = 0;
        }
        let want = left.min(len - offset).min(CALL as u64);
        let want = usize::try_from(want).map_err(io::Error::other)?;
        match splice(
            file,
            Some(&mut offset),
            &pipe,
            None,
            want,
            SpliceFlags::empty(),
        ) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(moved) => left -= moved as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Splices `pipe` into `/dev/null` until its end, keeping count in `drained`.
pub(crate) fn drain(pipe: impl AsFd, drained: &AtomicU64) -> io::Result<()> {
    let null = File::options().write(true).open("/dev/null")?;
    loop {
        match splice(&pipe, None, &null, None, CALL, SpliceFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(moved) => _ = drained.fetch_add(moved as u64, Ordering::Relaxed),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The result of a thread of the benchmark.
pub(crate) fn joined<T>(thread: JoinHandle<T>) -> Result<T> {
    thread
        .join()
        .map_err(|_| anyhow::anyhow!("a thread of the benchmark panicked"))
}
