//! The table of rows: what is measured, against whom, and what is wanted. A new row is a new entry here.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::copies::Input;
use crate::harness::console::say;
use crate::harness::flags;
use crate::harness::peer::Peer;

/// A compressor's output may be larger than its peer's by a hundredth.
const SAME_SIZE: Option<f64> = Some(1.01);

/// One transform that is measured.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name on the command line and in the report, which is the transform's.
    pub(crate) name: &'static str,
    /// What is read.
    pub(crate) input: Input,
    /// What comes out.
    pub(crate) output: Output,
    /// The contenders; the first is tidegate, which the others are compared with. `wanted` is a speed.
    pub(crate) peers: &'static [Peer],
}

/// What comes out of a row's contenders, as far as its length says something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Output {
    /// Another form of the data. Tidegate's may be so many times as large as a peer's, where that is said.
    Coded(Option<f64>),
    /// The data, exactly.
    Data,
    /// Each contender's own, or nothing.
    Other,
}

const ROWS: &[Row] = &[
    Row::encoder(
        "zstd",
        SAME_SIZE,
        &[
            Peer::new("{tidegate} -q -t zstd {file} {out}"),
            Peer::new("zstd -T0 -3 -c {file} > {out}").wanted(1.0),
            Peer::new("pv -q {file} | zstd -T0 -3 > {out}").wanted(1.0),
        ],
    ),
    Row::decoder(
        "unzstd",
        Input::Zstd,
        &[
            Peer::new("{tidegate} -q -t unzstd {file} {out}"),
            Peer::new("zstd -d -c {file} > {out}").wanted(1.0),
        ],
    ),
    Row::encoder(
        "gzip",
        SAME_SIZE,
        &[
            Peer::new("{tidegate} -q -t gzip {file} {out}"),
            Peer::new("pigz -6 -c {file} > {out}").wanted(1.3),
        ],
    ),
    Row::decoder(
        "gunzip",
        Input::Gzip,
        &[
            Peer::new("{tidegate} -q -t gunzip {file} {out}"),
            Peer::new("pigz -d -c {file} > {out}").wanted(1.0),
        ],
    ),
    Row::encoder(
        "xz",
        SAME_SIZE,
        &[
            Peer::new("{tidegate} -q -t xz=1 {file} {out}"),
            Peer::new("xz -T0 -1 -c {file} > {out}").wanted(0.95),
        ],
    ),
    Row::decoder(
        "unxz",
        Input::Xz,
        &[
            Peer::new("{tidegate} -q -t unxz {file} {out}"),
            Peer::new("xz -d -c {file} > {out}"),
        ],
    ),
    Row::encoder(
        "lz4",
        SAME_SIZE,
        &[
            Peer::new("{tidegate} -q -t lz4 {file} {out}"),
            Peer::new("lz4 -1 -c {file} > {out}").wanted(1.0),
        ],
    ),
    Row::decoder(
        "unlz4",
        Input::Lz4,
        &[
            Peer::new("{tidegate} -q -t unlz4 {file} {out}"),
            Peer::new("lz4 -d -c {file} > {out}"),
        ],
    ),
    Row::encoder(
        "brotli",
        None,
        &[
            Peer::new("{tidegate} -q -t brotli=5 {file} {out}"),
            Peer::new("brotli -5 -c {file} > {out}"),
        ],
    ),
    Row::encoder(
        "bzip2",
        None,
        &[
            Peer::new("{tidegate} -q -t bzip2 {file} {out}"),
            Peer::new("bzip2 -c {file} > {out}"),
        ],
    ),
    Row::encoder(
        "base64",
        None,
        &[
            Peer::new("{tidegate} -q -t base64 {file} {out}"),
            Peer::new("base64 {file} > {out}"),
        ],
    ),
    Row::reader(
        "sha256",
        &[
            Peer::new("cat {file} | {tidegate} -q -t sha256 - null:"),
            Peer::new("cat {file} | sha256sum").wanted(1.0),
        ],
    ),
    Row::reader(
        "blake3",
        &[
            Peer::new("cat {file} | {tidegate} -q -t blake3 - null:"),
            Peer::new("cat {file} | b3sum").wanted(1.0),
        ],
    ),
    Row::reader(
        "md5",
        &[
            Peer::new("cat {file} | {tidegate} -q -t md5 - null:"),
            Peer::new("cat {file} | md5sum"),
        ],
    ),
    Row::reader(
        "crc32",
        &[Peer::new("cat {file} | {tidegate} -q -t crc32 - null:")],
    ),
    Row::reader(
        "lines",
        &[
            Peer::new("{tidegate} -q -t lines {file} null:"),
            Peer::new("wc -l {file}"),
        ],
    ),
];

