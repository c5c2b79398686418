//! What the numbers were measured on: machine, kernel, moment and versions of the contenders.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::SystemTime;

use serde::Serialize;

use crate::file_system;

/// How each program is asked for its version. Netcat only says it with its help.
const VERSION_FLAGS: &[(&str, &str)] = &[
    ("cat", "--version"),
    ("cp", "--version"),
    ("dd", "--version"),
    ("pv", "--version"),
    ("mbuffer", "--version"),
    ("socat", "-V"),
    ("nc", "-h"),
    ("ncat", "--version"),
    ("node", "--version"),
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
    /// Describes this machine and moment. What cannot be found out stays empty.
    pub(crate) fn describe(program: &str, data: &Path) -> Self {
        let kernel = kernel("osrelease");
        let peers = VERSION_FLAGS
            .iter()
            .filter_map(|(peer, flag)| Some(((*peer).to_owned(), version(peer, flag)?)));
        let own = version(program, "--version").map(|version| ("tidegate".to_owned(), version));
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
            versions: peers.chain(own).collect(),
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

/// The first line with a digit of what `program flag` says on either output.
pub(crate) fn version(program: &str, flag: &str) -> Option<String> {
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
