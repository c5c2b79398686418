//! Certificates of the tests' own, and a peer that speaks TLS by a library and does what no honest one would.

use super::tide::{DEADLINE, Scratch};
use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig,
    ServerConnection, SignatureScheme, SupportedProtocolVersion,
};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use rustls::version::{TLS12, TLS13};

pub(crate) type Version = &'static SupportedProtocolVersion;

fn pem(what: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {what}-----\n{}\n-----END {what}-----\n",
        lines.join("\n")
    )
}

/// Writes `ca.pem`, and what it has signed, each with its key: `server.pem` for localhost and 127.0.0.1, `old.pem`, which has
/// expired, `other.pem` for another name, and `client.pem`. `self.pem` has signed itself, and is an authority by that.
pub(crate) fn write_certificates(it: &Scratch) {
    let of = |names: &[&str]| {
        CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    };
    let authority = || {
        let mut params = of(&["localhost", "127.0.0.1"]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let ca = authority();
    it.write("ca.pem", pem("CERTIFICATE", ca.der()));
    let itself = authority();
    let key = pem("PRIVATE KEY", &itself.key().serialize_der());
    it.write("self.pem", pem("CERTIFICATE", itself.der()) + &key);
    let local = &["localhost", "127.0.0.1"][..];
    for (name, names) in [
        ("server", local),
        ("old", local),
        ("other", &["other.example"]),
        ("client", &["client"]),
    ] {
        let mut params = of(names);
        if name == "old" {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &ca).unwrap();
        let certificate = pem("CERTIFICATE", signed.der());
        let key = pem("PRIVATE KEY", &key.serialize_der());
        it.write(&format!("{name}.key"), &key);
        it.write(&format!("{name}.crt"), &certificate);
        it.write(&format!("{name}.pem"), certificate + &key);
    }
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = aws_lc_rs::default_provider();
        provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Those in this file.
    pub(crate) fn of(it: &Scratch, file: &str) -> Self {
        Self {
            certificate: CertificateDer::from_pem_file(it.path(file)).unwrap(),
            key: PrivateKeyDer::from_pem_file(it.path(file)).unwrap(),
        }
    }
}

/// A connection by TLS of the tests' own. It does not end it unless it is told to.
pub(crate) struct Talk {
    tls: Connection,
    socket: TcpStream,
}

impl Talk {
    /// Connects, whoever is there.
    pub(crate) fn connects(address: &str, version: Version) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_protocol_versions(&[version]).unwrap();
        let config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        Self::over(tls.into(), TcpStream::connect(address).unwrap())
    }

    pub(crate) fn accepts(it: Identity, version: Version, socket: TcpStream) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_protocol_versions(&[version]).unwrap();
        let config = config
            .with_no_client_auth()
            .with_single_cert(vec![it.certificate], it.key);
        let tls = ServerConnection::new(Arc::new(config.unwrap())).unwrap();
        Self::over(tls.into(), socket)
    }

    fn over(mut tls: Connection, mut socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_write_timeout(Some(DEADLINE)).unwrap();
        // What fails shows later.
        let _ = tls.complete_io(&mut socket);
        Self { tls, socket }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(16 << 10) {
            self.tls.writer().write_all(piece)?;
            self.send_on()?;
        }
        Ok(())
    }

    fn send_on(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    /// Says that nothing more comes; `fin`: in the words of TCP too.
    pub(crate) fn end(&mut self, fin: bool) {
        self.say_end().unwrap();
        if fin {
            self.fin();
        }
    }

    pub(crate) fn say_end(&mut self) -> io::Result<()> {
        self.tls.send_close_notify();
        self.send_on()
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// The FIN alone, as of a connection that was cut.
    pub(crate) fn fin(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// New keys, which the other side has to read of whatever it does.
    pub(crate) fn update_keys(&mut self) {
        self.tls.refresh_traffic_keys().unwrap();
        self.send_on().unwrap();
    }

    /// Reads so many bytes, or to the end. The end is an error unless the other side has said that it is.
    pub(crate) fn read(&mut self, most: usize) -> (Vec<u8>, io::Result<()>) {
        let mut all = Vec::new();
        while all.len() < most {
            let mut piece = vec![0; (most - all.len()).min(64 << 10)];
            match self.tls.reader().read(&mut piece) {
                Ok(0) => return (all, Ok(())),
                Ok(n) => all.extend_from_slice(&piece[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let read = self.tls.read_tls(&mut self.socket);
                    if let Err(error) = read {
                        return (all, Err(error));
                    }
                    if let Err(error) = self.tls.process_new_packets() {
                        return (all, Err(io::Error::other(error)));
                    }
                    let _ = self.send_on();
                }
                Err(error) => return (all, Err(error)),
            }
        }
        (all, Ok(()))
    }

    /// Reads to the end, which has to be said.
    #[track_caller]
    pub(crate) fn read_whole(&mut self) -> Vec<u8> {
        let (all, end) = self.read(usize::MAX);
        end.unwrap();
        all
    }
}

/// Something that listens and talks by TLS, in a thread of its own, with the certificate in this file.
pub(crate) fn listens<T: Send + 'static>(
    it: &Scratch,
    file: &str,
    version: Version,
    talks: impl FnOnce(Talk) -> T + Send + 'static,
) -> (JoinHandle<T>, SocketAddr) {
    let identity = Identity::of(it, file);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        talks(Talk::accepts(identity, version, socket))
    });
    (thread, address)
}

impl Talk {
    /// A write that takes longer fails.
    pub(crate) fn limit_writes(&self, most: Duration) {
        self.socket.set_write_timeout(Some(most)).unwrap();
    }
}

impl Read for Talk {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let (read, end) = Talk::read(self, buf.len().min(1));
        buf[..read.len()].copy_from_slice(&read);
        end.map(|()| read.len())
    }
}

impl Write for Talk {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.send(buf).map(|()| buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send_on()
    }
}
