//! A web server that follows a script for each connection, in a thread of its own, and tells what it heard.

use super::tide::{DEADLINE, Scratch};
use super::tls_peer::{Identity, TLS13, Talk, Version};
use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
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
    /// Reads until this has come.
    ReadTo(&'static [u8]),
    /// Reads until the end, whichever that is.
    ReadAll,
    Send(Vec<u8>),
    /// The same, byte for byte.
    SendByBytes(Vec<u8>),
    /// Sends this again and again until nobody takes it.
    SendEndlessly(Vec<u8>),
    /// Closes with a reset.
    Reset,
    /// The FIN; of TLS without a word before it, as where a connection is cut.
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

/// The certificate and version of TLS, where that is spoken.
type Security = Option<(Identity, Version)>;

/// A server under way.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    thread: JoinHandle<Vec<Vec<u8>>>,
}

impl Web {
    /// Takes as many connections as there are scripts, one after the other.
    pub(crate) fn plays(scripts: Vec<Vec<Do>>) -> Self {
        let scripts = scripts.into_iter().map(|it| (None, it));
        Self::plays_all("http", scripts.collect())
    }

    /// The same by TLS, each with the certificate in a file.
    pub(crate) fn plays_by_tls(it: &Scratch, scripts: Vec<(&str, Vec<Do>)>) -> Self {
        Self::plays_by(it, &TLS13, scripts)
    }

    /// The same by this version of TLS.
    pub(crate) fn plays_by(it: &Scratch, version: Version, scripts: Vec<(&str, Vec<Do>)>) -> Self {
        let with = |(file, script)| (Some((Identity::of(it, file), version)), script);
        Self::plays_all("https", scripts.into_iter().map(with).collect())
    }

    fn plays_all(scheme: &'static str, scripts: Vec<(Security, Vec<Do>)>) -> Self {
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
            let played = scripts.into_iter().map(|(tls, script)| {
                let stream = accept();
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                stream.set_write_timeout(Some(DEADLINE)).unwrap();
                stream.set_nodelay(true).unwrap();
                match tls {
                    None => play(stream, script),
                    Some((identity, version)) => {
                        play(Talk::accepts(identity, version, stream), script)
                    }
                }
            });
            played.collect()
        });
        Self {
            address,
            scheme,
            thread,
        }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.address)
    }

    /// What came on each connection.
    #[track_caller]
    pub(crate) fn heard(self) -> Vec<Vec<u8>> {
        self.thread.join().expect("the server")
    }
}

/// What a script is played over.
trait Wire: Read + Write {
    fn socket(&self) -> &TcpStream;

    /// Says that this is the end, if that is said in another way than by closing.
    fn end(&mut self) {}
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Wire for Talk {
    fn socket(&self) -> &TcpStream {
        self.socket()
    }

    fn end(&mut self) {
        // A peer that is gone does not want to know.
        let _ = self.say_end();
    }
}

fn play(mut wire: impl Wire, script: Vec<Do>) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut is_cut = false;
    for step in script {
        // A peer that is gone fails the next step too; what it has said is told.
        let _ = match step {
            Do::Head => read_to(&mut wire, b"\r\n\r\n", &mut heard),
            Do::ReadTo(end) => read_to(&mut wire, end, &mut heard),
            Do::Read(n) => (&mut wire).take(n as u64).read_to_end(&mut heard).map(drop),
            Do::ReadAll => wire.read_to_end(&mut heard).map(drop),
            Do::Send(bytes) => wire.write_all(&bytes),
            Do::SendByBytes(bytes) => bytes.iter().try_for_each(|it| wire.write_all(&[*it])),
            Do::SendEndlessly(bytes) => {
                while wire.write_all(&bytes).is_ok() {}
                Ok(())
            }
            Do::HalfClose => {
                is_cut = true;
                wire.socket().shutdown(Shutdown::Write)
            }
            Do::Reset => reset_on_close(wire.socket()).inspect(|()| is_cut = true),
        };
    }
    if !is_cut {
        wire.end();
    }
    heard
}

fn read_to(wire: &mut impl Wire, end: &[u8], heard: &mut Vec<u8>) -> io::Result<()> {
    let mut byte = [0];
    while !heard.ends_with(end) && wire.read(&mut byte)? == 1 {
        heard.push(byte[0]);
    }
    Ok(())
}

fn reset_on_close(socket: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO))
}
