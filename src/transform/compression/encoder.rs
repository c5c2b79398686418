//! Compresses with a library that reads and writes pieces of any size, as one stream.

use crate::transform::{Failure, Input, Output, Pending, Transform};

/// What a compressor is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Compress.
    Go,
    /// Put out everything that was taken.
    Flush,
    /// Put out everything that was taken, and the end of the stream.
    End,
}

/// A library that compresses.
pub(super) trait Compressor: Send {
    /// Takes and puts out as far as both cursors allow, and at least a byte where `act` is `Go`. It may block until one of its
    /// workers is done. For another `act` it returns whether nothing is held any more.
    fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
        act: Act,
    ) -> Result<bool, Failure>;
}

/// Makes a compressor.
type MakeCompressor<E> = Box<dyn FnMut() -> Result<E, Failure> + Send>;

/// A compressor as a transform.
pub(super) struct Encoder<E> {
    /// Called for the first bytes. By then the transfer has all its threads, so that the workers get only what is left.
    make: MakeCompressor<E>,
    compressor: Option<E>,
    /// A flush or an end that it was asked for and has not done yet; it is asked for nothing else before. `Go`: none.
    asked: Act,
    /// Whether it may hold something that was taken.
    holds: bool,
    ended: bool,
}

impl<E: Compressor> Encoder<E> {
    pub(super) fn new(make: impl FnMut() -> Result<E, Failure> + Send + 'static) -> Self {
        Self {
            make: Box::new(make),
            compressor: None,
            asked: Act::Go,
            holds: false,
            ended: false,
        }
    }

    fn compressor(&mut self) -> Result<&mut E, Failure> {
        match &mut self.compressor {
            Some(compressor) => Ok(compressor),
            none => Ok(none.insert((self.make)()?)),
        }
    }

    /// Goes on with a flush or an end. Returns whether it is done.
    fn go_on(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        while self.asked != Act::Go {
            if output.is_full() {
                return Ok(false);
            }
            let asked = self.asked;
            let done = self
                .compressor()?
                .run(&mut Input::new(&[]), output, asked)?;
            if done {
                self.ended |= self.asked == Act::End;
                (self.asked, self.holds) = (Act::Go, false);
            }
        }
        Ok(true)
    }
}

impl<E: Compressor> Transform for Encoder<E> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        self.go_on(output)?;
        while !input.is_empty() && !output.is_full() {
            self.holds = true;
            self.compressor()?.run(input, output, Act::Go)?;
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.holds && self.asked == Act::Go {
            self.asked = Act::Flush;
        }
        self.go_on(output).map(Pending::unless)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if !self.go_on(output)? {
            return Ok(Pending::More);
        }
        if !self.ended {
            self.asked = Act::End;
        }
        self.go_on(output).map(Pending::unless)
    }
}
