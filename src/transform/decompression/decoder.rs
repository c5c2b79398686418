//! Undoes a format stream by stream, whatever stands between and behind them.

use super::format::{Begins, Format, Garbage, Sign, Zeros};
use crate::transform::{Failure, Input, Output, Pending, Transform};

/// The longest beginning that is looked at, in bytes.
pub(super) const LONGEST_MAGIC: usize = 6;

/// A library that undoes streams of a format, one after the other.
pub(super) trait Decompressor: Send {
    /// The format.
    fn format(&self) -> &'static Format;

    /// Makes it ready for the first stream, or for another one.
    fn begin(&mut self) -> Result<(), Failure>;

    /// Takes and puts out as far as both allow. Returns whether the stream has ended, with nothing of it held. What was
    /// put out before a failure is good.
    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure>;

    /// Whether the input may end within a stream, here.
    fn may_end(&self) -> bool {
        false
    }

    /// Whether it has workers, which may have made something by now although there was room left.
    fn works_ahead(&self) -> bool {
        false
    }
}

/// Where in the input it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before a stream, of which so many bytes are here.
    Beginning(usize),
    Within,
    /// In zeros behind a stream, of which there were so many, modulo four.
    Zeros(u8),
    /// In what is ignored.
    Garbage,
}

/// An engine as a transform.
pub(super) struct Decoder<E> {
    engine: E,
    at: At,
    beginning: [u8; LONGEST_MAGIC],
    /// Whether there was a stream before.
    goes_on: bool,
    /// How many bytes there are behind the last one.
    behind: u64,
    /// The last of them that are ignored.
    ignored: u64,
    /// Whether the engine may hold something that it could put out: it filled the room, or works ahead.
    holds: bool,
}

impl<E: Decompressor> Decoder<E> {
    pub(super) fn new(engine: E) -> Self {
        Self {
            engine,
            at: At::Beginning(0),
            beginning: [0; LONGEST_MAGIC],
            goes_on: false,
            behind: 0,
            ignored: 0,
            holds: false,
        }
    }

    /// Looks at one more byte of what may begin a stream.
    fn look(&mut self, input: &mut Input<'_>, n: usize) -> Result<(), Failure> {
        let format = self.engine.format();
        let Some(byte) = input.take(1).first() else {
            return Ok(());
        };
        self.behind += 1;
        if self.goes_on && n == 0 && *byte == 0 && format.zeros != Zeros::None {
            self.at = At::Zeros(1);
            return Ok(());
        }
        self.beginning[n] = *byte;
        let n = n + 1;
        self.at = At::Beginning(n);
        match (format.begins)(&self.beginning[..n]) {
            Begins::Yes => self.begin(n),
            Begins::No => self.no_stream(n),
            Begins::Perhaps => Ok(()),
        }
    }

    /// A stream begins with the bytes that are here.
    fn begin(&mut self, n: usize) -> Result<(), Failure> {
        self.engine.begin()?;
        (self.at, self.behind) = (At::Within, 0);
        let beginning = self.beginning;
        let mut beginning = Input::new(&beginning[..n]);
        while !beginning.is_empty() {
            // Nothing can be made of so little.
            self.run(&mut beginning, &mut Output::new(&mut [0; 64]))?;
        }
        Ok(())
    }

    /// What is here, with so many bytes that might have begun one, is no stream.
    fn no_stream(&mut self, n: usize) -> Result<(), Failure> {
        let format = self.engine.format();
        if !self.goes_on {
            return Err(Failure::input(format!("this is no {} data", format.name)));
        }
        match format.garbage {
            Garbage::Ignored(sign) => {
                self.at = At::Garbage;
                let beginning = self.beginning;
                self.ignore(&beginning[..n], sign)
            }
            Garbage::Refused => Err(Failure::input(format.nothing_of_it())),
        }
    }

