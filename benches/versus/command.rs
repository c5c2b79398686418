//! Command lines of the route table: from the shell's notation to what is spawned.
//!
//! Understood are words, `|`, `< FILE` and `2> tty` (a terminal that somebody watches), and the names `{tidegate}`, `{file}` and `{port}`. The harness spawns the
//! stages itself, so that no shell is measured along with a peer.

use std::env;

/// One contender of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    template: &'static str,
    note: &'static str,
}

/// What the names in a template stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// For `{tidegate}`: the program under test.
    pub(crate) program: &'a str,
    /// For `{file}`: the data file.
    pub(crate) file: &'a str,
    /// For `{port}`: where the TCP receiver listens.
    pub(crate) port: &'a str,
}

/// One process of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The program and its arguments.
    pub(crate) argv: Vec<String>,
    /// The file that is its standard input.
    pub(crate) stdin: Option<String>,
    /// Whether its standard error is a terminal.
    pub(crate) is_watched: bool,
}

impl Peer {
    /// A contender with this command line.
    pub(crate) const fn new(template: &'static str) -> Self {
        Self { template, note: "" }
    }

    /// The same command line once more: the difference between the two rows is noise.
    pub(crate) const fn again(template: &'static str) -> Self {
        let note = " (itself)";
        Self { template, note }
    }

    /// A contender with a word on what it is.
    pub(crate) const fn noted(template: &'static str, note: &'static str) -> Self {
        Self { template, note }
    }

    /// The name in the tables.
    pub(crate) fn label(self) -> String {
        if self.template.is_empty() {
            return "(nothing between)".to_owned();
        }
        let names = Names {
            program: "tidegate",
            file: "f",
            port: "PORT",
        };
        format!("`{}`{}", names.put_into(self.template), self.note)
    }

    /// The command line in full.
    pub(crate) fn line(self, names: Names<'_>) -> String {
        names.put_into(self.template)
    }

    /// The processes to spawn; none for an empty command line.
    pub(crate) fn stages(self, names: Names<'_>) -> Vec<Stage> {
        let stage = |text: &str| {
            let mut stage = Stage::default();
            // The names are put in word by word, as a path may contain spaces.
            let mut words = text.split_whitespace();
            while let Some(word) = words.next() {
                match word {
                    "<" => stage.stdin = words.next().map(|word| names.put_into(word)),
                    "2>" => stage.is_watched = words.next() == Some("tty"),
                    word => stage.argv.push(names.put_into(word)),
                }
            }
            stage
        };
        self.texts().map(stage).collect()
    }

    /// The programs that are not installed here.
    pub(crate) fn missing(self) -> Vec<&'static str> {
        self.texts()
            .filter_map(|stage| stage.split_whitespace().next())
            .filter(|program| *program != "{tidegate}" && !is_installed(program))
            .collect()
    }

    fn texts(self) -> impl Iterator<Item = &'static str> {
        self.template.split(" | ").filter(|text| !text.is_empty())
    }
}

impl Names<'_> {
    fn put_into(self, text: &str) -> String {
        text.replace("{tidegate}", self.program)
            .replace("{file}", self.file)
            .replace("{port}", self.port)
    }
}

fn is_installed(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
