//! An IP address as it is typed, whose zone is an interface of this machine.

use super::World;
use crate::text::visible::named;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An IP address, with a port or without; an IPv6 one may have a zone.
pub(super) fn parse_address(text: &str, world: &dyn World) -> Result<SocketAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let plain = text
        .parse()
        .or_else(|_| bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0)));
    let zoned = bare.split_once('%').and_then(|(address, zone)| {
        let address = address.parse::<Ipv6Addr>().ok()?;
        Some((address, zone))
    });
    match (plain, zoned) {
        (Ok(address), _) => Ok(address),
        (Err(_), Some((address, zone))) => {
            let (zone, port) = zone.split_once("]:").unwrap_or((zone, "0"));
            let port = port
                .parse()
                .map_err(|_| format!("'{}' is not a port number", named(port)))?;
            let found = world.in_zone(address, zone, port);
            found.ok_or_else(|| {
                format!(
                    "'{}' is not a network interface of this machine",
                    named(zone)
                )
            })
        }
        (Err(_), None) => Err("not an IP address (with :PORT or without)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::endpoint::System;
    use std::net::SocketAddr;

    fn parse_address(text: &str) -> Result<SocketAddr, String> {
        super::parse_address(text, &System)
    }

    #[test]
    fn an_address_may_have_a_port_and_an_ipv6_one_a_zone() {
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1:0"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("::1", "[::1]:0"),
            ("[::1]", "[::1]:0"),
            ("[::1]:9", "[::1]:9"),
            ("fe80::1%1", "[fe80::1%1]:0"),
            ("[fe80::1%1]", "[fe80::1%1]:0"),
            ("[fe80::1%1]:9", "[fe80::1%1]:9"),
        ] {
            assert_eq!(parse_address(text), Ok(address.parse().unwrap()), "{text}");
        }
        for (text, why) in [
            ("host", "not an IP address"),
            ("127.0.0.1%1", "not an IP address"),
            (
                "fe80::1%nosuch",
                "'nosuch' is not a network interface of this machine",
            ),
            ("fe80::1%", "'' is not a network interface"),
            ("[fe80::1%1]:x", "'x' is not a port number"),
        ] {
            let told = parse_address(text).unwrap_err();
            assert!(told.starts_with(why), "{text}: {told}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_zone_may_be_called_by_the_name_of_the_interface() {
        let by_name = parse_address("fe80::1%lo").unwrap();
        assert_eq!(by_name, "[fe80::1%1]:0".parse().unwrap());
    }
}
