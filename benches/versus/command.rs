//! Command lines of the route table: from the shell's notation to what is spawned.
//!
//! Understood are words, `|`, `< FILE`, `> FILE` and `2> tty` (a terminal that somebody watches), and the names of
//! [`Names`] in braces. The harness spawns the stages itself, so that no shell is measured along with a peer.

use std::env;

/// What the row says that has no contender in it.
const NOTHING_BETWEEN: &str = " (nothing between)";

/// What a second row of the same command line says.
const ITSELF: &str = " (itself)";

/// One contender of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    template: &'static str,
    note: &'static str,
    /// How many times as fast tidegate is wanted to be, where that is said.
    pub(crate) wanted: Option<f64>,
}

/// What the names in a template stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// For `{tidegate}`: the program under test.
    pub(crate) program: &'a str,
    /// For `{versus}`: this program, which is a contender itself in `--pump`.
    pub(crate) harness: &'a str,
    /// For `{node}`: the program that Node.js runs.
    pub(crate) script: &'a str,
    /// For `{file}`: the data file.
    pub(crate) file: &'a str,
    /// For `{out}`: the file that is written.
    pub(crate) out: &'a str,
    /// For `{picture}`: the same for a picture.
    pub(crate) picture: &'a str,
    /// For `{from}` and `{port}`.
    pub(crate) ports: &'a Ports,
}

/// Where the harness listens on the loopback, as it goes into command lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ports {
    /// The TCP sender, which the peer reads from.
    pub(crate) from: String,
    /// The TCP receiver, which the peer writes to.
    pub(crate) to: String,
}

/// One process of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// The route without a contender, by this command line or, for an empty one, by the harness alone.
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

    /// Whether this is another program that does tidegate's work. A second row of the same has no say of its own.
    pub(crate) fn is_rival(self) -> bool {
        let is_own = self.template.contains("{tidegate}");
        !is_own && ![NOTHING_BETWEEN, ITSELF].contains(&self.note)
    }

    /// The name in the tables.
    pub(crate) fn label(self) -> String {
        if self.template.is_empty() {
            return self.note.trim().to_owned();
        }
        let names = Names {
            program: "tidegate",
            harness: "versus",
            script: "copy.mjs",
            file: "f",
            out: "out",
            picture: "out.svg",
            ports: &Ports::unknown(),
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
                    ">" => stage.stdout = words.next().map(|word| names.put_into(word)),
                    "2>" => stage.is_watched = words.next() == Some("tty"),
                    word => stage.argv.push(names.put_into(word)),
                }
            }
            stage
        };
        self.texts().map(stage).collect()
    }

    /// The programs that are not installed here. Those with a name in braces are always there.
    pub(crate) fn missing(self) -> Vec<&'static str> {
        let mut missing: Vec<_> = self
            .texts()
            .filter_map(|stage| stage.split_whitespace().next())
            .filter(|program| !program.starts_with('{') && !is_installed(program))
            .collect();
        missing.dedup();
        missing
    }

    fn texts(self) -> impl Iterator<Item = &'static str> {
        self.template.split(" | ").filter(|text| !text.is_empty())
    }
}

impl Names<'_> {
    fn put_into(self, text: &str) -> String {
        text.replace("{tidegate}", self.program)
            .replace("{versus}", self.harness)
            .replace("{node}", self.script)
            .replace("{file}", self.file)
            .replace("{out}", self.out)
            .replace("{picture}", self.picture)
            .replace("{from}", &self.ports.from)
            .replace("{port}", &self.ports.to)
    }
}

impl Ports {
    /// For people: the ports are others in each run.
    pub(crate) fn unknown() -> Self {
        Self {
            from: "FROM".to_owned(),
            to: "PORT".to_owned(),
        }
    }
}

fn is_installed(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
