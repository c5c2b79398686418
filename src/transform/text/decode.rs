//! Reads digits as bytes: what `unbase64` and `unhex` share. White space between digits is skipped.

use crate::transform::{Failure, Input, Output, Pending, Transform};
use data_encoding::Encoding;

/// The most digits of a group.
const MOST_DIGITS: usize = 4;

/// How bytes are written in digits.
pub(super) struct Code {
    /// What a digit is called in messages.
    pub(super) digit: &'static str,
    /// The message for a last group that makes no byte.
    pub(super) cut: &'static str,
    /// The digits, without padding.
    pub(super) encoding: &'static Encoding,
    /// Whether a byte is a digit.
    pub(super) is_digit: fn(u8) -> bool,
    /// The digit for zero.
    pub(super) zero: u8,
    /// A group: so many digits, at most 4, make so many bytes.
    pub(super) group: (usize, usize),
    /// Whether `=` pads the last group.
    pub(super) is_padded: bool,
}

/// Reads digits.
pub(super) struct DigitDecoder {
    code: &'static Code,
    /// The digits of a group that is not complete yet.
    digits: [u8; MOST_DIGITS],
    held: usize,
    /// How many more `=` have to follow.
    pads: usize,
    /// Bytes; those in `due` are not put out yet.
    bytes: [u8; MOST_DIGITS],
    due: std::ops::Range<usize>,
}

impl DigitDecoder {
    pub(super) fn new(code: &'static Code) -> Self {
        Self {
            code,
            digits: [0; MOST_DIGITS],
            held: 0,
            pads: 0,
            bytes: [0; MOST_DIGITS],
            due: 0..0,
        }
    }

    /// Puts out the bytes that are due. Returns whether all of them are out.
    fn put_due(&mut self, output: &mut Output<'_>) -> bool {
        self.due.start += output.put(&self.bytes[self.due.clone()]);
        self.due.is_empty()
    }

    /// Takes groups without white space, as many as there are and as fit.
    fn decode(&self, input: &mut Input<'_>, output: &mut Output<'_>) {
        let (digits, bytes) = self.code.group;
        let n = (input.rest().len() / digits).min(output.left() / bytes);
        let (text, room) = (&input.rest()[..n * digits], &mut output.room()[..n * bytes]);
        let (read, written) = match self.code.encoding.decode_mut(text, room) {
            Ok(written) => (text.len(), written),
            Err(partial) => (partial.read, partial.written),
        };
        input.take(read);
        output.fill(written);
    }

    /// Takes white space, as much as there is, or one byte of anything else.
    fn take_one(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        input.take(white_space(input.rest()));
        let Some(byte) = input.rest().first().copied() else {
            return Ok(());
        };
        match byte {
            b'=' if self.code.is_padded => self.pad()?,
            _ if self.pads > 0 => return Err(Failure::input("a '=' is missing")),
            byte if (self.code.is_digit)(byte) => self.take_digit(byte),
            byte => return Err(self.not_a_digit(byte)),
        }
        input.take(1);
        Ok(())
    }

    fn take_digit(&mut self, digit: u8) {
        self.digits[self.held] = digit;
        self.held += 1;
        if self.held == self.code.group.0 {
            self.end_group();
        }
    }

    /// Padding completes a group. Another text may follow it.
    fn pad(&mut self) -> Result<(), Failure> {
        if self.pads > 0 {
            self.pads -= 1;
            return Ok(());
        }
        match self.code.group.0 - self.held {
            missing @ 1..=2 => {
                self.pads = missing - 1;
                self.end_group();
                Ok(())
            }
            _ => Err(Failure::input("a '=' where a digit should be")),
        }
    }

    /// How many bytes the digits of the group make. Left-over bits are ignored.
    fn whole_bytes(&self) -> usize {
        let (digits, bytes) = self.code.group;
        self.held * bytes / digits
    }

    fn end_group(&mut self) {
        let (digits, bytes) = self.code.group;
        self.due = 0..self.whole_bytes();
        self.digits[self.held..].fill(self.code.zero);
        self.held = 0;
        let room = &mut self.bytes[..bytes];
        let decoded = self.code.encoding.decode_mut(&self.digits[..digits], room);
        debug_assert!(decoded.is_ok(), "digits that are none");
    }

    fn not_a_digit(&self, byte: u8) -> Failure {
        let digit = self.code.digit;
        if byte.is_ascii_graphic() {
            let character = char::from(byte);
            Failure::input(format!("'{character}' is not a {digit}"))
        } else {
            Failure::input(format!("the byte 0x{byte:02x} is not a {digit}"))
        }
    }
}

/// How many bytes of white space `text` begins with. It is compared in pieces for which the compiler uses vector instructions.
fn white_space(text: &[u8]) -> usize {
    let is_blank = |piece: &[u8]| {
        let all = piece.iter().map(u8::is_ascii_whitespace);
        all.fold(true, |all, is_blank| all & is_blank)
    };
    let pieces = text.chunks_exact(64).take_while(|piece| is_blank(piece));
    let whole = pieces.count() * 64;
    let rest = text[whole..].iter();
    whole + rest.take_while(|byte| byte.is_ascii_whitespace()).count()
}

impl Transform for DigitDecoder {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.put_due(output) && !input.is_empty() && !output.is_full() {
            if self.held == 0 && self.pads == 0 {
                self.decode(input, output);
            }
            self.take_one(input)?;
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::unless(self.put_due(output)))
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if !self.put_due(output) {
            return Ok(Pending::More);
        }
        if self.pads > 0 {
            return Err(Failure::input("a '=' is missing at the end"));
        }
        if self.held > 0 && self.whole_bytes() == 0 {
            return Err(Failure::input(self.code.cut));
        }
        self.end_group();
        Ok(Pending::unless(self.put_due(output)))
    }
}
