//! What is said to a SOCKS5 proxy and what it answers, without any I/O (RFC 1928, RFC 1929).

use super::answer::{Parsed, Refusal, Target};
use super::url::Login;
use std::net::SocketAddr;

const VERSION: u8 = 5;

/// The version of the negotiation of user and password (RFC 1929, section 2).
const LOGIN_VERSION: u8 = 1;

/// Methods of authentication (RFC 1928, section 3).
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// Kinds of addresses (RFC 1928, section 5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// The greeting, which offers methods.
pub(super) fn greeting(has_login: bool) -> Vec<u8> {
    if has_login {
        vec![VERSION, 2, NO_LOGIN, LOGIN]
    } else {
        vec![VERSION, 1, NO_LOGIN]
    }
}

/// Whether the proxy wants to hear the login that was offered.
///
/// # Errors
/// When the answer chooses no method that was offered.
pub fn wants_login(bytes: &[u8], is_offered: bool) -> Result<Parsed<bool>, Refusal> {
    begins_with(bytes, VERSION)?;
    let [_, method, ..] = bytes else {
        return Ok(Parsed::Needs(2 - bytes.len()));
    };
    match *method {
        NO_LOGIN => Ok(Parsed::Whole(false)),
        LOGIN if is_offered => Ok(Parsed::Whole(true)),
        NO_METHOD if !is_offered => Err(Refusal::WantsLogin),
        NO_METHOD => Err(Refusal::Other(
            "wants another way to log in than a user and a password".to_owned(),
        )),
        method => Err(Refusal::Other(format!(
            "does not keep to SOCKS5: it chose method {method}, which was not offered"
        ))),
    }
}

/// The login. Whoever parsed it has checked its lengths.
pub(super) fn login(login: &Login) -> Vec<u8> {
    let password = login.password.as_deref().unwrap_or_default();
    let mut bytes = vec![LOGIN_VERSION];
    for part in [&login.user[..], password] {
        bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(part);
    }
    bytes
}

/// The answer to a login.
///
/// # Errors
/// When the user is refused.
pub fn admitted(bytes: &[u8]) -> Result<Parsed<()>, Refusal> {
    match bytes {
        [] | [_] => Ok(Parsed::Needs(2 - bytes.len())),
        // Some answer by the version of SOCKS; what counts is the status.
        [_, 0, ..] => Ok(Parsed::Whole(())),
        _ => Err(Refusal::RefusesLogin),
    }
}

/// The request to connect with the target.
pub(super) fn request(target: &Target<'_>) -> Vec<u8> {
    const CONNECT: u8 = 1;
    let mut bytes = vec![VERSION, CONNECT, 0];
    let port = match target {
        Target::Address(SocketAddr::V4(address)) => {
            bytes.push(IPV4);
            bytes.extend_from_slice(&address.ip().octets());
            address.port()
        }
        Target::Address(SocketAddr::V6(address)) => {
            bytes.push(IPV6);
            bytes.extend_from_slice(&address.ip().octets());
            address.port()
        }
        Target::Name(name, port) => {
            bytes.push(NAME);
            bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(name.as_bytes());
            *port
        }
    };
    bytes.extend_from_slice(&port.to_be_bytes());
    bytes
}

/// The answer to the request, with the address that the proxy connects from, which is of no use here. A refusal is told by its
/// second byte: some send no more.
///
/// # Errors
/// When the proxy does not connect.
pub fn connected(bytes: &[u8]) -> Result<Parsed<()>, Refusal> {
    /// Version, reply, a zero, and the kind of the address; and behind the address the port.
    const HEAD: usize = 4;
    const PORT: usize = 2;
    begins_with(bytes, VERSION)?;
    if let Some(reply) = bytes.get(1).filter(|it| **it != 0) {
        return Err(Refusal::Other(format!("answered: {}", in_words(*reply))));
    }
    let address = match bytes.get(HEAD - 1) {
        // Two at first, which are all that a refusal may have.
        None if bytes.is_empty() => return Ok(Parsed::Needs(2)),
        None => return Ok(Parsed::Needs(HEAD - bytes.len())),
        Some(&IPV4) => 4,
        Some(&IPV6) => 16,
        Some(&NAME) => match bytes.get(HEAD) {
            None => return Ok(Parsed::Needs(1)),
            Some(len) => 1 + usize::from(*len),
        },
        Some(kind) => {
            return Err(Refusal::Other(format!(
                "does not keep to SOCKS5: it answered with an address of kind {kind}"
            )));
        }
    };
    match (HEAD + address + PORT).checked_sub(bytes.len()) {
        Some(more) if more > 0 => Ok(Parsed::Needs(more)),
        _ => Ok(Parsed::Whole(())),
    }
}