    /// In what is ignored. That nothing of the format is in it is made sure of.
    fn ignore(&mut self, bytes: &[u8], sign: Sign) -> Result<(), Failure> {
        if sign.is_in(bytes, &mut self.ignored) {
            // It is not ignored, and no warning says so.
            self.at = At::Beginning(0);
            let name = self.engine.format().name;
            let why = format!("there is more {name} data, behind something that is none");
            return Err(Failure::input(why));
        }
        Ok(())
    }

    /// Within a stream.
    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        let before = (input.taken(), output.filled());
        let could_go_on = !input.is_empty() && !output.is_full();
        let has_ended = self.engine.run(input, output)?;
        let has_moved = before != (input.taken(), output.filled());
        let works_ahead = has_moved && self.engine.works_ahead();
        self.holds = !has_ended && (output.is_full() || works_ahead);
        if has_ended {
            self.at = At::Beginning(0);
            self.goes_on = true;
        } else if could_go_on && !has_moved {
            let format = self.engine.format();
            return Err(Failure::input(format.damaged("it leads nowhere")));
        }
        Ok(())
    }

    /// In zeros behind a stream.
    fn pass_zeros(&mut self, input: &mut Input<'_>, so_far: u8) -> Result<(), Failure> {
        let rest = input.rest();
        let n = rest.iter().take_while(|byte| **byte == 0).count();
        input.take(n);
        self.behind += n as u64;
        // What counts is the remainder.
        let zeros = (so_far + u8::try_from(n % 4).unwrap_or(0)) % 4;
        self.at = At::Zeros(zeros);
        if input.is_empty() {
            return Ok(());
        }
        if self.engine.format().zeros == Zeros::InFours && zeros > 0 {
            return self.no_stream(0);
        }
        self.at = At::Beginning(0);
        Ok(())
    }

    /// In what is ignored, to the end of the input.
    fn pass_garbage(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        let bytes = input.take(usize::MAX);
        self.behind += bytes.len() as u64;
        match self.engine.format().garbage {
            Garbage::Ignored(sign) => self.ignore(bytes, sign),
            Garbage::Refused => Ok(()),
        }
    }

    /// The input has ended here.
    fn end(&self) -> Result<Pending, Failure> {
        let format = self.engine.format();
        let name = format.name;
        match self.at {
            At::Beginning(0) if self.goes_on || format.may_be_empty => Ok(Pending::Nothing),
            At::Beginning(0) => Err(Failure::input(format!("there is no {name} data"))),
            At::Zeros(n) if n > 0 && format.zeros == Zeros::InFours => {
                let why = "the zeros behind it are no multiple of four";
                Err(Failure::input(format.damaged(why)))
            }
            At::Within if self.engine.may_end() => Ok(Pending::Nothing),
            At::Beginning(_) | At::Within => {
                Err(Failure::input(format!("the {name} data ends too early")))
            }
            At::Zeros(_) | At::Garbage => Ok(Pending::Nothing),
        }
    }
}

impl<E: Decompressor> Transform for Decoder<E> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while !input.is_empty() && !output.is_full() {
            match self.at {
                At::Beginning(n) => self.look(input, n)?,
                At::Within => self.run(input, output)?,
                At::Zeros(n) => self.pass_zeros(input, n)?,
                At::Garbage => self.pass_garbage(input)?,
            }
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        while self.holds {
            if output.is_full() {
                return Ok(Pending::More);
            }
            self.run(&mut Input::new(&[]), output)?;
        }
        Ok(Pending::Nothing)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        match self.flush(output)? {
            Pending::Nothing => self.end(),
            Pending::More => Ok(Pending::More),
        }
    }

    fn warning(&self) -> Option<String> {
        let (name, behind) = (self.engine.format().name, self.behind);
        let bytes = if behind == 1 { "byte" } else { "bytes" };
        (self.at == At::Garbage).then(|| {
            format!("what follows the {name} data, {behind} {bytes}, is none; it was ignored")
        })
    }
}
