//! A terminal as standard output where nobody named a SINK: it takes text, and refuses what would garble it, as curl does.

use super::{Finish, KernelSink, Raw, Sink, SinkFacts, Unfit};
use crate::engine::wait::Ready;
use std::io::{self, IoSlice};

/// A terminal that is written to only if the first bytes are text.
pub(super) struct TextOnly<S> {
    terminal: S,
    /// Whether the first bytes were looked at.
    is_checked: bool,
}

impl<S: Sink> TextOnly<S> {
    pub(super) fn new(terminal: S) -> Self {
        Self {
            terminal,
            is_checked: false,
        }
    }
}

impl<S: Sink> Sink for TextOnly<S> {
    fn facts(&self) -> SinkFacts {
        self.terminal.facts()
    }

    fn start(&mut self, expected: Option<u64>) -> io::Result<()> {
        self.terminal.start(expected)
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.is_checked {
            if !bufs.first().is_none_or(|first| is_text(first)) {
                return Err(io::Error::other(
                    "this is binary data, which could garble the terminal; name a file as the SINK, or - to write it here anyway",
                ));
            }
            self.is_checked = true;
        }
        self.terminal.write(bufs)
    }

    fn ready(&self) -> Ready<'_> {
        self.terminal.ready()
    }

    fn warning(&self) -> Option<String> {
        self.terminal.warning()
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        // The kernel road would not show the bytes to this program. A terminal is never on it anyway.
        Err("it is a terminal")
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.terminal.finish()
    }
}

/// Whether these bytes are UTF-8 without a NUL; a character at the end may be cut in two.
fn is_text(bytes: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // The end came where a character goes on.
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !bytes.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn text_is_utf8_without_a_nul_and_may_be_cut_anywhere() {
        let text = "größer → 日本語\r\n\x1b[1m\t".as_bytes();
        for end in 0..=text.len() {
            assert!(is_text(&text[..end]), "{end}");
        }
        for bytes in [&b"a\0b"[..], b"\x1f\x8b\x08", b"caf\xe9 au lait", b"\xff"] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
    }
}
