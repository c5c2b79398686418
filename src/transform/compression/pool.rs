//! Threads that work on blocks side by side, and give them back in the order in which they came.
//!
//! A thread is started when there is work for it. All of them end when the pool does: each after the block it is at.

use crate::transform::Failure;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Makes of a block what it becomes, behind what is in the second already. Each thread has its own.
pub(super) type Work = Box<dyn FnMut(&[u8], &mut Vec<u8>) -> Result<(), Failure> + Send>;

/// A block, and what becomes of it. Both buffers are used over and over.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
}

struct Job {
    block: Block,
    reply: Sender<Result<Block, Failure>>,
}

/// Threads, and what they are at.
pub(super) struct Pool {
    make: Box<dyn Fn() -> Work + Send>,
    most: usize,
    started: usize,
    jobs: Sender<Job>,
    queue: Arc<Mutex<Receiver<Job>>>,
    /// Those that are not taken back yet, the oldest first.
    pending: VecDeque<Receiver<Result<Block, Failure>>>,
    over: Arc<AtomicBool>,
}

impl Pool {
    /// A pool of at most so many threads. `make` is called once for each.
    pub(super) fn new(most: usize, make: impl Fn() -> Work + Send + 'static) -> Self {
        let (jobs, queue) = channel();
        Self {
            make: Box::new(make),
            most: most.max(1),
            started: 0,
            jobs,
            queue: Arc::new(Mutex::new(queue)),
            pending: VecDeque::new(),
            over: Arc::default(),
        }
    }

    /// Whether there are as many blocks as keep all threads busy, until one is taken back.
    pub(super) fn is_full(&self) -> bool {
        // One at work and one behind it.
        self.pending.len() >= 2 * self.most
    }

    /// Whether no block is left here.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Has a block worked on.
    pub(super) fn submit(&mut self, block: Block) -> Result<(), Failure> {
        if self.started < self.most && self.pending.len() >= self.started {
            self.start_thread()?;
        }
        let (reply, answer) = channel();
        self.pending.push_back(answer);
        let sent = self.jobs.send(Job { block, reply });
        sent.map_err(|_| gave_up())
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
        let (mut work, over) = ((self.make)(), Arc::clone(&self.over));
        let queue = Arc::clone(&self.queue);
        let started = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                while let Some(job) = next(&queue) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    job.run(&mut work);
                }
            });
        match started {
            Ok(_) => self.started += 1,
            // Fewer will do.
            Err(_) if self.started > 0 => self.most = self.started,
            Err(error) => return Err(Failure::other(format!("starting a thread: {error}"))),
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
        let done = work(&block.input, &mut block.output);
        // Nobody wants it any more when the transfer is over.
        let _ = self.reply.send(done.map(|()| block));
    }
}

/// Waits for a job; there is none any more once the pool is gone.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

/// A thread is gone that should not be.
fn gave_up() -> Failure {
    Failure::other("a thread that compresses gave up")
}

#[cfg(test)]
mod tests {
    use super::{Block, Pool};
    use crate::transform::Failure;
    use std::time::Duration;

    fn block(byte: u8) -> Block {
        Block {
            input: vec![byte],
            output: b"left over".to_vec(),
        }
    }

    #[test]
    fn blocks_come_back_in_order_though_the_first_takes_longest() {
        let mut pool = Pool::new(4, || {
            Box::new(|input, output| {
                std::thread::sleep(Duration::from_millis(20 - 2 * u64::from(input[0])));
                output.extend_from_slice(input);
                Ok(())
            })
        });
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
        let mut pool = Pool::new(1, || {
            Box::new(|input, _| match input[0] {
                0 => Err(Failure::other("no")),
                _ => panic!("a test of a panic"),
            })
        });
        pool.submit(block(0)).unwrap();
        assert_eq!(pool.wait().unwrap().unwrap_err().why, "no");
        pool.submit(block(1)).unwrap();
        assert!(pool.wait().unwrap().unwrap_err().why.contains("gave up"));
    }
}
