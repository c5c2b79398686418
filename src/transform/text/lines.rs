//! `lines`: counts the lines that pass.

use crate::transform::{Failure, Group, Input, Kind, Made, Output, Transform, pass};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "lines",
    group: Group::Count,
    help: "counts lines, and shows how many have passed",
    keys: &[],
    example: "seq 1000 | tidegate -t lines --summary always - null:",
    make: |_| Made::Steps(Box::new(Lines::default())),
};

#[derive(Default)]
struct Lines {
    ended: u64,
    /// Whether the last line has begun and not ended.
    begun: bool,
}

impl Transform for Lines {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        let passed = pass(input, output);
        self.ended += memchr::memchr_iter(b'\n', passed).count() as u64;
        if let Some(last) = passed.last() {
            self.begun = *last != b'\n';
        }
        Ok(())
    }

    /// A last line without an end counts too.
    fn lines(&self) -> Option<u64> {
        Some(self.ended + u64::from(self.begun))
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made};

    #[test]
    fn a_last_line_without_an_end_counts_and_nothing_is_changed() {
        for (input, lines) in [
            ("", 0),
            ("\n", 1),
            ("a\nb", 2),
            ("a\nb\n", 2),
            ("\n\n\n", 3),
        ] {
            for pace in [Pace::at_once(), Pace::by_bytes()] {
                let mut transform = made("lines");
                let driven = drive(&mut *transform, input.as_bytes(), &pace);
                assert_eq!((driven.result, driven.taken), (Ok(()), input.len()));
                assert_eq!(driven.output, input.as_bytes());
                assert_eq!(transform.lines(), Some(lines), "{input:?}");
            }
        }
    }
}
