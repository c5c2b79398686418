//! Numbers that one thread at a time publishes and any thread reads, without a lock: a display can never hold up what moves
//! bytes.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A row of numbers. Who reads them gets all of the same moment: a version that is odd, or has changed meanwhile, tells that they
/// were being written, and they are read again (a seqlock, as in Linux: Documentation/locking/seqlock.rst).
#[derive(Debug)]
pub(crate) struct Published {
    version: AtomicU64,
    numbers: Box<[AtomicU64]>,
}

impl Published {
    /// A row of so many zeros.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            version: AtomicU64::new(0),
            numbers: (0..len).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Publishes these numbers, as many as there are. No other thread may do so at the same time.
    pub(crate) fn publish(&self, numbers: impl IntoIterator<Item = u64>) {
        let version = self.version.load(Ordering::Relaxed);
        self.version
            .store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        for (published, number) in self.numbers.iter().zip(numbers) {
            published.store(number, Ordering::Relaxed);
        }
        self.version
            .store(version.wrapping_add(2), Ordering::Release);
    }

    /// The numbers as they were last published.
    pub(crate) fn read(&self) -> Vec<u64> {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let numbers = self.numbers.iter();
            let numbers = numbers.map(|it| it.load(Ordering::Relaxed)).collect();
            fence(Ordering::Acquire);
            if version.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == version {
                return numbers;
            }
            // The publishing thread may be waiting for this processor.
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Published;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    #[test]
    fn whoever_reads_gets_the_numbers_of_one_moment() {
        let (published, is_over) = (Published::new(8), AtomicBool::new(false));
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    for n in 0..200_000 {
                        published.publish([n; 8]);
                    }
                    is_over.store(true, Ordering::Relaxed);
                })
                .unwrap();
            let mut last = 0;
            while !is_over.load(Ordering::Relaxed) {
                let numbers = published.read();
                assert!(
                    numbers.iter().all(|it| *it == numbers[0]) && numbers[0] >= last,
                    "{numbers:?}"
                );
                last = numbers[0];
            }
        });
        assert_eq!(published.read(), [199_999; 8]);
    }
}
