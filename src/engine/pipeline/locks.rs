//! How often what moves bytes locks something: seldom on the buffered road, and never for a chunk on the kernel road. Nothing
//! of it is a lock that a display holds, since displays take none of them.

use super::{Handle, Options, Pipeline};
use crate::endpoint::{Delivered, Finish, KernelSink, KernelSource, Raw, Sink, Source, Unfit};
use crate::engine::link::Marks;
use crate::engine::road::{Preference, Reason, Road, WriterOutcome};
use crate::engine::wait::Ready;
use crate::platform::FdAt;
use crate::platform::sync::counted::locked;
use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Instant;

const CHUNKS: u64 = 1000;
const CHUNK: usize = 100;

/// How often one end was used, and how often the threads that use it have locked between two uses by the same thread.
#[derive(Debug, Default)]
struct Locks {
    last: Mutex<Option<(ThreadId, u64)>>,
    between: AtomicU64,
    uses: AtomicU64,
}

impl Locks {
    fn note(&self) {
        self.uses.fetch_add(1, Ordering::SeqCst);
        let (thread, now) = (thread::current().id(), locked());
        let last = self.last.lock().unwrap().replace((thread, now));
        if let Some((_, before)) = last.filter(|(last, _)| *last == thread) {
            self.between.fetch_add(now - before, Ordering::SeqCst);
        }
    }

    fn get(&self) -> (u64, u64) {
        let get = |it: &AtomicU64| it.load(Ordering::SeqCst);
        (get(&self.between), get(&self.uses))
    }
}

/// Gives chunks, from memory or by the kernel.
struct Giving {
    left: u64,
    file: File,
    locks: Arc<Locks>,
}

impl Source for Giving {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.locks.note();
        if self.left == 0 {
            return Ok(0);
        }
        self.left -= 1;
        Ok(CHUNK)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((Raw::File, self))
    }
}

impl KernelSource for Giving {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.file.as_fd().into())
    }

    fn claim(&mut self, most: u64) -> io::Result<u64> {
        self.locks.note();
        Ok(most.min(CHUNK as u64))
    }
}

/// Takes everything, in memory or by the kernel.
struct Taking {
    file: File,
    locks: Arc<Locks>,
}

impl Sink for Taking {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.locks.note();
        Ok(bufs.iter().map(|it| it.len()).sum())
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((Raw::Null, self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        Ok(Finish::Done(Delivered::Written))
    }
}

impl KernelSink for Taking {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.file.as_fd().into())
    }
}

/// The locks of the source's thread and of the sink's, while everything passes, with a display that looks all the time.
fn locks(road: Option<Preference>) -> (Arc<Locks>, Arc<Locks>) {
    let (given, taken) = (Arc::new(Locks::default()), Arc::new(Locks::default()));
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![7; CHUNK * usize::try_from(CHUNKS).unwrap()])
        .unwrap();
    io::Seek::rewind(&mut file).unwrap();
    let source = Giving {
        left: CHUNKS,
        file,
        locks: Arc::clone(&given),
    };
    let sink = Taking {
        file: File::options().write(true).open("/dev/null").unwrap(),
        locks: Arc::clone(&taken),
    };
    let options = Options {
        marks: Marks {
            readable: 10_000,
            writable: 10_000,
            low: 0,
        },
        rate: Some(1 << 40),
        ..Options::default()
    };
    let mut pipeline = Pipeline::new(Box::new(source), Box::new(sink), options).unwrap();
    let road = match road {
        Some(preference) => pipeline.choose(preference).unwrap(),
        None => Road::Buffered(Reason::Asked),
    };
    let mut handle = pipeline.start(road).unwrap();
    let end = look_until_end(&mut handle);
    assert!(matches!(end, WriterOutcome::Delivered { .. }), "{end:?}");
    let bytes = handle.controls().meter().bytes_out();
    assert_eq!(bytes, CHUNKS * CHUNK as u64);
    (given, taken)
}

fn look_until_end(handle: &mut Handle) -> WriterOutcome {
    loop {
        let _ = handle.controls().meter().snapshot();
        let soon = std::time::Duration::from_micros(10);
        if let Some(end) = handle.wait_for(soon) {
            return end.writers.into_iter().next().unwrap();
        }
    }
}

#[test]
fn on_the_buffered_road_four_locks_are_enough_for_a_chunk() {
    let (given, taken) = locks(None);
    let ((reader, reads), (writer, _)) = (given.get(), taken.get());
    assert_eq!(reads, CHUNKS + 1);
    let most = 4 * CHUNKS;
    assert!(reader + writer <= most, "{reader} and {writer} of {most}");
}

#[test]
#[cfg(target_os = "linux")]
fn on_the_kernel_road_nothing_is_locked_for_a_chunk() {
    let (given, _) = locks(Some(Preference::Kernel));
    let (locks, claims) = given.get();
    assert!(claims > CHUNKS, "{claims} claims");
    // The road is told once, at the first byte.
    assert!(locks <= 2, "{locks} locks for {claims} claims");
}
