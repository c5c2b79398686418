//! A pool of threads that work on blocks in parallel, and give them back in order.
//!
//! A thread is started when there is work for it. Where the system starts no more, fewer do the work, or the calling thread.
//! When the pool is dropped, each thread ends after its current block.

use crate::platform::threads;
use crate::transform::Failure;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Works on a block and appends the result to the vector. Each thread has its own.
pub(super) type Work = Box<dyn FnMut(&Piece<'_>, &mut Vec<u8>) -> Result<(), Failure> + Send>;

/// The input of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The bytes of the input just before it, as many as the window of the format.
    pub(super) before: &'a [u8],
    /// Its own bytes.
    pub(super) bytes: &'a [u8],
    /// Whether it is the last.
    pub(super) is_last: bool,
}

/// A block and its result. Both buffers are reused.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The bytes before it, and its own.
    pub(super) input: Vec<u8>,
    /// How many of them are before it.
    pub(super) start: usize,
    pub(super) is_last: bool,
    pub(super) output: Vec<u8>,
}

struct Job {
    block: Block,
    reply: Sender<Result<Block, Failure>>,
}

/// Makes the [`Work`] of one thread, which may fail for want of memory.
pub(super) type MakeWork = Box<dyn Fn() -> io::Result<Work> + Send>;

/// The threads, and the blocks they work on.
pub(super) struct Pool {
    make: MakeWork,
    most: usize,
    started: usize,
    jobs: Sender<Job>,
    queue: Arc<Mutex<Receiver<Job>>>,
    /// The results of blocks that are not taken back yet, the oldest first.
    pending: VecDeque<Receiver<Result<Block, Failure>>>,
    over: Arc<AtomicBool>,
    /// For the calling thread, if no thread could be started.
    here: Option<Work>,
}

impl Pool {
    /// A pool of at most `most` threads. `make` is called once for each.
    pub(super) fn new(most: usize, make: MakeWork) -> Self {
        let (jobs, queue) = channel();
        Self {
            make,
            most: most.max(1),
            started: 0,
            jobs,
            queue: Arc::new(Mutex::new(queue)),
            pending: VecDeque::new(),
            over: Arc::default(),
            here: None,
        }
    }

    /// Whether there are enough blocks to keep all threads busy. One has to be taken back before the next is submitted.
    pub(super) fn is_full(&self) -> bool {
        // For each thread one block that it works on, and one that waits.
        self.pending.len() >= 2 * self.most.max(1)
    }

    /// Whether all blocks have been taken back.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Has a block worked on by the next free thread.
    pub(super) fn submit(&mut self, block: Block) -> Result<(), Failure> {
        if self.started < self.most && self.pending.len() >= self.started {
            self.start_thread()?;
        }
        let (reply, answer) = channel();
        self.pending.push_back(answer);
        let job = Job { block, reply };
        if let Some(work) = &mut self.here {
            job.run(work);
            return Ok(());
        }
        self.jobs.send(job).map_err(|_| gave_up())
    }

    /// The oldest block, if it is done.
    pub(super) fn take_done(&mut self) -> Option<Result<Block, Failure>> {
        let done = match self.pending.front()?.try_recv() {
            Ok(done) => done,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(gave_up()),
        };
        self.pending.pop_front();
        Some(done)
    }

    /// The oldest block; waits for it.
    pub(super) fn wait(&mut self) -> Option<Result<Block, Failure>> {
        let oldest = self.pending.pop_front()?;
        Some(oldest.recv().unwrap_or_else(|_| Err(gave_up())))
    }

    fn start_thread(&mut self) -> Result<(), Failure> {
        let (over, queue) = (Arc::clone(&self.over), Arc::clone(&self.queue));
        let started = (self.make)().and_then(|mut work| {
            threads::spawn("worker", move || {
                while let Some(job) = next(&queue) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    job.run(&mut work);
                }
            })
        });
        match started {
            Ok(()) => self.started += 1,
            Err(_) => self.most = self.started,
        }
        if self.most == 0 {
            let work = (self.make)();
            self.here = Some(work.map_err(|error| Failure::system(&error))?);
        }
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Job {
    fn run(self, work: &mut Work) {
        let mut block = self.block;
        block.output.clear();
        let (before, bytes) = block.input.split_at(block.start.min(block.input.len()));
        let piece = Piece {
            before,
            bytes,
            is_last: block.is_last,
        };
        let done = work(&piece, &mut block.output);
        // The pool, and with it the receiver, may be gone: the transfer is over.
        let _ = self.reply.send(done.map(|()| block));
    }
}

/// Waits for a job. `None`: the pool is gone.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

/// A thread has ended that should not have.
fn gave_up() -> Failure {
    Failure::other("a compression thread has stopped; this is a bug")
}

#[cfg(test)]
mod tests {
    use super::{Block, Piece, Pool};
    use crate::transform::Failure;
    use std::time::Duration;

    fn block(byte: u8) -> Block {
        Block {
            input: vec![byte],
            output: b"left over".to_vec(),
            ..Block::default()
        }
    }

    #[test]
    fn blocks_come_back_in_order_though_the_first_takes_longest() {
        let work = |piece: &Piece<'_>, output: &mut Vec<u8>| {
            let first = u64::from(piece.bytes[0]);
            std::thread::sleep(Duration::from_millis(20 - 2 * first));
            output.extend_from_slice(piece.bytes);
            Ok(())
        };
        let mut pool = Pool::new(4, Box::new(move || Ok(Box::new(work))));
        for byte in 0..8 {
            assert!(!pool.is_full());
            pool.submit(block(byte)).unwrap();
        }
        assert!(pool.is_full());
        for byte in 0..8 {
            assert_eq!(pool.wait().unwrap().unwrap().output, [byte]);
        }
        assert!(pool.is_empty() && pool.wait().is_none() && pool.take_done().is_none());
    }

    #[test]
    fn a_failure_and_a_thread_that_is_gone_are_told() {
        let work = |piece: &Piece<'_>, _: &mut Vec<u8>| match piece.bytes[0] {
            0 => Err(Failure::other("no")),
            _ => panic!("a test of a panic"),
        };
        let mut pool = Pool::new(1, Box::new(move || Ok(Box::new(work))));
        pool.submit(block(0)).unwrap();
        assert_eq!(pool.wait().unwrap().unwrap_err().why, "no");
        pool.submit(block(1)).unwrap();
        assert!(
            pool.wait()
                .unwrap()
                .unwrap_err()
                .why
                .contains("has stopped")
        );
    }
}
