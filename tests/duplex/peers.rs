//! Peers of a relay between two ends of both directions, and the relay itself: two pipelines, made by hand from the halves.

use rustix::event::{PollFd, PollFlags, poll};
use socket2::{Domain, SockAddr, Socket, Type};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, PipeWriter, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tidegate::endpoint::{Announce, Context, Delivered, Halves, Source, System, plan_peer};
use tidegate::engine::pipeline::{Controls, Handle, Options, Pipeline};
use tidegate::engine::road::{Preference, WriterOutcome};
use tidegate::error::{Side, reason};
use tokio::runtime::Runtime;

/// Nothing here takes longer, on however slow a machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How an end of the relay is connected with its peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    TcpListen,
    Unix,
    UnixListen,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Tcp, Self::TcpListen, Self::Unix, Self::UnixListen];

    /// Whether its peer can be told that the transfer has failed.
    pub(crate) fn resets(self) -> bool {
        matches!(self, Self::Tcp | Self::TcpListen)
    }
}

/// Notes where an end listens, and is silent otherwise.
#[derive(Default)]
struct Listening(RefCell<String>);

impl Announce for Listening {
    fn waiting(&self, _: Side, _: String) {}

    fn listening(&self, _: Side, address: &str, _: &str) {
        address.clone_into(&mut self.0.borrow_mut());
    }

    fn refused(&self, _: Side, _: &str, _: &'static str) {}

    fn turned_away(&self, _: Side, _: &str, _: &str) {}

    fn warning(&self, _: Side, _: &str) {}

    fn stderr_of_command(&self) -> Option<PipeWriter> {
        None
    }

    fn reads_stdin(&self) -> bool {
        false
    }

    fn writes_stdout(&self) -> bool {
        false
    }
}

/// Why an end cannot be prepared.
pub(crate) fn refusal(argument: &str) -> String {
    let plan = plan_peer(OsStr::new(argument), &Context::of(&System)).expect("a plan");
    let announce = Listening::default();
    let prepared = runtime().block_on(plan.end.prepare(Side::Source, &announce));
    prepared.err().expect("a refusal").reason()
}

fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime")
}

/// Opens an end; once it is prepared, `come` is told the address that it listens on, if it does.
pub(crate) fn open<T>(argument: &str, come: impl FnOnce(&str) -> T) -> (Halves, T) {
    let plan = plan_peer(OsStr::new(argument), &Context::of(&System)).expect("a plan");
    let announce = Listening::default();
    runtime().block_on(async {
        let prepared = plan.end.prepare(Side::Source, &announce).await;
        let prepared = prepared.expect("a prepared end");
        let guest = come(&announce.0.borrow());
        (prepared.open().await.expect("an open end"), guest)
    })
}

/// The person or program at the other side of an end.
#[derive(Debug)]
pub(crate) struct Peer(Socket);

/// An open end, and its peer.
pub(crate) fn connected(kind: Kind) -> (Halves, Peer) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let unix = || SockAddr::unix(&path).expect("a short path");
    // Buffers of the system's choice hold more than is worth sending.
    let options = "sndbuf=64K,rcvbuf=64K";
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    match kind {
        Kind::Tcp => {
            let listener = listener(Domain::IPV4, &any.into());
            let address = listener.local_addr().expect("an address");
            let port = address.as_socket().expect("a port").port();
            let (halves, ()) = open(&format!("tcp://127.0.0.1:{port}#{options}"), |_| ());
            (
                halves,
                Peer::new(listener.accept().expect("a connection").0),
            )
        }
        Kind::Unix => {
            let listener = listener(Domain::UNIX, &unix());
            let (halves, ()) = open(&uri("unix", &path, options), |_| ());
            (
                halves,
                Peer::new(listener.accept().expect("a connection").0),
            )
        }
        Kind::TcpListen => open(&format!("tcp-listen://127.0.0.1:0#{options}"), |address| {
            let address: SocketAddr = address.parse().expect("an address");
            connect(Domain::IPV4, &address.into())
        }),
        Kind::UnixListen => open(&uri("unix-listen", &path, options), |_| {
            connect(Domain::UNIX, &unix())
        }),
    }
}

