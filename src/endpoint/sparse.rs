//! Holes of sparse files: finding them in a source (lseek(2), `SEEK_HOLE`), and leaving them in a sink.

use super::Extent;
use super::descriptor::{Descriptor, open};
use rustix::fs::{OFlags, SeekFrom, fstat, seek};
use rustix::io::Errno;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// How much of the data of a sparse file is claimed at once where its position is shared, in bytes.
const PIECE: u64 = 1 << 20;

impl Descriptor {
    /// Whether a file takes up less than its size, so that it has holes.
    pub(super) fn is_sparse(&self) -> bool {
        // st_blocks counts 512 bytes each, whatever the file system does (stat(2)).
        self.facts.is_regular() && fstat(&self.fd).is_ok_and(|it| it.st_blocks < it.st_size / 512)
    }

    /// The hole and the data ahead in a sparse file. The position stays where it is.
    pub(super) fn extent(&mut self) -> io::Result<Extent> {
        if self.claim.is_some() {
            return self.claimed_extent();
        }
        let here = seek(&self.fd, SeekFrom::Current(0))?;
        let found = self.extent_at(here, self.file_size().unwrap_or(here));
        seek(&self.fd, SeekFrom::Start(here))?;
        Ok(found)
    }

    /// The hole and the data from `here` on in a sparse file of this `size`. Moves the position.
    fn extent_at(&self, here: u64, size: u64) -> Extent {
        match self.holes_from(here) {
            Ok(extent) => extent,
            // There is no data before the end.
            Err(Errno::NXIO) => Extent {
                hole: size.saturating_sub(here),
                data: u64::MAX,
            },
            Err(_) => Extent::DATA,
        }
    }

    fn holes_from(&self, here: u64) -> Result<Extent, Errno> {
        let data = seek(&self.fd, SeekFrom::Data(here))?;
        let hole = seek(&self.fd, SeekFrom::Hole(data))?;
        Ok(Extent {
            hole: data.saturating_sub(here),
            data: hole.saturating_sub(data),
        })
    }

    /// Lets a regular file grow by a hole of `n` bytes, if its end is here.
    pub(super) fn leave_hole(&mut self, n: u64) -> io::Result<bool> {
        if self.claim.is_some() {
            return self.leave_claimed_hole(n);
        }
        let here = seek(&self.fd, SeekFrom::Current(0))?;
        let end = here.saturating_add(n);
        if self.file_size().is_none_or(|size| size > here) || i64::try_from(end).is_err() {
            return Ok(false);
        }
        rustix::fs::ftruncate(&self.fd, end)?;
        seek(&self.fd, SeekFrom::Start(end))?;
        Ok(true)
    }

    /// The hole and the data ahead in a sparse file whose position is shared: a hole is claimed as a whole, data piece by piece.
    fn claimed_extent(&mut self) -> io::Result<Extent> {
        // Looking for holes moves the position (lseek(2), SEEK_DATA), so it is done on another open file description.
        let path = PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()));
        let Ok(ours) = open(&path, OFlags::RDONLY) else {
            return Ok(Extent::DATA);
        };
        let size = self.file_size().unwrap_or(0);
        let ours = Self::own(ours)?;
        if self.claimed() == 0 {
            let ahead = ours.extent_at(self.offset().unwrap_or(0), size);
            self.claim_to_read(ahead.hole.max(PIECE))?;
        }
        let Some(at) = self.claimed_at() else {
            return Ok(Extent::DATA);
        };
        let (found, claimed) = (ours.extent_at(at, size), self.claimed());
        let hole = found.hole.min(claimed);
        Ok(Extent {
            hole,
            data: found.data.min(claimed - hole),
        })
    }

    /// Leaves a hole of `n` bytes that are claimed, if the file ends here. Its last byte is written to make the file longer:
    /// ftruncate(2) could cut off what another process has written behind the claim since.
    fn leave_claimed_hole(&mut self, n: u64) -> io::Result<bool> {
        if self.claimed() > 0 || self.file_size() > self.offset() {
            return Ok(false);
        }
        self.claim_to_write(n)?;
        let Some(at) = self.claimed_at().filter(|at| self.file_size() <= Some(*at)) else {
            return Ok(false);
        };
        let last = at.saturating_add(n).saturating_sub(1);
        Ok(rustix::io::pwrite(&self.fd, &[0], last)? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Descriptor;
    use std::fs::File;
    use std::io::{Seek, SeekFrom, Write};

    #[test]
    fn leaving_a_hole_cuts_off_nothing_that_another_process_wrote() {
        let mut other: File = tempfile::tempfile().unwrap();
        other.write_all(&[7; 10]).unwrap();
        let mut ours = Descriptor::shared(other.try_clone().unwrap().into()).unwrap();
        other.seek(SeekFrom::End(0)).unwrap();
        assert!(ours.leave_claimed_hole(1 << 20).unwrap());
        ours.use_up(1 << 20);
        other.write_all(b"behind it").unwrap();
        assert_eq!(other.metadata().unwrap().len(), 10 + (1 << 20) + 9);
        other.rewind().unwrap();
        assert!(!ours.leave_claimed_hole(5).unwrap(), "something is there");
    }
}
