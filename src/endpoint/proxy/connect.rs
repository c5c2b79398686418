//! What is said to an HTTP proxy and what it answers, without any I/O (RFC 9110, section 9.3.6; RFC 9112, sections 2 to 5).
//!
//! Nothing in the fields of an answer matters, since a body never follows one that succeeds; so its head is read here, which every
//! build can.

use super::answer::{Parsed, Refusal, Target};
use super::url::Login;
use crate::text::visible::named;
use data_encoding::BASE64;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The most bytes of the head of an answer.
const MOST_BYTES: usize = 16 * 1024;

/// The most fields in one.
const MOST_FIELDS: usize = 100;

/// What every answer begins with.
const BEGINNING: &[u8] = b"HTTP/1.";

/// The longest reason that is told, in bytes.
const LONGEST_REASON: usize = 80;

/// The request for a connection with the target.
pub(super) fn request(target: &Target<'_>, login: Option<&Login>) -> Vec<u8> {
    let place = match target {
        Target::Name(name, port) => format!("{name}:{port}"),
        Target::Address(address) => address.to_string(),
    };
    let login = login.map(|login| {
        let password = login.password.as_deref().unwrap_or_default();
        let both = [&login.user[..], password].join(&b':');
        format!("Proxy-Authorization: Basic {}\r\n", BASE64.encode(&both))
    });
    let login = login.unwrap_or_default();
    format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n").into_bytes()
}

/// The status of an answer, whose head is all of the bytes.
///
/// # Errors
/// When it is no answer in HTTP/1, or larger than one may be.
pub fn status(bytes: &[u8]) -> Result<Parsed<Status>, Refusal> {
    let compared = bytes.len().min(BEGINNING.len());
    if bytes[..compared] != BEGINNING[..compared] {
        return Err(other("does not speak HTTP/1"));
    }
    let has_ended = bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n");
    match bytes {
        _ if bytes.len() > MOST_BYTES => {
            let why = format!("answered with a head of more than {MOST_BYTES} bytes");
            Err(Refusal::Other(why))
        }
        _ if has_ended => whole(bytes).map(Parsed::Whole),
        // The end is an empty line, so that no byte behind it is asked for.
        [.., b'\n'] | [.., b'\n', b'\r'] => Ok(Parsed::Needs(1)),
        _ => Ok(Parsed::Needs(2)),
    }
}

/// The status of an answer, and its reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub(super) code: u16,
    reason: String,
}

impl Status {
    /// Whether another answer follows this one.
    pub(super) fn is_interim(&self) -> bool {
        (100..200).contains(&self.code)
    }

    /// Whether what follows is what the target says.
    ///
    /// # Errors
    /// When the proxy does not connect; it may have been told a login.
    pub(super) fn check(&self, has_login: bool) -> Result<(), Refusal> {
        let hint = match self.code {
            200..300 => return Ok(()),
            407 if has_login => return Err(Refusal::RefusesLogin),
            407 => return Err(Refusal::WantsLogin),
            403 | 405 => "; many a proxy connects with port 443 only",
            _ => "",
        };
        let status = format!("{} {}", self.code, self.reason);
        let status = status.trim_end();
        Err(Refusal::Other(format!("answered {status}{hint}")))
    }
}

/// Reads a whole head: the line of the status, lines with a colon, and an empty one. A line may end without CR (RFC 9112,
/// section 2.2).
fn whole(head: &[u8]) -> Result<Status, Refusal> {
    let lines = head.split(|it| *it == b'\n');
    let mut lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let status = status_of(first).ok_or_else(|| other("answered with no status of HTTP/1"))?;
    let fields = lines.take_while(|line| !line.is_empty());
    for (before, field) in fields.enumerate() {
        let name = field.split(|it| *it == b':').next().unwrap_or_default();
        let is_field = name.len() < field.len() && !name.is_empty();
        if !is_field || !name.iter().all(u8::is_ascii_graphic) {
            return Err(other("answered with a head that is none of HTTP/1"));
        }
        if before == MOST_FIELDS {
            let why = format!("answered with more than {MOST_FIELDS} fields");
            return Err(Refusal::Other(why));
        }
    }
    Ok(status)
}

/// `HTTP/1.1 200 Connection established`.
fn status_of(line: &[u8]) -> Option<Status> {
    let [minor, b' ', a, b, c, rest @ ..] = line.strip_prefix(BEGINNING)? else {
        return None;
    };
    let digits = [*a, *b, *c];
    if !minor.is_ascii_digit() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = std::str::from_utf8(&digits).ok()?.parse().ok()?;
    let reason = match rest {
        [] => rest,
        [b' ', reason @ ..] => &reason[..reason.len().min(LONGEST_REASON)],
        _ => return None,
    };
    let reason = named(OsStr::from_bytes(reason));
    (code >= 100).then_some(Status { code, reason })
}

