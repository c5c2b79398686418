//! A terminal that somebody watches: what is drawn on it is read at once, and counted.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail, ensure};
use rustix::pty::{OpenptFlags, grantpt, openpt, unlockpt};

/// The side of a pseudo-terminal that its watcher has.
#[derive(Debug)]
pub(crate) struct Terminal {
    watcher: JoinHandle<u64>,
}

impl Terminal {
    /// A terminal, and its other side as somebody's standard error.
    pub(crate) fn open() -> Result<(Self, Stdio)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).context("cannot open a terminal")?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = other_side(&ours)?;
        let watcher = thread::spawn(move || watch(File::from(ours)));
        Ok((Self { watcher }, theirs.into()))
    }

    /// Once everybody has closed it: fails if nothing was drawn, for then nothing was measured.
    pub(crate) fn check(self) -> Result<()> {
        let Ok(drawn) = self.watcher.join() else {
            bail!("the watcher of the terminal panicked");
        };
        ensure!(drawn > 0, "nothing was drawn on the terminal");
        Ok(())
    }
}

fn watch(mut terminal: File) -> u64 {
    let (mut total, mut buffer) = (0, [0; 4096]);
    // A terminal that nobody has open any more answers with EIO.
    while let Ok(n @ 1..) = terminal.read(&mut buffer) {
        total += n as u64;
    }
    total
}

fn other_side(ours: &OwnedFd) -> Result<OwnedFd> {
    let name = rustix::pty::ptsname(ours, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    rustix::fs::open(name, flags, rustix::fs::Mode::empty()).context("cannot open a terminal")
}
