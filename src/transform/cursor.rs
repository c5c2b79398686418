//! The two cursors that a transform works between: the input that is not taken yet, and the room for output.

/// Bytes of input. What is not taken is offered again.
#[derive(Debug)]
pub struct Input<'a> {
    bytes: &'a [u8],
    taken: usize,
}

impl<'a> Input<'a> {
    /// Nothing of `bytes` is taken yet.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// What is not taken yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.taken..]
    }

    /// Whether all of it is taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    /// Takes the next `n` bytes, or as many as there are.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let rest = self.rest();
        let n = n.min(rest.len());
        self.taken += n;
        &rest[..n]
    }

    /// How many bytes have been taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken
    }
}

/// Room for output, as large as the room in the next buffer: when it is full, that is the backpressure.
#[derive(Debug)]
pub struct Output<'a> {
    bytes: &'a mut [u8],
    filled: usize,
}

impl<'a> Output<'a> {
    /// All of `bytes` is room.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, filled: 0 }
    }

    /// The room that is left.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    /// How many bytes fit.
    #[must_use]
    pub fn left(&self) -> usize {
        self.bytes.len() - self.filled
    }

    /// Whether there is no room left.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.left() == 0
    }

    /// Counts the first `n` bytes of the room as filled, or as many as there are.
    pub fn fill(&mut self, n: usize) {
        self.filled += n.min(self.left());
    }

    /// Puts out as many of `bytes` as fit, and returns how many.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.left());
        self.room()[..n].copy_from_slice(&bytes[..n]);
        self.filled += n;
        n
    }

    /// How many bytes have been put out.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.filled
    }
}

/// Passes on as many bytes as fit, and returns them.
pub fn pass<'a>(input: &mut Input<'a>, output: &mut Output<'_>) -> &'a [u8] {
    let n = output.put(input.rest());
    input.take(n)
}

#[cfg(test)]
mod tests {
    use super::{Input, Output, pass};

    #[test]
    fn as_much_is_passed_as_there_is_and_as_fits() {
        let mut room = [0; 4];
        let mut output = Output::new(&mut room);
        let mut input = Input::new(b"abcdef");
        assert_eq!(output.put(b"x"), 1);
        assert_eq!(pass(&mut input, &mut output), b"abc");
        assert!(output.is_full());
        assert_eq!(pass(&mut input, &mut output), b"");
        assert_eq!((input.rest(), input.taken()), (&b"def"[..], 3));
        assert_eq!((input.take(9), input.is_empty()), (&b"def"[..], true));
        assert_eq!((output.filled(), &room), (4, b"xabc"));
    }
}
