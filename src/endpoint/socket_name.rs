//! The name of a Unix socket as it is typed (unix(7)): a path, or `@` and an abstract name, which no file has.

use crate::endpoint::uri::Uri;
use crate::error::{UsageError, reason};
use crate::platform;
use crate::text::visible::named;
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The longest path of a socket, in bytes; on some systems it is shorter (unix(7), `sun_path`).
const LONGEST_PATH: usize = 107;

/// The name of a Unix socket, which is one that an address can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SocketName {
    /// That of a file.
    Path(PathBuf),
    /// One without a file, here without its `@`.
    Abstract(Vec<u8>),
}

impl SocketName {
    /// The name in `uri`.
    pub(super) fn of(uri: &Uri) -> Result<Self, UsageError> {
        let scheme = &uri.scheme;
        let names_a_host = uri.has_authority && !uri.rest.starts_with(b"/");
        let name = match uri.rest.strip_prefix(b"@") {
            _ if names_a_host => None,
            Some(name) => (!name.is_empty()).then(|| Self::Abstract(name.to_owned())),
            None => (!uri.rest.is_empty()).then(|| Self::Path(uri.path().into())),
        };
        let name = name.ok_or_else(|| {
            UsageError::new(format!(
                "'{uri}': write {scheme}:PATH, or {scheme}:@NAME for an abstract name"
            ))
        })?;
        match name.address() {
            Ok(_) => Ok(name),
            Err(error) => Err(UsageError::new(format!("'{uri}': {}", name.unfit(&error)))),
        }
    }

    /// The address of the name.
    ///
    /// # Errors
    /// None: that it has one was checked when it was made.
    pub(super) fn address(&self) -> io::Result<SocketAddrUnix> {
        match self {
            // One that leaves no room for a NUL behind it would be cut off in what other programs see of it (unix(7), BUGS).
            Self::Path(path) if path.as_os_str().len() > LONGEST_PATH => {
                Err(Errno::NAMETOOLONG.into())
            }
            Self::Path(path) => Ok(SocketAddrUnix::new(path)?),
            Self::Abstract(name) => platform::abstract_address(name),
        }
    }

    /// Why no address can hold it, and what can be done.
    fn unfit(&self, error: &io::Error) -> String {
        match (self, Errno::from_io_error(error)) {
            (Self::Path(path), Some(Errno::NAMETOOLONG)) => format!(
                "its {} bytes are too many for the path of a socket (unix(7)); cd nearer to it and write a relative path",
                path.as_os_str().len()
            ),
            (Self::Abstract(name), Some(Errno::NAMETOOLONG)) => format!(
                "its {} bytes are too many for an abstract name (unix(7))",
                name.len()
            ),
            (Self::Path(_), Some(Errno::INVAL)) => "no path has a NUL in it".to_owned(),
            _ if error.kind() == io::ErrorKind::Unsupported => {
                "this system has no abstract names; write a path (of a file named @…: ./@…)"
                    .to_owned()
            }
            _ => reason(error),
        }
    }
}

/// The name as it is typed, made visible.
impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(&named(path)),
            Self::Abstract(name) => write!(f, "@{}", named(OsStr::from_bytes(name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SocketName;
    use crate::endpoint::uri::{Rest, Spec};
    use std::ffi::OsStr;

    fn name(text: &str) -> Result<SocketName, String> {
        let Ok(Spec::Uri(uri)) = Spec::parse(OsStr::new(text), |_| Rest::Decoded) else {
            panic!("{text}");
        };
        SocketName::of(&uri).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_a_path_or_an_abstract_one_and_is_decoded() {
        for (text, shown) in [
            ("unix:/run/s", "/run/s"),
            ("unix:///run/s", "/run/s"),
            ("unix:a%23b%0Ac", "a#b\\u000ac"),
            ("unix:./@s", "./@s"),
            ("unix:%FF", "\\xff"),
        ] {
            let name = name(text).unwrap();
            assert!(matches!(name, SocketName::Path(_)), "{text}");
            assert_eq!(name.to_string(), shown);
        }
        let longest = format!("unix:{}", "x".repeat(107));
        assert!(name(&longest).is_ok());
        if cfg!(target_os = "linux") {
            for (text, shown) in [
                ("unix:@s", "@s"),
                ("unix:%40s", "@s"),
                ("unix:@s%00", "@s\\u0000"),
                ("unix:@@", "@@"),
            ] {
                let name = name(text).unwrap();
                assert!(matches!(name, SocketName::Abstract(_)), "{text}");
                assert_eq!(name.to_string(), shown);
            }
        }
    }

    #[test]
    fn a_name_that_no_socket_can_have_is_refused_with_what_can_be_done() {
        let long = "x".repeat(108);
        for (text, part) in [
            ("unix:", "write unix:PATH, or unix:@NAME"),
            ("unix-listen:", "write unix-listen:PATH"),
            ("unix:@", "write unix:PATH, or unix:@NAME"),
            ("unix://", "write unix:PATH"),
            ("unix://run/s", "write unix:PATH"),
            ("unix://@s", "write unix:PATH"),
            ("unix:a%00b", "no path has a NUL"),
            (
                &format!("unix:{long}"),
                "its 108 bytes are too many for the path of a socket (unix(7)); cd nearer",
            ),
            (&format!("unix:@{long}"), "its 108 bytes"),
        ] {
            let why = name(text).unwrap_err();
            let is_told = why.contains(part) || why.contains("no abstract names");
            assert!(is_told, "{text}: {why}");
        }
    }
}
