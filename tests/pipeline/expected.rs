//! A sink learns how many bytes are expected before the first of them comes.

use crate::ended;
use crate::ends::{HostileSource, UnderWay};
use crate::hostile::{Act, Script, data};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use tidegate::account::clock::Clock;
use tidegate::account::meter::Meter;
use tidegate::endpoint::{Delivered, Finish, Least, Sink};
use tidegate::engine::limit::Limit;
use tidegate::engine::link::{Link, Marks};
use tidegate::engine::road::{self, Between, FlowOptions, Reason, Road};
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
        let source = HostileSource {
            data: data(len),
            at: 0,
            fails_at: None,
            script: Script::new(vec![Act::Move(1000)]),
            ended: false,
            under_way: Arc::new(UnderWay::default()),
            bound: u64::MAX,
        };
        let marks = Marks {
            readable: 1000,
            writable: 1000,
            low: 0,
        };
        let flow = FlowOptions {
            chunk_size: 1000,
            skip: 0,
            take: None,
            expected,
            expect_size: None,
            least: Least::Nothing,
            idle_timeout: None,
        };
        let clock = Arc::new(Clock::new());
        let link = Arc::new(Link::new(marks, 1000, Arc::clone(&clock)).unwrap());
        let between = Between {
            chain: Arc::clone(&link).into(),
            transforms: Vec::new(),
            meter: Arc::new(Meter::new(Arc::clone(&link).into(), clock)),
            limit: Arc::new(Limit::new(None, 0)),
        };
        let (told, asked) = channel();
        let running = road::start(
            Road::Buffered(Reason::Asked),
            Box::new(source),
            Box::new(Telling(told)),
            flow,
            between,
        )
        .unwrap();
        ended(running.reader);
        ended(running.writer);
        let mut asked = asked.into_iter();
        assert_eq!(asked.next(), Some(Asked::Start(expected)));
        let written = asked.map(|it| match it {
            Asked::Write(n) => n,
            Asked::Start(_) => 0,
        });
        assert_eq!(written.sum::<usize>(), len);
    }
}
