//! The names that /dev and /proc have for the descriptors of this process. They mean the descriptor itself, as in bash, gawk
//! and on the BSDs: opening such a name would empty the file, lose the position that other processes share, and fail for
//! sockets and for pipes of other users (proc(5), `/proc/pid/fd`).

use super::links::MOST_LINKS;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

/// The descriptor that `path` names, itself or by symbolic links; it need not be open.
pub(super) fn descriptor_named(path: &Path) -> Option<RawFd> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Some(fd) = by_its_text(&path) {
            return Some(fd);
        }
        // The directory of descriptors has nothing but links.
        let target = path.read_link().ok()?;
        let directory = real_directory_of(&path)?;
        if is_our_directory(&directory) {
            return number_at(&path);
        }
        path = directory.join(target);
    }
    None
}

/// The name of descriptor `fd` in messages.
pub(crate) fn descriptor_words(fd: RawFd) -> String {
    match fd {
        0 => "standard input".to_owned(),
        1 => "standard output".to_owned(),
        2 => "standard error".to_owned(),
        _ => format!("the inherited descriptor {fd}"),
    }
}

/// The descriptor of a name that is known by its text, also where the descriptor is closed or /proc is not mounted.
fn by_its_text(path: &Path) -> Option<RawFd> {
    let standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
    if let Some(fd) = (0..)
        .zip(standard)
        .find(|(_, name)| path == Path::new(name))
    {
        return Some(fd.0);
    }
    let directories = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];
    let parent = path.parent()?;
    let is_there = directories.iter().any(|name| parent == Path::new(name));
    is_there.then(|| number_at(path)).flatten()
}

fn real_directory_of(path: &Path) -> Option<PathBuf> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new(".").canonicalize().ok(),
        Some(parent) => parent.canonicalize().ok(),
        None => None,
    }
}

/// Whether `directory`, which has no links in it, is that of the descriptors of this process or of one of its threads.
fn is_our_directory(directory: &Path) -> bool {
    let Ok(inside) = directory.strip_prefix("/proc") else {
        return false;
    };
    let Ok(process) = Path::new("/proc/self").read_link() else {
        return false;
    };
    let Ok(inside) = inside.strip_prefix(process) else {
        return false;
    };
    inside == Path::new("fd") || (inside.starts_with("task") && inside.ends_with("fd"))
}

/// The last part of a path as a descriptor number, if it is written as the kernel writes it.
fn number_at(path: &Path) -> Option<RawFd> {
    let name = path.file_name()?.to_str()?;
    let number: RawFd = name.parse().ok().filter(|number| *number >= 0)?;
    (number.to_string() == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::descriptor_named;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn every_name_of_a_descriptor_is_known_and_nothing_else_is_one() {
        let process = std::process::id();
        let table = [
            ("/dev/stdin".to_owned(), Some(0)),
            ("//dev/./stdout".to_owned(), Some(1)),
            ("/dev/stderr".to_owned(), Some(2)),
            ("/dev/fd/17".to_owned(), Some(17)),
            ("/proc/self/fd/0".to_owned(), Some(0)),
            ("/proc/thread-self/fd/1".to_owned(), Some(1)),
            (format!("/proc/{process}/fd/2"), Some(2)),
            (format!("/proc/{process}/task/{process}/fd/2"), Some(2)),
            ("/dev/fd/".to_owned(), None),
            ("/dev/fd/01".to_owned(), None),
            ("/dev/fd/-1".to_owned(), None),
            ("/dev/fd/99999999999".to_owned(), None),
            ("/dev/stdin/".to_owned() + "x", None),
            ("/proc/1/fd/0".to_owned(), None),
            ("/dev/null".to_owned(), None),
            ("stdin".to_owned(), None),
            ("/".to_owned(), None),
            (String::new(), None),
        ];
        for (path, fd) in table {
            let is_linux_alone = path.starts_with("/proc/") && path.contains(&process.to_string());
            if cfg!(target_os = "linux") || !is_linux_alone {
                assert_eq!(descriptor_named(Path::new(&path)), fd, "{path}");
            }
        }
    }

    #[test]
    fn links_to_the_name_of_a_descriptor_are_followed_and_circles_end() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |name: &str| scratch.path().join(name);
        symlink("/dev/stdout", at("log")).unwrap();
        symlink("log", at("access.log")).unwrap();
        symlink("/dev/fd", at("descriptors")).unwrap();
        symlink("circle", at("circle")).unwrap();
        symlink("/dev/null", at("null")).unwrap();
        assert_eq!(descriptor_named(&at("log")), Some(1));
        assert_eq!(descriptor_named(&at("access.log")), Some(1));
        if cfg!(target_os = "linux") {
            assert_eq!(descriptor_named(&at("descriptors/2")), Some(2));
        }
        assert_eq!(descriptor_named(&at("circle")), None);
        assert_eq!(descriptor_named(&at("null")), None);
    }
}
