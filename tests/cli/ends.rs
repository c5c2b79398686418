//! More words for `tide`: every pair of ends a transfer can have, set up, run on a road, and looked at.

use crate::peer::{Peer, Step};
use crate::tide::{Done, Running, Scratch, records};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// Where bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    File,
    StdinFile,
    Fd,
    StdinPipe,
    Fifo,
    Connects,
    Listens,
    /// Connects to a Unix socket.
    Unix,
    Zero,
}

/// Where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    NewFile,
    OldFile,
    Atomic,
    StdoutFile,
    Fd,
    StdoutPipe,
    Fifo,
    Connects,
    Listens,
    /// Listens on a Unix socket.
    Unix,
    DevNull,
    Null,
    Rate,
    Append,
    StdoutAppend,
}

/// How the kernel road goes between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// With a neighbour's pipe in front, behind, or both.
    Straight { before: bool, behind: bool },
    /// Through a pipe of our own, or as the file system does it.
    ThroughOrCopy,
    /// Through a pipe of our own.
    Through,
    /// Not at all.
    None,
}

pub(crate) const SOURCES: [From; 9] = [
    From::File,
    From::StdinFile,
    From::Fd,
    From::StdinPipe,
    From::Fifo,
    From::Connects,
    From::Listens,
    From::Unix,
    From::Zero,
];

pub(crate) const SINKS: [To; 15] = [
    To::NewFile,
    To::OldFile,
    To::Atomic,
    To::StdoutFile,
    To::Fd,
    To::StdoutPipe,
    To::Fifo,
    To::Connects,
    To::Listens,
    To::Unix,
    To::DevNull,
    To::Null,
    To::Rate,
    To::Append,
    To::StdoutAppend,
];

/// What stands in a file that is written to before.
const OLD: &[u8] = b"what was there before\n";

const LISTEN: &str = "tcp-listen://127.0.0.1:0";

impl From {
    fn is_file(self) -> bool {
        matches!(self, From::File | From::StdinFile | From::Fd)
    }

    pub(crate) fn is_pipe(self) -> bool {
        matches!(self, From::StdinPipe | From::Fifo)
    }

    /// So many bytes as only this source can give.
    pub(crate) fn data(self, len: usize) -> Vec<u8> {
        match self {
            From::Zero => vec![0; len],
            _ => crate::tide::noise(len),
        }
    }
}

impl To {
    fn is_file(self) -> bool {
        use To::{Atomic, Fd, NewFile, OldFile, StdoutFile};
        matches!(self, NewFile | OldFile | Atomic | StdoutFile | Fd)
    }

    pub(crate) fn is_pipe(self) -> bool {
        matches!(self, To::StdoutPipe | To::Fifo)
    }

    pub(crate) fn appends(self) -> bool {
        matches!(self, To::Append | To::StdoutAppend)
    }

    pub(crate) fn is_socket(self) -> bool {
        matches!(self, To::Connects | To::Listens | To::Unix)
    }
}

/// How the kernel road goes from the one to the other.
pub(crate) fn way(from: From, to: To) -> Way {
    let (before, behind) = (from.is_pipe(), to.is_pipe());
    if to.appends() {
        Way::None
    } else if before && to.is_file() {
        // While the kernel copies into the file it would keep the pipe in front locked.
        Way::Through
    } else if before || behind {
        Way::Straight { before, behind }
    } else if from.is_file() && to.is_file() {
        Way::ThroughOrCopy
    } else {
        Way::Through
    }
}

/// A transfer about to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer<'a> {
    pub(crate) from: From,
    pub(crate) to: To,
    pub(crate) flags: &'a str,
}

/// One that has ended.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) done: Done,
    /// What has arrived, where somebody kept it.
    pub(crate) got: Option<Vec<u8>>,
    pub(crate) start: Option<Value>,
    pub(crate) end: Value,
}

/// What has been set up at one end: the URI, the redirection that goes with it, and who listens or plays there.
struct Set {
    uri: String,
    redirection: &'static str,
    peer: Option<Peer>,
    reader: Option<JoinHandle<Vec<u8>>>,
}

impl Set {
    fn at(uri: impl Into<String>, redirection: &'static str) -> Self {
        Self {
            uri: uri.into(),
            redirection,
            peer: None,
            reader: None,
        }
    }

    fn met_by(steps: Vec<Step>) -> Self {
        let (peer, address) = Peer::listens(steps);
        Self {
            peer: Some(peer),
            ..Self::at(format!("tcp://{address}"), "")
        }
    }
}

fn source(it: &Scratch, from: From, data: &[u8]) -> Set {
    if from.is_file() {
        it.write("in", data);
    }
    match from {
        From::File => Set::at("in", ""),
        From::StdinFile => Set::at("-", "<in"),
        From::Fd => Set::at("fd:3", "3<in"),
        From::StdinPipe => Set::at("-", ""),
        From::Fifo => {
            it.fifo("from");
            let (path, data) = (it.path("from"), data.to_vec());
            // The other end may have enough before it has everything.
            thread::spawn(move || drop(File::create(path).and_then(|mut it| it.write_all(&data))));
            Set::at("from", "")
        }
        From::Connects => Set::met_by(sends(data)),
        // A peer that sends nothing is to get through as well.
        From::Listens => Set::at(format!("{LISTEN}#min-size=0"), ""),
        From::Unix => Set {
            peer: Some(Peer::listens_at(&it.path("u"), sends(data))),
            ..Set::at("unix:u", "")
        },
        From::Zero => Set::at(format!("zero:#size={}", data.len()), ""),
    }
}

