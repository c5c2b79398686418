//! A hundred pipelines in one process do not disturb each other, and leave nothing behind.
//!
//! The test is alone in its process: it counts the threads and descriptors of that.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "pipeline/ends.rs"]
mod ends;
#[path = "hostile/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod hostile;
#[path = "kernel_road/ends.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod kernel_ends;

use ends::{Full, HostileSink, HostileSource, Silent, start};
use hostile::{Act, Script, data, ended};
use kernel_ends::{End as Kind, From, To};
use std::fs::read_dir;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tidegate::endpoint::Source;
use tidegate::engine::link::Marks;
use tidegate::engine::pipeline::{End, Handle, Options, Pipeline};
use tidegate::engine::road::{FlowOptions, Preference, RoadInUse, WriterOutcome};
use tidegate::transform::{Failure, Input, Made, Output, Program, Transform};

/// Nothing here takes longer, on however slow a machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// How many pipelines there are of each sort.
const OF_EACH: usize = 10;

type Got = Arc<Mutex<Vec<u8>>>;

/// A pipeline under way.
struct Running {
    handle: Handle,
    /// After how many bytes it is cancelled, if it is.
    cancelled_after: Option<u64>,
    /// Looks at how it ended, and what has arrived.
    check: Box<dyn FnOnce(End)>,
}

impl Running {
    fn new(handle: Handle, check: impl FnOnce(End) + 'static) -> Self {
        Self {
            handle,
            cancelled_after: None,
            check: Box::new(check),
        }
    }

    /// One that is to be cancelled after so many bytes, of which that many at least have arrived then.
    fn cancelled(handle: Handle, bytes: u64, arrived: impl FnOnce() -> Vec<u8> + 'static) -> Self {
        let check = move |end: End| {
            assert!(
                matches!(end.writers[0], WriterOutcome::Cancelled),
                "{end:?}"
            );
            let arrived = arrived();
            assert!(arrived.len() as u64 >= bytes);
            assert!(data(LEN).starts_with(&arrived), "not what the source gave");
        };
        Self {
            cancelled_after: Some(bytes),
            ..Self::new(handle, check)
        }
    }
}

/// How many bytes a source gives.
const LEN: usize = 20_000;

fn small() -> Options {
    Options {
        marks: Marks {
            readable: 3000,
            writable: 3000,
            low: 0,
        },
        flow: FlowOptions {
            chunk_size: 700,
            ..FlowOptions::default()
        },
        ..Options::default()
    }
}

fn source() -> HostileSource {
    HostileSource::new(LEN, vec![Act::Move(500), Act::NotNow, Act::Interrupt])
}

fn sink(got: &Got) -> HostileSink {
    HostileSink::new(got, vec![Act::Move(300), Act::NotNow, Act::Interrupt])
}

fn taken(got: &Got) -> Vec<u8> {
    std::mem::take(&mut *got.lock().unwrap())
}

#[track_caller]
fn is_delivered(end: &End) {
    assert!(
        matches!(end.writers[0], WriterOutcome::Delivered { .. }),
        "{end:?}"
    );
    assert!(end.reader.as_ref().is_some_and(|it| it.result.is_ok()));
    assert!(
        end.transforms
            .iter()
            .all(|it| it.as_ref().is_some_and(|it| it.failure.is_none()))
    );
}

/// Everything arrives.
fn whole() -> Running {
    let got = Got::default();
    let handle = start(source(), sink(&got), small());
    Running::new(handle, move |end| {
        is_delivered(&end);
        assert!(taken(&got) == data(LEN));
    })
}

/// Every byte as it is.
struct Same;

impl Transform for Same {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while !input.is_empty() && !output.is_full() {
            output.put(input.take(1));
        }
        Ok(())
    }
}

/// Everything arrives, through a transform and a program.
fn transformed() -> Running {
    let got = Got::default();
    let program = Program {
        command: "cat".to_owned(),
        stderr: None,
    };
    let transforms = vec![
        ("same", Made::Steps(Box::new(Same))),
        ("exec", Made::Program(program)),
    ];
    let options = Options {
        transforms,
        ..small()
    };
    let handle = start(source(), sink(&got), options);
    Running::new(handle, move |end| {
        is_delivered(&end);
        assert!(taken(&got) == data(LEN));
    })
}

/// The source fails; what it gave arrives.
fn with_failing_source() -> Running {
    let got = Got::default();
    let source = HostileSource {
        fails_at: Some(7777),
        ..source()
    };
    let handle = start(source, sink(&got), small());
    Running::new(handle, move |end| {
        assert!(
            matches!(end.writers[0], WriterOutcome::SourceCut),
            "{end:?}"
        );
        assert!(end.reader.unwrap().result.is_err());
        assert!(taken(&got) == data(LEN)[..7777]);
    })
}

