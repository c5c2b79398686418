//! The bytes of the system's own files, in an order that does not change: texts, or programs.

use std::fs::{self, File};
use std::io::{Read, Seek, Take};
use std::mem;
use std::path::{Path, PathBuf};
use std::str;

use anyhow::{Result, bail};

/// What is looked at to tell what a file is.
const HEAD: u64 = 4096;

/// The most that is taken of one file, so that many have their part.
const MOST: u64 = 4 << 20;

/// Files without end: after the last one comes the first again.
#[derive(Debug)]
pub(crate) struct Gathered {
    roots: &'static [&'static str],
    is_wanted: fn(&[u8]) -> bool,
    walk: Walk,
    current: Option<Take<File>>,
    /// Whether this walk has found any.
    has_found: bool,
}

impl Gathered {
    /// UTF-8: documentation, scripts, tables.
    pub(crate) fn texts() -> Self {
        Self::below(&["/usr/share"], |head| match str::from_utf8(head) {
            Ok(_) => !head.contains(&0),
            // Only the end of the head may be half a character.
            Err(error) => error.error_len().is_none() && !head.contains(&0),
        })
    }

    /// ELF: programs and libraries.
    pub(crate) fn programs() -> Self {
        Self::below(&["/usr/bin", "/usr/lib"], |head| {
            head.starts_with(b"\x7fELF")
        })
    }

    fn below(roots: &'static [&'static str], is_wanted: fn(&[u8]) -> bool) -> Self {
        Self {
            roots,
            is_wanted,
            walk: Walk::below(roots),
            current: None,
            has_found: false,
        }
    }

    /// Fills `piece` with what comes next. A file that cannot be read is passed over.
    pub(crate) fn fill(&mut self, mut piece: &mut [u8]) -> Result<()> {
        while !piece.is_empty() {
            let read = self.current.as_mut().map(|file| file.read(piece));
            match read {
                Some(Ok(count)) if count > 0 => piece = &mut mem::take(&mut piece)[count..],
                _ => self.current = Some(self.next()?),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Take<File>> {
        loop {
            match self.walk.next() {
                Some(path) => {
                    if let Some(file) = self.wanted(&path) {
                        self.has_found = true;
                        return Ok(file.take(MOST));
                    }
                }
                None if self.has_found => {
                    self.walk = Walk::below(self.roots);
                    self.has_found = false;
                }
                None => bail!("no data to be had below {}", self.roots.join(", ")),
            }
        }
    }

    fn wanted(&self, path: &Path) -> Option<File> {
        let mut file = File::open(path).ok()?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).ok()?;
        file.rewind().ok()?;
        (!head.is_empty() && (self.is_wanted)(&head)).then_some(file)
    }
}

/// All regular files below some directories, by name. Links are not followed.
#[derive(Debug)]
struct Walk {
    /// What is still to be seen, the next at the end; whether it is a directory.
    ahead: Vec<(PathBuf, bool)>,
}

impl Walk {
    fn below(roots: &[&str]) -> Self {
        let roots = roots.iter().rev();
        Self {
            ahead: roots.map(|root| (PathBuf::from(root), true)).collect(),
        }
    }
}

impl Iterator for Walk {
    type Item = PathBuf;

    fn next(&mut self) -> Option<PathBuf> {
        loop {
            let (path, is_dir) = self.ahead.pop()?;
            if !is_dir {
                return Some(path);
            }
            let Ok(entries) = fs::read_dir(&path) else {
                continue;
            };
            let mut found: Vec<_> = entries
                .filter_map(|entry| {
                    let entry = entry.ok()?;
                    let kind = entry.file_type().ok()?;
                    (kind.is_dir() || kind.is_file()).then(|| (entry.path(), kind.is_dir()))
                })
                .collect();
            found.sort_by(|a, b| b.cmp(a));
            self.ahead.append(&mut found);
        }
    }
}
