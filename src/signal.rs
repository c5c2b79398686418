//! The signals a transfer listens to. Those that were ignored when we were started stay ignored, as nohup wants.

use crate::sys;
use rustix::process::Signal as Os;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Something from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// End, with this signal's number as the reason.
    End(i32),
    /// Say where you are.
    Status,
    /// Somebody wants us to stop (^Z): clean up, and call [`stop`].
    Stop,
    /// We were stopped, and go on.
    Continued,
}

/// The signals, from now on.
#[derive(Debug)]
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
    status: Option<Signal>,
    stop: Option<Signal>,
    continued: Option<Signal>,
}

impl Signals {
    /// Listens.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        // A file that grows beyond the user's limit is an error of its write then, and we clean up (setrlimit(2)).
        drop(signal(kind(Os::XFSZ))?);
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
            hangup: unless_ignored(SignalKind::hangup())?,
            status: unless_ignored(status_kind())?,
            stop: unless_ignored(kind(Os::TSTP))?,
            continued: unless_ignored(kind(Os::CONT))?,
        })
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        tokio::select! {
            biased;
            () = recv(self.interrupt.as_mut()) => Event::End(SignalKind::interrupt().as_raw_value()),
            () = recv(self.terminate.as_mut()) => Event::End(SignalKind::terminate().as_raw_value()),
            () = recv(self.hangup.as_mut()) => Event::End(SignalKind::hangup().as_raw_value()),
            // Before SIGCONT: who is continued while the request to stop is on its way does not stop.
            () = recv(self.stop.as_mut()) => {
                if self.was_continued().await { Event::Continued } else { Event::Stop }
            }
            () = recv(self.continued.as_mut()) => Event::Continued,
            () = recv(self.status.as_mut()) => Event::Status,
        }
    }

    /// Whether SIGCONT has come already.
    async fn was_continued(&mut self) -> bool {
        tokio::select! {
            biased;
            () = recv(self.continued.as_mut()) => true,
            () = std::future::ready(()) => false,
        }
    }

    /// The next signal that ends the transfer; requests for the status are passed over.
    pub async fn next_end(&mut self) -> i32 {
        loop {
            match self.next().await {
                Event::End(number) => return number,
                Event::Stop => stop(),
                Event::Status | Event::Continued => {}
            }
        }
    }
}

/// Stops the process, as SIGTSTP does if nobody listens to it; returns when it goes on.
pub fn stop() {
    sys::stop();
}

fn kind(signal: Os) -> SignalKind {
    SignalKind::from_raw(signal.as_raw())
}

/// SIGINFO (^T) where it exists would be heard here too; tokio names it on the BSDs only.
fn status_kind() -> SignalKind {
    SignalKind::user_defined1()
}

fn unless_ignored(kind: SignalKind) -> io::Result<Option<Signal>> {
    if sys::is_ignored(kind.as_raw_value()) {
        Ok(None)
    } else {
        signal(kind).map(Some)
    }
}

async fn recv(signal: Option<&mut Signal>) {
    match signal {
        // `None` would mean that the runtime is going down, and this future with it.
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
