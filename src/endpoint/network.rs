//! `ADDR[/BITS]`: an address, or all those that begin with the same bits (RFC 4632, RFC 4291 section 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that have their first bits in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The first address.
    first: IpAddr,
    /// How many bits they have in common.
    bits: u32,
}

impl Network {
    /// Reads `ADDR[/BITS]`; an IPv6 address may stand in brackets.
    ///
    /// # Errors
    /// When it is no network, or has bits beyond BITS: `10.0.0.5/8` may mean one address or a whole network.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (parse_address(address)?, Some(bits)),
            None => (parse_address(text)?, None),
        };
        let all = width(address);
        let bits = bits.map_or(Ok(all), |bits| parse_bits(bits, all))?;
        let first = first_of(address, bits);
        if first != address {
            return Err(format!(
                "{address} has bits beyond the first {bits}; write {first}/{bits} for all of that network, or {address} for the one address"
            ));
        }
        Ok(Self { first, bits }.canonical())
    }

    /// Whether `address` is in the network. An IPv4 address may be written as an IPv6 one: `::ffff:10.0.0.1` is 10.0.0.1
    /// (RFC 4291 section 2.5.5.2).
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_of_this_kind = address.is_ipv4() == self.first.is_ipv4();
        is_of_this_kind && first_of(address, self.bits) == self.first
    }

    /// The network of IPv4 addresses, if it was written as one of IPv6 addresses.
    fn canonical(self) -> Self {
        let first = self.first.to_canonical();
        let written_longer = width(self.first) - width(first);
        match self.bits.checked_sub(written_longer) {
            Some(bits) => Self { first, bits },
            None => self,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.first) {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.bits)
        }
    }
}

/// How many bits an address of this kind has.
fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() {
        Ipv4Addr::BITS
    } else {
        Ipv6Addr::BITS
    }
}

/// `address` with nothing but zeros behind its first `bits`.
fn first_of(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - bits).unwrap_or(0);
            Ipv4Addr::from_bits(it.to_bits() & mask).into()
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(Ipv6Addr::BITS - bits).unwrap_or(0);
            Ipv6Addr::from_bits(it.to_bits() & mask).into()
        }
    }
}

fn parse_address(text: &str) -> Result<IpAddr, String> {
    let inside = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let plain = inside.unwrap_or(text);
    if let Some((address, _)) = plain.split_once('%')
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return Err(format!(
            "a peer is known by its address, whatever its zone; write {address}"
        ));
    }
    let address: Result<IpAddr, _> = plain.parse();
    match address {
        Ok(address) if inside.is_none() || address.is_ipv6() => Ok(address),
        _ => Err(
            "not an IP address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, without a port"
                .to_owned(),
        ),
    }
}

fn parse_bits(text: &str, most: u32) -> Result<u32, String> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let bits = text.parse().ok().filter(|bits| *bits <= most && is_number);
    bits.ok_or_else(|| {
        let version = if most == Ipv4Addr::BITS { 4 } else { 6 };
        format!("the BITS of an IPv{version} address are a number from 0 to {most}")
    })
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_has_the_addresses_that_begin_with_its_bits() {
        for (network, inside, outside) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.0/24", "192.0.2.0", "192.0.1.255"),
            ("128.0.0.0/1", "255.255.255.255", "127.255.255.255"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("[2001:db8::]/32", "2001:db8::1", "2001:db7::1"),
            ("::1", "::1", "::2"),
            ("[::1]", "::1", "127.0.0.1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
            ("::/127", "::1", "::2"),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network}");
        }
    }

    #[test]
    fn an_ipv4_address_written_as_an_ipv6_one_is_an_ipv4_address() {
        for (network, shown) in [
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ] {
            let parsed = Network::parse(network).unwrap();
            for (address, is_inside) in [
                ("192.0.2.9", true),
                ("::ffff:192.0.2.9", true),
                ("192.0.3.9", false),
                ("::ffff:192.0.3.9", false),
                ("::192.0.2.9", false),
            ] {
                let address = address.parse().unwrap();
                assert_eq!(parsed.contains(address), is_inside, "{network} {address}");
            }
            assert_eq!(parsed.to_string(), shown);
        }
        let everything = Network::parse("::ffff:0:0/96").unwrap();
        assert_eq!(everything.to_string(), "0.0.0.0/0");
        let none = Network::parse("::/0").unwrap();
        assert!(!none.contains("::ffff:192.0.2.9".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_is_valid() {
        for (text, part) in [
            ("", "not an IP address"),
            ("example.org", "write 192.0.2.7, 192.0.2.0/24"),
            ("192.0.2.7:80", "without a port"),
            ("[::1]:80", "without a port"),
            ("[192.0.2.7]", "not an IP address"),
            ("[::1", "not an IP address"),
            ("192.0.2", "not an IP address"),
            ("192.0.2.07", "not an IP address"),
            (
                "192.0.2.0/",
                "the BITS of an IPv4 address are a number from 0 to 32",
            ),
            ("192.0.2.0/33", "the BITS of an IPv4 address"),
            ("192.0.2.0/-1", "from 0 to 32"),
            ("192.0.2.0/+8", "from 0 to 32"),
            ("192.0.2.0/24/8", "from 0 to 32"),
            ("192.0.2.0/255.255.255.0", "from 0 to 32"),
            ("192.0.2.0/99999999999", "from 0 to 32"),
            (
                "2001:db8::/129",
                "the BITS of an IPv6 address are a number from 0 to 128",
            ),
            (
                "192.0.2.7/24",
                "write 192.0.2.0/24 for all of that network, or 192.0.2.7 for the one address",
            ),
            ("192.0.2.7/0", "write 0.0.0.0/0"),
            ("2001:db8::1/32", "write 2001:db8::/32"),
            ("fe80::1%lo", "write fe80::1"),
            ("[fe80::1%1]", "write fe80::1"),
            ("192.0.2.7%1", "not an IP address"),
        ] {
            let why = Network::parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
