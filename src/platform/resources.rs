//! Memory and descriptors, of which there may not be enough: found out before they are needed by what gives no error but
//! aborts or panics without them.

use crate::platform;
use crate::sys;
use rustix::process::{Resource, getrlimit};
use rustix::stdio::stderr;
use std::io;
use std::sync::{Mutex, PoisonError};

pub use crate::sys::Allocator;

/// What is used of the first thread's stack, in bytes, and then some.
const STACK: usize = 512 << 10;

/// What is left for all that is small, in bytes: a thread that cannot have a stack for its signals, say, aborts.
const SMALL: usize = 1 << 20;

/// What a transfer takes before it can fail in an orderly way, in bytes.
const START: usize = STACK + (1 << 20);

/// Gets the heap ready, and gets ready for a limit of the address space, if there is one, before there are threads. The stack of
/// the first one grows as it is used, and where it cannot the process is ended by a signal: so it grows now.
///
/// # Errors
/// When there is not enough memory to begin with.
pub fn prepare() -> io::Result<()> {
    let is_scarce = address_space().is_some();
    if is_scarce {
        ensure_memory(START)?;
        grow_stack();
    }
    sys::set_up_heap(is_scarce);
    Ok(())
}

/// The limit of the address space, in bytes (`ulimit -v`).
#[must_use]
pub fn address_space() -> Option<u64> {
    getrlimit(Resource::As).current
}

/// The most bytes that a side of each of so many buffers may be allowed to hold here, if that is known: both sides of all of
/// them leave half of the memory there is to others.
#[must_use]
pub fn most_for_each(buffers: usize) -> Option<u64> {
    let memory = platform::memory().into_iter().chain(address_space());
    let sides = u64::try_from(buffers).map_or(u64::MAX, |buffers| buffers.saturating_mul(2));
    memory.min().map(|bytes| bytes / 2 / sides.max(1))
}

#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "to be large is what it is for")]
fn grow_stack() {
    std::hint::black_box([0_u8; STACK]);
}

/// Whether so many bytes of memory can be had now, and still something for all that is small.
///
/// # Errors
/// When they cannot.
pub fn ensure_memory(bytes: usize) -> io::Result<()> {
    if sys::can_map(bytes.saturating_add(SMALL)) {
        Ok(())
    } else {
        let missing = humansize::format_size(bytes, humansize::BINARY);
        let why = format!("not enough memory for {missing} more");
        Err(io::Error::new(io::ErrorKind::OutOfMemory, why))
    }
}

/// What `allocate` makes of so many bytes of memory. Nobody else takes them between the question and the answer.
///
/// # Errors
/// As [`ensure_memory`].
pub fn allocate<T>(bytes: usize, allocate: impl FnOnce() -> T) -> io::Result<T> {
    // Memory is the process's, whichever transfer wants it.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _ours = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    ensure_memory(bytes)?;
    Ok(allocate())
}

/// Room in `buffer` for so many bytes in all.
///
/// # Errors
/// As [`ensure_memory`].
pub fn reserve(buffer: &mut Vec<u8>, bytes: usize) -> io::Result<()> {
    let missing = bytes.saturating_sub(buffer.len());
    if buffer.capacity() < bytes {
        allocate(bytes, || buffer.reserve_exact(missing))?;
    }
    Ok(())
}

/// Whether so many more descriptors can be had now.
///
/// # Errors
/// When they cannot.
pub fn ensure_descriptors(count: usize) -> io::Result<()> {
    let duplicates = (0..count).map(|_| stderr().try_clone_to_owned());
    duplicates.collect::<io::Result<Vec<_>>>().map(drop)
}
