//! Sessions over a pair of sockets, without a network.

use super::credentials::{Credentials, pin_of};
use super::session::Session;
use super::verify::{Trust, Verifier};
use super::why::in_words;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Connection, Error,
    ServerConfig, ServerConnection, SupportedProtocolVersion,
};
use std::io::{ErrorKind, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// What one has to say gets to the other.
fn say(from: &mut Connection, to: &mut Connection) {
    let mut said = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut said).unwrap();
    }
    let mut said = &said[..];
    while !said.is_empty() {
        to.read_tls(&mut said).unwrap();
        to.process_new_packets().unwrap();
    }
}

/// Two sessions that stand, and their sockets.
fn pair(version: &'static SupportedProtocolVersion) -> [(Session, UnixStream); 2] {
    let credentials = Credentials::made().unwrap();
    let pin = pin_of(&credentials.chain[0]);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(credentials.chain, credentials.key)
        .unwrap();
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier::new(Trust::Pin(pin), provider)))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut one: Connection = ClientConnection::new(Arc::new(client), name)
        .unwrap()
        .into();
    let mut other: Connection = ServerConnection::new(Arc::new(server)).unwrap().into();
    let (here, there) = UnixStream::pair().unwrap();
    while one.is_handshaking() || other.is_handshaking() {
        say(&mut one, &mut other);
        say(&mut other, &mut one);
    }
    [
        (Session::new(one, false), here),
        (Session::new(other, false), there),
    ]
}

#[test]
fn a_session_of_tls_1_2_ends_with_a_failure_before_its_cipher_does() {
    let [(mut session, socket), (mut peer, theirs)] = pair(&rustls::version::TLS12);
    session.limit_records(5);
    let data = vec![7; 3 << 14];
    let sent = session
        .write(socket.as_fd(), &[IoSlice::new(&data)])
        .unwrap();
    assert_eq!(sent, data.len());
    session
        .write(socket.as_fd(), &[IoSlice::new(&data)])
        .unwrap();
    let error = session
        .write(socket.as_fd(), &[IoSlice::new(&data)])
        .unwrap_err();
    assert!(
        error.to_string().starts_with("TLS 1.2 carries no more"),
        "{error}"
    );
    // The peer is not told that this was the end.
    drop(socket);
    let mut got = vec![0; 1 << 20];
    let mut n = 0;
    let error = loop {
        match peer.read(theirs.as_fd(), &mut got) {
            Ok(0) => panic!("it looks whole"),
            Ok(more) => n += more,
            Err(error) => break error,
        }
    };
    assert_eq!(n, 2 * data.len());
    assert!(error.to_string().contains("cut short"), "{error}");
}

#[test]
fn a_session_of_tls_1_3_has_no_such_limit() {
    let [(mut session, socket), _peer] = pair(&rustls::version::TLS13);
    assert!(!session.ends_both_ways());
    session
        .write(socket.as_fd(), &[IoSlice::new(b"x")])
        .unwrap();
}

#[test]
fn a_socket_that_takes_nothing_more_bounds_what_is_encrypted() {
    let [(mut session, socket), (mut peer, theirs)] = pair(&rustls::version::TLS13);
    let data = vec![7; 1 << 20];
    let mut taken = 0;
    let error = loop {
        match session.write(socket.as_fd(), &[IoSlice::new(&data)]) {
            Ok(n) => taken += n,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(
        session.has_unsent() && session.unsent() <= 512 << 10,
        "{}",
        session.unsent()
    );
    session.end();
    let (mut got, mut n) = (vec![0; 100_000], 0);
    loop {
        match peer.read(theirs.as_fd(), &mut got) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        session.flush(socket.as_fd()).unwrap();
    }
    assert_eq!(n, taken);
}

#[test]
fn what_the_library_says_is_told_with_what_to_do() {
    let told = |error: Error| in_words(&error, Some("00ff"), "host.example");
    let by_name = CertificateError::NotValidForNameContext {
        expected: ServerName::try_from("host.example").unwrap(),
        presented: vec![
            "DnsName(\"a.example\")".to_owned(),
            "IpAddress(192.0.2.1)".to_owned(),
        ],
    };
    for (error, parts) in [
        (
            by_name.into(),
            &["is for a.example, 192.0.2.1, not for host.example"][..],
        ),
        (
            CertificateError::UnknownIssuer.into(),
            &["#pin=sha256:00ff", "#ca=FILE"],
        ),
        (
            CertificateError::Expired.into(),
            &["has expired", "#pin=sha256:00ff"],
        ),
        (
            Error::AlertReceived(AlertDescription::CertificateRequired),
            &["#cert=FILE"],
        ),
        (
            Error::AlertReceived(AlertDescription::UnrecognisedName),
            &["#name"],
        ),
        (
            Error::AlertReceived(AlertDescription::ProtocolVersion),
            &["another version of TLS"],
        ),
    ] {
        let told = told(error);
        assert!(parts.iter().all(|it| told.contains(it)), "{told}");
    }
}
