//! Writes bytes as digits in lines: what `base64` and `hex` share.

use crate::transform::{Failure, Input, Key, Output, Pending, Settings, Transform, ValueKind};
use data_encoding::Encoding;

/// How many bytes are encoded at a time: few enough for the cache, and a multiple of every group.
const BLOCK: usize = 3 << 10;

/// The most bytes of a group.
const MOST_BYTES: usize = 3;

/// The key for the length of lines.
pub(super) const fn wrap(default: &'static str) -> Key {
    Key {
        name: "wrap",
        value: ValueKind::Number(0, 65535),
        default,
        help: "the length of a line; 0 for a single line without an end",
    }
}

/// Writes digits in lines.
pub(super) struct DigitEncoder {
    encoding: Encoding,
    /// A group: so many bytes become so many digits.
    group: (usize, usize),
    /// The columns of a line; 0 for no lines.
    wrap: usize,
    /// The columns of this line that have been put out.
    column: usize,
    /// The bytes of a group that is not complete yet.
    bytes: [u8; MOST_BYTES],
    held: usize,
    /// Digits; those in `due` are not put out yet.
    digits: Vec<u8>,
    due: std::ops::Range<usize>,
}

impl DigitEncoder {
    /// Writes digits of `encoding`, in lines of `default` columns unless the settings say otherwise. A `group` is how many
    /// bytes, at most 3, become how many digits.
    pub(super) fn new(
        encoding: Encoding,
        group: (usize, usize),
        settings: &Settings,
        default: usize,
    ) -> Self {
        let wrap = settings.number("wrap");
        Self {
            encoding,
            group,
            wrap: wrap.map_or(default, |columns| usize::try_from(columns).unwrap_or(0)),
            column: 0,
            bytes: [0; MOST_BYTES],
            held: 0,
            digits: vec![0; BLOCK / group.0 * group.1],
            due: 0..0,
        }
    }

    /// Puts out the digits that are due. Returns whether all of them are out.
    fn put_due(&mut self, output: &mut Output<'_>) -> bool {
        loop {
            let line_is_full = self.wrap > 0 && self.column == self.wrap;
            if self.due.is_empty() && !line_is_full {
                return true;
            }
            if output.is_full() {
                return false;
            }
            if line_is_full {
                output.put(b"\n");
                self.column = 0;
            } else {
                self.put_in_line(output);
            }
        }
    }

    fn put_in_line(&mut self, output: &mut Output<'_>) {
        let due = &self.digits[self.due.clone()];
        if self.wrap == 0 {
            self.due.start += output.put(due);
            return;
        }
        let n = output.put(&due[..due.len().min(self.wrap - self.column)]);
        self.column += n;
        self.due.start += n;
    }

    /// Takes whole groups, or bytes of one. No digits may be due.
    fn encode(&mut self, input: &mut Input<'_>) {
        let there = input.rest().len();
        if self.held == 0 && there >= self.group.0 {
            let whole = there.min(BLOCK) / self.group.0 * self.group.0;
            self.make_due(input.take(whole));
            return;
        }
        let taken = input.take(self.group.0 - self.held);
        self.bytes[self.held..][..taken.len()].copy_from_slice(taken);
        self.held += taken.len();
        if self.held == self.group.0 {
            self.encode_held();
        }
    }

    fn encode_held(&mut self) {
        let (bytes, held) = (self.bytes, std::mem::take(&mut self.held));
        self.make_due(&bytes[..held]);
    }

    fn make_due(&mut self, bytes: &[u8]) {
        let n = self.encoding.encode_len(bytes.len());
        self.encoding.encode_mut(bytes, &mut self.digits[..n]);
        self.due = 0..n;
    }
}

impl Transform for DigitEncoder {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.put_due(output) && !input.is_empty() {
            self.encode(input);
        }
        Ok(())
    }

    /// An incomplete group is held: padding may only be at the end.
    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        Ok(Pending::unless(self.put_due(output)))
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if !self.put_due(output) {
            return Ok(Pending::More);
        }
        if self.held > 0 {
            self.encode_held();
            return self.finish(output);
        }
        if self.column > 0 {
            // The last line ends here.
            self.column = self.wrap;
        }
        Ok(Pending::unless(self.put_due(output)))
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::made;
    use crate::transform::{Input, Output, Pending};

    #[test]
    fn a_flush_puts_out_every_whole_group_and_the_end_of_a_full_line() {
        let mut transform = made("base64=8");
        let (mut little, mut room) = ([0; 2], [0; 100]);
        let mut input = Input::new(b"foobarfo");
        let mut output = Output::new(&mut little);
        transform.step(&mut input, &mut output).unwrap();
        assert!(output.is_full());
        let mut output = Output::new(&mut room);
        transform.step(&mut input, &mut output).unwrap();
        assert!(input.is_empty());
        assert_eq!(transform.flush(&mut output), Ok(Pending::Nothing));
        let filled = output.filled();
        assert_eq!((&little, &room[..filled]), (b"Zm", &b"9vYmFy\n"[..]));
        let mut output = Output::new(&mut room);
        assert_eq!(transform.finish(&mut output), Ok(Pending::Nothing));
        let filled = output.filled();
        assert_eq!(&room[..filled], b"Zm8=\n");
    }
}
