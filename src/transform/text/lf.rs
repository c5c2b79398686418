//! `lf`: ends lines as Unix does, with LF alone, where they end with CR LF.

use crate::transform::{Failure, Group, Input, Kind, Made, Output, Pending, Transform};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "lf",
    group: Group::Text,
    help: "turns line ends from CR LF into LF; a CR alone stays",
    keys: &[],
    example: "printf 'one\\r\\ntwo\\r\\n' | tidegate -t lf | od -c",
    make: |_| Made::Steps(Box::new(Lf::default())),
};

#[derive(Default)]
struct Lf {
    /// Whether a CR has been taken and not put out, since it is not known yet what follows.
    holds_cr: bool,
}

impl Transform for Lf {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while !input.is_empty() && !output.is_full() {
            if self.holds_cr {
                self.decide(input, output);
                continue;
            }
            let rest = input.rest();
            let text = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
            if text == 0 {
                input.take(1);
                self.holds_cr = true;
            } else {
                input.take(output.put(&rest[..text]));
            }
        }
        Ok(())
    }

    /// A flush does not put out a CR that is held, since its LF may still come.
    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.holds_cr && output.put(b"\r") == 0 {
            return Ok(Pending::More);
        }
        self.holds_cr = false;
        Ok(Pending::Nothing)
    }
}

impl Lf {
    /// Puts out the CR that is held, unless an LF follows, which takes its place.
    fn decide(&mut self, input: &Input<'_>, output: &mut Output<'_>) {
        if input.rest().first() != Some(&b'\n') {
            output.put(b"\r");
        }
        self.holds_cr = false;
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made, paces, through};
    use proptest::prelude::*;

    #[test]
    fn only_a_cr_before_an_lf_goes_however_it_comes() {
        for (input, output) in [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\nb\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("\r\n\r\n", "\n\n"),
            ("\r\r\n\n\r", "\r\n\n\r"),
            ("a\rb", "a\rb"),
        ] {
            assert_eq!(through("lf", input.as_bytes()), output.as_bytes());
            let driven = drive(&mut *made("lf"), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn every_cr_lf_becomes_lf_and_nothing_else_does(
            text in "[a\r\n]{0,300}", pace in paces()
        ) {
            let driven = drive(&mut *made("lf"), text.as_bytes(), &pace);
            prop_assert_eq!(driven.result, Ok(()));
            let expected = text.replace("\r\n", "\n");
            prop_assert_eq!(driven.output, expected.as_bytes());
        }

        #[test]
        fn it_undoes_what_crlf_does(text in "[a\n]{0,300}", there in paces(), back in paces()) {
            let crlf = drive(&mut *made("crlf"), text.as_bytes(), &there).output;
            let lf = drive(&mut *made("lf"), &crlf, &back).output;
            prop_assert_eq!(lf, text.as_bytes());
        }
    }
}