fn uri(scheme: &str, path: &Path, options: &str) -> String {
    format!("{scheme}:{}#{options}", path.display())
}

fn listener(domain: Domain, address: &SockAddr) -> Socket {
    let listener = Socket::new(domain, Type::STREAM, None).expect("a socket");
    listener.set_recv_buffer_size(64 << 10).expect("a size");
    listener.bind(address).expect("an address");
    listener.listen(1).expect("a listener");
    listener
}

fn connect(domain: Domain, address: &SockAddr) -> Peer {
    let socket = Socket::new(domain, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(64 << 10).expect("a size");
    socket.connect(address).expect("a connection");
    Peer::new(socket)
}

impl Peer {
    pub(crate) fn new(socket: impl Into<Socket>) -> Self {
        let socket = socket.into();
        // Nothing waits without a deadline.
        let deadline = Some(DEADLINE);
        socket.set_read_timeout(deadline).expect("a timeout");
        socket.set_write_timeout(deadline).expect("a timeout");
        Self(socket)
    }

    pub(crate) fn says(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("somebody who listens");
    }

    /// Says as much as fits at the moment.
    pub(crate) fn says_what_fits(&mut self) {
        self.0.set_nonblocking(true).expect("a socket");
        while self.0.write(&[b'a'; 4096]).is_ok() {}
        self.0.set_nonblocking(false).expect("a socket");
    }

    /// Says something again and again until nobody is there; returns the first `n` bytes that it has heard.
    pub(crate) fn says_until_it_is_gone(mut self, n: usize) -> Vec<u8> {
        let mut again = Self(self.0.try_clone().expect("a descriptor"));
        let says = thread::spawn(move || while again.0.write_all(&[b'a'; 4096]).is_ok() {});
        let heard = self.hears(n);
        says.join().expect("it has said all");
        heard
    }

    pub(crate) fn says_no_more(&self) {
        self.0.shutdown(Shutdown::Write).expect("a half-close");
    }

    /// The next `n` bytes that it hears, or those up to the end.
    pub(crate) fn hears(&mut self, n: usize) -> Vec<u8> {
        let mut heard = Vec::new();
        let read = (&mut self.0).take(n as u64).read_to_end(&mut heard);
        read.expect("bytes or an orderly end");
        heard
    }

    /// Everything that it hears up to an orderly end.
    pub(crate) fn hears_the_rest(&mut self) -> Vec<u8> {
        self.hears(usize::MAX)
    }

    /// What it hears in the end, which is no orderly one; or, where it has heard an orderly end, what it finds when it talks on.
    pub(crate) fn is_told_of_failure(&mut self) -> io::Error {
        let deadline = Instant::now() + DEADLINE;
        let mut told = self.0.read_to_end(&mut Vec::new()).map(drop);
        while told.is_ok() {
            assert!(Instant::now() < deadline, "it is not told");
            told = self.0.write_all(b"on");
        }
        told.expect_err("a failure")
    }

    pub(crate) fn resets(self) {
        let now = Some(Duration::ZERO);
        self.0.set_linger(now).expect("a socket");
    }

    /// Says all of `bytes` and nothing more, and hears everything that is said to it. It hears nothing before it has said what
    /// fits.
    pub(crate) fn says_and_hears(mut self, mut bytes: &[u8]) -> Vec<u8> {
        self.0.set_nonblocking(true).expect("a socket");
        let (mut heard, mut buf) = (Vec::new(), vec![0; 1 << 16]);
        let mut ended = false;
        let not_now = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        while !(ended && bytes.is_empty()) {
            while !bytes.is_empty() {
                match self.0.write(bytes) {
                    Ok(n) => bytes = &bytes[n..],
                    Err(error) if not_now(&error) => break,
                    Err(error) => panic!("{error}"),
                }
                if bytes.is_empty() {
                    self.says_no_more();
                }
            }
            match self.0.read(&mut buf) {
                Ok(0) => ended = true,
                Ok(n) => heard.extend_from_slice(&buf[..n]),
                Err(error) if not_now(&error) => self.waits(bytes, ended),
                Err(error) => panic!("{error}"),
            }
        }
        heard
    }

    fn waits(&self, bytes: &[u8], ended: bool) {
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::IN, !ended);
        interest.set(PollFlags::OUT, !bytes.is_empty());
        let mut fds = [PollFd::new(&self.0, interest)];
        let timeout = DEADLINE.try_into().expect("a time");
        assert_ne!(poll(&mut fds, Some(&timeout)).expect("poll"), 0, "it hangs");
    }
}

