//! The table of limiters: who is measured, reading from what. A new limiter is a new entry here.

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;

use crate::harness::flags;
use crate::harness::peer::{Peer, Stage};
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
    /// The program, which is another name of all its limiters there.
    program: &'static str,
    /// Its command line, with `{rate}` in bytes a second and the name of a `{source}`.
    pub(crate) peer: Peer,
    /// The name of its standard input; empty where that has none.
    stdin: &'static str,
    /// What it can read from.
    sources: &'static [Source],
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
        peer: Peer::new("{tidegate} -q -L {rate} --road kernel {source} -"),
        stdin: "-",
        sources: &[Source::Zero, Source::File, Source::Pipe],
    },
    Limiter {
        name: "tidegate-buffered",
        program: OWN,
        peer: Peer::new("{tidegate} -q -L {rate} --road buffered {source} -"),
        stdin: "-",
        sources: &[Source::Zero, Source::File, Source::Pipe],
    },
    Limiter {
        name: "bare",
        program: ITSELF,
        peer: Peer::new("{itself} --bare {rate} {source}"),
        stdin: "-",
        sources: &[Source::File, Source::Pipe],
    },
    Limiter {
        name: "pv",
        program: "pv",
        peer: Peer::new("pv -q -L {rate} {source}"),
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
    Limiter {
        name: "cstream",
        program: "cstream",
        peer: Peer::new("cstream -t {rate} {source}"),
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
    // "An upper limit for each read/write system call pair", in the words of its man page.
    Limiter {
        name: "cstream-each",
        program: "cstream",
        peer: Peer::new("cstream -t -{rate} {source}"),
        stdin: "",
        sources: &[Source::File, Source::Pipe],
    },
];

/// What the flags choose, in the order of the table. A word names a limiter, or all of a program.
pub(crate) fn choose(options: &Options) -> Result<Vec<Contender>> {
    let names = |it: &Limiter| vec![it.name, it.program];
    let limiters = flags::choose("limiter", LIMITERS, &options.limiters, names)?;
    let contenders = |limiter: &'static Limiter| {
        let sources = limiter.sources.iter().filter(|it| options.reads(**it));
        sources.map(move |&source| Contender { limiter, source })
    };
    Ok(limiters.into_iter().flat_map(contenders).collect())
}

impl Contender {
    /// Whether this is tidegate.
    pub(crate) fn is_own(self) -> bool {
        self.limiter.program == OWN
    }

    /// Its program, if that is not installed.
    pub(crate) fn absent(self) -> Option<&'static str> {
        self.limiter.peer.missing().pop()
    }

    /// The process to spawn: tidegate or this benchmark by their paths, reading the file where that is the source.
    pub(crate) fn stage(
        self,
        tidegate: &str,
        itself: &str,
        rate: u64,
        file: &str,
    ) -> Result<Stage> {
        let rate = rate.to_string();
        let names = self.names(tidegate, itself, &rate, file);
        let mut stages = self.limiter.peer.stages(&names);
        stages.pop().context("empty command line")
    }

    /// The command line for people, without the paths of this machine.
    pub(crate) fn label(self, rate: &str) -> String {
        self.limiter.peer.line(&self.names(OWN, ITSELF, rate, "f"))
    }

    fn names<'a>(
        self,
        tidegate: &'a str,
        itself: &'a str,
        rate: &'a str,
        file: &'a str,
    ) -> [(&'static str, &'a str); 4] {
        let source = match self.source {
            Source::Zero => "zero:",
            Source::File => file,
            Source::Pipe => self.limiter.stdin,
        };
        [
            ("tidegate", tidegate),
            ("itself", itself),
            ("rate", rate),
            ("source", source),
        ]
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
