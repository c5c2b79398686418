//! Checks that there is memory, or a descriptor, before a call that would abort or panic without it.

use crate::platform;
use crate::sys;
use rustix::process::{Resource, getrlimit};
use rustix::stdio::stderr;
use std::io;
use std::sync::{Mutex, PoisonError};

pub use crate::sys::Allocator;

/// More than is used of the first thread's stack, in bytes.
const FIRST_STACK: usize = 512 << 10;

/// Left free for small allocations, in bytes: a thread that has no memory for its signal stack, for example, aborts.
const SMALL: usize = 1 << 20;

/// Memory that a transfer needs before it can fail in an orderly way, in bytes.
const START: usize = FIRST_STACK + (1 << 20);

/// Sets up the heap, before there are threads. Where the address space is limited, the first thread's stack is grown now: it
/// grows as it is used, and where it cannot a signal ends the process.
///
/// # Errors
/// When there is not enough memory to begin with.
pub fn prepare() -> io::Result<()> {
    if address_space().is_some() {
        ensure_memory(START)?;
        grow_stack();
    }
    sys::set_up_heap();
    Ok(())
}

/// The limit of the address space, in bytes (`ulimit -v`).
#[must_use]
pub fn address_space() -> Option<u64> {
    getrlimit(Resource::As).current
}

/// The most memory that this process may use, in bytes, if that is known.
#[must_use]
pub fn memory() -> Option<u64> {
    let memory = platform::memory().into_iter().chain(address_space());
    memory.min()
}

#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "it is there to be large")]
fn grow_stack() {
    std::hint::black_box([0_u8; FIRST_STACK]);
}

/// Checks that so many bytes of memory are left, and some more for small allocations.
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

/// Calls `allocate`, which takes so many bytes of memory, after checking that they are left. No other thread can take them in
/// between by this function.
///
/// # Errors
/// As [`ensure_memory`].
pub fn allocate<T>(bytes: usize, allocate: impl FnOnce() -> T) -> io::Result<T> {
    // Memory is the process's, whichever transfer allocates it.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    ensure_memory(bytes)?;
    Ok(allocate())
}

/// Makes room in `buffer` for so many bytes in all.
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

/// Checks that so many more descriptors can be opened now.
///
/// # Errors
/// When they cannot.
pub fn ensure_descriptors(count: usize) -> io::Result<()> {
    let duplicates = (0..count).map(|_| stderr().try_clone_to_owned());
    duplicates.collect::<io::Result<Vec<_>>>().map(drop)
}
