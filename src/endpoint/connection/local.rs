//! Whether the peer of a connection is on this machine, so that no network lies between.

use rustix::net::{getpeername, getsockname};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::BorrowedFd;

/// Whether the peer's address is one of this machine; `false` if that cannot be found out.
pub(super) fn is_local(connected: BorrowedFd<'_>) -> bool {
    let peer = getpeername(connected).ok().flatten();
    let peer = peer.and_then(|it| SocketAddr::try_from(it).ok());
    let ours = getsockname(connected).ok();
    let ours = ours.and_then(|it| SocketAddr::try_from(it).ok());
    peer.is_some_and(|peer| is_same_host(peer, ours) || is_ours(plain(peer)))
}

/// The IPv4 address in an IPv6 one, which a socket of both families has (ipv6(7)).
fn plain(mut address: SocketAddr) -> SocketAddr {
    let ip = address.ip().to_canonical();
    if ip.is_ipv4() {
        address.set_ip(ip);
    }
    address
}

/// Whether the addresses alone tell that both ends of the connection are this machine.
fn is_same_host(peer: SocketAddr, ours: Option<SocketAddr>) -> bool {
    plain(peer).ip().is_loopback() || ours.is_some_and(|ours| ours.ip() == peer.ip())
}

/// Whether it is the address of an interface of this machine: a socket that is connected to such an address has it as its own
/// address too. No packet is sent: connecting a UDP socket only looks up the route (udp(7)).
fn is_ours(address: SocketAddr) -> bool {
    let any: IpAddr = if address.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let ours = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect(address)?;
        socket.local_addr()
    });
    ours.is_ok_and(|ours| ours.ip() == address.ip())
}

#[cfg(test)]
mod tests {
    use super::{is_ours, is_same_host, plain};
    use std::net::SocketAddr;

    #[test]
    fn addresses_of_this_machine_are_known_whatever_they_look_like() {
        let table = [
            ("127.0.0.1:9", true),
            ("127.1.2.3:9", true),
            ("[::1]:9", true),
            ("[::ffff:127.0.0.1]:9", true),
            // Those of documentation (RFC 5737, RFC 3849).
            ("203.0.113.77:9", false),
            ("[2001:db8::1]:9", false),
            ("[::ffff:203.0.113.77]:9", false),
        ];
        for (text, expected) in table {
            let peer: SocketAddr = text.parse().unwrap();
            assert_eq!(is_same_host(peer, None), expected, "{text}");
            assert!(is_same_host(peer, Some(peer)), "{text}");
            assert!(expected || !is_ours(plain(peer)), "{text}");
        }
        assert!(is_ours("127.0.0.1:9".parse().unwrap()));
    }
}
