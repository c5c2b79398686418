//! `gzip`: one member as RFC 1952 has it, of pieces that are compressed side by side.
//!
//! All pieces but the last end in an empty stored block, as with pigz, so that they begin and end at a byte and make up one
//! stream; `deflate.rs` sees to it. A flush ends a piece early, in the same way. One member is what programs expect that read
//! but one: browsers and curl for `Content-Encoding: gzip`, and `gzip -l`, which tells the size of the last.
//!
//! A worker takes 4 MiB for its two pieces and what they become, and 1 MiB to compress them; from level 10 on, 10 MiB.

use super::blocks::{Blocks, Format};
use super::deflate;
use super::pool::{Make, Piece};
use super::{WORKERS, cores, level, level_of, workers_of};
use crate::resources::{allocate, reserve};
use crate::transform::{Failure, Group, Kind, Made};
use crc32fast::Hasher;
use libdeflater::{CompressionLvl, Compressor};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "gzip",
    group: Group::Compression,
    help: "compresses for gunzip, curl and browsers, as one member",
    keys: &[level(1, 12, "6"), WORKERS],
    example: "tidegate -t gzip disk.img disk.img.gz",
    make: |settings| {
        let workers = workers_of(settings).unwrap_or_else(cores);
        let gzip = Gzip::new(level_of(settings, 6));
        Ok(Made::Steps(Box::new(Blocks::new(gzip, workers))))
    },
};

/// The window of 32 KiB that each piece begins without is then three hundredths of it.
const PIECE: usize = 1 << 20;

/// Deflate, no flags, no time, nothing said of the level, and no system known.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The most that the library takes at the highest levels, in bytes.
const COMPRESSOR: usize = 10 << 20;

struct Gzip {
    level: CompressionLvl,
    crc: Hasher,
    len: u64,
}

impl Gzip {
    fn new(level: u32) -> Self {
        let level = i32::try_from(level).map(CompressionLvl::new);
        Self {
            level: level.ok().and_then(Result::ok).unwrap_or_default(),
            crc: Hasher::new(),
            len: 0,
        }
    }
}

impl Format for Gzip {
    fn block_len(&self) -> usize {
        PIECE
    }

    fn work(&self) -> Make {
        let level = self.level;
        Box::new(move || {
            // The library panics without it.
            let mut compressor = allocate(COMPRESSOR, || Compressor::new(level))?;
            Ok(Box::new(move |piece, output| {
                compress(&mut compressor, piece, output)
            }))
        })
    }

    fn head(&self) -> Vec<u8> {
        HEAD.to_vec()
    }

    fn took(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.len += bytes.len() as u64;
    }

    fn tail(&self) -> Vec<u8> {
        let crc = self.crc.clone().finalize();
        // Of the length there are the lowest 32 bits.
        [&crc.to_le_bytes()[..], &self.len.to_le_bytes()[..4]].concat()
    }

    /// The last piece ends the stream.
    fn needs_a_block(&self, _is_only: bool) -> bool {
        true
    }
}

/// The part of the stream that a piece becomes.
fn compress(
    compressor: &mut Compressor,
    piece: &Piece<'_>,
    output: &mut Vec<u8>,
) -> Result<(), Failure> {
    let most = compressor.deflate_compress_bound(piece.bytes.len());
    reserve(output, most + deflate::MARGIN).map_err(|error| Failure::system(&error))?;
    output.resize(most, 0);
    let n = compressor.deflate_compress(piece.bytes, output);
    output.truncate(n.map_err(|error| Failure::other(format!("gzip: {error}")))?);
    if !piece.is_last {
        let opened = deflate::open(output, piece.bytes.len());
        opened.ok_or_else(|| Failure::other("gzip: what was compressed is damaged"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made, mixed, through};
    use crate::transform::peers::{is_here, peer_bytes, peer_in};
    use flate2::bufread::GzDecoder;
    use std::fmt::Write as _;
    use std::fs;
    use std::io::Read;

    /// What a reader finds that reads one member, and how much it leaves behind.
    fn first_member(mut compressed: &[u8]) -> (Vec<u8>, usize) {
        let mut content = Vec::new();
        let mut decoder = GzDecoder::new(&mut compressed);
        decoder.read_to_end(&mut content).expect("a whole member");
        (content, compressed.len())
    }

    fn log(lines: usize) -> Vec<u8> {
        let mut log = String::new();
        for i in 0..lines {
            let (from, item) = (i * 7919 % 251, i * 104_729 % 99_991);
            writeln!(log, "19:{i:06} info from=10.0.0.{from} GET /items/{item}").unwrap();
        }
        log.into_bytes()
    }

    #[test]
    fn readers_of_a_single_member_get_everything() {
        let ragged = Pace {
            pieces: vec![70_000, 1, 5000],
            rooms: vec![100_000, 1, 999],
            flushes: false,
        };
        let flushed = Pace {
            flushes: true,
            ..ragged.clone()
        };
        // Around the ends of pieces, and above what several workers hold.
        let lens = [0, 1, 1_048_575, 1_048_576, 1_048_577, 3_000_000];
        for spec in ["gzip", "gzip=1,workers:1", "gzip=9,workers:3"] {
            for input in lens.map(|len| mixed(len, 21)) {
                for pace in [&Pace::at_once(), &ragged, &flushed] {
                    let compressed = drive(&mut *made(spec), &input, pace).output;
                    let (content, behind) = first_member(&compressed);
                    assert!(content == input, "{spec}: {} bytes", input.len());
                    assert_eq!(behind, 0, "{spec}: {} bytes", input.len());
                }
            }
        }
    }

    #[test]
    fn it_is_at_most_three_hundredths_larger_than_what_pigz_makes() {
        let inputs = [log(60_000), mixed(3_000_000, 22)];
        for input in &inputs {
            for input in [&input[..], &input[..200]] {
                let Some(theirs) = peer_bytes("pigz", &["-6", "-c"], input) else {
                    return;
                };
                let (ours, theirs) = (through("gzip", input).len(), theirs.len());
                assert!(ours * 100 <= theirs * 103, "{ours}, {theirs}");
            }
        }
    }

    #[test]
    fn a_flush_takes_few_bytes() {
        let input = mixed(100_000, 24);
        let at_once = through("gzip", &input).len();
        let flushed = Pace {
            pieces: vec![50_000],
            flushes: true,
            ..Pace::at_once()
        };
        let flushed = drive(&mut *made("gzip"), &input, &flushed).output.len();
        // Behind the first, where the second does not refer to it any more, and before the end.
        assert!(flushed < at_once + 3000, "{at_once}, {flushed}");
    }

    #[test]
    fn gzip_l_tells_the_size_of_everything() {
        if !is_here("gzip") {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let compressed = through("gzip=workers:3", &mixed(2_688_895, 23));
        fs::write(directory.path().join("page.gz"), compressed).unwrap();
        let (told, is_good) = peer_in(directory.path(), "gzip", &["-l", "page.gz"]);
        let sizes: Vec<_> = told.split_whitespace().collect();
        assert!(is_good && sizes.contains(&"2688895"), "{told}");
    }
}