fn other(why: &str) -> Refusal {
    Refusal::Other(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, request, status};
    use crate::endpoint::proxy::answer::{Parsed, Refusal, Target};
    use crate::endpoint::proxy::url::Login;
    use proptest::prelude::*;

    fn code(head: &[u8]) -> Option<u16> {
        match status(head) {
            Ok(Parsed::Whole(status)) => Some(status.code),
            _ => None,
        }
    }

    /// What is told of an answer.
    fn told(head: &str, has_login: bool) -> Result<(), Refusal> {
        let Parsed::Whole(status) = status(head.as_bytes())? else {
            panic!("{head:?} is not whole");
        };
        status.check(has_login)
    }

    #[test]
    fn the_request_has_the_host_twice_and_the_login_once() {
        let text = |target, login| String::from_utf8(request(target, login)).unwrap();
        assert_eq!(
            text(&Target::Name("h", 443), None),
            "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"
        );
        // The example of RFC 7617, section 2.
        let login = Login {
            user: b"Aladdin".to_vec(),
            password: Some(b"open sesame".to_vec()),
        };
        let address = Target::Address("[::1]:80".parse().unwrap());
        assert_eq!(
            text(&address, Some(&login)),
            "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
    }

    #[test]
    fn what_an_answer_comes_to_is_told_with_its_status() {
        for (head, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Ok(())),
            ("HTTP/1.0 200\r\nContent-Length: 5\r\n\r\n", Ok(())),
            ("HTTP/1.1 204 \n\n", Ok(())),
            (
                "HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n",
                Err("answered 403 Forbidden; many a proxy"),
            ),
            (
                "HTTP/1.1 502 Bad\u{7} Gateway\r\n\r\n",
                Err("answered 502 Bad\\u0007 Gateway"),
            ),
            ("HTTP/1.1 302 Found\r\n\r\n", Err("answered 302 Found")),
            ("HTTP/1.1 099 x\r\n\r\n", Err("no status")),
            ("HTTP/1.1 200x\r\n\r\n", Err("no status")),
            ("HTTP/1.1  200 x\r\n\r\n", Err("no status")),
            ("HTTP/1.1 200 x\r\n folded\r\n\r\n", Err("none of HTTP/1")),
            ("HTTP/1.1 200 x\r\nno field\r\n\r\n", Err("none of HTTP/1")),
            ("HTTP/1.1 200 x\r\n: b\r\n\r\n", Err("none of HTTP/1")),
            ("HTTP/1.1 200 x\r\nA : b\r\n\r\n", Err("none of HTTP/1")),
        ] {
            match (told(head, false), expected) {
                (Ok(()), Ok(())) => {}
                (Err(Refusal::Other(told)), Err(part)) if told.contains(part) => {}
                (other, _) => panic!("{head:?}: {other:?}"),
            }
        }
        let wants = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=x\r\n\r\n";
        assert_eq!(told(wants, false), Err(Refusal::WantsLogin));
        assert_eq!(told(wants, true), Err(Refusal::RefusesLogin));
    }

    #[test]
    fn a_head_has_its_limits() {
        let fields = |n| format!("HTTP/1.1 200 x\r\n{}\r\n", "a: b\r\n".repeat(n));
        assert_eq!(code(fields(100).as_bytes()), Some(200));
        assert!(status(fields(101).as_bytes()).is_err());
        let long = format!("HTTP/1.1 200 {}", "x".repeat(MOST_BYTES));
        assert!(status(&long.as_bytes()[..MOST_BYTES]).is_ok());
        assert!(status(long.as_bytes()).is_err());
        for beginning in ["S", "HTTP/2", "\u{5}", "HTTQ", "\r\n\r\n"] {
            assert!(status(beginning.as_bytes()).is_err(), "{beginning:?}");
        }
    }

    proptest! {
        #[test]
        fn what_follows_a_head_is_never_asked_for(
            fields in prop::collection::vec("[A-Za-z-]{1,9}: [ -~]{0,20}", 0..9), crlf in any::<bool>()
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let lines = [&["HTTP/1.1 200 OK".to_owned()][..], &fields, &[String::new(), String::new()]].concat();
            let head = lines.join(end).into_bytes();
            let mut len = 0;
            while len < head.len() {
                match status(&head[..len]) {
                    Ok(Parsed::Needs(more)) => len += more,
                    other => prop_assert!(false, "{:?} at {}", other, len),
                }
            }
            prop_assert_eq!((len, code(&head)), (head.len(), Some(200)));
        }
    }
}
