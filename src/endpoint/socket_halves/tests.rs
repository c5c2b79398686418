//! What the halves of a connection tell each other, of which the system tells only one.

use super::{Halves, of};
use crate::endpoint::connection::Connected;
use crate::endpoint::{Delivered, Finish, Sink, Source};
use rustix::net::sockopt::{set_socket_linger, socket_error};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// The halves of a connection, the same socket once more, and its peer.
fn connection() -> (Halves, OwnedFd, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    set_socket_linger(&ours, Some(Duration::ZERO)).unwrap();
    let again = ours.try_clone().unwrap().into();
    (of(Connected::new(ours.into())), again, peer)
}

fn reset(peer: TcpStream) {
    set_socket_linger(&peer, Some(Duration::ZERO)).unwrap();
    drop(peer);
}

/// Asks again until the answer is another one than "not now".
fn answer<T>(mut ask: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match ask() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            answer => return answer,
        }
        assert!(Instant::now() < deadline, "no answer");
    }
}

/// Waits until the system tells an error of the connection, which it does but once.
fn is_told(socket: &OwnedFd) {
    let told = answer(|| match socket_error(socket)? {
        Ok(()) => Err(ErrorKind::WouldBlock.into()),
        Err(error) => Ok(error),
    });
    told.unwrap();
}

fn read(source: &mut dyn Source) -> io::Result<usize> {
    answer(|| source.read(&mut [0; 100]))
}

fn write(sink: &mut dyn Sink) -> io::Result<usize> {
    answer(|| match sink.write(&[IoSlice::new(b"x")]) {
        Ok(_) => Err(ErrorKind::WouldBlock.into()),
        other => other,
    })
}

fn finish(sink: &mut dyn Sink) -> io::Result<Delivered> {
    answer(|| match sink.finish()? {
        Finish::Done(how) => Ok(how),
        Finish::Wait { .. } => Err(ErrorKind::WouldBlock.into()),
    })
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_reset_that_one_half_has_heard_of_is_one_for_the_other_too() {
    let was_reset = ErrorKind::ConnectionReset;
    let (mut it, _, peer) = connection();
    reset(peer);
    assert_eq!(kind(write(&mut *it.sink)), was_reset);
    assert_eq!(kind(read(&mut *it.source)), was_reset);

    let (mut it, _, peer) = connection();
    reset(peer);
    assert_eq!(kind(read(&mut *it.source)), was_reset);
    assert_eq!(kind(it.sink.backchannel().unwrap().hear()), was_reset);
    assert_eq!(kind(write(&mut *it.sink)), was_reset);
    assert_eq!(kind(finish(&mut *it.sink)), was_reset);
}

#[test]
fn a_reset_that_the_system_has_told_somebody_else_is_no_end() {
    let told_elsewhere = || {
        let (it, again, peer) = connection();
        reset(peer);
        is_told(&again);
        it
    };
    let was_reset = ErrorKind::ConnectionReset;
    assert_eq!(kind(read(&mut *told_elsewhere().source)), was_reset);
    assert_eq!(kind(write(&mut *told_elsewhere().sink)), was_reset);
    assert_eq!(kind(finish(&mut *told_elsewhere().sink)), was_reset);
    let it = told_elsewhere();
    assert_eq!(kind(it.sink.backchannel().unwrap().hear()), was_reset);
}

#[test]
fn after_the_half_close_it_is_the_source_half_that_knows_whether_the_peer_has_ended() {
    let (Halves { source, mut sink }, again, peer) = connection();
    sink.finish().unwrap();
    let is_acknowledged = || sink.backchannel().unwrap().unacknowledged() == 0;
    answer(|| {
        is_acknowledged()
            .then_some(())
            .ok_or(ErrorKind::WouldBlock.into())
    })
    .unwrap();
    reset(peer);
    // The system tells a call of the kernel road, which the source half does not hear of.
    is_told(&again);
    assert!(matches!(sink.finish(), Ok(Finish::Wait { .. })));
    drop(source);
    assert!(sink.finish().is_err());

    let (
        Halves {
            mut source,
            mut sink,
        },
        _,
        peer,
    ) = connection();
    sink.finish().unwrap();
    drop(peer);
    assert_eq!(read(&mut *source).unwrap(), 0);
    assert_eq!(finish(&mut *sink).unwrap(), Delivered::Closed);
}

#[test]
fn what_the_peer_says_is_left_to_the_source_half() {
    let (mut it, _, mut peer) = connection();
    peer.write_all(b"question").unwrap();
    it.sink.write(&[IoSlice::new(b"answer")]).unwrap();
    it.sink.backchannel().unwrap().hear().unwrap();
    assert_eq!(finish(&mut *it.sink).unwrap(), Delivered::Acknowledged);
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"answer");
    assert_eq!(read(&mut *it.source).unwrap(), 8);
}

#[test]
fn a_connection_is_closed_in_order_once_both_halves_are_done() {
    for source_is_first in [true, false] {
        let (Halves { source, mut sink }, again, mut peer) = connection();
        drop(again);
        // It is not read.
        peer.write_all(b"question").unwrap();
        sink.write(&[IoSlice::new(b"answer")]).unwrap();
        if source_is_first {
            source.close();
            finish(&mut *sink).unwrap();
            drop(sink);
        } else {
            finish(&mut *sink).unwrap();
            drop(sink);
            source.close();
        }
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, b"answer");
        assert!(peer.take_error().unwrap().is_none(), "it was reset");
    }
}

#[test]
fn a_half_that_is_dropped_before_it_is_done_resets_the_connection_once_the_other_is_dropped() {
    for source_fails in [true, false] {
        let (Halves { source, mut sink }, again, mut peer) = connection();
        drop(again);
        if source_fails {
            finish(&mut *sink).unwrap();
            drop(source);
            drop(sink);
            peer.read_to_end(&mut Vec::new()).unwrap();
            let lost = answer(|| match peer.write(b"x") {
                Ok(_) => Err(ErrorKind::WouldBlock.into()),
                other => other,
            });
            assert_eq!(kind(lost), ErrorKind::BrokenPipe);
        } else {
            drop(sink);
            source.close();
            let lost = peer.read_to_end(&mut Vec::new());
            assert_eq!(kind(lost), ErrorKind::ConnectionReset);
        }
    }
}

#[test]
fn a_half_whose_other_half_has_failed_does_not_say_that_all_is_well() {
    let (Halves { source, mut sink }, _, _peer) = connection();
    drop(source);
    assert!(finish(&mut *sink).is_err());
    let (Halves { mut source, sink }, _, peer) = connection();
    drop((sink, peer));
    assert!(read(&mut *source).is_err());
}

#[test]
fn a_unix_peer_that_has_read_everything_and_closed_has_ended_well() {
    let (ours, mut peer) = UnixStream::pair().unwrap();
    let mut it = of(ours);
    it.sink.write(&[IoSlice::new(b"answer")]).unwrap();
    peer.write_all(b"question").unwrap();
    peer.read_exact(&mut [0; 6]).unwrap();
    drop(peer);
    it.sink.backchannel().unwrap().hear().unwrap();
    assert_eq!(read(&mut *it.source).unwrap(), 8);
    assert_eq!(read(&mut *it.source).unwrap(), 0);
    assert_eq!(finish(&mut *it.sink).unwrap(), Delivered::Closed);
}
