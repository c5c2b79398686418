//! From file to file, as the file system can: by sharing blocks, or on the file server.

use super::ending::Stop;
use super::ends::{Ends, Grant};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// How many bytes one call copies: at first, and at most. A single call could copy everything, but nothing would show
/// its progress or could stop it.
const CALL_LENGTHS: (u64, u64) = (1 << 20, 1 << 30);

/// How long one call should take: long enough to be worth it, short enough for signals and displays.
const PACE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(50));

/// A copy under way.
pub(super) struct FileCopy<'r, 'a> {
    ends: &'r mut Ends<'a>,
    /// How many bytes the next call copies at most.
    length: u64,
    /// Whether nothing was copied yet.
    is_first: bool,
}

impl<'r, 'a> FileCopy<'r, 'a> {
    pub(super) fn new(ends: &'r mut Ends<'a>) -> Self {
        Self {
            ends,
            length: CALL_LENGTHS.0,
            is_first: true,
        }
    }

    /// Copies everything.
    pub(super) fn run(mut self) -> Result<(), Stop> {
        let mut has_ended = self.ends.inlet.is_done();
        while !has_ended {
            self.ends.check_cancelled()?;
            let claimed = self.ends.claimed(self.length)?;
            has_ended = match self.ends.granted(claimed)? {
                Grant::Bytes(most) => self.copy_some(most)?,
                Grant::Not(obstacle) => {
                    self.ends.wait_for_sink(obstacle, false)?;
                    false
                }
            };
        }
        Ok(())
    }

    /// Makes one call. Returns whether that was the last one.
    fn copy_some(&mut self, most: u64) -> Result<bool, Stop> {
        let began = Instant::now();
        match self.ends.copy(most) {
            Ok(0) => return self.ends.has_ended(self.is_first),
            Ok(n) => {
                self.is_first = false;
                self.ends.count_in(n);
                self.ends.count_out(n)?;
                self.length = next_length(self.length, began.elapsed());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(self.ends.stop_for_call(error)),
        }
        Ok(self.ends.inlet.is_done())
    }
}

/// What to copy next, after a call that took `time`.
fn next_length(length: u64, time: Duration) -> u64 {
    let ((first, most), (short, long)) = (CALL_LENGTHS, PACE);
    match time {
        time if time < short => (length * 2).min(most),
        time if time > long => (length / 2).max(first),
        _ => length,
    }
}

#[cfg(test)]
mod tests {
    use super::{CALL_LENGTHS, next_length};
    use std::time::Duration;

    #[test]
    fn calls_grow_while_they_are_quick_and_shrink_while_they_are_slow() {
        let (first, most) = CALL_LENGTHS;
        let table = [
            (first, 1, first * 2),
            (most, 1, most),
            (first * 4, 20, first * 4),
            (first * 4, 80, first * 2),
            (first, 80, first),
        ];
        for (length, millis, next) in table {
            assert_eq!(next_length(length, Duration::from_millis(millis)), next);
        }
    }
}
