//! Writes what is in a pipe of our own by plain reads and writes, where the kernel does not move it any more and the transfer is
//! to fail: what the source gave is delivered before.

use super::ends::{Ends, Obstacle};
use crate::engine::road::outlet::WriterOutcome;
use crate::engine::throttle::Allowance;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::OwnedFd;

/// Writes the `left` bytes that are in the pipe to the sink.
///
/// # Errors
/// How writing ended before.
pub(super) fn write(
    ends: &mut Ends<'_>,
    pipe: &OwnedFd,
    mut left: u64,
) -> Result<(), WriterOutcome> {
    let mut buffer = [0; 16 * 1024];
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        match rustix::io::read(pipe, &mut buffer[..most]) {
            Ok(0) => break,
            Ok(n) => {
                left -= n as u64;
                write_all(ends, &buffer[..n])?;
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(ends.outlet.failure("writing to", error.into())),
        }
    }
    Ok(())
}

fn write_all(ends: &mut Ends<'_>, mut bytes: &[u8]) -> Result<(), WriterOutcome> {
    while !bytes.is_empty() {
        ends.check_cancelled()?;
        let obstacle = match ends.outlet.allow(bytes.len() as u64) {
            Allowance::Not(until) => Obstacle::Rate(until),
            Allowance::Bytes(most) => match write_some(ends, bytes, most) {
                Ok(n) => {
                    bytes = &bytes[n..];
                    ends.link.left_pipe(n as u64);
                    ends.outlet.count(n as u64)?;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Obstacle::Sink,
                Err(error) => return Err(ends.outlet.failure("writing to", error)),
            },
        };
        ends.wait_for_sink(obstacle, false)?;
    }
    Ok(())
}

fn write_some(ends: &mut Ends<'_>, bytes: &[u8], most: u64) -> io::Result<usize> {
    let most = usize::try_from(most).map_or(bytes.len(), |most| most.min(bytes.len()));
    match ends.outlet.sink.write(&[IoSlice::new(&bytes[..most])])? {
        0 => Err(ErrorKind::WriteZero.into()),
        n => Ok(n),
    }
}
