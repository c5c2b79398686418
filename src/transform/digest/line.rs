//! The line that tells the digest of a file, as the `…sum` tools write and check it.

use super::xxh3;
use crate::transform::Digest;
use std::path::Path;

/// The line `HEX  NAME`, with its end, for a file that `sha256sum -c` and its like check. Without a name it is that of the
/// standard input or output, `-`; a file that is called so is written as `./-`.
///
/// As with those tools, a line begins with a backslash if there is a line feed, a carriage return or a backslash in the
/// name, and they are written as `\n`, `\r` and `\\`. An XXH3 is written as `XXH3 (NAME) = HEX`: `xxhsum -c` takes a bare
/// one for an XXH64.
#[must_use]
pub fn sum_line(digest: &Digest, name: Option<&Path>) -> Vec<u8> {
    let name = name.map(|name| name.as_os_str().as_encoded_bytes());
    let name = match name {
        Some(b"-") => b"./-",
        other => other.unwrap_or(b"-"),
    };
    let (escaped, hex) = (escaped(name), digest.hex.as_bytes());
    let mark: &[u8] = if escaped == name { b"" } else { b"\\" };
    if digest.algorithm == xxh3::NAME {
        let tag = xxh3::TAG.as_bytes();
        [mark, tag, b" (", &escaped, b") = ", hex, b"\n"].concat()
    } else {
        [mark, hex, b"  ", &escaped, b"\n"].concat()
    }
}

fn escaped(name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            b'\\' => escaped.extend(b"\\\\"),
            byte => escaped.push(*byte),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::sum_line;
    use crate::transform::Digest;
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::{is_here, peer_in};
    use std::fs;
    use std::path::Path;

    fn line(algorithm: &'static str, name: Option<&str>) -> String {
        let digest = Digest {
            algorithm,
            hex: "00ff".to_owned(),
        };
        String::from_utf8(sum_line(&digest, name.map(Path::new))).unwrap()
    }

    #[test]
    fn a_line_is_written_as_the_tools_do() {
        for (name, expected) in [
            (None, "00ff  -\n"),
            (Some("-"), "00ff  ./-\n"),
            (Some("a file"), "00ff  a file\n"),
            (Some(" *x"), "00ff   *x\n"),
            (Some("ä\u{1b}"), "00ff  ä\u{1b}\n"),
            (Some("a\nb\\c\rd"), "\\00ff  a\\nb\\\\c\\rd\n"),
        ] {
            assert_eq!(line("sha256", name), expected);
        }
        assert_eq!(line("xxh3", None), "XXH3 (-) = 00ff\n");
        assert_eq!(line("xxh3", Some("a\\b")), "\\XXH3 (a\\\\b) = 00ff\n");
    }

    const NAMES: [&str; 6] = ["a file", "-", " *x", "(ä) = ", "a\\nb", "a\nb\\c"];

    /// Whether the tool, with these arguments before `sums`, finds all files as their lines have them.
    #[track_caller]
    fn is_checked(algorithm: &'static str, program: &str, args: &[&str], names: &[&str]) {
        if !is_here(program) {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let mut sums = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let content = &noise()[..1000 * i];
            let digest = Digest {
                algorithm,
                hex: digest(algorithm, content),
            };
            fs::write(directory.path().join(name), content).unwrap();
            sums.extend(sum_line(&digest, Some(Path::new(name))));
        }
        fs::write(directory.path().join("sums"), sums).unwrap();
        let (told, is_good) = peer_in(directory.path(), program, &[args, &["sums"]].concat());
        assert!(is_good, "{program}: {told}");
    }

    #[test]
    fn the_tools_find_the_files_as_their_lines_have_them() {
        is_checked("sha256", "sha256sum", &["-c", "--strict"], &NAMES);
        is_checked("sha512", "sha512sum", &["-c", "--strict"], &NAMES);
        is_checked("md5", "md5sum", &["-c", "--strict"], &NAMES);
        is_checked("blake3", "b3sum", &["-c"], &NAMES);
        // Names are escaped since its version 0.8.3.
        is_checked("xxh3", "xxhsum", &["-c", "--strict"], &NAMES[..4]);
    }
}
