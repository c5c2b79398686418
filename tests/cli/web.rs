//! A web server that follows a script for each connection, in a thread of its own, and tells what it heard.

use super::tide::DEADLINE;
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One thing that it does. After the last it closes, cleanly as far as it knows.
#[derive(Debug, Clone)]
pub(crate) enum Do {
    /// Reads to the end of a head.
    Head,
    /// Reads so many bytes.
    Read(usize),
    /// Reads until the end, whichever that is.
    ReadAll,
    Send(Vec<u8>),
    /// The same, byte for byte.
    SendByBytes(Vec<u8>),
    /// Sends this again and again until nobody takes it.
    SendEndlessly(Vec<u8>),
    /// Closes with a reset.
    Reset,
    /// The FIN.
    HalfClose,
}

/// Sends a text.
pub(crate) fn send(text: &str) -> Do {
    Do::Send(text.as_bytes().to_vec())
}

/// Reads a request without a body, and answers.
pub(crate) fn answer(text: impl AsRef<[u8]>) -> Vec<Do> {
    vec![Do::Head, Do::Send(text.as_ref().to_vec())]
}

/// A whole answer with this body, and these fields, each with its end.
pub(crate) fn ok(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A server under way.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<Vec<Vec<u8>>>,
}

impl Web {
    /// Takes as many connections as there are scripts, one after the other.
    pub(crate) fn plays(scripts: Vec<Vec<Do>>) -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        listener.bind(&any.into()).unwrap();
        listener.listen(16).unwrap();
        listener.set_read_timeout(Some(DEADLINE)).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let accept = move || loop {
            match listener.accept() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                accepted => return TcpStream::from(accepted.expect("a connection").0),
            }
        };
        let thread = thread::spawn(move || {
            scripts
                .into_iter()
                .map(|script| play(&accept(), script))
                .collect()
        });
        Self { address, thread }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// What came on each connection.
    #[track_caller]
    pub(crate) fn heard(self) -> Vec<Vec<u8>> {
        self.thread.join().expect("the server")
    }
}

fn play(stream: &TcpStream, script: Vec<Do>) -> Vec<u8> {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut heard = Vec::new();
    let mut io = stream;
    for step in script {
        // A peer that is gone fails the next step too; what it has said is told.
        let _ = match step {
            Do::Head => {
                let mut byte = [0];
                while !heard.ends_with(b"\r\n\r\n") && io.read(&mut byte).is_ok_and(|n| n == 1) {
                    heard.push(byte[0]);
                }
                Ok(())
            }
            Do::Read(n) => io.take(n as u64).read_to_end(&mut heard).map(drop),
            Do::ReadAll => io.read_to_end(&mut heard).map(drop),
            Do::Send(bytes) => io.write_all(&bytes),
            Do::SendByBytes(bytes) => bytes.iter().try_for_each(|it| io.write_all(&[*it])),
            Do::SendEndlessly(bytes) => {
                while io.write_all(&bytes).is_ok() {}
                Ok(())
            }
            Do::HalfClose => stream.shutdown(Shutdown::Write),
            Do::Reset => socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)),
        };
    }
    heard
}
