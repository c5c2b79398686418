//! The handshake of TLS over a connection that is made: who the peer is, and the keys.

use super::why::in_words;
use crate::error::reason;
use rustix::net::{Shutdown, shutdown, sockopt};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{CipherSuite, Connection, SupportedCipherSuite};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a peer that is refused may take to close, too.
const PARTING_TIME: Duration = Duration::from_secs(1);

/// What encrypts, the fastest cipher first that both sides may choose: AES with keys of 128 bits does a quarter more in the same time
/// than with 256, and is what browsers ask for first.
pub(super) fn ciphers() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    let is_slower = |suite: &SupportedCipherSuite| {
        use CipherSuite::{
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            TLS13_AES_128_GCM_SHA256,
        };
        !matches!(
            suite.suite(),
            TLS13_AES_128_GCM_SHA256
                | TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        )
    };
    let is_old = |suite: &SupportedCipherSuite| suite.tls13().is_none();
    provider
        .cipher_suites
        .sort_by_key(|suite| (is_old(suite), is_slower(suite)));
    Arc::new(provider)
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum HandshakeError {
    /// The connection has failed.
    Io(io::Error),
    /// The peer has closed it.
    Closed,
    /// The peer has said nothing for too long.
    Silent,
    /// One of both does not accept what the other says.
    Tls(rustls::Error),
}

impl HandshakeError {
    /// The reason. `pin` is that of the certificate that the peer has shown, `name` the one that it has to be for.
    pub(super) fn in_words(&self, pin: Option<&str>, name: &str) -> String {
        match self {
            HandshakeError::Io(error) => format!("during the TLS handshake: {}", reason(error)),
            HandshakeError::Closed => {
                "the peer closed the connection during the TLS handshake; does it speak TLS?"
                    .to_owned()
            }
            HandshakeError::Silent => "the peer says nothing in the TLS handshake".to_owned(),
            HandshakeError::Tls(error) => in_words(error, pin, name),
        }
    }
}

/// Agrees on keys. May be dropped, and the connection with it.
///
/// # Errors
/// When there is no session; the peer has been told why, if it speaks TLS.
pub(super) async fn shake_hands(
    stream: &TcpStream,
    tls: &mut Connection,
) -> Result<(), HandshakeError> {
    loop {
        send_all(stream, tls).await?;
        if !tls.is_handshaking() {
            return Ok(());
        }
        stream.readable().await.map_err(HandshakeError::Io)?;
        if done_or_not_yet(tls.read_tls(&mut Now(stream)))? == Some(0) {
            return Err(HandshakeError::Closed);
        }
        if let Err(error) = tls.process_new_packets() {
            // The peer should hear why, which a reset would keep from it. Nothing has been delivered that could look whole.
            let _ = send_all(stream, tls).await;
            let _ = sockopt::set_socket_linger(stream, None);
            let _ = timeout(PARTING_TIME, part(stream)).await;
            return Err(HandshakeError::Tls(error));
        }
    }
}

/// Closes our side and drops what still comes, until the peer has closed: what comes to a closed socket resets the connection, and
/// the peer may not have read why.
async fn part(stream: &TcpStream) -> io::Result<()> {
    shutdown(stream, Shutdown::Write)?;
    let mut dropped = [0; 1 << 10];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut dropped) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
}

async fn send_all(stream: &TcpStream, tls: &mut Connection) -> Result<(), HandshakeError> {
    while tls.wants_write() {
        stream.writable().await.map_err(HandshakeError::Io)?;
        done_or_not_yet(tls.write_tls(&mut Now(stream)))?;
    }
    Ok(())
}

/// `None`: not now.
fn done_or_not_yet(done: io::Result<usize>) -> Result<Option<usize>, HandshakeError> {
    match done {
        Ok(n) => Ok(Some(n)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(HandshakeError::Io(error)),
    }
}

/// What a connection gives and takes now.
struct Now<'a>(&'a TcpStream);

impl Read for Now<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buf)
    }
}

impl Write for Now<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
