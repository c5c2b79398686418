//! Takes the end off a finished deflate stream (RFC 1951), so that another one can go on behind it.
//!
//! The library that compresses best and fastest writes whole streams alone, whose last block says that it is the last: in
//! the first of its bits. Where that bit is only reading the stream tells, block by block and code by code; nothing of it
//! is unpacked. That bit is cleared, and an empty stored block brings the end to a byte, as a sync flush does.
//!
//! What is read here was written a moment before. That it was understood is checked all the same: it has to end in its last
//! byte, and to unpack to as many bytes as it was made of.

/// The longest code, in bits.
const LONGEST: usize = 15;

/// An empty stored block from its length on.
const STORED_NOTHING: [u8; 4] = [0, 0, 0xff, 0xff];

/// The order in which the lengths of the codes for lengths are told.
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// How much room it needs behind a stream: so that eight bytes can be read at the last one.
pub(super) const MARGIN: usize = 8;

/// Takes the end off `stream`, which unpacks to `len` bytes. Returns nothing if it is no such stream.
pub(super) fn open(stream: &mut Vec<u8>, len: usize) -> Option<()> {
    let whole = stream.len();
    stream.resize(whole + MARGIN, 0);
    let mut reader = Reader {
        bytes: stream,
        at: 0,
        len: 0,
    };
    let last = reader.last_block()?;
    let (end, unpacked) = (reader.at, reader.len);
    if end.div_ceil(8) != whole || unpacked != len {
        return None;
    }
    *stream.get_mut(last / 8)? &= !(1 << (last % 8));
    // The three bits with which a stored block begins are zeros, and so is what follows them up to a byte.
    stream.truncate(end.div_ceil(8));
    if let (Some(byte), 1..) = (stream.last_mut(), end % 8) {
        *byte &= (1 << (end % 8)) - 1;
    }
    stream.resize((end + 3).div_ceil(8), 0);
    stream.extend_from_slice(&STORED_NOTHING);
    Some(())
}

/// Where a code leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Code {
    /// How many bits it has; 0 if there is no such code.
    bits: u8,
    /// How many bits follow it that add to the value.
    extra: u8,
    /// How many bytes it stands for, less what the bits add; 0 at the end of a block. Of a distance, nothing.
    len: u16,
}

/// Codes by the bits that come next. As many bits are looked at as the longest code has.
struct Codes {
    table: Vec<Code>,
    mask: u64,
}

impl Codes {
    /// The codes whose lengths are these, for each symbol in turn; `meaning` has the rest of what is to be known of it.
    fn new(lengths: &[u8], meaning: fn(usize) -> Code) -> Option<Self> {
        let mut counts = [0u32; LONGEST + 1];
        for length in lengths {
            *counts.get_mut(usize::from(*length))? += 1;
        }
        counts[0] = 0;
        let longest = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        let mut next = [0u32; LONGEST + 2];
        for length in 1..=LONGEST {
            next[length + 1] = (next[length] + counts[length]) << 1;
        }
        let mut table = vec![Code::default(); 1 << longest];
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, it)| **it > 0) {
            let code = &mut next[usize::from(*length)];
            // Codes are packed from their highest bit on, all else from the lowest.
            let first = code.reverse_bits() >> (u32::BITS - u32::from(*length));
            *code += 1;
            let it = Code {
                bits: *length,
                ..meaning(symbol)
            };
            for place in (first as usize..table.len()).step_by(1 << *length) {
                table[place] = it;
            }
        }
        let mask = (1 << longest) - 1;
        Some(Self { table, mask })
    }

    /// The code that comes first in these bits.
    fn first(&self, bits: u64) -> Option<Code> {
        let place = usize::try_from(bits & self.mask).ok()?;
        self.table.get(place).copied().filter(|code| code.bits > 0)
    }
}

/// What a symbol stands for among the literals and lengths.
fn literal_or_length(symbol: usize) -> Code {
    let (extra, len) = match symbol {
        0..=255 => (0, 1),
        256 => (0, 0),
        257..=264 => (0, symbol - 254),
        285.. => (0, 258),
        _ => {
            // Four for each number of extra bits.
            let (extra, step) = ((symbol - 261) / 4, (symbol - 261) % 4);
            (extra, 3 + ((4 + step) << extra))
        }
    };
    code(extra, len)
}

/// What a symbol stands for among the distances, of which none matters here.
fn distance(symbol: usize) -> Code {
    code((symbol / 2).saturating_sub(1), 0)
}

/// Among the lengths of codes: those up to 15, and repetitions.
fn length_of_code(symbol: usize) -> Code {
    let extra = match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    };
    code(extra, symbol)
}

/// All of these are small.
fn code(extra: usize, len: usize) -> Code {
    Code {
        bits: 0,
        extra: u8::try_from(extra).unwrap_or(u8::MAX),
        len: u16::try_from(len).unwrap_or(u16::MAX),
    }
}

/// Reads a stream that has a margin behind it.
struct Reader<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
    /// What was read unpacks to so many bytes.
    len: usize,
}

