//! The line that tells the digest of a file, as the `…sum` tools write and check it.

use crate::transform::Digest;
use std::path::Path;

/// The names of those whose lines are not written as `sha256sum` writes them.
pub(super) const BLAKE3_NAME: &str = "blake3";
pub(super) const CRC32_NAME: &str = "crc32";
pub(super) const XXH3_NAME: &str = "xxh3";

/// How a tool reads the file names in the lines it checks.
struct Tool {
    name: &'static str,
    /// The bytes that are written as escapes, in a line that then begins with a backslash.
    escaped: &'static [u8],
    /// The bytes that a name must not begin with; `./` is put before one that does.
    prefixed: &'static [u8],
    /// What in a name the tool cannot read, if anything.
    unreadable: fn(&[u8]) -> Option<&'static str>,
}

/// `sha256sum`, `sha512sum` and `md5sum`.
const COREUTILS: Tool = Tool {
    name: "sha256sum",
    escaped: b"\n\r\\",
    prefixed: b"",
    unreadable: |_| None,
};

/// `b3sum` requires UTF-8, and reads a carriage return as it is.
const B3SUM: Tool = Tool {
    name: "b3sum",
    escaped: b"\n\\",
    prefixed: b"",
    unreadable: |name| match std::str::from_utf8(name) {
        Ok(text) if text.contains(char::REPLACEMENT_CHARACTER) => Some("U+FFFD"),
        Ok(_) => None,
        Err(_) => Some("bytes that are not UTF-8"),
    },
};

/// `xxhsum` knows no escapes before version 0.8.2; later versions read a line that does not begin with a backslash as it is.
const XXHSUM: Tool = Tool {
    name: "xxhsum",
    escaped: b"",
    prefixed: b"",
    unreadable: |name| name.contains(&b'\n').then_some("a line feed"),
};

/// `rhash` knows no escapes, takes blanks off the ends of a name, and refuses a list of sums with control characters in it.
const RHASH: Tool = Tool {
    name: "rhash",
    escaped: b"",
    prefixed: b" \t*",
    unreadable: |name| match name {
        _ if name.contains(&b'\n') => Some("a line feed"),
        _ if name.contains(&b'\\') => Some("a backslash"),
        _ if name
            .iter()
            .any(|byte| *byte < b' ' && !b"\t\r".contains(byte)) =>
        {
            Some("a control character")
        }
        [.., b' ' | b'\t' | b'\r'] => Some("white space at its end"),
        _ => None,
    },
};

fn tool(algorithm: &str) -> Tool {
    match algorithm {
        BLAKE3_NAME => B3SUM,
        XXH3_NAME => XXHSUM,
        CRC32_NAME => RHASH,
        _ => COREUTILS,
    }
}

/// Why the tool of this digest could not check a file with this name, if it could not: no line would be read as that name.
#[must_use]
pub fn unreadable(algorithm: &str, name: &Path) -> Option<String> {
    let tool = tool(algorithm);
    let what = (tool.unreadable)(name.as_os_str().as_encoded_bytes())?;
    Some(format!("{} cannot read a name with {what}", tool.name))
}

/// The line `HEX  NAME`, with its end, for a file, as the tool of that digest writes it and checks it by `-c`: `sha256sum` and
/// its like, `b3sum`, `xxhsum` or `rhash`. Without a name it is that of the standard input or output, `-`; a file that is
/// called so is written as `./-`.
///
/// A line begins with a backslash if something in the name is escaped: a line feed as `\n`, a backslash as `\\` and, but for
/// `b3sum`, a carriage return as `\r`. `xxhsum` and `rhash` read no escapes. An XXH3 is written as `XXH3 (NAME) = HEX`:
/// `xxhsum -c` takes a bare one for an XXH64. Where the tool [cannot read](unreadable) the name, it refuses the line.
#[must_use]
pub fn sum_line(digest: &Digest, name: Option<&Path>) -> Vec<u8> {
    let name = name.map(|name| name.as_os_str().as_encoded_bytes());
    let (mark, name) = match name {
        Some(name) => written(&tool(digest.algorithm), name),
        None => (&b""[..], b"-".to_vec()),
    };
    let hex = digest.hex.as_bytes();
    if digest.algorithm == XXH3_NAME {
        [mark, b"XXH3 (", &name, b") = ", hex, b"\n"].concat()
    } else {
        [mark, hex, b"  ", &name, b"\n"].concat()
    }
}

/// The mark of a line with escapes, and the name as it stands there.
fn written(tool: &Tool, name: &[u8]) -> (&'static [u8], Vec<u8>) {
    let escaped = match (tool.unreadable)(name) {
        Some(_) => COREUTILS.escaped,
        None => tool.escaped,
    };
    let is_prefixed = name == b"-" || name.first().is_some_and(|it| tool.prefixed.contains(it));
    let mut written = if is_prefixed {
        b"./".to_vec()
    } else {
        Vec::new()
    };
    for byte in name {
        if escaped.contains(byte) {
            written.push(b'\\');
        }
        written.push(match byte {
            b'\n' if escaped.contains(byte) => b'n',
            b'\r' if escaped.contains(byte) => b'r',
            byte => *byte,
        });
    }
    let has_escapes = name.iter().any(|byte| escaped.contains(byte));
    (if has_escapes { b"\\" } else { b"" }, written)
}

