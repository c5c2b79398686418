//! Which of several processes on one terminal draws on it: the first that does, until it has ended; then another takes over.

use crate::session::stderr::has_terminal;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use rustix::stdio::stderr;
use rustix::termios::ttyname;
use std::os::fd::OwnedFd;

/// The claim to draw on the terminal of standard error, given back when this is dropped.
#[derive(Debug, Default)]
pub(super) struct TerminalClaim {
    /// The terminal, opened anew: a lock belongs to an open file description (flock(2)), and the one of standard error is
    /// shared with all processes that inherited it.
    locked: Option<OwnedFd>,
}

/// Who may draw now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawer {
    /// This process.
    Us,
    /// Another one, which has begun before.
    Another,
    /// This process is in the background, and the shell or another job has the terminal.
    NoneOfUs,
}

impl TerminalClaim {
    /// Claims the terminal, or keeps it.
    pub(super) fn drawer(&mut self) -> Drawer {
        if !has_terminal() {
            self.locked = None;
            return Drawer::NoneOfUs;
        }
        if self.locked.is_some() {
            return Drawer::Us;
        }
        match lock() {
            Ok(terminal) => {
                self.locked = Some(terminal);
                Drawer::Us
            }
            Err(Errno::WOULDBLOCK) => Drawer::Another,
            // Where it cannot be locked nobody else can lock it either, and all draw as well as they can.
            Err(_) => Drawer::Us,
        }
    }
}

fn lock() -> rustix::io::Result<OwnedFd> {
    let name = ttyname(stderr(), Vec::new())?;
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let terminal = open(name, flags, Mode::empty())?;
    flock(&terminal, FlockOperation::NonBlockingLockExclusive)?;
    Ok(terminal)
}