impl Reader<'_> {
    /// Reads to the end. Returns at which bit the last block begins.
    fn last_block(&mut self) -> Option<usize> {
        loop {
            let (begin, is_last) = (self.at, self.take(1)? == 1);
            match self.take(2)? {
                0 => self.stored()?,
                1 => self.fixed()?,
                2 => self.dynamic()?,
                _ => return None,
            }
            if is_last {
                return Some(begin);
            }
        }
    }

    /// What comes next, at least 57 bits of it.
    fn peek(&self) -> Option<u64> {
        let bytes = self.bytes.get(self.at / 8..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes) >> (self.at % 8))
    }

    /// The next bits as a number; 16 at most.
    fn take(&mut self, bits: u8) -> Option<usize> {
        let value = self.peek()? & ((1 << bits) - 1);
        self.at += usize::from(bits);
        usize::try_from(value).ok()
    }

    fn stored(&mut self) -> Option<()> {
        self.at = self.at.next_multiple_of(8);
        let (len, check) = (self.take(16)?, self.take(16)?);
        self.at += 8 * len;
        self.len += len;
        (len ^ check == 0xffff).then_some(())
    }

    fn fixed(&mut self) -> Option<()> {
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.codes(&lengths, &[5; 30])
    }

    fn dynamic(&mut self) -> Option<()> {
        let literals = 257 + self.take(5)?;
        let distances = 1 + self.take(5)?;
        let mut lengths = [0; ORDER.len()];
        for place in ORDER.iter().take(4 + self.take(4)?) {
            lengths[*place] = u8::try_from(self.take(3)?).ok()?;
        }
        let codes = Codes::new(&lengths, length_of_code)?;
        let mut lengths = Vec::with_capacity(literals + distances);
        while lengths.len() < literals + distances {
            let code = codes.first(self.peek()?)?;
            self.at += usize::from(code.bits);
            let more = self.take(code.extra)?;
            let (value, times) = match code.len {
                16 => (*lengths.last()?, 3 + more),
                17 => (0, 3 + more),
                18 => (0, 11 + more),
                length => (u8::try_from(length).ok()?, 1),
            };
            lengths.extend(std::iter::repeat_n(value, times));
        }
        let (literals, distances) = lengths.split_at_checked(literals)?;
        self.codes(literals, distances)
    }

    /// The codes of a block, to its end.
    fn codes(&mut self, literals: &[u8], distances: &[u8]) -> Option<()> {
        let literals = Codes::new(literals, literal_or_length)?;
        let distances = Codes::new(distances, distance)?;
        loop {
            let mut bits = self.peek()?;
            let code = literals.first(bits)?;
            bits >>= code.bits;
            let more = bits & ((1 << code.extra) - 1);
            bits >>= code.extra;
            self.at += usize::from(code.bits + code.extra);
            self.len += usize::from(code.len) + usize::try_from(more).ok()?;
            match code.len {
                0 => return Some(()),
                1 => {}
                _ => {
                    let distance = distances.first(bits)?;
                    self.at += usize::from(distance.bits + distance.extra);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::open;
    use crate::transform::driven::mixed;
    use flate2::{Decompress, FlushDecompress, Status};
    use libdeflater::{CompressionLvl, Compressor};
    use proptest::prelude::*;

    fn stream(level: i32, input: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
        let mut stream = vec![0; compressor.deflate_compress_bound(input.len())];
        let n = compressor.deflate_compress(input, &mut stream).unwrap();
        stream.truncate(n);
        stream
    }

    /// What another reader makes of a stream, and whether it sees an end.
    fn unpacked(stream: &[u8]) -> (Vec<u8>, bool) {
        let mut content = Vec::with_capacity(1 << 23);
        let mut decoder = Decompress::new(false);
        let status = decoder.decompress_vec(stream, &mut content, FlushDecompress::Sync);
        assert_eq!(decoder.total_in(), stream.len() as u64);
        (content, status.unwrap() == Status::StreamEnd)
    }

    /// Has these, one behind the other, in one stream.
    #[track_caller]
    fn joined(level: i32, pieces: &[&[u8]]) {
        let mut all = Vec::new();
        for piece in pieces {
            let mut opened = stream(level, piece);
            assert_eq!(open(&mut opened, piece.len()), Some(()));
            assert_eq!(unpacked(&opened), (piece.to_vec(), false), "level {level}");
            all.extend(opened);
        }
        all.extend(stream(level, b"end"));
        let content = [&pieces.concat()[..], b"end"].concat();
        assert!(unpacked(&all) == (content, true), "level {level}");
    }

    #[test]
    fn streams_of_every_level_and_every_kind_of_block_are_joined_to_one() {
        let noise: Vec<u8> = (0..200_000u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0] ^ i.to_le_bytes()[1])
            .collect();
        let (input, sevens) = (mixed(700_000, 31), vec![7; 70_000]);
        for level in 0..=12 {
            joined(level, &[b"", b"x", b"aaaaaaaaaaaaaaaaaaaa", &sevens]);
            joined(level, &[&noise, &input, &input[..100_000], &noise[..5]]);
        }
    }

    #[test]
    fn what_unpacks_to_another_length_or_has_another_end_is_not_touched_up() {
        let input = mixed(50_000, 32);
        let whole = stream(6, &input);
        assert_eq!(open(&mut whole.clone(), input.len() - 1), None);
        assert_eq!(
            open(&mut whole[..whole.len() - 1].to_vec(), input.len()),
            None
        );
        let longer = [&whole[..], b"\0"].concat();
        assert_eq!(open(&mut longer.clone(), input.len()), None);
        assert_eq!(open(&mut Vec::new(), 0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn pieces_of_any_content_are_joined_to_one(
            level in 1..=12,
            pieces in prop::collection::vec((0usize..60_000, any::<u64>()), 1..4),
            bytes in prop::collection::vec(0u8..4, 0..2000),
        ) {
            let mut pieces: Vec<_> = pieces.iter().map(|(len, seed)| mixed(*len, *seed)).collect();
            pieces.push(bytes);
            joined(level, &pieces.iter().map(|piece| &piece[..]).collect::<Vec<_>>());
        }

        #[test]
        fn anything_else_is_answered_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        ) {
            open(&mut bytes.clone(), 100);
            let mut damaged = stream(6, &mixed(3000, 33));
            for (at, byte) in damage {
                let at = at.index(damaged.len());
                damaged[at] = byte;
            }
            open(&mut damaged, 3000);
        }
    }
}
