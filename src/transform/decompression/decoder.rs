//! The transform that undoes one stream after the other, with what may stand between and behind them.

use super::format::{Begins, Format, Garbage, Sign, Zeros};
use crate::transform::{Failure, Input, Output, Pending, Transform};

/// The most bytes by which the beginning of a stream is recognized.
pub(super) const LONGEST_MAGIC: usize = 6;

/// A library that undoes the streams of a format, one after the other.
pub(super) trait Decompressor: Send {
    /// The format.
    fn format(&self) -> &'static Format;

    /// Makes it ready for the first stream, or for another one.
    fn begin(&mut self) -> Result<(), Failure>;

    /// Takes and puts out as far as both cursors allow. Returns whether the stream has ended and is all put out. What was put
    /// out before a failure is valid.
    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<bool, Failure>;

    /// Whether the input may end here, within a stream.
    fn may_end(&self) -> bool {
        false
    }

    /// Whether it has workers, which may have finished something even where room was left after the last call.
    fn works_ahead(&self) -> bool {
        false
    }
}

/// What the decoder is reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What may be the beginning of a stream, of which so many bytes have been read.
    Beginning(usize),
    /// A stream.
    Within,
    /// Zeros behind a stream; their number so far, modulo four.
    Zeros(u8),
    /// Something that is ignored, to the end of the input.
    Garbage,
}

/// A decompressor as a transform.
pub(super) struct Decoder<E> {
    decompressor: E,
    state: State,
    beginning: [u8; LONGEST_MAGIC],
    /// Whether there has been a stream.
    had_stream: bool,
    /// How many bytes there are behind the last stream.
    behind: u64,
    /// The last eight bytes that were ignored.
    ignored: u64,
    /// Whether the decompressor may hold something that it could put out: it filled the room, or works ahead.
    holds: bool,
}

impl<E: Decompressor> Decoder<E> {
    pub(super) fn new(decompressor: E) -> Self {
        Self {
            decompressor,
            state: State::Beginning(0),
            beginning: [0; LONGEST_MAGIC],
            had_stream: false,
            behind: 0,
            ignored: 0,
            holds: false,
        }
    }

    /// Reads one more byte of what may begin a stream.
    fn read_beginning(&mut self, input: &mut Input<'_>, n: usize) -> Result<(), Failure> {
        let format = self.decompressor.format();
        let Some(byte) = input.take(1).first() else {
            return Ok(());
        };
        self.behind += 1;
        if self.had_stream && n == 0 && *byte == 0 && format.zeros != Zeros::None {
            self.state = State::Zeros(1);
            return Ok(());
        }
        self.beginning[n] = *byte;
        let n = n + 1;
        self.state = State::Beginning(n);
        match (format.begins)(&self.beginning[..n]) {
            Begins::Yes => self.begin(n),
            Begins::No => self.no_stream(n),
            Begins::Perhaps => Ok(()),
        }
    }

    /// Begins a stream, whose first `n` bytes have been read.
    fn begin(&mut self, n: usize) -> Result<(), Failure> {
        self.decompressor.begin()?;
        (self.state, self.behind) = (State::Within, 0);
        let beginning = self.beginning;
        let mut beginning = Input::new(&beginning[..n]);
        while !beginning.is_empty() {
            // So few bytes produce no output; the room is only there for the call.
            self.run(&mut beginning, &mut Output::new(&mut [0; 64]))?;
        }
        Ok(())
    }

    /// The bytes here are no stream; `n` of them have been read.
    fn no_stream(&mut self, n: usize) -> Result<(), Failure> {
        let format = self.decompressor.format();
        if !self.had_stream {
            return Err(Failure::input(format!("this is not {} data", format.name)));
        }
        match format.garbage {
            Garbage::Ignored(sign) => {
                self.state = State::Garbage;
                let beginning = self.beginning;
                self.ignore(&beginning[..n], sign)
            }
            Garbage::Refused => Err(Failure::input(format.no_more_streams())),
        }
    }

    /// Ignores bytes, but makes sure that no stream of the format is among them.
    fn ignore(&mut self, bytes: &[u8], sign: Sign) -> Result<(), Failure> {
        if sign.is_in(bytes, &mut self.ignored) {
            // This state has no warning that the bytes were ignored.
            self.state = State::Beginning(0);
            let name = self.decompressor.format().name;
            let why = format!("other data stands between two parts of {name} data");
            return Err(Failure::input(why));
        }
        Ok(())
    }

    /// Goes on in a stream.
    fn run(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        let before = (input.taken(), output.filled());
        let could_go_on = !input.is_empty() && !output.is_full();
        let has_ended = self.decompressor.run(input, output)?;
        let has_moved = before != (input.taken(), output.filled());
        let works_ahead = has_moved && self.decompressor.works_ahead();
        self.holds = !has_ended && (output.is_full() || works_ahead);
        if has_ended {
            self.state = State::Beginning(0);
            self.had_stream = true;
        } else if could_go_on && !has_moved {
            let format = self.decompressor.format();
            return Err(Failure::input(format.damaged("its contents make no sense")));
        }
        Ok(())
    }

    /// Goes on in zeros behind a stream.
    fn pass_zeros(&mut self, input: &mut Input<'_>, so_far: u8) -> Result<(), Failure> {
        let rest = input.rest();
        let n = rest.iter().take_while(|byte| **byte == 0).count();
        input.take(n);
        self.behind += n as u64;
        let zeros = (so_far + u8::try_from(n % 4).unwrap_or(0)) % 4;
        self.state = State::Zeros(zeros);
        if input.is_empty() {
            return Ok(());
        }
        if self.decompressor.format().zeros == Zeros::InFours && zeros > 0 {
            return self.no_stream(0);
        }
        self.state = State::Beginning(0);
        Ok(())
    }

    /// Goes on in bytes that are ignored.
    fn pass_garbage(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        let bytes = input.take(usize::MAX);
        self.behind += bytes.len() as u64;
        match self.decompressor.format().garbage {
            Garbage::Ignored(sign) => self.ignore(bytes, sign),
            Garbage::Refused => Ok(()),
        }
    }

    /// Checks that the input may end here.
    fn end(&self) -> Result<Pending, Failure> {
        let format = self.decompressor.format();
        let name = format.name;
        match self.state {
            State::Beginning(0) if self.had_stream || format.may_be_empty => Ok(Pending::Nothing),
            State::Beginning(0) => Err(Failure::input(format!(
                "the input is empty, so there is no {name} data"
            ))),
            State::Zeros(n) if n > 0 && format.zeros == Zeros::InFours => {
                let why = "the number of zero bytes behind it is not a multiple of four";
                Err(Failure::input(format.damaged(why)))
            }
            State::Within if self.decompressor.may_end() => Ok(Pending::Nothing),
            State::Beginning(_) | State::Within => {
                Err(Failure::input(format!("the {name} data ends too early")))
            }
            State::Zeros(_) | State::Garbage => Ok(Pending::Nothing),
        }
    }
}

impl<E: Decompressor> Transform for Decoder<E> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while !input.is_empty() && !output.is_full() {
            match self.state {
                State::Beginning(n) => self.read_beginning(input, n)?,
                State::Within => self.run(input, output)?,
                State::Zeros(n) => self.pass_zeros(input, n)?,
                State::Garbage => self.pass_garbage(input)?,
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
        let (name, behind) = (self.decompressor.format().name, self.behind);
        let bytes = if behind == 1 { "byte" } else { "bytes" };
        (self.state == State::Garbage)
            .then(|| format!("ignored {behind} {bytes} of something else behind the {name} data"))
    }
}
