//! `decompress`: recognizes the format by how the input begins, and undoes it.

use super::bunzip2::{self, Bunzip2};
use super::decoder::{Decoder, LONGEST_MAGIC};
use super::format::{Begins, Format, SkippableFrame, skippable};
use super::gunzip::{self, Gunzip};
use super::unlz4::{self, Unlz4};
use super::unxz::{self, Unxz};
use super::unzstd::{self, Unzstd};
use crate::transform::compression::cores;
use crate::transform::{
    Failure, Group, Input, Key, Kind, Made, Output, Pending, Transform, ValueKind, pass,
};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "decompress",
    group: Group::Decompression,
    help: "decompresses gzip, zstd, xz, lz4 or bzip2, whichever comes",
    keys: &[Key {
        name: "unknown",
        value: ValueKind::Word(&["refuse", "auto"]),
        default: "refuse",
        help: "whether other data is refused, or passed on as it is",
    }],
    example: "gzip -c notes.txt | tidegate -t decompress",
    make: |settings| {
        let passes = settings.text("unknown") == Some("auto");
        Made::Steps(Box::new(Decompress::new(passes)))
    },
};

type MakeDecoder = fn() -> Box<dyn Transform>;

/// The formats that are recognized. A skippable frame may be of zstd or of lz4: what follows it tells.
const KNOWN: [(&Format, MakeDecoder); 5] = [
    (&gunzip::FORMAT, || Box::new(Decoder::new(Gunzip::new()))),
    (&unzstd::FORMAT, || {
        Box::new(Decoder::new(Unzstd::new(unzstd::USUAL_WINDOW_LOG)))
    }),
    (&unxz::FORMAT, || {
        Box::new(Decoder::new(Unxz::new(unxz::USUAL_MEMORY, cores())))
    }),
    (&unlz4::FORMAT, || Box::new(Decoder::new(Unlz4::new()))),
    (&bunzip2::FORMAT, || Box::new(Decoder::new(Bunzip2::new()))),
];

struct Decompress {
    /// Whether an unknown format is passed on.
    passes: bool,
    /// The first bytes: how many have been read, and how many the decoder has got.
    beginning: [u8; LONGEST_MAGIC],
    read: usize,
    given: usize,
    /// The frame that is being skipped, and whether one has been skipped.
    skips: Option<SkippableFrame>,
    has_skipped: bool,
    /// The decoder, once the format is known.
    found: Option<Box<dyn Transform>>,
}

/// Passes bytes on unchanged.
struct AsItIs;

impl Transform for AsItIs {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        pass(input, output);
        Ok(())
    }
}

impl Decompress {
    fn new(passes: bool) -> Self {
        Self {
            passes,
            beginning: [0; LONGEST_MAGIC],
            read: 0,
            given: 0,
            skips: None,
            has_skipped: false,
            found: None,
        }
    }

    /// Reads one more byte of the beginning.
    fn read_beginning(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        for byte in input.take(1) {
            self.beginning[self.read] = *byte;
            self.read += 1;
        }
        let beginning = &self.beginning[..self.read];
        let begins = |format: &Format| (format.begins)(beginning);
        if skippable(beginning) == Begins::Yes {
            self.skips = Some(SkippableFrame::default());
        } else if let Some((_, make)) = KNOWN.iter().find(|(it, _)| begins(it) == Begins::Yes) {
            self.found = Some(make());
        } else if KNOWN.iter().all(|(it, _)| begins(it) == Begins::No) {
            self.found = Some(self.unknown()?);
        }
        Ok(())
    }

    /// Goes on in a frame that is skipped.
    fn skip(&mut self, input: &mut Input<'_>) {
        if self.skips.as_mut().is_some_and(|frame| frame.pass(input)) {
            (self.skips, self.has_skipped, self.read) = (None, true, 0);
        }
    }

    fn unknown(&self) -> Result<Box<dyn Transform>, Failure> {
        // A frame that has been skipped can no longer be passed on.
        if self.passes && !self.has_skipped {
            return Ok(Box::new(AsItIs));
        }
        let names: Vec<_> = KNOWN.iter().map(|(format, _)| format.name).collect();
        let names = names.join(", ");
        Err(Failure::input(match self.read {
            _ if self.has_skipped => {
                format!("what follows the skippable frame is in none of the formats {names}")
            }
            0 => "the input is empty, so there is nothing to decompress".to_owned(),
            _ => format!("this is in none of the formats {names}"),
        }))
    }

    /// Gives the beginning to the decoder. Returns whether it has got all of it.
    fn give(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        let Some(found) = &mut self.found else {
            return Ok(true);
        };
        while self.given < self.read && !output.is_full() {
            let mut beginning = Input::new(&self.beginning[self.given..self.read]);
            let result = found.step(&mut beginning, output);
            self.given += beginning.taken();
            result?;
        }
        Ok(self.given == self.read)
    }

    /// At the end of the input, decides what it was if too few bytes came to recognize it.
    fn settle(&mut self) -> Result<(), Failure> {
        if self.skips.is_some() {
            return Err(Failure::input("a skippable frame ends too early"));
        }
        let may_be_nothing = self.passes || self.has_skipped;
        if self.found.is_none() && (self.read > 0 || !may_be_nothing) {
            self.found = Some(self.unknown()?);
        }
        Ok(())
    }
}

impl Transform for Decompress {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.found.is_none() && !input.is_empty() {
            match self.skips {
                Some(_) => self.skip(input),
                None => self.read_beginning(input)?,
            }
        }
        if self.give(output)?
            && !input.is_empty()
            && !output.is_full()
            && let Some(found) = &mut self.found
        {
            return found.step(input, output);
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if !self.give(output)? {
            return Ok(Pending::More);
        }
        match &mut self.found {
            Some(found) => found.flush(output),
            None => Ok(Pending::Nothing),
        }
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        self.settle()?;
        if !self.give(output)? {
            return Ok(Pending::More);
        }
        match &mut self.found {
            Some(found) => found.finish(output),
            None => Ok(Pending::Nothing),
        }
    }

    fn warning(&self) -> Option<String> {
        self.found.as_ref().and_then(|found| found.warning())
    }
}
