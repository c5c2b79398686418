//! Texts that do harm on a terminal if they get there, and whether what was said has any of it left.

use crate::tide::{Cmd, Scratch};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Everything that is hostile in a text, besides what is no UTF-8; and what looks as if it had been made visible.
pub(crate) const ALL: &str =
    "\\u000a\x1b[31ma\r\n\t\x07\x7f\u{9b}95mb\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{61c}c";

/// Texts that should do nothing: one for each kind of harm, and all of it together.
pub(crate) fn texts() -> Vec<OsString> {
    let all = ALL.char_indices().filter(|(_, c)| !c.is_ascii_graphic());
    let each = all.map(|(_, c)| format!("a{c}b").into_bytes());
    let bytes = [b"a\xffb".to_vec(), b"a\x9b95mb".to_vec(), ALL.into()];
    each.chain(bytes).map(OsString::from_vec).collect()
}

/// The two that have it all.
pub(crate) fn worst() -> [OsString; 2] {
    [
        ALL.into(),
        OsString::from_vec([ALL.as_bytes(), b"\xff"].concat()),
    ]
}

pub(crate) fn joined(parts: &[&OsStr]) -> OsString {
    parts.join(OsStr::new(""))
}

/// Percent-encoded, as it may stand in a URI.
pub(crate) fn encoded(text: &OsStr) -> OsString {
    let bytes = text.as_bytes().iter();
    let bytes: Vec<_> = bytes.map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat().into()
}

/// A text in the places where a reader of values, templates or names takes a step further before it gives up.
pub(crate) fn framed(text: &OsStr) -> Vec<OsString> {
    let frames = [
        ("", ""),
        ("5", ""),
        ("5", "M"),
        ("{", "}"),
        ("{bytes:", "}"),
        ("@", ""),
        ("fd:", ""),
        ("", ".svg"),
        ("no/such/", ""),
    ];
    let frames = frames.map(|(before, behind)| joined(&[before.as_ref(), text, behind.as_ref()]));
    frames.into()
}

/// Every text as it is, and those that have it all in every frame.
pub(crate) fn values() -> Vec<OsString> {
    let framed = worst().iter().flat_map(|it| framed(it)).collect::<Vec<_>>();
    texts().into_iter().chain(framed).collect()
}

/// Whether a terminal would obey it, or a reader not see it.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || ['\u{61c}', '\u{feff}'].contains(&c)
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// What was said; the bytes, since what is no UTF-8 counts.
pub(crate) struct Said {
    shown: String,
    pub(crate) code: i32,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

pub(crate) fn said(it: &Scratch, mut cmd: Cmd) -> Said {
    let log = it.path("said");
    cmd.command.stderr(File::create(&log).expect("a log"));
    let shown = format!("{:?}", cmd.command);
    let done = cmd.run();
    Said {
        shown,
        code: done.code(),
        stderr: it.read("said"),
        stdout: done.stdout,
    }
}

impl Said {
    /// Nothing but text and the ends of lines, and a single line unless it has succeeded.
    #[track_caller]
    pub(crate) fn does_no_harm(self) -> Self {
        for bytes in [&self.stdout, &self.stderr] {
            let text = std::str::from_utf8(bytes);
            let text = text.unwrap_or_else(|_| panic!("{}: {bytes:?}", self.shown));
            let harm = text.find(|c| c != '\n' && is_unseen(c));
            assert_eq!(harm, None, "{}: {text:?}", self.shown);
        }
        if self.code != 0 {
            let line = self.stderr.strip_suffix(b"\n").unwrap_or(b"\n");
            let is_line = line.starts_with(b"tidegate: ") && !line.contains(&b'\n');
            let stderr = String::from_utf8_lossy(&self.stderr);
            assert!(is_line, "{}: {} {stderr:?}", self.shown, self.code);
        }
        self
    }

    #[track_caller]
    pub(crate) fn tells(self, text: &str) -> Self {
        let stderr = String::from_utf8_lossy(&self.stderr);
        assert!(
            stderr.contains(text),
            "{}: {stderr} lacks {text}",
            self.shown
        );
        self
    }

    #[track_caller]
    pub(crate) fn exits(self, codes: &[i32]) -> Self {
        let stderr = String::from_utf8_lossy(&self.stderr);
        assert!(
            codes.contains(&self.code),
            "{}: {} {stderr}",
            self.shown,
            self.code
        );
        self
    }
}

/// A scratch directory with a file.
pub(crate) fn scratch() -> Scratch {
    let it = Scratch::new();
    it.write("in", "hello\n");
    it
}
