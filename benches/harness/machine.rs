//! What the numbers were measured on: machine, kernel, moment and versions of the contenders.

use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::ARCH;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::SystemTime;

use serde::Serialize;

use super::file_system;
use super::peer::Peer;

/// How a program is asked for its version, where that is not by `--version`. Netcat only says it with its help; asked for its
/// version alone, bzip2 would go on to compress.
const VERSION_FLAGS: &[(&str, &str)] = &[
    ("bzip2", "--help"),
    ("cstream", "-V"),
    ("nc", "-h"),
    ("socat", "-V"),
];

/// The description that goes with a report.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// Start of the benchmark, UTC.
    pub(crate) date: String,
    /// System, release and version, as `uname -srvm` says them.
    pub(crate) uname: String,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// The processor's name.
    pub(crate) cpu_model: String,
    /// Processors that can be used.
    pub(crate) cores: usize,
    /// Load at the start: other work on the machine spoils a measurement.
    pub(crate) loadavg: String,
    /// The file system of the data directory.
    pub(crate) file_system: String,
    /// Versions of the programs that are installed.
    pub(crate) versions: BTreeMap<String, String>,
}

impl Machine {
    /// Describes this machine and moment, with the tidegate to measure and its peers. What cannot be found out stays empty.
    pub(crate) fn describe(
        tidegate: &str,
        data: &Path,
        peers: impl IntoIterator<Item = Peer>,
    ) -> Self {
        let kernel = kernel("osrelease");
        let peers: BTreeSet<_> = peers.into_iter().flat_map(Peer::programs).collect();
        let programs = peers.into_iter().map(|peer| (peer, peer));
        let programs = programs.chain([("tidegate", tidegate)]);
        let versions =
            programs.filter_map(|(name, program)| Some((name.to_owned(), version(program)?)));
        Self {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            uname: format!(
                "{} {kernel} {} {ARCH}",
                self::kernel("ostype"),
                self::kernel("version")
            ),
            kernel,
            cpu_model: cpu_model(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            loadavg: read("/proc/loadavg"),
            file_system: file_system::name(data),
            versions: versions.collect(),
        }
    }

    /// The lines that a report begins with, `also` being one of them.
    pub(crate) fn lines(&self, also: &str) -> String {
        let Self {
            date,
            uname,
            cpu_model,
            cores,
            loadavg,
            versions,
            ..
        } = self;
        let mut text = format!(
            "- date: {date}\n- system: {uname}\n- processor: {cpu_model}, {cores} cores, load {loadavg}\n- {also}\n"
        );
        for (program, version) in versions {
            let _ = writeln!(text, "- {program}: {version}");
        }
        text
    }
}

fn kernel(what: &str) -> String {
    read(&format!("/proc/sys/kernel/{what}"))
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn cpu_model() -> String {
    read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model.to_owned())
        .unwrap_or_default()
}

/// The first line with a digit of what a program says on either output when it is asked for its version.
fn version(program: &str) -> Option<String> {
    let known = VERSION_FLAGS.iter().find(|(name, _)| *name == program);
    let flag = known.map_or("--version", |(_, flag)| flag);
    let output = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said)
        .lines()
        .find(|line| line.contains(|c: char| c.is_ascii_digit()))
        .map(|line| line.trim().to_owned())
}
