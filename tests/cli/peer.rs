//! A peer on a TCP or Unix socket that follows a script, in a thread of its own, and tells what it saw.

use super::tide::{Cmd, DEADLINE, Done, Running, Scratch, records};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One thing a peer does. After the last it closes, cleanly as far as it knows.
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends while the next steps go on.
    SendMeanwhile(Vec<u8>),
    ReadExactly(usize),
    /// Reads until the end, whichever that is.
    ReadAll,
    /// The same, so many bytes at a time, with a pause before each.
    ReadSlowly(usize, Duration),
    /// Sends back whatever it reads, until the end.
    Echo,
    /// Hears nothing for so long, no FIN either.
    HearNothing(Duration),
    /// The FIN.
    HalfClose,
    Wait(Duration),
    /// Until the other half of the gate is dropped.
    Hold(Receiver<()>),
    /// Closes with a reset.
    Reset,
}

/// Something to hold a peer back by, until the first half is dropped.
pub(crate) fn gate() -> (Sender<()>, Step) {
    let (opener, gate) = channel();
    (opener, Step::Hold(gate))
}

/// How the other side ended, as far as the peer has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saw {
    /// Not at all.
    Nothing,
    Fin,
    /// Reset, broken pipe.
    Failure(ErrorKind),
}

/// What a peer has to tell.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) bytes: Vec<u8>,
    pub(crate) saw: Saw,
}

impl Story {
    /// The other side must have ended with a failure, not cleanly.
    #[track_caller]
    pub(crate) fn sees_a_reset(self) -> Self {
        assert!(matches!(self.saw, Saw::Failure(_)), "saw {:?}", self.saw);
        self
    }

    /// The other side must have ended cleanly after exactly these bytes.
    #[track_caller]
    pub(crate) fn sees_the_end_after(self, bytes: &[u8]) -> Self {
        assert_eq!((self.saw, self.bytes.len()), (Saw::Fin, bytes.len()));
        assert!(self.bytes == bytes, "other bytes arrived");
        self
    }
}

/// A peer under way.
pub(crate) struct Peer {
    thread: JoinHandle<Story>,
    steps_done: Receiver<usize>,
}

/// The next connection. A signal to this process interrupts a wait that has a limit (signal(7)).
fn accepted(listener: &Socket) -> Socket {
    loop {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            accepted => return accepted.expect("accepting").0,
        }
    }
}

impl Peer {
    /// Listens; returns where.
    pub(crate) fn listens(steps: Vec<Step>) -> (Self, SocketAddr) {
        let listener = socket(Domain::IPV4, &steps);
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        listener.bind(&any.into()).expect("binding");
        listener.listen(1).expect("listening");
        listener.set_read_timeout(Some(DEADLINE)).expect("timeout");
        let address = listener.local_addr().expect("an address").as_socket();
        let peer = Self::plays(steps, move || accepted(&listener).into());
        (peer, address.expect("an IP address"))
    }

    /// Connects to an address that is listened on.
    pub(crate) fn connects(address: &str, steps: Vec<Step>) -> Self {
        let address: SocketAddr = address.parse().expect("an address");
        let socket = socket(Domain::for_address(address), &steps);
        socket.connect(&address.into()).expect("connecting");
        Self::plays(steps, move || socket.into())
    }

    /// Connects from an address of this machine to one that is listened on.
    pub(crate) fn comes_from(from: IpAddr, address: SocketAddr, steps: Vec<Step>) -> Self {
        let socket = socket(Domain::for_address(address), &steps);
        let ours = SocketAddr::new(from, 0);
        socket.bind(&ours.into()).expect("an address of ours");
        match socket.connect(&address.into()) {
            // So soon that it has not even seen the connection: whatever it does next fails.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            connected => connected.expect("connecting"),
        }
        Self::plays(steps, move || socket.into())
    }

    /// Listens on a Unix socket.
    pub(crate) fn listens_at(path: &Path, steps: Vec<Step>) -> Self {
        let listener = socket(Domain::UNIX, &steps);
        let address = SockAddr::unix(path).expect("a short path");
        listener.bind(&address).expect("binding");
        listener.listen(1).expect("listening");
        listener.set_read_timeout(Some(DEADLINE)).expect("timeout");
        // What is done to a stream is done to a socket, of whatever family.
        Self::plays(steps, move || accepted(&listener).into())
    }

    /// Connects to a Unix socket that is listened on.
    pub(crate) fn connects_at(path: &Path, steps: Vec<Step>) -> Self {
        let socket = socket(Domain::UNIX, &steps);
        let address = SockAddr::unix(path).expect("a short path");
        socket.connect(&address).expect("connecting");
        Self::plays(steps, move || socket.into())
    }

    fn plays(steps: Vec<Step>, meet: impl FnOnce() -> TcpStream + Send + 'static) -> Self {
        let (done, steps_done) = channel();
        let thread = thread::spawn(move || play(steps, meet(), &done));
        Self { thread, steps_done }
    }