/// The sink fails.
fn with_failing_sink() -> Running {
    let got = Got::default();
    let sink = HostileSink {
        fails_at: Some(8888),
        ..sink(&got)
    };
    let handle = start(source(), sink, small());
    Running::new(handle, move |end| {
        assert!(
            matches!(end.writers[0], WriterOutcome::Failed { .. }),
            "{end:?}"
        );
        assert!(end.reader.is_some(), "the reader is still there");
        assert!(taken(&got) == data(LEN)[..8888]);
    })
}

/// Cancelled before a byte has come.
fn silent() -> Running {
    let got = Got::default();
    let handle = start(Silent, sink(&got), small());
    Running::cancelled(handle, 0, move || taken(&got))
}

/// Cancelled midway, by a limit that lets little go.
fn cancelled_midway() -> Running {
    let got = Got::default();
    let options = Options {
        rate: Some(50_000),
        ..small()
    };
    let source = HostileSource {
        script: Script::new(vec![Act::Move(100)]),
        ..source()
    };
    let handle = start(source, sink(&got), options);
    Running::cancelled(handle, 1, move || taken(&got))
}

/// Cancelled, since the sink never takes anything; a program is in between.
fn without_taker() -> Running {
    let program = Program {
        command: "cat".to_owned(),
        stderr: None,
    };
    let options = Options {
        transforms: vec![("exec", Made::Program(program))],
        ..small()
    };
    let handle = start(source(), Full, options);
    Running::cancelled(handle, 0, Vec::new)
}

fn by_the_kernel(from: From, to: To) -> Handle {
    let options = Options {
        marks: Marks {
            readable: 1 << 16,
            writable: 1 << 16,
            low: 0,
        },
        ..Options::default()
    };
    let mut pipeline = Pipeline::new(Box::new(from), Box::new(to), options).unwrap();
    let road = pipeline.choose(Preference::Kernel).unwrap();
    pipeline.start(road).unwrap()
}

/// The kernel moves everything, from one of these to the other.
fn moved_by_the_kernel(from: Kind, to: Kind) -> Running {
    let (source, _) = From::new(from, &data(LEN), false);
    let (sink, kept) = To::new(to, true);
    let handle = by_the_kernel(source, sink);
    let controls = handle.controls().clone();
    Running::new(handle, move |end| {
        is_delivered(&end);
        assert!(matches!(controls.road(), Some(RoadInUse::Kernel(_))));
        assert!(kept.bytes() == data(LEN));
    })
}

/// Cancelled while the kernel waits for more.
fn cancelled_in_the_kernel() -> Running {
    let (source, open) = From::new(Kind::Socket, &data(LEN), true);
    let (sink, kept) = To::new(Kind::File, true);
    let handle = by_the_kernel(source, sink);
    Running::cancelled(handle, LEN as u64, move || {
        drop(open);
        kept.bytes()
    })
}

fn all() -> Vec<Running> {
    let mut all = Vec::new();
    for _ in 0..OF_EACH {
        all.extend([
            whole(),
            transformed(),
            with_failing_source(),
            with_failing_sink(),
            silent(),
            cancelled_midway(),
            without_taker(),
            moved_by_the_kernel(Kind::File, Kind::Socket),
            moved_by_the_kernel(Kind::Socket, Kind::Pipe),
            cancelled_in_the_kernel(),
        ]);
    }
    all
}

/// Looks again and again: neither a meter nor a process tells when its numbers change.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not before the deadline: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// How many threads and descriptors this process has.
fn owned() -> (usize, usize) {
    let count = |path| read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
fn a_hundred_pipelines_end_each_as_it_should_and_leave_no_thread_and_no_descriptor() {
    let before = owned();
    let all = all();
    assert_eq!(all.len(), 100);
    for it in &all {
        let controls = it.handle.controls();
        if let Some(bytes) = it.cancelled_after {
            until("so much has arrived", || {
                controls.meter().bytes_out() >= bytes
            });
            controls.cancel();
        }
    }
    for it in all {
        (it.check)(ended(it.handle));
    }
    // A handle that is dropped gives its pipeline up.
    for source in [Box::new(Silent) as Box<dyn Source>, Box::new(source())] {
        let mut pipeline = Pipeline::new(source, Box::new(Full), small()).unwrap();
        let road = pipeline.choose(Preference::Auto).unwrap();
        drop(pipeline.start(road).unwrap());
    }
    until("nothing is left behind", || owned() == before);
}
