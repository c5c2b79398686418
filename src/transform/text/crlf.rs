//! `crlf`: ends lines as the protocols of the internet do, with CR LF (RFC 5321, section 2.3.8).

use crate::transform::{Failure, Group, Input, Kind, Made, Output, Transform};

pub(in crate::transform) const KIND: Kind = Kind {
    name: "crlf",
    group: Group::Text,
    help: "turns line ends into CR LF, as on Windows; those that are CR LF stay",
    keys: &[],
    example: "printf 'HELO me\\nQUIT\\n' | tidegate -t crlf | od -c",
    make: |_| Made::Steps(Box::new(Crlf::default())),
};

#[derive(Default)]
struct Crlf {
    /// Whether the last byte put out was a CR.
    after_cr: bool,
}

impl Transform for Crlf {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while !input.is_empty() && !output.is_full() {
            let line = memchr::memchr(b'\n', input.rest()).unwrap_or(input.rest().len());
            if line == 0 {
                self.end_line(input, output);
                continue;
            }
            let passed = input.take(output.put(&input.rest()[..line]));
            self.after_cr = passed.last() == Some(&b'\r');
        }
        Ok(())
    }
}

impl Crlf {
    /// Puts out a CR before the LF, unless there is one. The LF is taken only once the CR is out.
    fn end_line(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) {
        if self.after_cr {
            output.put(input.take(1));
            self.after_cr = false;
        } else {
            output.put(b"\r");
            self.after_cr = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::driven::{Pace, drive, made, through};

    #[test]
    fn every_line_ends_with_cr_lf_whatever_it_ended_with_and_however_it_comes() {
        for (input, output) in [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\n", "a\r\nb\r\n"),
            ("\n\n", "\r\n\r\n"),
            ("\r\r\n\r", "\r\r\n\r"),
        ] {
            assert_eq!(through("crlf", input.as_bytes()), output.as_bytes());
            let driven = drive(&mut *made("crlf"), input.as_bytes(), &Pace::by_bytes());
            assert_eq!(driven.output, output.as_bytes());
        }
    }
}