    /// Waits until it has done this many steps.
    #[track_caller]
    pub(crate) fn has_done(&self, steps: usize) {
        loop {
            let done = self.steps_done.recv_timeout(DEADLINE);
            if done.expect("the peer gets so far") >= steps {
                return;
            }
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn story(self) -> Story {
        self.thread.join().expect("the peer plays its part")
    }
}

/// A reader that is slow, or does not read, has a narrow window, so that its pace reaches the sender.
fn socket(domain: Domain, steps: &[Step]) -> Socket {
    let socket = Socket::new(domain, Type::STREAM, None).expect("a socket");
    let is_slow = |step: &Step| matches!(step, Step::ReadSlowly(..));
    if steps.iter().any(is_slow) {
        socket.set_recv_buffer_size(64 * 1024).expect("a window");
    }
    socket
}

fn play(steps: Vec<Step>, mut stream: TcpStream, done: &Sender<usize>) -> Story {
    let mut story = Story {
        bytes: Vec::new(),
        saw: Saw::Nothing,
    };
    stream.set_read_timeout(Some(DEADLINE)).expect("timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("timeout");
    let mut meanwhile = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        let read = &mut story.bytes;
        let saw = match step {
            Step::Send(bytes) => failure(stream.write_all(&bytes)),
            Step::SendMeanwhile(bytes) => {
                let mut stream = stream.try_clone().expect("a second handle");
                // The peer may close before it has all of this.
                meanwhile.push(thread::spawn(move || drop(stream.write_all(&bytes))));
                Saw::Nothing
            }
            Step::ReadExactly(len) => read_exactly(&mut stream, len, read),
            Step::ReadAll => read_all(&mut stream, 64 * 1024, read, |_, _| Ok(())),
            Step::ReadSlowly(len, pause) => read_all(&mut stream, len, read, |_, _| {
                thread::sleep(pause);
                Ok(())
            }),
            Step::Echo => read_all(&mut stream, 64 * 1024, read, TcpStream::write_all),
            Step::HearNothing(time) => {
                stream.set_read_timeout(Some(time)).expect("timeout");
                let heard = stream.read(&mut [0]).map_err(|error| error.kind());
                assert_eq!(heard, Err(ErrorKind::WouldBlock), "it was to be silent");
                stream.set_read_timeout(Some(DEADLINE)).expect("timeout");
                Saw::Nothing
            }
            Step::HalfClose => {
                // On a connection that is gone the next read tells why.
                let _ = stream.shutdown(Shutdown::Write);
                Saw::Nothing
            }
            Step::Wait(time) => {
                thread::sleep(time);
                Saw::Nothing
            }
            Step::Hold(gate) => {
                let _ = gate.recv_timeout(DEADLINE);
                Saw::Nothing
            }
            Step::Reset => {
                let socket = socket2::SockRef::from(&stream);
                socket.set_linger(Some(Duration::ZERO)).expect("linger");
                drop(stream);
                return story;
            }
        };
        if saw != Saw::Nothing {
            story.saw = saw;
        }
        let _ = done.send(at + 1);
        if matches!(saw, Saw::Failure(_)) {
            break;
        }
    }
    for thread in meanwhile {
        thread.join().expect("sending meanwhile");
    }
    story
}

fn failure<T>(result: std::io::Result<T>) -> Saw {
    result.map_or_else(|error| Saw::Failure(error.kind()), |_| Saw::Nothing)
}

fn read_exactly(stream: &mut TcpStream, len: usize, into: &mut Vec<u8>) -> Saw {
    let got = stream.take(len as u64).read_to_end(into);
    match got {
        Ok(n) if n < len => Saw::Fin,
        other => failure(other),
    }
}

/// Reads until the end, and does something with each piece.
fn read_all(
    stream: &mut TcpStream,
    most: usize,
    into: &mut Vec<u8>,
    mut with: impl FnMut(&mut TcpStream, &[u8]) -> std::io::Result<()>,
) -> Saw {
    let mut piece = vec![0; most];
    loop {
        let n = match stream.read(&mut piece) {
            Ok(0) => return Saw::Fin,
            Ok(n) => n,
            Err(error) => return Saw::Failure(error.kind()),
        };
        into.extend_from_slice(&piece[..n]);
        if let Err(error) = with(stream, &piece[..n]) {
            return Saw::Failure(error.kind());
        }
    }
}

/// Which of the two tidegate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Connects,
    Listens,
}

impl Role {
    pub(crate) const BOTH: [Role; 2] = [Role::Connects, Role::Listens];

    /// Brings a peer and tidegate together; `options` are put behind `#`, and `command` is given the URI.
    #[track_caller]
    pub(crate) fn meets(
        self,
        steps: Vec<Step>,
        options: &str,
        command: impl FnOnce(&str) -> Cmd,
    ) -> (Running, Peer) {
        let fragment = if options.is_empty() { "" } else { "#" };
        match self {
            Role::Connects => {
                let (peer, address) = Peer::listens(steps);
                let uri = format!("tcp://{address}{fragment}{options}");
                (command(&uri).start(), peer)
            }
            Role::Listens => {
                let uri = format!("tcp-listen://127.0.0.1:0{fragment}{options}");
                let mut running = command(&uri).start();
                let address = running.listening();
                (running, Peer::connects(&address, steps))
            }
        }
    }
}

/// Its end, less the line that says where it listens.
#[track_caller]
pub(crate) fn end_of(running: Running) -> Done {
    let mut done = running.done();
    if done.stderr.starts_with("listening on ") {
        done.stderr = done.stderr.split_once('\n').expect("a line").1.to_owned();
    }
    done
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    // Neither a file nor another process's socket tells when it changes.
    super::live::until(what, || is_so().then_some(()));
}

/// The last record of the `--stats` file of this name.
#[track_caller]
pub(crate) fn last_record(scratch: &Scratch, name: &str) -> serde_json::Value {
    records(&scratch.read(name)).pop().expect("a record")
}

/// Waits until a record of the `--stats` file of this name is so.
#[track_caller]
pub(crate) fn until_record(
    scratch: &Scratch,
    name: &str,
    is_so: impl Fn(&serde_json::Value) -> bool,
) {
    until("such a record", || {
        let bytes = std::fs::read(scratch.path(name)).unwrap_or_default();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        records(&bytes[..whole.unwrap_or(0)]).iter().any(&is_so)
    });
}
