//! How a descriptor claims ranges of a file whose position is shared.

use super::claim::Claim;
use super::descriptor::Descriptor;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;

impl Descriptor {
    /// Claims up to `most` bytes to be read, and returns how many; 0 is the end of the file. Nothing is claimed if no other
    /// process shares the position.
    pub(super) fn claim_to_read(&mut self, most: u64) -> io::Result<u64> {
        let Some(claim) = self.claim else {
            return Ok(most);
        };
        if claim.left == 0 {
            self.claim = Some(self.next_to_read(most)?);
        }
        Ok(most.min(self.claimed()))
    }

    fn next_to_read(&self, most: u64) -> io::Result<Claim> {
        let fd = self.fd.as_fd();
        let size = self.file_size().ok_or(ErrorKind::Unsupported)?;
        let here = self.offset().ok_or(ErrorKind::Unsupported)?;
        let n = most.min(size.saturating_sub(here));
        if n == 0 {
            return Ok(Claim::default());
        }
        let mut claim = Claim::next(fd, n)?;
        // Another process may have moved the position since it was read, and then the claim ends beyond the file.
        let beyond = claim.end().saturating_sub(size).min(claim.left);
        claim.give_back(fd, beyond);
        Ok(claim)
    }

    /// Claims `most` bytes to be written, unless some are still claimed, and returns how many may be.
    pub(super) fn claim_to_write(&mut self, most: u64) -> io::Result<u64> {
        let Some(claim) = &mut self.claim else {
            return Ok(most);
        };
        if claim.left == 0 && most > 0 {
            *claim = Claim::next(self.fd.as_fd(), most)?;
        }
        Ok(most.min(claim.left))
    }

    /// The offset at which the next byte is read or written, if it is claimed.
    pub(super) fn claimed_at(&self) -> Option<u64> {
        self.claim
            .filter(|claim| claim.left > 0)
            .map(|claim| claim.at)
    }

    /// How much is claimed, in bytes.
    pub(super) fn claimed(&self) -> u64 {
        self.claim.map_or(0, |claim| claim.left)
    }

    /// Notes that `n` bytes of the claim were read or written.
    pub(super) fn use_up(&mut self, n: u64) {
        if let Some(claim) = &mut self.claim {
            claim.use_up(n);
        }
    }

    /// Gives back the part of the claim that was not read or written.
    pub(super) fn give_back(&mut self) {
        if let Some(claim) = &mut self.claim {
            claim.give_back(self.fd.as_fd(), claim.left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, Descriptor};
    use std::fs::File;
    use std::io::{Read, Seek, Write};
    use std::os::fd::AsFd;

    /// A file of `len` bytes, and two descriptors that share its position.
    fn shared(len: usize) -> (Descriptor, File) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; len]).unwrap();
        file.rewind().unwrap();
        let ours = Descriptor::shared(file.try_clone().unwrap().into()).unwrap();
        (ours, file)
    }

    #[test]
    fn a_claim_moves_the_shared_position_and_giving_back_moves_it_back() {
        let (mut ours, mut other) = shared(100);
        assert_eq!(ours.claim_to_read(60).unwrap(), 60);
        assert_eq!(other.stream_position().unwrap(), 60);
        ours.use_up(20);
        assert_eq!((ours.claimed_at(), ours.claimed()), (Some(20), 40));
        assert_eq!(ours.claim_to_read(60).unwrap(), 40, "what is claimed first");
        ours.give_back();
        assert_eq!((ours.claimed_at(), ours.claimed()), (None, 0));
        assert_eq!(other.stream_position().unwrap(), 20);
        let mut rest = Vec::new();
        other.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), 80);
    }

    #[test]
    fn a_claim_is_not_given_back_once_another_process_has_read_on() {
        let (mut ours, mut other) = shared(100);
        ours.claim_to_read(60).unwrap();
        other.read_exact(&mut [0; 10]).unwrap();
        ours.give_back();
        assert_eq!(other.stream_position().unwrap(), 70);
    }

    #[test]
    fn no_more_is_claimed_than_the_file_holds() {
        let (mut ours, mut other) = shared(100);
        assert_eq!(ours.claim_to_read(1000).unwrap(), 100);
        assert_eq!(other.stream_position().unwrap(), 100);
        ours.use_up(100);
        assert_eq!(ours.claim_to_read(1000).unwrap(), 0, "the end");
        other.write_all(b"more").unwrap();
        other.seek_relative(-4).unwrap();
        assert_eq!(ours.claim_to_read(1000).unwrap(), 4);
    }

    #[test]
    fn a_claim_gives_back_what_is_beyond_the_end_of_the_file() {
        let (_, file) = shared(100);
        let mut claim = Claim::next(file.as_fd(), 130).unwrap();
        claim.give_back(file.as_fd(), 30);
        assert_eq!(claim, Claim { at: 0, left: 100 });
        assert_eq!((&file).stream_position().unwrap(), 100);
    }
}