#[cfg(test)]
mod tests {
    use super::{sum_line, unreadable};
    use crate::transform::Digest;
    use crate::transform::driven::{digest, noise};
    use crate::transform::peers::{is_here, peer_in};
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::Command;

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
        assert_eq!(line("xxh3", Some("a\\b\r")), "XXH3 (a\\b\r) = 00ff\n");
        assert_eq!(line("blake3", Some("a\\b\rc")), "\\00ff  a\\\\b\rc\n");
        assert_eq!(line("blake3", Some("a\rc")), "00ff  a\rc\n");
        assert_eq!(line("crc32", Some("*x")), "00ff  ./*x\n");
    }

    #[test]
    fn a_name_that_the_tool_cannot_read_never_becomes_that_of_another_file() {
        for (algorithm, name, what) in [
            (
                "xxh3",
                &b"a\nb"[..],
                Some("xxhsum cannot read a name with a line feed"),
            ),
            (
                "blake3",
                b"\xff",
                Some("b3sum cannot read a name with bytes that are not UTF-8"),
            ),
            (
                "blake3",
                "\u{fffd}".as_bytes(),
                Some("b3sum cannot read a name with U+FFFD"),
            ),
            (
                "crc32",
                b"a\n",
                Some("rhash cannot read a name with a line feed"),
            ),
            (
                "crc32",
                b"a\\b",
                Some("rhash cannot read a name with a backslash"),
            ),
            (
                "crc32",
                b"a\r",
                Some("rhash cannot read a name with white space at its end"),
            ),
            ("sha256", b"\xff\n\r\\ ", None),
            ("xxh3", b"\xff\r\\ ", None),
            ("blake3", b"\n\r\\ ", None),
            ("crc32", b" \xff", None),
        ] {
            let name = Path::new(OsStr::from_bytes(name));
            assert_eq!(unreadable(algorithm, name).as_deref(), what, "{name:?}");
            let digest = Digest {
                algorithm,
                hex: "00ff".to_owned(),
            };
            let lines = sum_line(&digest, Some(name));
            assert_eq!(
                lines.iter().position(|byte| *byte == b'\n'),
                Some(lines.len() - 1)
            );
        }
    }

    /// What trips one tool or another.
    const NAMES: [&[u8]; 20] = [
        b"a file",
        b"-",
        b"-dash",
        b" *x",
        b"*star",
        b"\ttab\t",
        b"trail ",
        "(\u{e4}) = ".as_bytes(),
        b"x) = 00ff",
        b"a\\nb",
        b"a\nb\\c",
        b"\\lead",
        b"end\\",
        b"car\rret",
        b"end\r",
        b"\r\n",
        b"a\r\\",
        b"bad\xffutf",
        "\u{fffd}".as_bytes(),
        b"#;%s\x1b[0m",
    ];

    /// Whether the tool, with these arguments before `sums`, finds every file as its line has it; and where it writes lines of
    /// its own, they are the same.
    fn is_checked(algorithm: &'static str, program: &str, check: &[&str], own: Option<&[&str]>) {
        if !is_here(program) {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        for (i, name) in NAMES.iter().enumerate() {
            let name = Path::new(OsStr::from_bytes(name));
            let content = &noise()[..1000 * i];
            fs::write(directory.path().join(name), content).unwrap();
            if unreadable(algorithm, name).is_some() {
                continue;
            }
            let hex = digest(algorithm, content);
            let line = sum_line(&Digest { algorithm, hex }, Some(name));
            fs::write(directory.path().join("sums"), &line).unwrap();
            let (told, is_good) = peer_in(directory.path(), program, &[check, &["sums"]].concat());
            assert!(is_good, "{program} of {name:?}: {told}");
            if let Some(own) = own {
                let output = Command::new(program)
                    .args(own)
                    .arg("--")
                    .arg(if name == Path::new("-") {
                        Path::new("./-")
                    } else {
                        name
                    })
                    .current_dir(directory.path())
                    .output()
                    .unwrap();
                assert_eq!(output.stdout, line, "{program} of {name:?}");
            }
        }
    }

    #[test]
    #[cfg_attr(not(feature = "digests"), ignore = "it takes the feature digests")]
    fn the_tools_read_every_name_and_write_it_so_themselves() {
        let strict: &[&str] = &["-c", "--strict"];
        is_checked("sha256", "sha256sum", strict, Some(&[]));
        is_checked("sha512", "sha512sum", strict, Some(&[]));
        is_checked("md5", "md5sum", strict, Some(&[]));
        // Later versions of both escape more, and read this all the same.
        is_checked("blake3", "b3sum", &["-c"], None);
        is_checked("xxh3", "xxhsum", strict, None);
        is_checked("crc32", "rhash", &["--crc32", "-c"], None);
    }
}