fn begins_with(bytes: &[u8], version: u8) -> Result<(), Refusal> {
    match bytes.first() {
        None => Ok(()),
        Some(first) if *first == version => Ok(()),
        Some(b'H') => Err(Refusal::Other(
            "does not speak SOCKS5; it seems to speak HTTP: write http://".to_owned(),
        )),
        Some(first) => Err(Refusal::Other(format!(
            "does not speak SOCKS5: its answer begins with the byte {first}, not {version}"
        ))),
    }
}

/// What a reply means (RFC 1928, section 6).
fn in_words(reply: u8) -> String {
    let words = match reply {
        1 => "it has failed, without a reason",
        2 => "its rules do not allow this connection",
        3 => "network unreachable",
        4 => "host unreachable, or its name not known there",
        5 => "connection refused by the host",
        6 => "the host was not reached in time (TTL expired)",
        7 => "it does not connect (command not supported)",
        8 => "it knows no addresses of this kind (address type not supported)",
        _ => return format!("reply {reply}, which RFC 1928 does not have"),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{admitted, connected, greeting, login, request, wants_login};
    use crate::endpoint::proxy::answer::{Parsed, Refusal, Target};
    use crate::endpoint::proxy::url::Login;

    /// The whole of an answer is asked for piece by piece, and no byte behind it.
    fn is_whole<T: PartialEq + std::fmt::Debug>(
        answer: &[u8],
        expected: &T,
        parse: impl Fn(&[u8]) -> Result<Parsed<T>, Refusal>,
    ) {
        for len in 0..answer.len() {
            let Ok(Parsed::Needs(more)) = parse(&answer[..len]) else {
                panic!("{len} bytes of {answer:?}");
            };
            assert!((1..=answer.len() - len).contains(&more), "{more} at {len}");
        }
        let parsed = parse(answer);
        assert!(matches!(parsed, Ok(Parsed::Whole(it)) if it == *expected));
    }

    #[test]
    fn what_is_said_is_what_the_rfcs_have() {
        assert_eq!(greeting(false), [5, 1, 0]);
        assert_eq!(greeting(true), [5, 2, 0, 2]);
        let me = Login {
            user: b"me".to_vec(),
            password: Some(b"pw!".to_vec()),
        };
        assert_eq!(login(&me), b"\x01\x02me\x03pw!");
        let name = Target::Name("h.example", 443);
        assert_eq!(request(&name), b"\x05\x01\x00\x03\x09h.example\x01\xbb");
        let address = Target::Address("192.0.2.7:80".parse().unwrap());
        assert_eq!(request(&address), [5, 1, 0, 1, 192, 0, 2, 7, 0, 80]);
        let address = Target::Address("[2001:db8::1]:80".parse().unwrap());
        let expected = [&[5, 1, 0, 4, 0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1, 0, 80]].concat();
        assert_eq!(request(&address), expected);
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_no_further() {
        is_whole(&[5, 0], &false, |bytes| wants_login(bytes, false));
        is_whole(&[5, 0], &false, |bytes| wants_login(bytes, true));
        is_whole(&[5, 2], &true, |bytes| wants_login(bytes, true));
        is_whole(&[1, 0], &(), admitted);
        is_whole(&[5, 0], &(), admitted);
        is_whole(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0], &(), connected);
        is_whole(&[&[5, 0, 0, 4][..], &[9; 18]].concat(), &(), connected);
        is_whole(b"\x05\x00\x00\x03\x04host\x00\x50", &(), connected);
        is_whole(b"\x05\x00\x00\x03\x00\x00\x50", &(), connected);
        is_whole(
            &[&[5, 0, 0, 3, 255][..], &[9; 257]].concat(),
            &(),
            connected,
        );
    }

    #[test]
    fn each_refusal_is_told_in_words_by_its_second_byte() {
        for (reply, words) in [
            (1, "without a reason"),
            (2, "its rules do not allow"),
            (3, "network unreachable"),
            (4, "host unreachable"),
            (5, "answered: connection refused by the host"),
            (6, "not reached in time"),
            (7, "command not supported"),
            (8, "address type not supported"),
            (9, "reply 9, which RFC 1928 does not have"),
            (255, "reply 255"),
        ] {
            let Err(Refusal::Other(told)) = connected(&[5, reply]) else {
                panic!("{reply}");
            };
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(wants_login(&[5, 255], false), Err(Refusal::WantsLogin));
        assert_eq!(admitted(&[1, 1]), Err(Refusal::RefusesLogin));
        for told in [
            wants_login(&[5, 255], true),
            wants_login(&[5, 2], false),
            wants_login(&[5, 1], true),
            wants_login(&[4], true),
            wants_login(b"H", true),
        ] {
            assert!(matches!(told, Err(Refusal::Other(_))), "{told:?}");
        }
        assert!(connected(&[4]).is_err() && connected(&[5, 0, 0, 2]).is_err());
    }
}