fn sends(data: &[u8]) -> Vec<Step> {
    vec![Step::Send(data.to_vec()), Step::HalfClose, Step::ReadAll]
}

fn sink(it: &Scratch, to: To) -> Set {
    if to.appends() || matches!(to, To::OldFile | To::Atomic) {
        it.write("out", OLD);
    }
    match to {
        To::NewFile | To::OldFile => Set::at("out", ""),
        To::Atomic => Set::at("file:out#atomic", ""),
        To::StdoutFile => Set::at("-", ">out"),
        To::Fd => Set::at("fd:4", "4>out"),
        To::StdoutPipe => Set::at("-", ""),
        To::Fifo => {
            it.fifo("to");
            Set {
                reader: Some(read_fifo(it.path("to"))),
                ..Set::at("to", "")
            }
        }
        To::Connects => Set::met_by(vec![Step::ReadAll]),
        To::Listens => Set::at(LISTEN, ""),
        To::Unix => Set::at("unix-listen:v", ""),
        To::DevNull => Set::at("/dev/null", ""),
        To::Null => Set::at("null:", ""),
        To::Rate => Set::at("null:#rate=1G", ""),
        To::Append => Set::at("file:out#append", ""),
        To::StdoutAppend => Set::at("-", ">>out"),
    }
}

fn read_fifo(path: PathBuf) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut got = Vec::new();
        let _ = File::open(path).and_then(|mut it| it.read_to_end(&mut got));
        got
    })
}

impl Transfer<'_> {
    /// Makes it, with `data` in front.
    #[track_caller]
    pub(crate) fn make(self, data: &[u8]) -> Made {
        let it = Scratch::new();
        let (mut source, mut sink) = (source(&it, self.from, data), sink(&it, self.to));
        let line = format!(
            "exec $T --stats s {} {} {} {} {}",
            self.flags, source.uri, sink.uri, source.redirection, sink.redirection
        );
        let cmd = it.sh(&line);
        let mut running = match self.from {
            From::StdinPipe => cmd.input(data).start(),
            _ => cmd.start(),
        };
        if self.from == From::Listens {
            source.peer = Some(comes_to(&mut running, sends(data)));
        }
        if self.to == To::Listens {
            sink.peer = Some(comes_to(&mut running, vec![Step::ReadAll]));
        }
        if self.to == To::Unix {
            while running.listening() != "v" {}
            sink.peer = Some(Peer::connects_at(&it.path("v"), vec![Step::ReadAll]));
        }
        let done = running.done();
        let got = self.arrived(&it, sink, &done);
        let mut records = records(&it.read("s"));
        let end = records.pop().expect("a record of the end");
        let start = records.into_iter().find(|record| record["type"] == "start");
        Made {
            done,
            got,
            start,
            end,
        }
    }

    fn arrived(self, it: &Scratch, sink: Set, done: &Done) -> Option<Vec<u8>> {
        match self.to {
            To::StdoutPipe => Some(done.stdout.clone()),
            To::Fifo => sink.reader.map(|it| it.join().expect("a reader")),
            To::Connects | To::Listens | To::Unix => sink.peer.map(|peer| peer.story().bytes),
            To::DevNull | To::Null | To::Rate => None,
            To::Append | To::StdoutAppend => Some(
                it.read("out")
                    .strip_prefix(OLD)
                    .unwrap_or_default()
                    .to_vec(),
            ),
            _ => Some(it.read("out")),
        }
    }
}

fn comes_to(running: &mut Running, steps: Vec<Step>) -> Peer {
    Peer::connects(&running.listening(), steps)
}

impl Made {
    /// Exactly these bytes must have been delivered, and the records must agree.
    #[track_caller]
    pub(crate) fn delivers(&self, wanted: &[u8], transfer: &Transfer<'_>) {
        let (end, len) = (&self.end, wanted.len());
        assert_eq!(
            self.done.code(),
            0,
            "{transfer:?}, {len}: {:?}",
            self.done.stderr
        );
        if let Some(got) = &self.got {
            assert_eq!(got.len(), len, "{transfer:?}");
            assert!(got == wanted, "{transfer:?}, {len}: other bytes arrived");
        }
        assert_eq!(end["outcome"], "complete", "{transfer:?}: {end}");
        let sense = if transfer.to.is_socket() {
            "closed"
        } else {
            "written"
        };
        assert_eq!(end["delivered"], sense, "{transfer:?}: {end}");
        assert_eq!(end["bytes_in"], len, "{transfer:?}: {end}");
        assert_eq!(end["bytes_out"], len, "{transfer:?}: {end}");
        assert_eq!(end["links"][0]["state"], "ended", "{transfer:?}: {end}");
        self.accounts_for_its_time(transfer);
    }

    #[track_caller]
    fn accounts_for_its_time(&self, transfer: &Transfer<'_>) {
        let waits = self.end["waits"].as_object().expect("waits");
        let sum: f64 = waits.values().filter_map(Value::as_f64).sum();
        let elapsed = self.end["elapsed_s"].as_f64().expect("a time");
        let off = (sum - elapsed).abs();
        assert!(off <= elapsed / 100.0 + 1e-8, "{transfer:?}: {}", self.end);
    }

    /// It must have taken this road from its start to its end.
    #[track_caller]
    pub(crate) fn took(&self, road: &str, transfer: &Transfer<'_>) {
        let start = self.start.as_ref().expect("a start");
        assert_eq!(start["road"], road, "{transfer:?}: {start}");
        assert_eq!(self.end["road"], road, "{transfer:?}: {}", self.end);
        assert_eq!(start["calls"].is_null(), road == "buffered", "{start}");
    }
}
