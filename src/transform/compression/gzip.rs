//! `gzip`: one member (RFC 1952) of pieces that are compressed in parallel.
//!
//! As in pigz, each piece is compressed with the 32 KiB before it as its dictionary, and all but the last end in an empty
//! stored block (a sync flush), so that they begin and end at a byte and make up one stream. A flush ends a piece early, in
//! the same way. It is one member since some programs read only one: browsers and curl for `Content-Encoding: gzip`, and
//! `gzip -l`, which prints the size of the last.
//!
//! A worker takes less than 1 MiB: 350 KiB to compress, and two pieces with their results.

use super::blocks::{BlockFormat, Blocks};
use super::pool::{MakeWork, Piece};
use super::{WORKERS, cores, level, level_of, since, workers_of};
use crate::platform::resources::{allocate, reserve};
use crate::transform::{Failure, Group, Kind, Made};
use crc32fast::Hasher;
use flate2::{Compress, CompressError, Compression, FlushCompress, Status};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "gzip",
    group: Group::Compression,
    help: "compresses as gzip does, for gunzip, curl and browsers",
    keys: &[level(1, 9, "6"), WORKERS],
    example: "tidegate -t gzip disk.img disk.img.gz",
    make: |settings| {
        let workers = workers_of(settings).unwrap_or_else(cores);
        let gzip = Gzip::new(level_of(settings, 6));
        Made::Steps(Box::new(Blocks::new(gzip, workers)))
    },
};

/// The size of a piece, as in pigz: large enough that the cost of a reset and a dictionary is negligible, and small enough to
/// hold several.
const PIECE: usize = 128 << 10;

/// How far back deflate can refer.
const WINDOW: usize = 32 << 10;

/// The level of the library for each level of ours, such that files are about as large as those of gzip. The library's level 1
/// makes them a fifth larger, its level 6 sometimes a tenth.
const LEVELS: [u32; 10] = [2, 2, 2, 3, 4, 5, 7, 7, 8, 9];

/// The memory that the library takes, in bytes.
const COMPRESSOR: usize = 512 << 10;

/// Deflate, no flags, no time, no level, and an unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

struct Gzip {
    level: Compression,
    crc: Hasher,
    len: u64,
}

impl Gzip {
    fn new(level: u32) -> Self {
        let level = LEVELS.get(level as usize).unwrap_or(&9);
        Self {
            level: Compression::new(*level),
            crc: Hasher::new(),
            len: 0,
        }
    }
}

impl BlockFormat for Gzip {
    fn block_len(&self) -> usize {
        PIECE
    }

    fn window(&self) -> usize {
        WINDOW
    }

    fn work(&self) -> MakeWork {
        let level = self.level;
        Box::new(move || {
            // The library panics where it gets no memory.
            let mut stream = allocate(COMPRESSOR, || Compress::new(level, false))?;
            Ok(Box::new(move |piece, output| {
                compress(&mut stream, piece, output)
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
        // The format has the lowest 32 bits of the length.
        [&crc.to_le_bytes()[..], &self.len.to_le_bytes()[..4]].concat()
    }

    /// The last piece ends the stream.
    fn needs_a_block(&self, _is_only: bool) -> bool {
        true
    }
}

/// Compresses a piece to its part of the stream.
fn compress(stream: &mut Compress, piece: &Piece<'_>, output: &mut Vec<u8>) -> Result<(), Failure> {
    stream.reset();
    if !piece.before.is_empty() {
        let set = stream.set_dictionary(piece.before);
        set.map_err(|error| failure(&error))?;
    }
    let flush = if piece.is_last {
        FlushCompress::Finish
    } else {
        FlushCompress::Sync
    };
    let mut rest = piece.bytes;
    loop {
        // A piece that does not get smaller grows by far less than this. If there is room left, the flush is done.
        let room = output.len() + rest.len() + rest.len() / 8 + 1024;
        reserve(output, room).map_err(|error| Failure::system(&error))?;
        let before = stream.total_in();
        let status = stream.compress_vec(rest, output, flush);
        let status = status.map_err(|error| failure(&error))?;
        rest = &rest[since(before, stream.total_in()).min(rest.len())..];
        let has_room = output.len() < output.capacity();
        if status == Status::StreamEnd || (!piece.is_last && rest.is_empty() && has_room) {
            return Ok(());
        }
    }
}

fn failure(error: &CompressError) -> Failure {
    Failure::other(format!("gzip: {error}"))
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

    /// Two kinds of lines, as there are many.
    fn lines(count: usize) -> [String; 2] {
        let (mut log, mut numbers) = (String::new(), String::new());
        for i in 0..count {
            let (from, item) = (i * 7919 % 251, i * 104_729 % 99_991);
            writeln!(log, "19:{i:06} info from=10.0.0.{from} GET /items/{item}").unwrap();
            writeln!(numbers, "{i}").unwrap();
        }
        [log, numbers]
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
        let lens = [0, 1, 131_071, 131_072, 131_073, 262_144, 3_000_000];
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
        let [log, numbers] = lines(60_000).map(String::into_bytes);
        let inputs = [log, numbers, mixed(3_000_000, 22)];
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
    fn lines_that_are_flushed_one_by_one_refer_to_those_before() {
        let [log, _] = lines(300);
        let mut pace = Pace::at_once();
        (pace.pieces, pace.flushes) = (log.lines().map(|line| line.len() + 1).collect(), true);
        let flushed = drive(&mut *made("gzip"), log.as_bytes(), &pace).output;
        assert_eq!(first_member(&flushed), (log.clone().into_bytes(), 0));
        assert!(flushed.len() * 2 < log.len(), "{}", flushed.len());
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
