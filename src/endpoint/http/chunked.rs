//! The chunks of a body, taken apart (RFC 9112, section 7.1). Extensions and trailers are passed over.

use std::fmt;

/// The most bytes of the extensions of a chunk, and of all trailers.
const MOST_PASSED_OVER: u32 = 16 * 1024;

/// How far the chunks have been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunked {
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the size of a chunk, after so many digits.
    Size {
        so_far: u64,
        digits: u32,
    },
    /// Behind the size, after so many bytes.
    Extension {
        so_far: u64,
        passed: u32,
    },
    /// Before the line feed behind the size.
    SizeEnd(u64),
    /// In a chunk, with so many bytes to come.
    Data(u64),
    /// Before the carriage return behind a chunk.
    DataReturn,
    /// Before the line feed behind it.
    DataEnd,
    /// In the trailers, after so many bytes, at the beginning of a line or not.
    Trailer {
        passed: u32,
        begins_line: bool,
    },
    /// Before the line feed of a trailer, or of the empty line that is the end.
    TrailerEnd {
        passed: u32,
        is_last: bool,
    },
    End,
}

impl Default for At {
    fn default() -> Self {
        At::Size {
            so_far: 0,
            digits: 0,
        }
    }
}

/// What comes is not in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadChunk;

impl fmt::Display for BadChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body is not in valid chunks")
    }
}

impl Chunked {
    /// Whether the last chunk and all that follows it was read.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.at == At::End
    }

    /// Reads up to the next bytes of the body, and those, but no more than `most` of them. Returns how much of `input` is done
    /// with, and the bytes of the body at the end of that; none means that all of `input` was read, or that the body has ended.
    ///
    /// # Errors
    /// When these are no chunks.
    pub fn decode<'a>(
        &mut self,
        input: &'a [u8],
        most: usize,
    ) -> Result<(usize, &'a [u8]), BadChunk> {
        let mut done = 0;
        while let Some(byte) = input.get(done) {
            match self.at {
                At::End => break,
                At::Data(left) => {
                    let here = (input.len() - done).min(most);
                    let here = usize::try_from(left).map_or(here, |left| left.min(here));
                    let left = left - here as u64;
                    self.at = if left == 0 {
                        At::DataReturn
                    } else {
                        At::Data(left)
                    };
                    return Ok((done + here, &input[done..done + here]));
                }
                at => self.at = after(at, *byte)?,
            }
            done += 1;
        }
        Ok((done, &[]))
    }
}

/// Where a byte of the framing leads.
fn after(at: At, byte: u8) -> Result<At, BadChunk> {
    Ok(match (at, byte) {
        (At::Size { so_far, digits }, b'\r') if digits > 0 => At::SizeEnd(so_far),
        (At::Size { so_far, digits }, b';' | b' ' | b'\t') if digits > 0 => {
            At::Extension { so_far, passed: 0 }
        }
        (At::Size { so_far, digits }, _) if digits < 16 => {
            let digit = char::from(byte).to_digit(16).ok_or(BadChunk)?;
            At::Size {
                so_far: so_far << 4 | u64::from(digit),
                digits: digits + 1,
            }
        }
        (At::Extension { so_far, .. }, b'\r') => At::SizeEnd(so_far),
        (At::Extension { so_far, passed }, _) if byte != b'\n' && passed < MOST_PASSED_OVER => {
            At::Extension {
                so_far,
                passed: passed + 1,
            }
        }
        (At::SizeEnd(0), b'\n') => At::Trailer {
            passed: 0,
            begins_line: true,
        },
        (At::SizeEnd(size), b'\n') => At::Data(size),
        (At::DataReturn, b'\r') => At::DataEnd,
        (At::DataEnd, b'\n') => At::default(),
        (
            At::Trailer {
                passed,
                begins_line,
            },
            b'\r',
        ) => At::TrailerEnd {
            passed,
            is_last: begins_line,
        },
        (At::Trailer { passed, .. }, _) if byte != b'\n' && passed < MOST_PASSED_OVER => {
            At::Trailer {
                passed: passed + 1,
                begins_line: false,
            }
        }
        (At::TrailerEnd { is_last: true, .. }, b'\n') => At::End,
        (At::TrailerEnd { passed, .. }, b'\n') => At::Trailer {
            passed,
            begins_line: true,
        },
        _ => return Err(BadChunk),
    })
}

#[cfg(test)]
mod tests {
    use super::{BadChunk, Chunked};
    use proptest::prelude::*;

    /// The body in chunks that come in pieces, whether it has ended, and how much of the input was not read.
    fn decode<'a>(
        pieces: impl Iterator<Item = &'a [u8]>,
        most: usize,
    ) -> Result<(Vec<u8>, bool, usize), BadChunk> {
        let (mut chunked, mut body, mut behind) = (Chunked::default(), Vec::new(), 0);
        for mut piece in pieces {
            while !piece.is_empty() && !chunked.has_ended() {
                let (done, data) = chunked.decode(piece, most)?;
                body.extend_from_slice(data);
                piece = &piece[done..];
            }
            behind += piece.len();
        }
        Ok((body, chunked.has_ended(), behind))
    }

    fn whole(text: &str) -> Result<(Vec<u8>, bool, usize), BadChunk> {
        decode([text.as_bytes()].into_iter(), usize::MAX)
    }

    #[test]
    fn chunks_are_taken_apart_and_what_is_behind_the_end_is_left() {
        for (text, body, has_ended, behind) in [
            ("3\r\nabc\r\n0\r\n\r\n", "abc", true, 0),
            (
                "00A;x=\"y\" ;z\r\n0123456789\r\n0;last\r\nA: b\r\nC: d\r\n\r\nHTTP",
                "0123456789",
                true,
                4,
            ),
            ("3 \r\nabc\r\n", "abc", false, 0),
            ("8000000000000000\r\nabc", "abc", false, 0),
            ("3\r\nab", "ab", false, 0),
            ("0\r\n\r", "", false, 0),
        ] {
            assert_eq!(
                whole(text),
                Ok((body.into(), has_ended, behind)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "\r\n",
            "g\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            " 1\r\n",
            "1\nx",
            "1\r\rx",
            "1\r\nxy\r\n",
            "1\r\nx\n",
            "00000000000000001\r\n",
            "0\r\nA: b\n\r\n",
            "1;a\n",
            "0\r\n\rx",
        ] {
            assert_eq!(whole(text), Err(BadChunk), "{text:?}");
        }
        let endless = format!("1;{}", "x".repeat(20_000));
        assert_eq!(whole(&endless), Err(BadChunk));
        let endless = format!("0\r\n{}", "a: b\r\n".repeat(5_000));
        assert_eq!(whole(&endless), Err(BadChunk));
    }

    proptest! {
        #[test]
        fn the_same_comes_however_the_input_is_cut(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..20),
            piece in 1usize..50,
            most in 1usize..50,
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x};e=1\r\n", chunk.len()).bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\nT: t\r\n\r\n");
            text.extend(&noise);
            let expected = Ok((chunks.concat(), true, noise.len()));
            prop_assert_eq!(decode(text.chunks(piece), most), expected);
            let _ = decode(noise.chunks(piece), most);
        }
    }
}
