//! Compresses with a library that takes and gives pieces of any size, one stream from the first byte to the last.

use crate::transform::{Failure, Input, Output, Pending, Transform};

/// What is asked of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Take what comes.
    Go,
    /// Put out all that was taken.
    Flush,
    /// Put out all that was taken, and the end of the stream.
    End,
}

/// A library that compresses.
pub(super) trait Compressor: Send {
    /// Takes and puts out as far as both allow, and at least a byte where `act` is `Go`. It may block until a worker of
    /// its own is done. Returns whether nothing is held any more, where that was asked for.
    fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
        act: Act,
    ) -> Result<bool, Failure>;
}

/// Makes an engine.
type MakeCompressor<E> = Box<dyn FnMut() -> Result<E, Failure> + Send>;

/// An engine as a transform.
pub(super) struct Encoder<E> {
    /// Called with the first bytes: then all threads of the transfer are there, and what is left is for the workers.
    make: MakeCompressor<E>,
    engine: Option<E>,
    /// What it was asked for last, and has not done yet: it is not asked for anything else before.
    asked: Act,
    /// Whether it may hold something that was taken.
    holds: bool,
    ended: bool,
}

impl<E: Compressor> Encoder<E> {
    pub(super) fn new(make: impl FnMut() -> Result<E, Failure> + Send + 'static) -> Self {
        Self {
            make: Box::new(make),
            engine: None,
            asked: Act::Go,
            holds: false,
            ended: false,
        }
    }

    fn engine(&mut self) -> Result<&mut E, Failure> {
        match &mut self.engine {
            Some(engine) => Ok(engine),
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
            let done = self.engine()?.run(&mut Input::new(&[]), output, asked)?;
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
            self.engine()?.run(input, output, Act::Go)?;
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.holds && self.asked == Act::Go {
            self.asked = Act::Flush;
        }
        self.go_on(output).map(held)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if !self.go_on(output)? {
            return Ok(Pending::More);
        }
        if !self.ended {
            self.asked = Act::End;
        }
        self.go_on(output).map(held)
    }
}

fn held(done: bool) -> Pending {
    if done {
        Pending::Nothing
    } else {
        Pending::More
    }
}
