//! From file to file, as the file system can: by sharing blocks, or on the file server.

use super::ending::Stop;
use super::grant::Grant;
use super::pump::Pump;
use crate::engine::road::outlet::timed;
use crate::error::Side;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// How many bytes one call copies: at first, and at most. A single call could copy everything, but nothing would show
/// its progress or could stop it.
const CALL_LENGTHS: (u64, u64) = (1 << 20, 1 << 30);

/// How long one call should take: long enough to be worth it, short enough for signals and displays.
const PACE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(50));

impl Pump<'_> {
    /// Copies everything.
    pub(super) fn copy(&mut self) -> Result<(), Stop> {
        let (mut length, mut is_first) = (CALL_LENGTHS.0, true);
        while !self.inlet.is_done() {
            self.check_cancelled()?;
            let most = self.claimed(length)?;
            let most = match self.granted(most)? {
                Grant::Bytes(most) => most,
                Grant::Not(obstacle) => {
                    self.wait_for_sink(obstacle, false)?;
                    continue;
                }
            };
            let began = Instant::now();
            match self.copy_some(most) {
                Ok(0) if self.has_ended(is_first)? => break,
                Ok(0) => self.moved_nothing()?,
                Ok(n) => {
                    is_first = false;
                    self.count_in(n);
                    self.count_out(n)?;
                    length = next_length(length, began.elapsed());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.stop_for_call(error)),
            }
        }
        Ok(())
    }

    fn copy_some(&self, most: u64) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        let (from, to) = (self.source_at()?, self.sink_at()?);
        timed(self.account, Some(Side::Sink), || {
            self.syscalls.copy(from, to, most)
        })
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
