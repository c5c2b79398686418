//! What holds for a connected socket of any family, here for one that is not TCP.

use super::{SocketSettings, StreamSocket, source};
use crate::endpoint::{Delivered, Finish, Options};
use std::io::{IoSlice, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

impl StreamSocket for UnixStream {}

#[test]
fn a_socket_of_any_family_is_read_to_the_end_of_its_peer() {
    let (ours, mut peer) = UnixStream::pair().unwrap();
    let (mut source, mut buf) = (source(ours), [0; 100]);
    let nothing = source.read(&mut buf).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    peer.write_all(b"all of it").unwrap();
    drop(peer);
    assert_eq!(source.read(&mut buf).unwrap(), 9);
    assert_eq!(source.read(&mut buf).unwrap(), 0);
}

#[test]
fn a_socket_of_any_family_has_delivered_once_its_peer_has_read_everything_and_closed() {
    let (ours, mut peer) = UnixStream::pair().unwrap();
    let mut sink = SocketSettings::of(&Options::default()).sink(ours);
    sink.write(&[IoSlice::new(b"all of it")]).unwrap();
    peer.write_all(b"a word back").unwrap();
    let backchannel = sink.backchannel().unwrap();
    backchannel.hear().unwrap();
    if cfg!(target_os = "linux") {
        assert!(backchannel.unacknowledged() > 0, "nothing is read yet");
        assert!(matches!(
            sink.finish().unwrap(),
            Finish::Wait { peer: true, .. }
        ));
    } else {
        sink.finish().unwrap();
    }
    let mut got = Vec::new();
    peer.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"all of it");
    drop(peer);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !matches!(sink.finish().unwrap(), Finish::Done(Delivered::Closed)) {
        assert!(Instant::now() < deadline, "it is not delivered");
    }
    assert_eq!(sink.warning().as_deref(), Some("sent 11 bytes, dropped"));
}
