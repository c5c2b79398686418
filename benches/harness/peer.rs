//! Command lines of the tables: from the shell's notation to what is spawned.
//!
//! Understood are words, `|`, `< FILE`, `> FILE` and `2> tty` (a terminal whose output is read), and names in braces, which
//! each benchmark says the meaning of. The benchmark spawns the stages itself, so that no shell is measured along with a peer.

use std::env;

use super::console::say;

/// What the row says that has no contender in it.
const NOTHING_BETWEEN: &str = " (nothing between)";

/// What a second row of the same command line says.
const ITSELF: &str = " (itself)";

/// One contender: tidegate, a peer of it, or nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    template: &'static str,
    note: &'static str,
    /// How many times as fast tidegate is wanted to be, where that is said.
    pub(crate) wanted: Option<f64>,
}

/// Names in braces, without the braces, and what they stand for.
pub(crate) type Names<S> = [(&'static str, S)];

/// One process of a command line.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// The program and its arguments.
    pub(crate) argv: Vec<String>,
    /// The file that is its standard input.
    pub(crate) stdin: Option<String>,
    /// The file that is its standard output, made or emptied.
    pub(crate) stdout: Option<String>,
    /// Whether its standard error is a terminal.
    pub(crate) is_watched: bool,
}

impl Peer {
    /// A contender with this command line.
    pub(crate) const fn new(template: &'static str) -> Self {
        Self::noted(template, "")
    }

    /// The same command line once more: the difference between the two rows is noise.
    pub(crate) const fn again(template: &'static str) -> Self {
        Self::noted(template, ITSELF)
    }

    /// The row without a contender, by this command line or, for an empty one, by the benchmark alone.
    pub(crate) const fn nothing(template: &'static str) -> Self {
        Self::noted(template, NOTHING_BETWEEN)
    }

    /// A contender with a word on what it is.
    pub(crate) const fn noted(template: &'static str, note: &'static str) -> Self {
        Self {
            template,
            note,
            wanted: None,
        }
    }

    /// The same contender, which tidegate is wanted to be `ratio` times as fast as.
    pub(crate) const fn wanted(self, ratio: f64) -> Self {
        Self {
            wanted: Some(ratio),
            ..self
        }
    }

    /// Whether this is tidegate.
    pub(crate) fn is_own(self) -> bool {
        self.template.contains("{tidegate}")
    }

    /// Whether this is another program that does tidegate's work. A second row of the same has no say of its own.
    pub(crate) fn is_rival(self) -> bool {
        !self.is_own() && ![NOTHING_BETWEEN, ITSELF].contains(&self.note)
    }

    /// The name in the tables.
    pub(crate) fn label(self, names: &Names<impl AsRef<str>>) -> String {
        match self.line(names) {
            line if line.is_empty() => self.note.trim().to_owned(),
            line => format!("`{line}`{}", self.note),
        }
    }

    /// The command line in full.
    pub(crate) fn line(self, names: &Names<impl AsRef<str>>) -> String {
        words(self.template, names).collect::<Vec<_>>().join(" ")
    }

    /// The processes to spawn; none for an empty command line.
    pub(crate) fn stages(self, names: &Names<impl AsRef<str>>) -> Vec<Stage> {
        let stage = |text: &str| {
            let mut stage = Stage::default();
            let mut words = words(text, names);
            while let Some(word) = words.next() {
                match word.as_str() {
                    "<" => stage.stdin = words.next(),
                    ">" => stage.stdout = words.next(),
                    "2>" => stage.is_watched = words.next().as_deref() == Some("tty"),
                    _ => stage.argv.push(word),
                }
            }
            stage
        };
        self.texts().map(stage).collect()
    }

    /// The programs of other projects that it consists of.
    pub(crate) fn programs(self) -> impl Iterator<Item = &'static str> {
        self.texts()
            .filter_map(|stage| stage.split_whitespace().next())
            .filter(|program| !program.starts_with('{'))
    }

    /// The programs that are not installed here.
    pub(crate) fn missing(self) -> Vec<&'static str> {
        let mut missing: Vec<_> = self.programs().filter(|it| !is_installed(it)).collect();
        missing.dedup();
        missing
    }

    fn texts(self) -> impl Iterator<Item = &'static str> {
        self.template.split(" | ").filter(|text| !text.is_empty())
    }
}

/// Says that `label` is left out if some of its programs are `absent`.
pub(crate) fn say_absent(label: &str, absent: &[&str]) {
    if !absent.is_empty() {
        let absent = absent.join(", ");
        say(&format!("{label} is left out: {absent} is not installed"));
    }
}

/// The words of a text. Names are put in word by word, as a path may contain spaces; one that stands for nothing leaves no
/// word.
fn words(text: &str, names: &Names<impl AsRef<str>>) -> impl Iterator<Item = String> {
    let put = |word: &str| {
        names.iter().fold(word.to_owned(), |word, (name, value)| {
            word.replace(&format!("{{{name}}}"), value.as_ref())
        })
    };
    text.split_whitespace()
        .map(put)
        .filter(|word| !word.is_empty())
}

fn is_installed(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
