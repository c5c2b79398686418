//! Starts threads, with an error where the system has no thread or no memory left; `clippy.toml` forbids the calls that would
//! panic.

use crate::platform::resources::allocate;
use rustix::io::Errno;
use std::io;
use std::sync::Mutex;
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use tokio::sync::oneshot;

/// The size of a thread's stack, in bytes.
pub(crate) const STACK: usize = 2 << 20;

/// Starts a thread that is never joined.
///
/// # Errors
/// When the system has no thread or no memory left.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
    started(|| builder.spawn(work)).map(drop)
}

/// Starts a thread that `scope` waits for.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_scoped<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
    started(|| builder.spawn_scoped(scope, work))
}

/// Starts `work`, which may sleep in the system, on a thread of its own, and returns a future of its result. If the future is
/// dropped the thread is left behind.
///
/// # Errors
/// As [`spawn`].
pub fn apart<T, W>(
    name: &str,
    work: W,
) -> io::Result<impl Future<Output = io::Result<T>> + use<T, W>>
where
    T: Send + 'static,
    W: FnOnce() -> io::Result<T> + Send + 'static,
{
    let (done, result) = oneshot::channel();
    // Sending fails where the future was dropped, and then the result is of no use.
    spawn(name, move || drop(done.send(work())))?;
    let lost = || io::Error::other("it stopped without a reason; this is a bug");
    Ok(async move { result.await.unwrap_or_else(|_| Err(lost())) })
}

/// Threads that this process may start while a library is at work: the one that writes messages, and the one that notices stops.
const OUR_OWN: u32 = 2;

/// How many of at most `most` threads a library may start from now on, which fails if it gets fewer than it was promised: those
/// that could be started now, without those that this process may still start.
#[must_use]
pub fn available(most: u32) -> u32 {
    // The mutex keeps each thread until all are started, so that all exist at once.
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let _closed = gate.lock();
        let wait = || drop(gate.lock());
        let wanted = most.saturating_add(OUR_OWN);
        let started = (0..wanted).map_while(|_| spawn_scoped(scope, "probe", wait).ok());
        u32::try_from(started.count())
            .unwrap_or(wanted)
            .saturating_sub(OUR_OWN)
    })
}

/// The error with an explanation, where the system refused to start a thread or a process and says only "try again"
/// (`pthread_create(3)`, fork(2)).
#[must_use]
pub fn refused(error: io::Error) -> io::Error {
    match Errno::from_io_error(&error) {
        Some(Errno::AGAIN) => io::Error::other(
            "no more threads or processes are allowed (ulimit -u, or the pids limit of a container)",
        ),
        _ => error,
    }
}

/// Calls `start` if there is memory for a stack: the system refuses with the same error for lack of memory as of threads, and
/// Rust aborts where only a little memory is missing.
fn started<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    allocate(STACK, start)?.map_err(refused)
}
