//! The signals a transfer listens to. Those that were ignored when we were started stay ignored, as nohup wants.
//!
//! No handler is installed: the signals are blocked and read from a descriptor, one after the other. Threads inherit what is
//! blocked, and so the main thread starts to listen before there is another; commands that we start begin with nothing blocked.

use crate::platform::{SignalQueue, more_ending_signals};
use crate::sys;
use nix::sys::signal::{SigSet, Signal, raise};
use std::future::pending;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The signals that end a process which does not listen to them, everywhere (signal(7)). We clean up before they do. Not those
/// that tell of a fault, after which there is nothing to be relied on: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const ENDINGS: [Signal; 10] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGABRT,
    Signal::SIGALRM,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
];

/// The signal that asks for the status. SIGINFO (^T), where it exists, would be another.
const STATUS: Signal = Signal::SIGUSR1;

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
    queue: AsyncFd<SignalQueue>,
    /// The first signal that has ended the transfer, and when it came.
    ended_by: Option<(i32, Instant)>,
}

impl Signals {
    /// Starts to listen, in this thread and those that it starts from now on.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn listen() -> io::Result<Self> {
        let listened = [STATUS, Signal::SIGTSTP, Signal::SIGCONT];
        let all = ENDINGS.into_iter().chain(more_ending_signals());
        let all = all
            .chain(listened)
            .filter(|it| !sys::is_ignored(*it as i32));
        let signals: SigSet = all.collect();
        signals.thread_block()?;
        // While it is blocked, a write beyond the limit of file sizes is an error instead of the end of the process
        // (setrlimit(2)). Nobody reads this one.
        only(Signal::SIGXFSZ).thread_block()?;
        Ok(Self {
            queue: sys::watched(SignalQueue::of(&signals)?)?,
            ended_by: None,
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
        let received = self.queue.async_io(Interest::READABLE, SignalQueue::next);
        match received.await {
            Ok(number) if number == STATUS as i32 => Event::Status,
            Ok(number) if number == Signal::SIGTSTP as i32 => Event::Stop,
            Ok(number) if number == Signal::SIGCONT as i32 => Event::Continued,
            Ok(number) => Event::End(number),
            // The runtime is going down, and this future with it.
            Err(_) => pending().await,
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

/// Takes SIGTSTP's default action: stops the process, unless no shell could continue it (an orphaned process group, termios(3)
/// and setpgid(2)). Returns when the process goes on.
pub fn stop() {
    let only = only(Signal::SIGTSTP);
    // Raised while it is blocked: another one that is pending stops the process together with it, once.
    let stopped = raise(Signal::SIGTSTP).and_then(|()| only.thread_unblock());
    // Neither fails for a signal that exists (pthread_sigmask(3)).
    let _ = stopped.and_then(|()| only.thread_block());
}

fn only(signal: Signal) -> SigSet {
    [signal].into_iter().collect()
}
