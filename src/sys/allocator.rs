//! The allocator: the system's, with a reserve for the end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The system's allocator with a reserve, which is freed when an allocation fails: a transfer that fails for lack of memory can
/// then still clean up and report it. Where even the reserve is not enough, the process writes one line and exits, where Rust
/// would abort.
#[derive(Debug, Default)]
pub struct Allocator {
    reserve: AtomicPtr<u8>,
    is_ending: AtomicBool,
}

/// The reserve: far more than it takes to end in an orderly way.
const RESERVE: Layout = Layout::new::<[u8; 1 << 20]>();

impl Allocator {
    /// An allocator without its reserve.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            reserve: AtomicPtr::new(std::ptr::null_mut()),
            is_ending: AtomicBool::new(false),
        }
    }

    /// Allocates the reserve. To be called once.
    pub fn set_up_reserve(&self) {
        // SAFETY: the layout is not of size zero.
        let memory = unsafe { System.alloc(RESERVE) };
        self.reserve.store(memory, Ordering::Release);
    }

    fn free_reserve(&self) {
        let memory = self.reserve.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !memory.is_null() {
            // SAFETY: it came from this allocator with this layout, and the swap gives it to one thread alone.
            unsafe { System.dealloc(memory, RESERVE) };
        }
    }

    /// Calls `allocate`, and once more after freeing the reserve if it fails.
    fn retry(&self, bytes: usize, allocate: impl Fn() -> *mut u8) -> *mut u8 {
        let memory = allocate();
        if !memory.is_null() {
            return memory;
        }
        self.free_reserve();
        let memory = allocate();
        if memory.is_null() {
            self.exit_out_of_memory(bytes);
        }
        memory
    }

    /// Writes one line and exits. The line is put together on the stack, since every allocation fails by now.
    #[cold]
    fn exit_out_of_memory(&self, bytes: usize) -> ! {
        while self.is_ending.swap(true, Ordering::Relaxed) {
            // SAFETY: it only waits; another thread is about to exit.
            unsafe { libc::pause() };
        }
        let mut line = [0; 80];
        let mut rest = &mut line[..];
        let _ = writeln!(
            rest,
            "tidegate: allocating {bytes} bytes: not enough memory"
        );
        let len = 80 - rest.len();
        // SAFETY: the kernel reads `len` bytes of an array that is longer and outlives the call; _exit(2) takes no lock.
        unsafe {
            libc::write(2, line.as_ptr().cast(), len);
            libc::_exit(1)
        }
    }
}

// SAFETY: all memory is the system allocator's, which is called a second time where it has failed; nothing here unwinds.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the trait.
        self.retry(layout.size(), || unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the trait.
        self.retry(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the trait; a call that failed has left the memory as it was.
        self.retry(size, || unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of the trait.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// From this size in bytes on, blocks come from the system and go back to it (mallopt(3), `M_MMAP_THRESHOLD`). The C library
/// would clear a block that it reuses, which takes longer than all else where a decoder meets many small streams.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 1 << 20;

/// Sets up the heap, before there are threads. They share one: each would otherwise get a heap of its own with its first
/// allocation, for which the C library reserves 64 MiB of address space (mallopt(3), `M_ARENA_MAX`), and those of a transfer
/// allocate little.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn set_up_heap() {
    // SAFETY: both set a number that the allocator reads at its next allocation.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Other C libraries are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn set_up_heap() {}
