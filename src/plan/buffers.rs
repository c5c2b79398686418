//! The marks and the chunk size that were asked for, cut to what the memory of the machine allows.

use crate::cli::{Cli, DEFAULT_MARK};
use crate::endpoint::World;
use crate::engine::link::Marks;
use crate::error::UsageError;
use crate::text::words::bytes_exactly;

/// How large buffers and chunks are to be.
#[derive(Debug)]
pub(super) struct BufferSizes {
    pub(super) marks: Marks,
    /// The high-water mark of the writable of each sink, in bytes.
    pub(super) sink_marks: Vec<u64>,
    /// The most that one read takes, in bytes.
    pub(super) chunk_size: u64,
    /// For each size that was cut, what the user is told.
    pub(super) warnings: Vec<String>,
}

/// The largest chunk is this many times smaller than the largest buffer: the chunk that is being read takes memory besides the
/// buffers.
const CHUNKS_PER_BUFFER: u64 = 4;

impl BufferSizes {
    /// The sizes that the flags ask for, and the sinks by marks of their `own`, as far as there is memory.
    pub(super) fn of(
        cli: &Cli,
        own: impl IntoIterator<Item = Option<u64>>,
        world: &dyn World,
    ) -> Result<Self, UsageError> {
        let own: Vec<_> = own.into_iter().collect();
        let sizes = [
            Some(cli.high_water_mark),
            cli.read_high_water_mark,
            cli.write_high_water_mark,
            Some(cli.chunk_size),
        ];
        let mut sizes = sizes.iter().chain(&own).flatten();
        let is_ordinary = sizes.all(|it| *it <= DEFAULT_MARK);
        // Every machine can hold what is taken by default.
        let most = if is_ordinary {
            None
        } else {
            let buffers = cli.transform.len() + 1;
            let memory = world.memory();
            memory.map(|memory| most_for_each(buffers, memory))
        };
        Self::within(cli, &own, most)
    }

    /// With at most `most` bytes for each buffer.
    fn within(cli: &Cli, own: &[Option<u64>], most: Option<u64>) -> Result<Self, UsageError> {
        let mut warnings = Vec::new();
        let mut cut = |flag, asked, most| {
            let (size, warning) = at_most(flag, asked, most);
            warnings.extend(warning);
            size
        };
        let both = cut("--high-water-mark", cli.high_water_mark, most);
        let mut side =
            |flag, asked: Option<u64>| asked.map_or(both, |asked| cut(flag, asked, most));
        let marks = Marks {
            readable: side("--read-high-water-mark", cli.read_high_water_mark),
            writable: side("--write-high-water-mark", cli.write_high_water_mark),
            low: cli.low_water_mark,
        };
        let own = own.iter();
        let sink_marks = own.map(|own| own.map_or(marks.writable, |own| cut("mark", own, most)));
        let sink_marks: Vec<_> = sink_marks.collect();
        let lowest = sink_marks.iter().copied().min().unwrap_or(marks.writable);
        if marks.low >= lowest {
            let message = format!(
                "--low-water-mark {} is not below the high-water mark of the writing side, {lowest}",
                marks.low
            );
            return Err(UsageError::new(message));
        }
        let most = most.map(|most| most / CHUNKS_PER_BUFFER);
        let chunk_size = cut("--chunk-size", cli.chunk_size, most);
        Ok(Self {
            marks: match sink_marks[..] {
                // The only one is the one of the writing side.
                [writable] => Marks { writable, ..marks },
                _ => marks,
            },
            sink_marks,
            chunk_size,
            warnings,
        })
    }
}

/// The most bytes that each side of so many buffers may hold: both sides of all of them together leave half of the `memory` to
/// other programs.
#[must_use]
pub fn most_for_each(buffers: usize, memory: u64) -> u64 {
    let sides = u64::try_from(buffers).map_or(u64::MAX, |buffers| buffers.saturating_mul(2));
    memory / 2 / sides.max(1)
}

/// The size that the flag asks for, or the most there can be and what the user is told then.
fn at_most(flag: &str, asked: u64, most: Option<u64>) -> (u64, Option<String>) {
    match most {
        Some(most) if asked > most => {
            let most_in_words = bytes_exactly(most);
            let warning =
                format!("{flag} {asked} is more than there is memory for; using {most_in_words}");
            (most, Some(warning))
        }
        _ => (asked, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{BufferSizes, CHUNKS_PER_BUFFER};
    use crate::cli::Cli;
    use clap::Parser;
    use proptest::prelude::*;

    fn within(most: u64, flags: &[&str]) -> Result<BufferSizes, String> {
        let cli = Cli::parse_from([&["tidegate"], flags].concat());
        BufferSizes::within(&cli, &[None], Some(most)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_the_machine_cannot_hold_is_cut_and_said_by_the_flag_that_asked_for_it() {
        let flags = [
            "-H",
            "64G",
            "--write-high-water-mark",
            "1G",
            "-c",
            "16777215T",
        ];
        let buffers = within(8 << 30, &flags).unwrap();
        let marks = buffers.marks;
        assert_eq!((marks.readable, marks.writable), (8 << 30, 1 << 30));
        assert_eq!(buffers.chunk_size, 2 << 30);
        let said = buffers.warnings.join("\n");
        assert!(
            said.contains("--high-water-mark 68719476736 is more"),
            "{said}"
        );
        assert!(said.contains("--chunk-size"), "{said}");
        assert!(!said.contains("--write-high-water-mark"), "{said}");
    }

    #[test]
    fn what_fits_is_left_alone_without_a_word() {
        let buffers = within(8 << 30, &["-H", "8G", "--low-water-mark", "1G"]).unwrap();
        assert_eq!(buffers.marks.readable, 8 << 30);
        assert_eq!(buffers.warnings, Vec::<String>::new());
    }

    #[test]
    fn a_low_water_mark_has_to_be_below_what_is_left_of_the_high_one() {
        let refused = within(1 << 20, &["-H", "1G", "--low-water-mark", "512M"]).unwrap_err();
        assert!(refused.contains("the writing side, 1048576"), "{refused}");
    }

    proptest! {
        #[test]
        fn nothing_is_above_what_there_can_be(
            most in 1_u64 << 20..u64::MAX, mark in 1..=u64::MAX, read in 1..=u64::MAX, chunk in 1..=u64::MAX
        ) {
            let [mark, read, chunk] = [mark, read, chunk].map(|it| it.to_string());
            let flags = ["-H", &mark, "--read-high-water-mark", &read, "-c", &chunk];
            let buffers = within(most, &flags).unwrap();
            let marks = buffers.marks;
            prop_assert!(marks.readable.max(marks.writable) <= most);
            prop_assert!(buffers.chunk_size <= most / CHUNKS_PER_BUFFER);
        }
    }
}
