//! The signals a transfer listens to. Those that were ignored when we were started stay ignored, as nohup wants.

use crate::platform;
use crate::sys;
use rustix::process::Signal as Os;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a process which does not listen to them, everywhere (signal(7)). We clean up before they do. Not those
/// that tell of a fault, after which there is nothing to be relied on: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const ENDINGS: [Os; 10] = [
    Os::INT,
    Os::TERM,
    Os::HUP,
    Os::QUIT,
    Os::ABORT,
    Os::ALARM,
    Os::VTALARM,
    Os::PROF,
    Os::USR2,
    Os::XCPU,
];

/// The signal that asks for the status. SIGINFO (^T) where it exists would be heard too; tokio names it on the BSDs only.
const STATUS: Os = Os::USR1;

/// Within this time a signal that ends a transfer counts once: timeout(1) sends it to the process, and once more to its group.
const SENT_TWICE: Duration = Duration::from_millis(100);

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// End the transfer; this is the number of the signal.
    End(i32),
    /// Print a status line.
    Status,
    /// Stop the process (^Z): clear the display, and call [`stop`].
    Stop,
    /// The process was stopped and goes on.
    Continued,
}

/// The signals that are listened to.
#[derive(Debug)]
pub struct Signals {
    /// Those that end the transfer, with their numbers.
    endings: Vec<(i32, Signal)>,
    /// The first of those that has come, and when.
    ended_by: Option<(i32, Instant)>,
    status: Option<Signal>,
    stop: Option<Signal>,
    continued: Option<Signal>,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        // With a handler for it, a write beyond the limit of file sizes is an error instead of the end of the process
        // (setrlimit(2)).
        drop(unless_ignored(Os::XFSZ.as_raw())?);
        let endings = ENDINGS.iter().map(|signal| signal.as_raw());
        let endings = endings.chain(platform::more_ending_signals());
        let endings = endings.filter_map(|number| {
            let signal = unless_ignored(number).transpose()?;
            Some(signal.map(|signal| (number, signal)))
        });
        Ok(Self {
            endings: endings.collect::<io::Result<_>>()?,
            ended_by: None,
            status: unless_ignored(STATUS.as_raw())?,
            stop: unless_ignored(Os::TSTP.as_raw())?,
            continued: unless_ignored(Os::CONT.as_raw())?,
        })
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        loop {
            match self.next_received().await {
                Event::End(number) if self.is_repeated(number) => {}
                event => return event,
            }
        }
    }

    /// Whether this signal has ended the transfer a moment ago.
    fn is_repeated(&mut self, number: i32) -> bool {
        let Some((first, when)) = self.ended_by else {
            self.ended_by = Some((number, Instant::now()));
            return false;
        };
        first == number && when.elapsed() < SENT_TWICE
    }

    async fn next_received(&mut self) -> Event {
        tokio::select! {
            biased;
            number = first(&mut self.endings) => Event::End(number),
            // Before SIGCONT: a process that was continued after the request to stop does not stop.
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

fn unless_ignored(number: i32) -> io::Result<Option<Signal>> {
    if sys::is_ignored(number) {
        Ok(None)
    } else {
        signal(SignalKind::from_raw(number)).map(Some)
    }
}

/// The number of the first of these that comes; of several that have come, that of the one that stands first.
async fn first(endings: &mut [(i32, Signal)]) -> i32 {
    poll_fn(|context| {
        for (number, signal) in &mut *endings {
            if signal.poll_recv(context).is_ready() {
                return Poll::Ready(*number);
            }
        }
        Poll::Pending
    })
    .await
}

async fn recv(signal: Option<&mut Signal>) {
    match signal {
        // `None` would mean that the runtime is going down, and this future with it.
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
