//! What programs of `-t exec` and `exec:` say on standard error while rows are drawn there. It comes through a pipe for each, and
//! stands above the rows, in whole lines.

use super::stderr::StderrWriter;
use crate::platform::threads;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::cell::RefCell;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A line without an end is shown when nothing has followed for so long, since it may be a question.
const QUESTION_AFTER: Duration = Duration::from_millis(500);

/// At the end, a pipe that a process left behind keeps open is given up when nothing has come for so long.
const SILENCE: Duration = Duration::from_millis(500);

/// A line is broken where it has so many bytes, which have to be kept until it ends.
const LONGEST_LINE: usize = 64 << 10;

/// Bytes of a read.
const PIECE: usize = 16 << 10;

/// The pipes from programs, each of which has a thread that passes on what comes.
#[derive(Debug, Default)]
pub(super) struct ProgramStderr {
    threads: RefCell<Vec<PassingOn>>,
}

/// A thread that passes on what comes through a pipe.
#[derive(Debug)]
struct PassingOn {
    /// Fails once the thread has seen the end of its pipe.
    ended: oneshot::Receiver<()>,
    state: Arc<State>,
}

/// What such a thread is doing.
#[derive(Debug, Default)]
struct State {
    /// Whether it prints, which may take long: the terminal may be slow, or held (^S).
    prints: AtomicBool,
    /// How often something has come.
    came: AtomicU64,
}

impl ProgramStderr {
    /// The standard error of a program that is to be started; what it says is printed by `to`. `None`: the system has no descriptor or
    /// no thread left for it, and the program says it itself.
    pub(super) fn pipe(&self, to: StderrWriter) -> Option<PipeWriter> {
        let (from, pipe) = io::pipe().ok()?;
        let (is_alive, ended) = oneshot::channel::<()>();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let pass_on = move || {
            pass_on(from, &to, &shared);
            drop(is_alive);
        };
        threads::spawn("program's stderr", pass_on).ok()?;
        self.threads.borrow_mut().push(PassingOn { ended, state });
        Some(pipe)
    }

    /// Resolves once everything was passed on: no process has an end of a pipe any more, or one that a program has left behind has
    /// been silent for a while.
    pub(super) async fn ended(self: Rc<Self>) {
        for PassingOn { mut ended, state } in self.threads.take() {
            let mut came = state.came.load(Ordering::Relaxed);
            while timeout(SILENCE, &mut ended).await.is_err() {
                let before = std::mem::replace(&mut came, state.came.load(Ordering::Relaxed));
                if came == before && !state.prints.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
    }
}

/// Prints what comes until nothing can come any more. The program waits, by its pipe, where the terminal is slower than it is.
fn pass_on(mut from: PipeReader, to: &StderrWriter, state: &State) {
    let (mut held, mut piece) = (Vec::new(), vec![0; PIECE]);
    loop {
        if !held.is_empty() && !comes_within(&from, QUESTION_AFTER) {
            print(std::mem::take(&mut held), to, state);
        }
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => {
                state.came.fetch_add(1, Ordering::Relaxed);
                held.extend_from_slice(&piece[..n]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        let whole = held
            .iter()
            .rposition(|it| *it == b'\n')
            .map_or(0, |at| at + 1);
        let ready = if held.len() - whole < LONGEST_LINE {
            whole
        } else {
            held.len()
        };
        if ready > 0 {
            print(held.drain(..ready).collect(), to, state);
        }
    }
    if !held.is_empty() {
        print(held, to, state);
    }
}

/// Whether there is something to read, or an end, within this time.
fn comes_within(pipe: &PipeReader, time: Duration) -> bool {
    let time = Timespec::try_from(time).unwrap_or_default();
    let mut pipe = [PollFd::new(pipe, PollFlags::IN)];
    // A wait that is interrupted is as good as one that has ended: what comes is read.
    !matches!(poll(&mut pipe, Some(&time)), Ok(0))
}

fn print(mut lines: Vec<u8>, to: &StderrWriter, state: &State) {
    if !lines.ends_with(b"\n") {
        lines.push(b'\n');
    }
    state.prints.store(true, Ordering::Relaxed);
    to.announce_bytes(lines);
    to.wait_until_written();
    state.prints.store(false, Ordering::Relaxed);
}