/// How one direction has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered(Delivered),
    /// The one that bytes went to reads no more, and says that this is no failure of its own.
    Downstream,
    Failed(String),
}

impl Outcome {
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// One direction under way, watched over by a thread.
pub(crate) struct Direction {
    pub(crate) controls: Controls,
    watch: JoinHandle<(Outcome, Option<Box<dyn Source>>)>,
}

impl Direction {
    fn new(handle: Handle) -> Self {
        let controls = handle.controls().clone();
        let watch = thread::spawn(move || watch(handle));
        Self { controls, watch }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.watch.is_finished()
    }

    /// How it ends; and what its bytes came from, unless it has failed.
    pub(crate) fn ended(self) -> (Outcome, Option<Box<dyn Source>>) {
        self.watch.join().expect("an end before the deadline")
    }
}

/// Waits for the end. What its bytes came from is dropped at once if it fails; nobody tells the other direction.
fn watch(mut handle: Handle) -> (Outcome, Option<Box<dyn Source>>) {
    let mut end = handle.wait_for(DEADLINE).expect("still running");
    let reader = end.reader.expect("how reading ended");
    let (read, source) = (reader.result, reader.source);
    match (end.writers.remove(0), read) {
        (WriterOutcome::Delivered { how, .. }, Ok(())) => (Outcome::Delivered(how), Some(source)),
        (WriterOutcome::Failed { downstream, .. }, _) if downstream => {
            (Outcome::Downstream, Some(source))
        }
        (WriterOutcome::Failed { error, .. }, _) | (_, Err(error)) => {
            (Outcome::Failed(reason(&error)), None)
        }
        (other, Ok(())) => (Outcome::Failed(format!("{other:?}")), None),
    }
}

/// Two pipelines between two ends.
pub(crate) struct Relay {
    /// From the first end to the second.
    pub(crate) there: Direction,
    /// From the second end to the first.
    pub(crate) back: Direction,
}

impl Relay {
    pub(crate) fn new(first: Halves, second: Halves, road: Preference) -> Self {
        Self {
            there: Direction::new(start(first.source, second.sink, road)),
            back: Direction::new(start(second.source, first.sink, road)),
        }
    }

    /// How both directions end. What was delivered is closed in an orderly way.
    pub(crate) fn ended(self) -> [Outcome; 2] {
        let ends = [self.there.ended(), self.back.ended()];
        let is_well = !ends.iter().any(|(outcome, _)| outcome.is_failure());
        ends.map(|(outcome, source)| {
            if let Some(source) = source.filter(|_| is_well) {
                source.close();
            }
            outcome
        })
    }
}

fn start(
    source: Box<dyn Source>,
    sink: Box<dyn tidegate::endpoint::Sink>,
    road: Preference,
) -> Handle {
    let mut pipeline = Pipeline::new(source, sink, Options::default()).expect("a pipeline");
    let road = pipeline.choose(road).expect("a road");
    pipeline.start(road).expect("a pipeline under way")
}
