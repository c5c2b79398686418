//! The table of limiters: who is measured, reading from what. A new limiter is a new entry here.

use std::env;

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::Serialize;

use crate::options::Options;

/// Where a limiter's bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// tidegate's endless zeros
    Zero,
    /// A regular file, which the limiter opens itself
    File,
    /// A pipe, which the meter feeds as fast as it is taken
    Pipe,
}

/// A program that limits a rate.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// Its name on the benchmark's command line.
    pub(crate) name: &'static str,
    /// What has to be installed.
    pub(crate) program: &'static str,
    /// Its command line, with `{rate}` in bytes a second and the name of a `{source}`.
    template: &'static str,
    /// The name of its standard input; empty where that has none.
    stdin: &'static str,
    /// What it can read from.
    sources: &'static [Source],
}

/// What the names in a command line stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// For `tidegate`: the program under test.
    pub(crate) tidegate: &'a str,
    /// For `rate`: this benchmark.
    pub(crate) itself: &'a str,
    /// For `{rate}`.
    pub(crate) rate: &'a str,
    /// For `{source}`, where that is the file.
    pub(crate) file: &'a str,
}

/// A limiter with one of its sources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contender {
    /// The limiter.
    pub(crate) limiter: &'static Limiter,
    /// What it reads from.
    pub(crate) source: Source,
}

/// The program that the others are measured beside.
const OWN: &str = "tidegate";

/// This benchmark, which is a limiter too.
const ITSELF: &str = "rate";

const LIMITERS: &[Limiter] = &[
    Limiter {
        name: "tidegate-kernel",
        program: OWN,
        template: "tidegate -q -L {rate} --road kernel {source} -",
        stdin: "-",
        sources: &[Source::Zero, Source::File, Source::Pipe],
    },
    Limiter {
        name: "tidegate-buffered",
        program: OWN,
        template: "tidegate -q -L {rate} --road buffered {source} -",
        stdin: "-",
        sources: &[Source::Zero, Source::File, Source::Pipe],
    },
    Limiter {
        name: "bare",
        program: ITSELF,
        template: "rate --bare {rate} {source}",
        stdin: "-",
        sources: &[Source::File, Source::Pipe],
    },
    Limiter {
        name: "pv",
        program: "pv",
        template: "pv -q -L {rate} {source}",
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
    Limiter {
        name: "cstream",
        program: "cstream",
        template: "cstream -t {rate} {source}",
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
    // "An upper limit for each read/write system call pair", in the words of its man page.
    Limiter {
        name: "cstream-each",
        program: "cstream",
        template: "cstream -t -{rate} {source}",
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
];

/// What the flags choose, in the order of the table. A word names a limiter, or all of a program.
pub(crate) fn choose(options: &Options) -> Result<Vec<Contender>> {
    let words = &options.limiters;
    if let Some(word) = words
        .iter()
        .find(|word| !LIMITERS.iter().any(|it| it.answers_to(word)))
    {
        let names: Vec<_> = LIMITERS.iter().map(|it| it.name).collect();
        bail!("no limiter `{word}`: there are {}", names.join(", "));
    }
    let is_chosen =
        |it: &&Limiter| words.is_empty() || words.iter().any(|word| it.answers_to(word));
    let chosen = LIMITERS.iter().filter(is_chosen).flat_map(|limiter| {
        let contender = |&source| Contender { limiter, source };
        limiter.sources.iter().map(contender)
    });
    Ok(chosen.filter(|it| options.reads(it.source)).collect())
}

impl Limiter {
    fn answers_to(&self, word: &str) -> bool {
        self.name == word || self.program == word
    }
}

impl Contender {
    /// Whether this is tidegate.
    pub(crate) fn is_own(self) -> bool {
        self.limiter.program == OWN
    }

    /// Whether its program can be started.
    pub(crate) fn is_installed(self) -> bool {
        self.is_own() || self.limiter.program == ITSELF || is_in_path(self.limiter.program)
    }

    /// The words to spawn.
    pub(crate) fn argv(self, names: Names<'_>) -> Vec<String> {
        let source = match self.source {
            Source::Zero => "zero:",
            Source::File => names.file,
            Source::Pipe => self.limiter.stdin,
        };
        // The names are put in word by word, as a path may contain spaces.
        let put = |word: &str| match word {
            OWN => names.tidegate.to_owned(),
            ITSELF => names.itself.to_owned(),
            word => word
                .replace("{rate}", names.rate)
                .replace("{source}", source),
        };
        let words = self.limiter.template.split_whitespace().map(put);
        words.filter(|word| !word.is_empty()).collect()
    }

    /// The command line for people, without the paths of this machine.
    pub(crate) fn label(self, rate: &str) -> String {
        let names = Names {
            tidegate: OWN,
            itself: ITSELF,
            rate,
            file: "f",
        };
        self.argv(names).join(" ")
    }
}

impl Source {
    /// The word in the tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::File => "file",
            Self::Pipe => "pipe",
        }
    }
}

fn is_in_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