impl Row {
    const fn encoder(name: &'static str, largest: Option<f64>, peers: &'static [Peer]) -> Self {
        let output = Output::Coded(largest);
        Self::new(name, (Input::Data, output), peers)
    }

    const fn decoder(name: &'static str, input: Input, peers: &'static [Peer]) -> Self {
        Self::new(name, (input, Output::Data), peers)
    }

    const fn reader(name: &'static str, peers: &'static [Peer]) -> Self {
        Self::new(name, (Input::Data, Output::Other), peers)
    }

    const fn new(
        name: &'static str,
        (input, output): (Input, Output),
        peers: &'static [Peer],
    ) -> Self {
        Self {
            name,
            input,
            output,
            peers,
        }
    }
}

impl Output {
    /// How many times as large as a peer's output tidegate's may be, where that is said.
    pub(crate) fn largest(self) -> Option<f64> {
        match self {
            Self::Coded(largest) => largest,
            Self::Data | Self::Other => None,
        }
    }
}

/// A row that was asked for.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// The row.
    pub(crate) row: &'static Row,
    /// Why it cannot be measured here, if that is so.
    pub(crate) left_out: Option<String>,
}

/// The rows called `names`, in the order of the table, or all of them. Those that cannot be measured are said aloud.
pub(crate) fn choose(names: &[String], program: &str) -> Result<Vec<Chosen>> {
    let rows = flags::choose("row", ROWS, names, |it| vec![it.name])?;
    let help = help(program)?;
    let chosen = |row: &'static Row| {
        let left_out = refusal(row, &help);
        if let Some(why) = &left_out {
            say(&format!("{} is left out: {why}", row.name));
        }
        Chosen { row, left_out }
    };
    Ok(rows.into_iter().map(chosen).collect())
}

/// What the rows that will be measured read, each once.
pub(crate) fn inputs(chosen: &[Chosen]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for Chosen { row, left_out } in chosen {
        if left_out.is_none() && !inputs.contains(&row.input) {
            inputs.push(row.input);
        }
    }
    inputs
}

/// Why `row` cannot be measured, if that is so: tidegate does not know its transform, or no peer is there.
fn refusal(row: &Row, help: &str) -> Option<String> {
    // A transform stands at the beginning of a line, two blanks in; what is further in explains it.
    let is_known = help
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .any(|line| line.split([' ', ',', '=']).next() == Some(row.name));
    if !is_known {
        return Some("this tidegate has no such transform".to_owned());
    }
    let rivals = row.peers.get(1..).unwrap_or_default();
    let missing: Vec<_> = rivals.iter().map(|peer| peer.missing()).collect();
    let nobody = !rivals.is_empty() && missing.iter().all(|missing| !missing.is_empty());
    nobody.then(|| format!("{} is not installed", missing[0].join(", ")))
}

/// What `tidegate -t help` says.
fn help(program: &str) -> Result<String> {
    let output = Command::new(program)
        .args(["-t", "help"])
        .output()
        .context("cannot start the tidegate to measure")?;
    if !output.status.success() {
        bail!("the tidegate to measure has no transforms: `-t help` failed");
    }
    String::from_utf8(output.stdout).context("`-t help` says what is no text")
}
