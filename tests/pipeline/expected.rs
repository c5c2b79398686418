//! A sink learns how many bytes are expected before the first of them comes.

use crate::ends::{HostileSource, start};
use crate::hostile::{Act, ended};
use crate::marks;
use std::io::{self, IoSlice};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use tidegate::endpoint::{Delivered, Finish, Sink};
use tidegate::engine::pipeline::Options;
use tidegate::engine::road::FlowOptions;
use tidegate::engine::wait::Ready;

/// What a sink is asked to do.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Start(Option<u64>),
    Write(usize),
}

struct Telling(Sender<Asked>);

impl Sink for Telling {
    fn start(&mut self, expected: Option<u64>) -> io::Result<()> {
        self.0.send(Asked::Start(expected)).unwrap();
        Ok(())
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let n = bufs.iter().map(|buf| buf.len()).sum();
        self.0.send(Asked::Write(n)).unwrap();
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        Ok(Finish::Done(Delivered::Written))
    }
}

#[test]
fn a_sink_is_told_how_many_bytes_are_expected_before_they_come() {
    for (expected, len) in [(Some(100), 100), (Some(7), 100), (None, 100), (Some(0), 0)] {
        let source = HostileSource::new(len, vec![Act::Move(1000)]);
        let options = Options {
            marks: marks(1000),
            flow: FlowOptions {
                expected,
                ..FlowOptions::default()
            },
            ..Options::default()
        };
        let (told, asked) = channel();
        ended(start(source, Telling(told), options));
        let mut asked = asked.into_iter();
        assert_eq!(asked.next(), Some(Asked::Start(expected)));
        let written = asked.map(|it| match it {
            Asked::Write(n) => n,
            Asked::Start(_) => 0,
        });
        assert_eq!(written.sum::<usize>(), len);
    }
}
